"""Boolean search: what is one, where errors point, and sets that agree with the records."""

import gzip
from pathlib import Path

import pytest

from corpora.article import Article, Author, Section
from corpora.errors import BadQuery, UnreadableFile
from corpora.mesh import open_tree, read_descriptors, write_tree
from evaluation.boolean.comparison import compare
from evaluation.boolean.generator import generated
from evaluation.boolean.oracle import Oracle
from retrieval.boolean.parser import is_boolean, parse
from retrieval.engines.lexical import LexicalIndex, build_lexical
from tests.fakes.literature import article

_SUBJECTS = (
    "Heart failure",
    "β-blocker therapy",
    "Naïve T cells",
    "Head and neck cancer",
    "COVID-19",
)
_ARTICLES = [
    article(
        str(10_000 + i),
        f"{_SUBJECTS[i % 5]} in {('adults', 'children')[i % 2]}: trial {i}",
        f"We randomi{'sz'[i % 2]}ed {i} people with {_SUBJECTS[(i + 1) % 5].lower()}. Failure of the heart.",
        authors=(Author("Smith", ("Jane", "John Adam")[i % 2], ("J", "JA")[i % 2]), Author("O'Brien-Łódź", "K", "K")),
        journal=("The Lancet. Neurology", "Lancet (London, England)")[i % 2],
        mesh=(("Heart Failure", "Humans"), ("Neoplasms", "Animals"), ())[i % 3],
        major_mesh=(("Heart Failure",), (), ())[i % 3],
        publication_types=(("Review",), ("Randomized Controlled Trial",), ())[i % 3],
        languages=("eng", "fre")[i % 2 : i % 2 + 1],
        keywords=("quality of life",) if i % 4 else (),
        year=2015 + i % 7,
        published=(f"{2015 + i % 7}", f"{2015 + i % 7}-03", f"{2015 + i % 7}-03-15")[i % 3],
        doi=f"10.99999/X.{i}",
    )
    for i in range(60)
]  # fmt: skip
_DESCRIPTORS = b"""<?xml version="1.0"?><DescriptorRecordSet LanguageCode="eng">
<DescriptorRecord><DescriptorName><String>Heart Diseases</String></DescriptorName>
<TreeNumberList><TreeNumber>C14.280</TreeNumber></TreeNumberList></DescriptorRecord>
<DescriptorRecord><DescriptorName><String>Heart Failure</String></DescriptorName>
<TreeNumberList><TreeNumber>C14.280.434</TreeNumber></TreeNumberList>
<ConceptList><Concept><TermList><Term><String>Cardiac Failure</String></Term></TermList></Concept></ConceptList>
</DescriptorRecord>
<DescriptorRecord><DescriptorName><String>Other Disease</String></DescriptorName>
<TreeNumberList><TreeNumber>C14.2801</TreeNumber></TreeNumberList></DescriptorRecord>
</DescriptorRecordSet>"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    folder = tmp_path_factory.mktemp("boolean") / "lexical"
    build_lexical(folder, enumerate(_ARTICLES, start=1))
    return LexicalIndex(folder)


def _found(index: LexicalIndex, text: str, **options: bool) -> set[int]:
    return set(index.boolean(parse(text, **options)).ids.tolist())


@pytest.mark.parametrize(
    "text",
    ["sepsis[ti]", "(a OR b) AND c", '"heart failure"', "bronchiect*", "34096808", "34096808, 33301246",
     "10.1056/NEJMoa2021436", "“heart failure” carvedilol", "PMID: 34096808"],
)  # fmt: skip
def test_has_the_syntax(text: str) -> None:
    assert is_boolean(text)


@pytest.mark.parametrize(
    "text",
    ["heart failure", "Does aspirin or warfarin prevent stroke?", 'What is "long covid"?', "CYP2C19*2 carriers",
     "DOES ASPIRIN AND CLOPIDOGREL HELP", "[18F]FDG PET in lymphoma", "covid 2021"],
)  # fmt: skip
def test_is_a_semantic_search(text: str) -> None:
    assert not is_boolean(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [("a AND (b OR c", 6), ("a[ti]) OR b", 5), ("a AND", 2), ("OR a", 0), ("a AND OR b", 6), ("x[tiabb]", 1),
     ("ab AND *itis[ti]", 7), ("drug therapy[sh]", 12), ("heart[tiab:~3]", 5), ("ab AND 20x5[dp]", 7),
     ('a AND "b c', 6), ("a AND ()", 6), ("(a OR b)[ti]", 8)],
)  # fmt: skip
def test_an_error_points_at_its_place(text: str, position: int) -> None:
    with pytest.raises(BadQuery) as caught:
        parse(text)
    assert caught.value.position == position
    query, caret = caught.value.excerpt.split("\n")
    assert query == text
    assert caret.index("^") == position


def test_operators_are_worked_off_from_left_to_right() -> None:
    assert str(parse("a OR b AND c NOT d").node) == "((a OR b) AND c) NOT d"
    assert str(parse("Animals[mh] not (Animals[mh] and Humans[mh])").node) == (
        "Animals[mh] NOT (Animals[mh] AND Humans[mh])"
    )
    assert str(parse("signs and symptoms[mh]").node) == "signs and symptoms[mh]"


def test_a_query_is_read_the_same_once_it_has_been_written_out() -> None:
    for text in ('"a b"[tiab] OR (c[mh:noexp] NOT dd*[ti])', "smith j[au] AND 2015/03:2016[dp]"):
        once = str(parse(text).node)
        assert str(parse(once).node) == once


def test_terms_that_no_record_can_answer_are_left_out_if_asked(index: LexicalIndex) -> None:
    text = 'adults[ti] OR "drug therapy"[sh]'
    assert parse(text, skip_absent=True).left_out == ('"drug therapy"[sh]',)
    assert _found(index, text, skip_absent=True) == _found(index, "adults[ti]")


def test_sets_are_those_of_the_records(index: LexicalIndex) -> None:
    oracle = Oracle(enumerate(_ARTICLES, start=1))

    def find(text: str, skip: bool) -> set[int]:
        return _found(index, text, skip_absent=skip)

    fixed = ["smith j[au]", "smith ja[au]", "smith[au]", "smith jane[au]", '"smith j"[au]', "smi*[au]", "lancet[ta]",
             "2016:2018[dp]", "2016/03[dp]", "2016/03/16:2017[dp]", '"head and neck"[ti]', "randomi*[tiab]",
             '"randomi* 7"[ab]', "beta-blocker[tiab]", "naive[ti]", "quality of life[ot]", "heart failure[majr]",
             "french[la] NOT review[pt]", "o'brien-lodz k[au]"]  # fmt: skip
    report = compare(find, oracle, [*fixed, *generated(_ARTICLES, 200)])
    assert report.different == []
    assert report.compared == len(fixed) + 200
    assert report.found > 150


def test_a_phrase_lies_within_one_text_and_a_body_is_not_searched(tmp_path: Path) -> None:
    parts = (Section("A", "heart"), Section("B", "failure"), Section("", "carvedilol", body=True))
    build_lexical(tmp_path / "lexical", [(1, Article("1", "On it", parts))])
    index = LexicalIndex(tmp_path / "lexical")
    assert _found(index, '"heart failure"[tiab]') == set()
    assert _found(index, "carvedilol[tiab]") == set()
    assert _found(index, "heart[tiab] AND failure[tiab]") == {1}


def test_a_heading_finds_narrower_ones(index: LexicalIndex, tmp_path: Path) -> None:
    shipped = open_tree(tmp_path / "mesh.sqlite")
    failure = _found(index, "heart failure[mh]")
    assert failure
    exploded = index.boolean(parse("heart diseases[mh]"), shipped)
    assert set(exploded.ids.tolist()) == failure
    assert not index.boolean(parse("heart diseases[mh:noexp]"), shipped).ids.tolist()
    synonym = index.boolean(parse('"cardiac failure"[mh]'), shipped)
    assert set(synonym.ids.tolist()) == failure
    assert "Heart Failure" in synonym.notes[0]


def test_an_imported_tree_replaces_the_shipped_one(index: LexicalIndex, tmp_path: Path) -> None:
    source = tmp_path / "desc.gz"
    source.write_bytes(gzip.compress(_DESCRIPTORS))
    assert write_tree(tmp_path / "mesh.sqlite", read_descriptors(source)) == 3
    tree = open_tree(tmp_path / "mesh.sqlite")
    assert tree.narrower("Heart Diseases") == ["Heart Diseases", "Heart Failure"]
    failure = _found(index, "heart failure[mh]")
    assert failure
    exploded = index.boolean(parse("heart diseases[mh]"), tree)
    assert set(exploded.ids.tolist()) == failure
    assert exploded.notes == ()
    assert len(index.boolean(parse("heart diseases[mh:noexp]"), tree).ids) == 0
    synonym = index.boolean(parse('"cardiac failure"[mh]'), tree)
    assert set(synonym.ids.tolist()) == failure
    assert "Heart Failure" in synonym.notes[0]


def test_a_file_without_headings_is_no_tree(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<a/>")
    with pytest.raises(UnreadableFile):
        write_tree(tmp_path / "mesh.sqlite", read_descriptors(tmp_path / "x.xml"))
    assert not (tmp_path / "mesh.sqlite").exists()
