"""The local planner: conditions become filters, key words become a query."""

from datetime import UTC, datetime

import pytest

from agent.planning.local import LocalPlanner, key_words, read_filters
from corpora.evidence_level import EvidenceLevel
from retrieval.passage import Filters
from retrieval.search import Searcher

_NOW = datetime.now(UTC).year


@pytest.mark.parametrize(
    ("question", "first", "last", "left"),
    [
        ("Does aspirin help since 2015?", 2015, None, "Does aspirin help?"),
        ("Does aspirin help after 2015?", 2016, None, "Does aspirin help?"),
        ("Does aspirin help, before 2015?", None, 2014, "Does aspirin help?"),
        ("Aspirin between 2015 and 2020", 2015, 2020, "Aspirin"),
        ("Aspirin from 2015 to 2020", 2015, 2020, "Aspirin"),
        ("Aspirin in the last 5 years", _NOW - 5, None, "Aspirin"),
        ("Does COVID-19 raise risk in 2021?", None, None, "Does COVID-19 raise risk in 2021?"),
    ],
)
def test_time_windows(question: str, first: int | None, last: int | None, left: str) -> None:
    text, filters, notes = read_filters(question, Filters())
    assert (filters.first_year, filters.last_year, text) == (first, last, left)
    assert len(notes) == (first is not None or last is not None)


@pytest.mark.parametrize(
    ("question", "levels"),
    [
        ("Does aspirin help, randomised trials only", (EvidenceLevel.RANDOMISED_TRIAL,)),
        ("RCTs only: does aspirin help?", (EvidenceLevel.RANDOMISED_TRIAL,)),
        ("Aspirin in meta-analyses", (EvidenceLevel.SYSTEMATIC_REVIEW,)),
        ("What do guidelines say on aspirin?", ()),
        ("How good are randomised trials of aspirin?", ()),
    ],
)
def test_study_designs_are_filters_only_where_asked_for(
    question: str, levels: tuple[EvidenceLevel, ...]
) -> None:
    _, filters, _ = read_filters(question, Filters())
    assert filters.designs == levels


def test_what_the_user_set_is_not_touched() -> None:
    own = Filters(first_year=2000, designs=(EvidenceLevel.REVIEW,))
    text, filters, notes = read_filters("Aspirin since 2015, RCTs only", own)
    assert filters == own
    assert notes == []
    assert "2015" in text


def test_key_words_name_the_subject() -> None:
    assert key_words("Does SGLT2i lower HbA1c in type 2 diabetes?") == [
        "SGLT2i", "lower", "HbA1c", "type", "2", "diabetes",
    ]  # fmt: skip


def test_a_plan_asks_in_two_ways_and_widens_with_other_words(searcher: Searcher) -> None:
    planner = LocalPlanner()
    question = "Does navorelimab lower mortality in severe viral pneumonia since 2010?"
    plan = planner.plan(question, Filters(), searcher)
    assert [q.filters.first_year for q in plan.queries] == [2010, 2010]
    assert len({q.text for q in plan.queries}) == 2
    wider = planner.widen(question, plan, searcher)
    assert wider is not None
    assert len(wider.rounds) == 2
    assert wider.latest[0].text not in {q.text for q in plan.queries}
    assert planner.widen(question, wider, searcher) is None
