"""What is marked is what the index matched: checked against the index itself."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from corpora.article import Article, Section
from corpora.store import open_corpus
from retrieval.boolean.query import Field
from retrieval.engines.analysis import analysed
from retrieval.highlighting import Highlighter, excerpt
from retrieval.result_set import BooleanSearch, Mode, ResultSet, semantic
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

ARTICLES = [
    replace(
        article("1", "Statin therapy and TNF-α in heart failure", mesh=("Heart Failure",)),
        sections=(
            Section("AIMS", "Hearts fail. Statins were given for COVID-19."),
            Section("RESULTS", "Heart-failure patients: statins lowered TNF-alpha. No failure."),
        ),
    ),
    article("2", "Beta blockers", "β-blockers help the failing heart. Beta-blockade was common."),
    article("3", "Naïve patients", "Café-au-lait spots; cardiomyopathy and 10⁵ copies."),
    article("4", "Nothing of it", "Here.", keywords=("statins",)),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    encoder = HashingEncoder(dimension=64, window=256)
    home = indexed(tmp_path_factory.mktemp("marks") / "home", ARTICLES, encoder)
    return Searcher(home, encoder)


def result(text: str, mode: Mode = Mode.BOOLEAN) -> ResultSet:
    import numpy as np

    none = np.empty(0, dtype=np.int64)
    return ResultSet(text, mode, none, none)


def marked(found: ResultSet, one: Article) -> list[str]:
    return [one.text[span.start : span.end] for span in Highlighter(found).spans(one)]


@pytest.mark.parametrize(
    ("query", "number", "expected"),
    [
        ('"heart failure"', 0, ["heart failure", "Heart-failure"]),
        ("statin*", 0, ["Statin", "Statins", "statins"]),
        ("statin*[ti]", 0, ["Statin"]),
        ("statin*[ab] NOT failure", 0, ["Statins", "statins"]),
        ("tnf-α", 0, ["TNF-α", "TNF-alpha"]),
        ('"beta block*"', 1, ["Beta blockers", "β-blockers", "Beta-blockade"]),
        ("naive AND cafe[tiab]", 2, ["Naïve", "Café"]),
        ("105[ab]", 2, ["10⁵"]),
        ("card*pathy", 2, ["cardiomyopathy"]),
        ("heart failure[mh]", 0, []),
        ("statins[ot]", 3, []),
        ("2021[dp] AND spots", 2, ["spots"]),
    ],
)
def test_a_boolean_query_marks_its_terms_where_it_looks_for_them(
    query: str, number: int, expected: list[str]
) -> None:
    assert marked(result(query), ARTICLES[number]) == expected


def test_words_are_marked_in_every_form_that_the_index_takes_for_the_same() -> None:
    found = result("Does statin lower TNF-alpha in the failing heart with COVID-19?", Mode.SEMANTIC)
    assert marked(found, ARTICLES[0]) == [
        "Statin", "TNF-α", "heart", "Hearts", "fail", "Statins", "COVID-19", "Heart", "statins",
        "lowered", "TNF-alpha",
    ]  # fmt: skip


@pytest.mark.parametrize("field", [Field.TITLE, Field.ABSTRACT])
def test_each_word_is_marked_in_exactly_the_articles_that_the_index_matches(
    searcher: Searcher, field: Field
) -> None:
    texts = " ".join(each.text for each in ARTICLES)
    words = sorted(set(re.findall(r"\w+", texts)) - {"and", "AND", "not", "or"})
    truncated = [f"{word[:4]}*" for word in words if len(word) > 4]
    boolean = BooleanSearch(searcher.home)
    with open_corpus(searcher.home.corpus) as store:
        for word in (*words, *truncated):
            found = boolean.find(store, f"{word}[{field}]")
            matching = set(store.pmids(found.ids.tolist()))
            assert {each.pmid for each in ARTICLES if marked(found, each)} == matching, word


def test_what_holds_every_word_has_every_word_marked(searcher: Searcher) -> None:
    query = "statins failing hearts"
    with open_corpus(searcher.home.corpus) as store:
        found = semantic(searcher, store, query)
        pmids = store.pmids(found.ids.tolist())
    assert pmids == ["1"]
    terms = {term for words in marked(found, ARTICLES[0]) for term in analysed(words)}
    assert terms >= set(analysed(query))


def test_what_an_abbreviation_stands_for_is_marked(tmp_path: Path) -> None:
    encoder = HashingEncoder(dimension=64, window=256)
    text = "Retinopathy of prematurity (ROP) was seen."
    literature = [article(str(i), f"Eyes {i}", text) for i in range(1, 6)]
    literature.append(article("9", "Retinopathies", "Of preterm infants with retinopathy."))
    searcher = Searcher(indexed(tmp_path / "home", literature, encoder), encoder)
    with open_corpus(searcher.home.corpus) as store:
        found = semantic(searcher, store, "ROP")
    assert "ROP" in marked(found, literature[0])
    assert marked(found, literature[-1]) == ["Retinopathies", "retinopathy"]


def test_the_excerpt_begins_at_the_sentence_with_most_in_it() -> None:
    one = ARTICLES[0]
    spans = Highlighter(result("statins AND tnf-alpha AND patients")).spans(one)
    part = excerpt(one, spans)
    assert part is not None
    assert one.text[part.start : part.end].startswith("Heart-failure patients: statins")
    assert excerpt(one, []) is None
    first = Highlighter(result("failure[ti]")).spans(one)
    assert excerpt(one, first) is None
