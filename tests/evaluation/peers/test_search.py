"""The other systems on the sample literature, and the figures made of their rankings."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from corpora.article import Article
from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.peers import comparison, sample
from evaluation.peers.extracts import last_sentences, nearest_sentences, sentence_keys
from evaluation.peers.process import System, run
from evaluation.peers.report import estimate, rows
from evaluation.reading.questions import GradedQuestion, Part, SentenceKey
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, put

_QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"


def _graded(
    qid: str, question: str, grades: dict[SentenceKey, int], read: Sequence[str], cluster: str = "c"
) -> GradedQuestion:
    read = tuple(read)
    return GradedQuestion(
        qid, question, "", "", cluster, Part.TUNE, read, grades, frozenset(), frozenset()
    )


@pytest.fixture
def articles(sample_home: Home) -> list[Article]:
    with open_corpus(sample_home.corpus) as store:
        return [each for _, each in store.articles() if not each.retracted][:20]


@pytest.fixture
def question(articles: list[Article]) -> GradedQuestion:
    """The question, answered by the last sentence of each article on its drug."""
    of_drug = [each for each in articles if "navorelimab" in each.title.lower()]
    keys = [own[-1] for each in of_drug if (own := sentence_keys(each))]
    assert keys
    return _graded("q1", _QUESTION, dict.fromkeys(keys, 3), [key[0] for key in keys])


def test_the_sample_has_what_was_read_and_is_the_same_each_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    many = [article(str(90000000 + number), f"Title {number}.") for number in range(30)]
    put(home, many)
    question = _graded("q1", "?", {}, ["90000007", "90000003"])
    with open_corpus(home.corpus) as store:
        chosen = [each.pmid for each in sample.choose(store, [question], 10)]
        assert chosen[:2] == ["90000003", "90000007"]
        assert len(set(chosen)) == 10
        assert chosen == [each.pmid for each in sample.choose(store, [question], 10)]
        assert [each.pmid for each in sample.choose(store, [question], 1)] == chosen[:2]
        with pytest.raises(BadInput, match="1 of the 1 articles"):
            sample.choose(store, [_graded("q2", "?", {}, ["1"])])


def test_an_article_is_as_relevant_as_its_best_sentence() -> None:
    grades = {("1", 0, 5): 1, ("1", 6, 9): 3, ("2", 0, 5): 2}
    answerable = _graded("q1", "?", grades, "12")
    other = _graded("q2", "?", {("1", 0, 5): 1}, "1")
    assert sample.relevance([answerable, other]) == {"q1": {"1": 3, "2": 2}}


def test_figures_of_rankings_computed_by_hand() -> None:
    questions = [
        _graded("q1", "?", {("1", 0, 5): 3}, "12", "c1"),
        _graded("q2", "?", {("2", 0, 5): 2}, "12", "c2"),
    ]
    timed = {"index_seconds": 1.0, "query_seconds": [0.001, 0.003, 0.002], "peak_mib": 10.0}
    first, second = rows(
        {
            "a": {"rankings": {"q1": ["2", "1"], "q2": ["2"]}, **timed},
            "b": {"rankings": {"q1": ["1", "2"], "q2": []}, **timed},
        },
        questions,
    )
    second_place = 0.6309  # 1 / log2(3)
    assert first.ndcg.value == pytest.approx((second_place + 1) / 2, abs=1e-4)
    assert (first.recall.value, first.gain, first.query_ms) == (1.0, None, 2.0)
    assert (second.ndcg.value, second.recall.value) == (0.5, 0.5)
    assert second.gain is not None
    assert second.gain.value == pytest.approx(-second_place / 2, abs=1e-4)
    assert second.gain.low == pytest.approx(-1.0)
    assert second.gain.high == pytest.approx(1 - second_place, abs=1e-4)


def test_questions_of_one_cluster_are_drawn_together() -> None:
    values = {f"q{number}": float(number % 2) for number in range(20)}
    together = estimate(values, dict.fromkeys(values, "one"))
    apart = estimate(values, {qid: qid for qid in values})
    assert (together.low, together.value, together.high) == (0.5, 0.5, 0.5)
    assert apart.low < 0.5 < apart.high


def test_extracts_are_the_last_sentences_or_the_nearest() -> None:
    first = article("1", "A trial.", "Asthma is common. Zebrimab cured asthma. We thank all.")
    empty = article("2", "A title without an abstract.")
    shown = [first.text[s:e] for _, s, e in last_sentences("?", [first, empty])]
    assert shown == ["We thank all."]
    nearest = nearest_sentences(HashingEncoder(dimension=512))
    keys = nearest("zebrimab cured asthma", [first, empty])
    assert next(first.text[s:e] for _, s, e in keys) == "Zebrimab cured asthma."
    assert len(keys) == 3
    assert nearest("anything", [empty]) == []


def test_a_system_that_fails_says_why() -> None:
    with pytest.raises(BadInput, match="no attribute 'Nothing'"):
        run(System("none", "systems.py", "Nothing"), {"articles": [], "questions": []})
    with pytest.raises(BadInput, match="cannot be run"):
        run(System("none", "systems.py", "Bm25", python=Path("/no/python")), {})


def test_bm25_leaves_out_what_shares_no_word(articles: list[Article]) -> None:
    pytest.importorskip("bm25s")
    questions = [_graded("q1", "navorelimab", {}, ()), _graded("q2", "xylophone", {}, ())]
    results = run(System("bm25s", "systems.py", "Bm25"), sample.task(articles, questions, 30))
    of_drug = {each.pmid for each in articles if "navorelimab" in each.text.lower()}
    assert set(results["rankings"]["q1"]) == of_drug
    assert results["rankings"]["q2"] == []
    assert results["peak_mib"] > 10
    assert len(results["query_seconds"]) == 2


@pytest.mark.encoder
def test_all_systems_on_twenty_articles(
    articles: list[Article], question: GradedQuestion, tmp_path: Path
) -> None:
    pytest.importorskip("bm25s")
    python = os.environ.get("MEDCITE_PAPER_QA")
    names: list[str] = []
    compared = comparison.compare(
        articles, [question], tmp_path / "home", Path(python) if python else None, names.append
    )
    assert [row.name for row in compared.retrieval] == names[:-1]
    assert {"bm25s", "MedRAG-like", "Medcite"} <= set(names)
    assert all(row.recall.value == 1.0 for row in compared.retrieval)
    assert len(compared.extracts) == 2 * len(compared.retrieval) + 1
    assert compared.extracts[-1].name == "Medcite's answers"
    assert compared.extracts[-1].clinical.value > 0
