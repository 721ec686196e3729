"""The lexical index: words, folding, and filters that agree with the records."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from retrieval.engines.analysis import fold
from retrieval.engines.lexical import PRESENCE, LexicalHit, LexicalIndex, build_lexical
from retrieval.filters import Filters
from tests.fakes.literature import article

_ARTICLES = [
    article("1", "TNF-α blockade", "Adalimumab reduced disease activity.", year=2019,
            publication_types=("Randomized Controlled Trial",), journal="The Lancet", mesh=("Arthritis",)),
    article("2", "Counts of 10⁵ CFU", "Bacteria were counted.", year=2020, languages=("fre",)),
    article("3", "Mortality in sepsis", "Mortalities were lower with steroids.", year=2021,
            publication_types=("Meta-Analysis",), journal="Lancet (London)", journal_abbreviation="Lancet"),
    article("4", "Undated note", "Mortality of unknown year.", year=0, published=""),
    article("5", "A cohort of adults", "In this retrospective cohort, mortality rose.", year=2020),
    article("6", "Bacteria in mice", "We infected mice in vitro.", year=2018, mesh=("Animals", "Mice")),
    article("7", "Bacteria in mice and adults", "Mice and adults.", year=2018, mesh=("Animals", "Humans")),
    article("8", "Effects of bacteria in mice", "Mice were treated.", year=2018),
]  # fmt: skip


def _index(folder: Path) -> LexicalIndex:
    assert build_lexical(folder / "lexical", enumerate(_ARTICLES, start=1)) == len(_ARTICLES)
    return LexicalIndex(folder / "lexical")


def _search(index: LexicalIndex, text: str, filters: Filters | None = None) -> list[LexicalHit]:
    return index.search(index.weighed(index.terms(text)), 9, filters)


def test_stems_greek_and_superscripts_match(tmp_path: Path) -> None:
    index = _index(tmp_path)
    assert [hit.article for hit in _search(index, "TNF-alpha")] == [1]
    assert [hit.article for hit in _search(index, "tnf-α")] == [1]
    assert [hit.article for hit in _search(index, "105 CFU")] == [2]
    assert {hit.article for hit in _search(index, "mortalities")} == {3, 4, 5}
    assert _search(index, "the of and") == []
    assert _search(index, "zolaprexib") == []


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
    people_only=st.booleans(),
    include_retracted=st.just(True),
)


def test_index_filters_agree_with_the_rule_on_records(tmp_path: Path) -> None:
    index = _index(tmp_path)

    @settings(max_examples=150)
    @given(filters=_FILTERS)
    def agree(filters: Filters) -> None:
        wanted = [n for n, a in enumerate(_ARTICLES, start=1) if filters.accept(a)]
        if filters.narrows:
            assert index.matching(filters).tolist() == wanted
        words = "mortality adalimumab bacteria"
        every = {hit.article for hit in _search(index, words)}
        assert {hit.article for hit in _search(index, words, filters)} == every & set(wanted)

    agree()


def test_people_only_leaves_out_animals_and_laboratories_and_keeps_what_is_not_marked() -> None:
    kept = [each.pmid for each in _ARTICLES if Filters(people_only=True).accept(each)]
    assert kept == ["1", "2", "3", "4", "5", "7"]


def test_unknown_year_passes_no_filter_on_years() -> None:
    undated: Article = _ARTICLES[3]
    assert not Filters(last_year=2030).accept(undated)
    assert Filters().accept(undated)


def test_scores_are_shares_and_presence_of_all_terms_counts(tmp_path: Path) -> None:
    index = _index(tmp_path)
    terms = index.weighed(index.terms("mortality cohort zolaprexib"))
    hits = index.search(terms, 5)
    assert hits[0].article == 5
    assert all(0 < hit.score <= 1 + PRESENCE for hit in hits)
    bare = {hit.article: hit.score for hit in index.search(terms, 5, presence=0.0)}
    # Only article 5 holds both terms that are known: it gains the whole of what presence adds.
    gains = {hit.article: hit.score - bare[hit.article] for hit in hits}
    assert abs(gains[5] - PRESENCE) < 1e-4
    assert max(gains[3], gains[4]) < PRESENCE / 2
    assert index.score(terms, [5, 1]) == {5: hits[0].score}
    assert index.score(terms, []) == {}


def test_a_term_one_typing_error_away_is_near(tmp_path: Path) -> None:
    texts = ["We recommend rest for the committee."] * 3 + ["One asporin."]
    articles = [article(str(n), f"Note {n}", text) for n, text in enumerate(texts, start=1)]
    build_lexical(tmp_path / "lexical", enumerate(articles, start=1))
    index = LexicalIndex(tmp_path / "lexical")
    for typed in ("recomend", "recommand", "recommned", "reccommend", "reccomend"):
        assert index.near(typed) == "recommend"
    assert index.near("rrecomend") == ""
    # In one article only.
    assert index.near("asporine") == ""
