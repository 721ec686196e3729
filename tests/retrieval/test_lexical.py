"""The lexical index: words, folding, and filters that agree with the records."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from retrieval.lexical import LexicalIndex, build_lexical, fold
from retrieval.passage import Filters
from tests.fakes.literature import article

_ARTICLES = [
    article("1", "TNF-α blockade", "Adalimumab reduced disease activity.", year=2019,
            publication_types=("Randomized Controlled Trial",), journal="The Lancet", mesh=("Arthritis",)),
    article("2", "Counts of 10⁵ CFU", "Bacteria were counted.", year=2020, languages=("fre",)),
    article("3", "Mortality in sepsis", "Mortalities were lower with steroids.", year=2021,
            publication_types=("Meta-Analysis",), journal="Lancet (London)", journal_abbreviation="Lancet"),
    article("4", "Undated note", "Mortality of unknown year.", year=0, published=""),
    article("5", "A cohort of adults", "In this retrospective cohort, mortality rose.", year=2020),
]  # fmt: skip


def _index(folder: Path) -> LexicalIndex:
    assert build_lexical(folder / "lexical", enumerate(_ARTICLES, start=1)) == len(_ARTICLES)
    return LexicalIndex(folder / "lexical")


def test_stems_greek_and_superscripts_match(tmp_path: Path) -> None:
    index = _index(tmp_path)
    assert [hit.article for hit in index.search("TNF-alpha", 5)] == [1]
    assert [hit.article for hit in index.search("tnf-α", 5)] == [1]
    assert [hit.article for hit in index.search("105 CFU", 5)] == [2]
    assert {hit.article for hit in index.search("mortalities", 5)} == {3, 4, 5}
    assert index.search("the of and", 5) == []
    assert index.search("zolaprexib", 5) == []


def test_frequencies_tell_known_from_unknown(tmp_path: Path) -> None:
    index = _index(tmp_path)
    terms = index.terms("Mortality and zolaprexib")
    assert [index.frequency(term) for term in terms] == [3, 0]


def test_folding_leaves_ascii_alone() -> None:
    assert fold("TNF alpha") == "TNF alpha"
    assert fold("CO₂") == "CO2"


_FILTERS = st.builds(
    Filters,
    first_year=st.none() | st.sampled_from([2018, 2019, 2020]),
    last_year=st.none() | st.sampled_from([2020, 2021]),
    publication_types=st.lists(
        st.sampled_from(["meta-analysis", "Randomized Controlled Trial", "Review"]), max_size=2
    ).map(tuple),
    designs=st.lists(st.sampled_from(list(EvidenceLevel)), max_size=3).map(tuple),
    languages=st.lists(st.sampled_from(["eng", "FRE"]), max_size=2).map(tuple),
    journals=st.lists(st.sampled_from(["Lancet", "the lancet"]), max_size=2).map(tuple),
    mesh=st.lists(st.sampled_from(["Arthritis"]), max_size=1).map(tuple),
    include_retracted=st.just(True),
)


def test_index_filters_agree_with_the_rule_on_records(tmp_path: Path) -> None:
    index = _index(tmp_path)

    @settings(max_examples=150)
    @given(filters=_FILTERS)
    def agree(filters: Filters) -> None:
        wanted = [n for n, a in enumerate(_ARTICLES, start=1) if filters.accept(a)]
        found = index.matching(filters, 100)
        if filters.narrows:
            assert found is not None
            assert found.tolist() == wanted
        else:
            assert found is None
        words = "mortality adalimumab bacteria"
        every = {hit.article for hit in index.search(words, 10)}
        assert {hit.article for hit in index.search(words, 10, filters)} == every & set(wanted)

    agree()


def test_a_filter_that_too_many_pass_is_left_to_the_caller(tmp_path: Path) -> None:
    index = _index(tmp_path)
    assert index.matching(Filters(first_year=2019), 2) is None
    few = index.matching(Filters(first_year=2021), 2)
    assert few is not None
    assert few.tolist() == [3]


def test_unknown_year_passes_no_filter_on_years() -> None:
    undated: Article = _ARTICLES[3]
    assert not Filters(last_year=2030).accept(undated)
    assert Filters().accept(undated)
