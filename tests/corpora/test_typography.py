"""Typography beside the text: of any XML, through the store, and under a full text."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from html import escape
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.article import Article, Section
from corpora.importer import import_files
from corpora.readers.jats import read_jats
from corpora.readers.pubmed_xml import read_pubmed_xml
from corpora.store import ArticleStore
from corpora.typography import TypeStyle, Typography
from tests.fakes.literature import article
from tests.fakes.pubmed import pubmed_xml, record, stream

TITLE = "Effects of <i>Helicobacter pylori</i> on CO<sub>2</sub> and V<sub>max</sub>"

# A tree of XML: text, or an element's name with what is in it.
Node = str | tuple[str, Sequence["Node"]]  # type: ignore[misc]
_FIGURES = {
    "sup": dict(zip("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ", strict=True)),
    "sub": dict(zip("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎", strict=True)),
}
_texts = st.text(st.sampled_from("abn12+ \n<&é𝛽"), max_size=6)
_names = st.sampled_from(["i", "b", "u", "sub", "sup"])
trees = st.lists(
    st.recursive(_texts, lambda inner: st.tuples(_names, st.lists(inner, max_size=3)), max_leaves=8),
    max_size=5,
)  # fmt: skip


def xml(node: Node) -> str:
    if isinstance(node, str):
        return escape(node)
    name, inner = node
    return f"<{name}>{''.join(map(xml, inner))}</{name}>"


def letters(node: Node) -> list[tuple[str, frozenset[str]]]:
    """Each character with the styles in which XML has it."""
    if isinstance(node, str):
        return [(character, frozenset()) for character in node]
    name, inner = node
    found = [each for child in inner for each in letters(child)]
    figures = _FIGURES.get(name, {})
    if found and all(character in figures for character, _ in found):
        return [(figures[character], styles) for character, styles in found]
    own = frozenset({name} & {"i", "sub", "sup"})
    return [(character, styles | own) for character, styles in found]


def printed(trees: Sequence[Sequence[Node]]) -> list[tuple[str, frozenset[str]]]:
    return [(c, s) for tree in trees for node in tree for c, s in letters(node) if not c.isspace()]


def shown(read: Article) -> list[tuple[str, frozenset[str]]]:
    """Each character of a text with the styles of its typography."""
    return [
        (character, frozenset(t.style.value for t in read.typography if t.start <= at < t.end))
        for at, character in enumerate(read.text)
        if not character.isspace()
    ]


def styled(read: Article) -> list[tuple[str, str]]:
    return [(read.text[t.start : t.end], t.style.value) for t in read.typography]


def pubmed(title: str, *sections: str) -> Article:
    abstract = "".join(f"<AbstractText>{section}</AbstractText>" for section in sections)
    (read,) = read_pubmed_xml(stream(record("77", title, abstract=abstract)))
    assert isinstance(read, Article)
    return read


def full_text(title: str, abstract: str, *paragraphs: str) -> Article:
    body = "".join(f"<sec><title>Part</title><p>{each}</p></sec>" for each in paragraphs)
    (read,) = read_jats(
        stream(
            '<article><front><article-meta><article-id pub-id-type="pmid">77</article-id>'
            f"<title-group><article-title>{title}</article-title></title-group>"
            f"<abstract><p>{abstract}</p></abstract></article-meta></front>"
            f"<body>{body}</body></article>"
        )
    )
    assert isinstance(read, Article)
    return read


@pytest.mark.parametrize(
    ("markup", "text", "expected"),
    [
        (TITLE, "Effects of Helicobacter pylori on CO₂ and Vmax",
         [("Helicobacter pylori", "i"), ("max", "sub")]),
        ("<i>TP53<sup>mut</sup></i> cells", "TP53mut cells", [("TP53mut", "i"), ("mut", "sup")]),
        ("<sup><i>a</i></sup>x", "ax", [("a", "i"), ("a", "sup")]),
        ("<i>C.</i><i> elegans</i> (<i>N2</i>)", "C. elegans (N2)",
         [("C. elegans", "i"), ("N2", "i")]),
        ("x<sub>a</sub><sup>b</sup>", "xab", [("a", "sub"), ("b", "sup")]),
        ("on<i>\n  E.\n  coli </i>\n growth", "on E. coli growth", [("E. coli", "i")]),
        ("<i> </i>A <b>bold</b> <u>one</u><i/>", "A bold one", []),
        ("<i>A &amp; B</i> &lt;i onclick='x()'&gt;c&lt;/i&gt;", "A & B <i onclick='x()'>c</i>",
         [("A & B", "i")]),
        ("10<sup>-3</sup> at 37 <sup>o</sup>C", "10⁻³ at 37 oC", [("o", "sup")]),
        ("a<i>b<!-- no text -->c</i>d", "abcd", [("bc", "i")]),
    ],
)  # fmt: skip
def test_titles(markup: str, text: str, expected: list[tuple[str, str]]) -> None:
    read = pubmed(markup)
    assert (read.title, styled(read)) == (text, expected)


def test_sections_and_titles_that_stand_in() -> None:
    read = pubmed(TITLE, "The <i>first</i>.", "", "K<sub>m</sub>", "<i>p</i> = 1")
    assert styled(read)[2:] == [("first", "i"), ("m", "sub"), ("p", "i")]
    vernacular = "<VernacularTitle>Bei <i>E. coli</i></VernacularTitle>"
    (read,) = read_pubmed_xml(stream(record("1", "", article=vernacular)))
    assert isinstance(read, Article)
    assert (read.vernacular_title, styled(read)) == ("Bei E. coli", [("E. coli", "i")])


def test_jats_leaves_out_what_it_skips_and_parts_paragraphs() -> None:
    read = full_text(
        "<italic>E. coli</italic>",
        "One <italic>a</italic>.</p><p>V<sub>max</sub>.",
        "See<sup>a<fig><caption><p>no</p></caption></fig></sup> <list><list-item><p>"
        "<italic>p</italic></p></list-item><list-item><p><italic>q</italic> x</p></list-item></list>",
    )
    assert read.text == "E. coli\nOne a. Vmax.\nSeea p q x"
    assert styled(read) == [("E. coli", "i"), ("a", "i"), ("max", "sub"), ("a", "sup"), ("p q", "i")]  # fmt: skip


@given(trees, st.lists(trees, max_size=3))
def test_of_any_xml_each_letter_is_set_as_it_was(
    title: list[Node], sections: list[list[Node]]
) -> None:
    read = pubmed("".join(map(xml, title)), *("".join(map(xml, each)) for each in sections))
    assert shown(read) == printed([title, *sections])
    assert Article.from_json(read.to_json()) == read


@given(trees, trees, trees, st.lists(trees, max_size=2), st.booleans())
def test_a_full_text_brings_its_own(
    title: list[Node],
    abstract: list[Node],
    other: list[Node],
    body: list[list[Node]],
    known: bool,
) -> None:
    def made(tree: list[Node]) -> str:
        return "".join(map(xml, tree))

    ours = pubmed(made(title), *([made(abstract)] if known else []))
    theirs = full_text("A longer title", made(other), *map(made, body))
    has_one = bool(ours.sections)
    whole = ours.with_body(theirs)
    assert shown(whole) == printed([title, abstract if has_one else other, *body])
    assert whole.with_body(theirs) == whole


@given(trees)
def test_one_way_to_say_it(title: list[Node]) -> None:
    """Stretches of one style are apart, and none begins or ends with white space."""
    read = pubmed("".join(map(xml, title)))
    for style in TypeStyle:
        own = [t for t in read.typography if t.style is style]
        assert own == sorted(own, key=lambda t: t.start)
        for one, other in pairwise(own):
            assert read.text[one.end : other.start].strip()
    assert all(words == words.strip() != "" for words, _ in styled(read))


class TestInTheStore:
    def _put(self, store: ArticleStore, *read: Article, name: str = "a") -> dict[str, int]:
        counts = store.import_records(read, name=name, path=name, sha256=name, reader="test").counts
        return {f: getattr(counts, f) for f in counts.__slots__ if getattr(counts, f)}

    def test_comes_back(self, store: ArticleStore) -> None:
        self._put(store, pubmed(TITLE))
        known = store.get("77")
        assert known is not None
        assert known.typography == pubmed(TITLE).typography != ()

    def test_a_record_from_before_reads_and_is_the_same_record(self) -> None:
        before = article("1", "Plain")
        assert b"typography" not in before.to_json()
        assert Article.from_json(before.to_json()) == before

    @pytest.fixture
    def old(self, tmp_path: Path) -> Iterator[tuple[ArticleStore, Path]]:
        """A store into which the reader before this one imported a file."""
        path = tmp_path / "titles.xml"
        path.write_bytes(pubmed_xml(record("77", TITLE), record("78", "Plain")))
        with path.open("rb") as file:
            read = [r for r in read_pubmed_xml(file) if isinstance(r, Article)]
        with ArticleStore(tmp_path / "corpus.sqlite") as store:
            store.import_records(
                [replace(each, typography=()) for each in read],
                name=path.name,
                path=str(path),
                sha256=sha256(path.read_bytes()).hexdigest(),
                reader="PubMed XML 1",
            )
            yield store, path

    def test_the_same_file_again_adds_it_and_changes_nothing_else(
        self, old: tuple[ArticleStore, Path]
    ) -> None:
        store, path = old
        before, states = store.snapshot, list(store.states())
        (report,) = import_files(store, [path]).files
        assert (report.skipped, report.counts.unchanged, report.counts.replaced) == (False, 2, 0)
        assert (store.snapshot, list(store.states())) == (before, states)
        known = store.get("77")
        assert known is not None
        assert styled(known) == [("Helicobacter pylori", "i"), ("max", "sub")]
        (report,) = import_files(store, [path]).files
        assert report.skipped

    def test_a_plain_record_of_the_same_words_does_not_take_it_away(
        self, store: ArticleStore
    ) -> None:
        self._put(store, pubmed(TITLE))
        plain = replace(pubmed(TITLE), typography=())
        assert self._put(store, plain, name="b") == {"unchanged": 1}
        assert store.get("77") == pubmed(TITLE)

    @pytest.mark.parametrize("record_first", [True, False])
    def test_a_full_text_read_again(self, store: ArticleStore, record_first: bool) -> None:
        ours = pubmed(TITLE, "An <i>abstract</i>.")
        theirs = full_text("x", "y", "On <italic>E. coli</italic>")
        for each in (ours, theirs) if record_first else (theirs, ours):
            self._put(store, replace(each, typography=()))
        for each in (theirs, ours):
            assert self._put(store, each) == {"unchanged": 1}
        known = store.get("77")
        assert known is not None
        assert known == ours.with_body(theirs)
        assert [words for words, _ in styled(known)] == [
            "Helicobacter pylori", "max", "abstract", "E. coli",
        ]  # fmt: skip


def test_out_of_reach() -> None:
    """Typography that does not fit a text, as in a damaged file, is cut to it."""
    odd = Article(
        "1", "T", (Section("", "abc"),), typography=(Typography(3, 99, TypeStyle.ITALIC),)
    )
    assert odd.with_body(odd).typography == (Typography(3, 5, TypeStyle.ITALIC),)
