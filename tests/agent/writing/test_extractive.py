"""The local writer: few sentences, of several studies, none twice."""

from agent.answer import Confidence
from agent.reading.reader import Reading, Scored
from agent.reading.sentences import Sentence, whole
from agent.writing.extractive import LocalWriter, choose
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article

_FINDINGS = {
    "1": "Aspirin lowered the risk of stroke by a third. Bleeding rose by a tenth.",
    "2": "Stroke was as frequent with aspirin as without it in older adults.",
}


def _scored(pmid: str, place: int, score: float) -> Scored:
    text = _FINDINGS[pmid].split(". ")[place].rstrip(".") + "."
    start = len("Title\n") + _FINDINGS[pmid].index(text[:-1])
    return Scored(Sentence(pmid, start, start + len(text), text, "", "", place, 2), score)


def _pool() -> list[Evidence]:
    pool = []
    for rank, (pmid, text) in enumerate(_FINDINGS.items(), start=1):
        one = article(pmid, "Title", text)
        pool += whole(Evidence(Passage(f"{pmid}:0", pmid, "", 6, 20, ""), one, rank, 1.0))
    return pool


def _reading(*scored: Scored) -> Reading:
    pmids = tuple(dict.fromkeys(each.sentence.pmid for each in scored))
    return Reading(scored, pmids, 0.9, Confidence.LIKELY)


def test_sentences_are_quoted_from_their_whole_abstracts_the_best_first() -> None:
    reading = _reading(_scored("2", 0, 0.9), _scored("1", 0, 0.8), _scored("1", 1, 0.7))
    claims = LocalWriter().write("Does aspirin prevent stroke?", _pool(), reading).claims
    assert [(claim.text, claim.keys) for claim in claims] == [
        ("Stroke was as frequent with aspirin as without it in older adults.", ("2:abstract",)),
        ("Aspirin lowered the risk of stroke by a third.", ("1:abstract",)),
        ("Bleeding rose by a tenth.", ("1:abstract",)),
    ]


def test_a_sentence_stands_after_the_one_that_it_follows_in_its_abstract() -> None:
    reading = _reading(_scored("1", 1, 0.9), _scored("2", 0, 0.8), _scored("1", 0, 0.7))
    claims = LocalWriter().write("Does aspirin cause bleeding?", _pool(), reading).claims
    assert [claim.text for claim in claims] == [
        "Aspirin lowered the risk of stroke by a third.",
        "Bleeding rose by a tenth.",
        "Stroke was as frequent with aspirin as without it in older adults.",
    ]


def test_a_call_for_more_research_is_no_finding() -> None:
    text = "Further studies are needed. It helped."
    one = article("9", "Title", text)
    pool = whole(Evidence(Passage("9:0", "9", "", 6, 20, ""), one, 1, 1.0))
    start = len("Title\n")
    calls, helped = (
        Scored(Sentence("9", start + a, start + b, text[a:b], "", "", n, 2), score)
        for n, (a, b, score) in enumerate(((0, 27, 0.9), (28, 38, 0.2)))
    )
    claims = LocalWriter().write("Does it help?", pool, _reading(calls, helped)).claims
    assert [claim.text for claim in claims] == ["It helped."]


def test_what_is_worth_little_beside_the_best_is_left_out() -> None:
    kept = choose([_scored("2", 0, 0.9), _scored("1", 0, 0.8), _scored("1", 1, 0.1)], 5)
    assert [each.score for each in kept] == [0.9, 0.8]


def test_the_best_is_quoted_however_little_it_is_worth() -> None:
    assert len(choose([_scored("1", 0, -0.2), _scored("1", 1, -0.3)], 5)) == 1


def test_no_sentence_is_quoted_twice() -> None:
    twin = Scored(_scored("1", 0, 0.85).sentence, 0.85)
    assert len(choose([_scored("1", 0, 0.9), twin], 5)) == 1


def test_without_a_sentence_nothing_is_written() -> None:
    assert LocalWriter().write("Anything?", _pool(), _reading()).claims == ()


def test_an_article_that_is_not_read_on_is_not_quoted() -> None:
    pool = [each for each in _pool() if each.article.pmid == "2"]
    reading = _reading(_scored("1", 0, 0.9), _scored("2", 0, 0.8))
    assert [c.keys for c in LocalWriter().write("Aspirin?", pool, reading).claims] == [
        ("2:abstract",)
    ]
