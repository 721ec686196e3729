"""The reader: whole abstracts in, sentences with scores and a confidence out."""

import numpy as np
import pytest

from agent.answer import Confidence
from agent.reading.reader import LocalReader, shipped_weights
from agent.reading.sentences import evidential, readable, whole
from agent.reading.unknown import in_known_names, unknown_names
from agent.trees import Trees
from corpora.article import Article, Section
from retrieval.encoder import load_encoder
from retrieval.passage import Evidence, Passage, SearchQuery
from retrieval.search import Searcher
from tests.fakes.literature import article


def _found(one: Article, start: int = 0, rank: int = 1) -> Evidence:
    passage = Passage(f"{one.pmid}:0", one.pmid, "", start, start + 1, one.text[start : start + 1])
    return Evidence(passage, one, rank, 1.0, 1, 0.5, 1, 0.5)


_TRIAL = Article(
    "7",
    "Lorazepam and magnetic stimulation in depression",
    (
        Section("BACKGROUND", "Depression is common. Stimulation helps some.", "BACKGROUND"),
        Section("AIM", "We asked whether lorazepam changes the response.", "OBJECTIVE"),
        Section("RESULTS", "Of 80 patients on lorazepam 18% responded, of others 38%.", "RESULTS"),
        Section("CONCLUSION", "Lorazepam impedes the response to stimulation.", "CONCLUSIONS"),
    ),
)


def test_an_abstract_is_read_whole_and_in_its_order() -> None:
    (piece,) = whole(_found(_TRIAL, start=60))
    assert piece.passage.id == "7:abstract"
    assert piece.passage.text == _TRIAL.text[len(_TRIAL.title) + 1 :]
    sentences = readable(_found(_TRIAL, start=60))
    assert [sentence.number for sentence in sentences] == [0, 1, 2, 3, 4]
    assert [_TRIAL.text[s.start : s.end] for s in sentences] == [s.text for s in sentences]
    assert sentences[-1].category == "CONCLUSIONS"


def test_of_a_full_text_whole_sections_are_read_from_the_one_found() -> None:
    body = tuple(Section(f"Part {n}", f"Finding {n} stands here.", body=True) for n in range(3))
    one = Article("8", "Title", (Section("", "The abstract."), *body))
    pieces = whole(_found(one, start=one.text.index("Finding 1")))
    assert [piece.passage.text for piece in pieces] == [
        "The abstract.",
        "Finding 1 stands here.\nFinding 2 stands here.",
    ]


def test_without_an_abstract_there_is_a_title_to_show_and_nothing_to_read() -> None:
    one = article("9", "Only a title.")
    assert [piece.passage.text for piece in whole(_found(one))] == ["Only a title."]
    assert readable(_found(one)) == ()


def test_notices_are_no_evidence() -> None:
    notice = Article("10", "Retraction of: A trial.", (), publication_types=("Retraction Notice",))
    assert evidential("Does it help?", [_found(notice), _found(_TRIAL)]) == [_found(_TRIAL)]


def test_trees_follow_their_thresholds() -> None:
    stump = Trees(
        np.array([0, -1, -1], np.int32),
        np.array([0.5, 0, 0]),
        np.array([1, 0, 0], np.int32),
        np.array([2, 0, 0], np.int32),
        np.array([0, 1.0, 2.0], np.float32),
        np.array([0], np.int32),
        10.0,
    )
    assert stump(np.array([[0.5], [0.6]])).tolist() == [11.0, 12.0]
    arrays = stump.arrays("x")
    again = Trees.of_arrays(arrays, "x")
    assert again(np.array([[0.0]])).tolist() == [11.0]


def test_shipped_weights_are_two_forms_and_calibrated() -> None:
    weights = shipped_weights()
    assert set(weights) == {"vectors", "words"}
    assert weights["words"].heads is None
    for each in weights.values():
        possible, likely = each.thresholds
        assert 0 < possible < likely < 1
        # The pool's score and an article that answers speak for an answer, a doubted word against it.
        pool, answers, doubt, _ = each.calibration
        assert pool > 0
        assert answers > 0 > doubt


def test_nothing_found_is_nothing_read(searcher: Searcher) -> None:
    reading = LocalReader(searcher.encoder).read("Anything?", [], searcher)
    assert (reading.sentences, reading.confidence) == ((), Confidence.NEAREST)


@pytest.mark.encoder
def test_the_conclusion_that_answers_comes_before_background_and_aim(searcher: Searcher) -> None:
    reader = LocalReader(load_encoder())
    other = article("11", "Zinc for colds", "Zinc shortened colds by a day. It was safe.")
    found = [_found(_TRIAL), _found(other, rank=2)]
    reading = reader.read("Do benzodiazepines interfere with rTMS?", found, searcher)
    texts = [each.sentence.text for each in reading.sentences]
    assert texts[0] in (
        "Lorazepam impedes the response to stimulation.",
        "Of 80 patients on lorazepam 18% responded, of others 38%.",
    )
    assert reading.articles == ("7", "11")
    assert [each.score for each in reading.sentences] == sorted(
        (each.score for each in reading.sentences), reverse=True
    )


def test_words_that_no_article_holds_are_named_if_they_weigh_much(searcher: Searcher) -> None:
    assert unknown_names("Does zolaprexib improve survival in glioma?", searcher)
    known = searcher.search([SearchQuery("navorelimab")], 1)[0][0].article.title
    assert unknown_names(known, searcher) == ()
    # Another form of a listed word and a misspelling of one are no unknown names.
    assert unknown_names("gullet cancer in anorexics?", searcher) == ()
    assert unknown_names("hydroquinnone for melasma?", searcher) == ()


def test_a_name_that_no_article_holds_is_read_under_its_other_name(searcher: Searcher) -> None:
    assert in_known_names("laser for ROP or Lucentis?", searcher) == (
        "laser for retinopathy of prematurity or ranibizumab?"
    )
    held = searcher.search([SearchQuery("navorelimab")], 1)[0][0].article.title
    assert in_known_names(held, searcher) == held
