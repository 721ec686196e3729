"""Whether what was found can answer: what is unknown, who is spoken of, and how near it lies."""

from pathlib import Path

import pytest

from agent.assessment import assess, signs_of, unsaid
from agent.planning import groups
from agent.planning.local import LocalPlanner
from agent.planning.plan import Pico
from agent.planning.spelling import meant
from agent.sufficiency import Signs, likely_enough, share, signs
from retrieval.passage import Evidence, Filters
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

_ENCODER = HashingEncoder(dimension=256)
_ARTICLES = [
    article("1", "Topiramate for migraine in adults", "Topiramate prevented migraine in adults."),
    article("2", "Zinc for colds", "Zinc shortened common colds in children at school."),
    article("3", "Aspirin and stroke", "Aspirin lowered the risk of stroke."),
    *[
        article(str(n), f"Gardening {n}", f"Roses in bed {n} need treatment.")
        for n in range(10, 40)
    ],
    *[article(str(n), "Flagellum", f"The flagellum of strain {n} turns.") for n in range(50, 54)],
]


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    return Searcher(indexed(tmp_path, _ARTICLES, _ENCODER), _ENCODER)


def _found(searcher: Searcher, question: str) -> list[Evidence]:
    return searcher.gather(list(LocalPlanner().draft(question, Filters(), searcher).open), 20)


def test_an_answer_that_is_there_is_found_and_its_absence_noticed(searcher: Searcher) -> None:
    question = "Does zinc shorten common colds?"
    found = _found(searcher, question)
    assert assess(question, found, searcher).relevant == ("2",)
    without = [each for each in found if each.article.pmid != "2"]
    assert not assess(question, without, searcher).enough
    there, gone = signs_of(question, found, searcher), signs_of(question, without, searcher)
    assert there is not None
    assert gone is not None
    assert there.rarest > gone.rarest
    assert there.passage > gone.passage
    assert there.lacking < gone.lacking


def test_what_no_sentence_of_an_answer_names_is_told_of_whether_questions(
    searcher: Searcher,
) -> None:
    told = ["Roses need treatment."]
    assert unsaid("Does zinc shorten common colds?", told, searcher) == "zinc"
    assert unsaid("Does zinc shorten colds?", [*told, "Zinc for colds"], searcher) == ""
    assert unsaid("Which metals shorten colds?", told, searcher) == ""


def test_what_no_article_holds_is_named_and_a_slip_away_offered(searcher: Searcher) -> None:
    question = "What is the flagelum?"
    told = assess(question, _found(searcher, question), searcher)
    assert not told.enough
    assert told.reason == (
        "no article of the index speaks of “flagelum” (did you mean “flagellum”?)"
    )
    assert signs_of(question, _found(searcher, question), searcher) is None


def test_a_drug_for_one_thing_does_not_answer_for_another(searcher: Searcher) -> None:
    question = "Does topiramate prevent migraine and stroke?"
    found = [e for e in _found(searcher, question) if e.article.pmid != "3"]
    stroke = Pico(intervention="topiramate", outcome="stroke")
    migraine = Pico(intervention="topiramate", outcome="migraine")
    assert assess(question, found, searcher, migraine).relevant == ("1",)
    told = assess(question, found, searcher, stroke)
    assert not told.enough
    assert "stroke" in told.missing


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("flaggellum", "flagellum"),
        ("Flagelum", "Flagellum"),
        ("flagellmu", "flagellum"),
        ("flagellum", ""),
        ("FLAGELUM", ""),
        ("zolvaprexin", ""),
        ("zink", ""),
    ],
)
def test_slips(searcher: Searcher, word: str, read: str) -> None:
    assert meant(word, searcher) == read


def test_adults_answer_for_nobody_else(searcher: Searcher) -> None:
    asked = "Does topiramate prevent migraine"
    assert assess(f"{asked} in adults?", _found(searcher, asked), searcher).enough
    for group in ("in pregnancy", "in children", "while breastfeeding", "in newborns"):
        question = f"{asked} {group}?"
        told = assess(question, _found(searcher, question), searcher)
        assert not told.enough, group
        assert group.split()[-1] in told.reason
    schoolchildren = "Does zinc shorten common colds in children?"
    assert assess(schoolchildren, _found(searcher, schoolchildren), searcher).relevant == ("2",)


def test_a_group_is_named_only_where_it_is_asked_about() -> None:
    assert [words for words, _ in groups.named("Is aspirin safe in pregnancy?")] == ["pregnancy"]
    assert groups.named("Is it safe for pregnant women?")[0][0] == "pregnant"
    assert groups.named("Is it safe while breastfeeding?")[0][0] == "breastfeeding"
    assert groups.named("Does it work in newborns?")[0][0] == "newborns"
    assert groups.named("Does it work in small children?")[0][0] == "children"
    assert groups.named("Which children's books are read?") == []
    assert groups.named("What are the complications of pregnancy loss?") == []


@pytest.mark.parametrize(
    "question",
    [
        "Is topiramate important for migraine?",
        "Is topiramate safe for migraine?",
        "Is topiramate currently (March 2020) available for migraine?",
        "Is topiramate a treatmment of migraine?",
    ],
)
def test_what_is_asked_of_a_subject_need_not_be_said_in_those_words(
    searcher: Searcher, question: str
) -> None:
    pico = LocalPlanner().draft(question, Filters(), searcher).pico
    told = assess(question, _found(searcher, question), searcher, pico)
    assert told.relevant == ("1",)
    assert not told.missing


def test_a_slip_of_a_subject_is_no_word_that_only_asks(searcher: Searcher) -> None:
    question = "Is topiramate importin for migraine?"
    told = assess(question, _found(searcher, question), searcher)
    assert "importin" in (*told.missing, told.reason)


def test_shares_weigh_what_is_rare() -> None:
    assert share({"a": 3.0, "b": 1.0}, frozenset(["a"])) == 0.75
    assert share({}, frozenset()) == 1.0


def test_nearness_counts_only_for_the_encoder_it_was_learned_with() -> None:
    words = Signs(nearest=0.0, stands_out=0.0, passage=0.5, rarest=1.0, lacking=0.0)
    assert likely_enough(words, "another encoder")
    assert not likely_enough(words, "0a108ad0bb6fb1fe")
    near = Signs(nearest=0.8, stands_out=0.3, passage=0.5, rarest=1.0, lacking=0.0)
    assert likely_enough(near, "0a108ad0bb6fb1fe")


def test_signs_are_what_they_say(searcher: Searcher) -> None:
    found = _found(searcher, "aspirin stroke")
    held = {e.article.pmid: frozenset(searcher.terms(e.article.text)) for e in found}
    asked = {"aspirin": 3.0, "stroke": 2.0, "lithium": 1.0}
    told = signs(asked, held, found, searcher.terms)
    assert told.nearest == max(e.dense_score or 0.0 for e in found)
    assert told.rarest == 1.0
    assert told.lacking == pytest.approx(1 / 3)
    assert told.passage == pytest.approx(5 / 6)
