"""Whether an article speaks of what is asked: near misses in nearly the same words."""

import numpy as np

from agent.reading.closer import shipped_networks
from agent.reading.coverage import NETWORKS, best_article, coverage_of
from agent.reading.features import Read
from agent.reading.sentences import readable
from corpora.article import Article, Section
from retrieval.passage import Evidence, Passage

# An article's title and sentences, a question that they answer, and two that they do not.
_LORAZEPAM = (
    "Lorazepam in status epilepticus: a randomised trial",
    "Seizures stopped within ten minutes in 65% with lorazepam and in 42% with placebo.",
)
_COLITIS = (
    "Ustekinumab as maintenance therapy for Crohn's disease",
    "At one year 53% of patients with Crohn's disease on ustekinumab were in remission.",
)
_APIXABAN = (
    "Apixaban or warfarin in atrial fibrillation on dialysis",
    "Major bleeding was less frequent with apixaban than with warfarin (11 vs 16 per 100 years).",
)
_NEAR = (
    (_LORAZEPAM, "Does lorazepam stop status epilepticus?", "Does lorazepam help in panic disorder?"),
    (_LORAZEPAM, "lorazepam for prolonged seizures", "lorazepam dose in alcohol withdrawal"),
    (_COLITIS, "Is ustekinumab effective in Crohn's?", "Is ustekinumab effective in ulcerative colitis?"),
    (_COLITIS, "ustekinumab maintenance, Crohn's, remission", "ustekinumab maintenance, Crohn's, cost"),
    (_APIXABAN, "Does apixaban bleed less than warfarin on dialysis?", "Does apixaban cost less than warfarin?"),
    (_APIXABAN, "apixaban vs warfarin on dialysis: bleeding", "apixaban vs rivaroxaban on dialysis: bleeding"),
)  # fmt: skip


def test_what_an_article_answers_is_told_from_what_it_comes_near_to() -> None:
    networks = shipped_networks(NETWORKS)
    for article, answered, near in _NEAR:
        right = coverage_of(networks, answered, article)
        wrong = coverage_of(networks, near, article)
        assert right.answers > wrong.answers, near
        assert right.doubts.max() < wrong.doubts.max(), near


def test_the_article_with_the_best_sentence_is_read_by_its_best_sentences_in_order() -> None:
    articles = [
        Article(str(n), f"Title {n}", (Section("", f"One {n}. Two {n}. Three {n}. Four {n}."),))
        for n in range(5)
    ]
    read = []
    for article in articles:
        passage = Passage(f"{article.pmid}:0", article.pmid, "", 0, 1, article.text[:1])
        evidence = Evidence(passage, article, 1, 1.0, 1, 0.5, 1, 0.5)
        sentences = tuple(s for s in readable(evidence) if s.start > len(article.title))
        nothing = np.zeros((len(sentences), 1), np.float32)
        terms = tuple(frozenset[str]() for _ in sentences)
        read.append(Read(evidence, sentences, nothing, nothing[0], terms, frozenset()))
    scores = np.array([0.1, 0.2, 0.3, 0.4] * 3 + [0.9, 0.1, 0.5, 0.7] + [0.8] * 4)
    assert best_article(read, scores) == ("Title 3", "One 3.", "Three 3.", "Four 3.")
