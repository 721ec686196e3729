"""Conditions in a question: what becomes a filter, what does not, and what is relaxed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.planning.conditions import population_of, read_conditions, read_filters, relax
from agent.planning.rule_based import LocalPlanner
from corpora.evidence_level import EvidenceLevel
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

_NOW = datetime.now(UTC).year
_TRIAL, _REVIEW = EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.SYSTEMATIC_REVIEW


@pytest.mark.parametrize(
    ("question", "first", "last", "left"),
    [
        ("Does aspirin help since 2015?", 2015, None, "Does aspirin help?"),
        ("Does aspirin help after 2015?", 2016, None, "Does aspirin help?"),
        ("Does aspirin help, before 2015?", None, 2014, "Does aspirin help?"),
        ("Does aspirin help (published since 2015)?", 2015, None, "Does aspirin help?"),
        ("Aspirin until 2015", None, 2015, "Aspirin"),
        ("Aspirin between 2015 and 2020", 2015, 2020, "Aspirin"),
        ("Aspirin from 2015 to 2020", 2015, 2020, "Aspirin"),
        ("Aspirin in the last 5 years", _NOW - 5, None, "Aspirin"),
        ("Aspirin in the last five years", _NOW - 5, None, "Aspirin"),
        ("Aspirin over the past decade", _NOW - 10, None, "Aspirin"),
        ("Does COVID-19 raise risk in 2021?", None, None, "Does COVID-19 raise risk in 2021?"),
        ("Was aspirin approved before 2015?", None, None, "Was aspirin approved before 2015?"),
        (
            "Do people born after 1980 fare worse?",
            None,
            None,
            "Do people born after 1980 fare worse?",
        ),
    ],
)
def test_time_windows(question: str, first: int | None, last: int | None, left: str) -> None:
    text, filters, notes = read_filters(question, Filters())
    assert (filters.first_year, filters.last_year, text) == (first, last, left)
    assert len(notes) == (first is not None or last is not None)


@pytest.mark.parametrize(
    ("question", "levels", "left"),
    [
        ("Does aspirin help, randomised trials only?", (_TRIAL,), "Does aspirin help?"),
        ("RCTs only: does aspirin help?", (_TRIAL,), "does aspirin help?"),
        ("Only randomized controlled trials: does aspirin help?", (_TRIAL,), "does aspirin help?"),
        ("Aspirin in meta-analyses", (_REVIEW,), "Aspirin"),
        ("Does aspirin prevent stroke? Meta-analyses", (_REVIEW,), "Does aspirin prevent stroke"),
        ("Meta-analyses of aspirin", (_REVIEW,), "aspirin"),
        ("According to guidelines, is aspirin useful?", (EvidenceLevel.GUIDELINE,), "is aspirin useful?"),
        ("What do guidelines say on aspirin?", (EvidenceLevel.GUIDELINE,), "What do guidelines say on aspirin?"),
        ("Aspirin and cancer, cohort studies only", (EvidenceLevel.OBSERVATIONAL,), "Aspirin and cancer"),
        ("How good are randomised trials of aspirin?", (), "How good are randomised trials of aspirin?"),
        ("Has aspirin been tested in clinical trials?", (), "Has aspirin been tested in clinical trials?"),
        ("Do clinicians follow guidelines for sepsis?", (), "Do clinicians follow guidelines for sepsis?"),
    ],
)  # fmt: skip
def test_study_designs_are_filters_only_where_asked_for(
    question: str, levels: tuple[EvidenceLevel, ...], left: str
) -> None:
    text, filters, notes = read_filters(question, Filters())
    assert (filters.designs, text) == (levels, left)
    assert len(notes) == bool(levels)


def test_what_the_user_set_is_not_touched() -> None:
    own = Filters(first_year=2000, designs=(EvidenceLevel.REVIEW,))
    text, filters, notes = read_filters("Aspirin since 2015, RCTs only", own)
    assert filters == own
    assert notes == []
    assert "2015" in text


def _searcher(folder: Path, headings: tuple[str, ...]) -> Searcher:
    encoder = HashingEncoder(dimension=512, window=256)
    articles = [
        article("1", "Amoxicillin in otitis media", "Amoxicillin cured otitis.", mesh=headings),
        article("2", "Amoxicillin in old age", "Amoxicillin was safe.", mesh=("Humans", "Aged")),
    ]
    return Searcher(indexed(folder, articles, encoder), encoder)


def test_a_population_is_a_filter_where_the_corpus_is_indexed_with_mesh(tmp_path: Path) -> None:
    searcher = _searcher(tmp_path, ("Humans", "Child"))
    asked = "Is amoxicillin effective for otitis media in children?"
    read = read_conditions(asked, Filters(), searcher)
    assert "Child" in read.filters.mesh
    assert read.text == asked
    found = searcher.search(list(LocalPlanner().draft(asked, Filters(), searcher).latest), 5)
    assert [e.article.pmid for e in found[0]] == ["1"]
    own = Filters(mesh=("Aged",))
    assert read_conditions(asked, own, searcher).filters == own
    searcher.close()


@pytest.mark.parametrize("headings", [(), ("Humans", "Adult")])
def test_a_population_without_check_tags_is_searched_for_and_no_filter(
    tmp_path: Path, headings: tuple[str, ...]
) -> None:
    searcher = _searcher(tmp_path, headings)
    read = read_conditions("Does amoxicillin help in children?", Filters(), searcher)
    assert read.filters == Filters()
    assert "in children" in read.text
    assert not read.notes
    searcher.close()


def test_conditions_are_given_up_one_at_a_time_and_the_users_own_never(searcher: Searcher) -> None:
    own = Filters(languages=("eng",))
    question = "Does navorelimab lower mortality since 2099, randomised trials only?"
    plan = LocalPlanner().draft(question, own, searcher)
    assert (plan.filters.first_year, plan.filters.designs) == (2099, (_TRIAL,))
    once = relax(plan, own)
    assert once is not None
    assert (once.filters.first_year, once.filters.designs) == (2099, ())
    twice = relax(once, own)
    assert twice is not None
    assert twice.filters == own
    assert [query.text for query in twice.latest] == [query.text for query in plan.rounds[0]]
    assert {query.filters for query in twice.latest} == {own}
    assert relax(twice, own) is None
    assert len(twice.notes) == len(plan.notes) + 2


@pytest.mark.parametrize(
    ("asked", "words", "speaking", "other"),
    [
        ("Does it help in children?", "children", "Of 30 girls two fell ill.", "Of 30 adults two fell ill."),
        ("drugs for OCD in adolescents", "adolescents", "Teenagers with OCD.", "Mice with OCD."),
        ("Is it safe in pregnancy?", "pregnancy", "Prenatal exposure.", "It was safe in children."),
        ("melasma in men", "men", "Thirty men took part.", "Thirty women took part."),
    ],
)  # fmt: skip
def test_an_article_names_the_people_asked_about_or_not(
    asked: str, words: str, speaking: str, other: str
) -> None:
    population = population_of(asked)
    assert population is not None
    assert population.words == words
    assert population.named_in(article("1", "A trial", speaking))
    assert not population.named_in(article("2", "A trial", other))


def test_a_question_without_a_group_of_people_has_no_population() -> None:
    assert population_of("Does aspirin prevent stroke?") is None
