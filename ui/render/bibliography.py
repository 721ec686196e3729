"""Articles into the formats of reference managers: BibTeX, RIS, MEDLINE text; and into print.

A retraction stands in every format where a reader of it looks: a note in BibTeX and RIS, NLM's own
tags in MEDLINE text, the words that NLM prescribes in a reference list. Medcite's own readers give
back what RIS and MEDLINE text say. Only BibTeX has a way to say italics; the others are plain.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from corpora.article import Article, Author, Notice, NoticeKind, Section
from corpora.dates import MONTHS
from corpora.errors import BadInput
from corpora.identity import unmarked
from corpora.languages import language_name
from corpora.notices import NOTICE_WORDS
from corpora.readers.fields import one_line
from corpora.readers.medline import NOTICES
from corpora.readers.ris import EPUB_AHEAD
from ui.render.inline import runs
from ui.render.latex import latex

# Of the tags that MEDLINE text has for a kind of notice the first.
_NOTICE_TAGS = {said: tag for tag, said in reversed(NOTICES.items())}
_RETRACTED_TYPE = "Retracted Publication"
# ICMJE: all authors up to six, else the first six.
_MOST_AUTHORS = 6
_RANGE = re.compile(r"([A-Za-z]*)(\d+)([A-Za-z.]?\w*)\s?[-–]\s?([A-Za-z]*)(\d+)([A-Za-z.]?\w*)")
# What sets in LaTeX what these tags set in HTML.
_SET_SO = {
    "i": r"\textit", "em": r"\textit", "b": r"\textbf", "strong": r"\textbf",
    "sub": r"\textsubscript", "sup": r"\textsuperscript",
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Format:
    """A bibliography format; `write` makes the text of a whole one."""

    name: str
    label: str
    suffix: str
    mime: str
    write: Callable[[Iterable[Article]], str]


def bibliography(articles: Iterable[Article], name: str) -> str:
    """Articles in the order given, as text of the format of this name (see `FORMATS`).

    Raises:
        BadInput: there is no such format.
    """
    for known in FORMATS:
        if known.name == name:
            return known.write(_printable(article) for article in articles)
    names = ", ".join(known.name for known in FORMATS)
    raise BadInput(f"“{name}” is no bibliography format.", f"Choose from: {names}.")


def notice_texts(article: Article) -> list[str]:
    """What editors say of an article in NLM's words: "Retraction in: J 2022;1:2. PMID: 103"."""
    said = []
    for notice in article.notices:
        words, place = NOTICE_WORDS[notice.kind, notice.issued_by], _place(notice)
        said.append(f"{words}: {place}" if place else f"{notice.kind.value.capitalize()}")
    return said


# BibTeX


def _bibtex(articles: Iterable[Article]) -> str:
    return "\n".join(map(_bibtex_entry, articles))


def _bibtex_entry(article: Article) -> str:
    first, last = page_span(article.pages)
    year = str(article.year) if article.year else ""
    doi, url = _verbatim(article.doi), _verbatim(article.url)
    fields = {
        "author": " and ".join(map(_bibtex_author, article.authors)),
        # The inner braces keep the case of gene and drug names.
        "title": f"{{{_latex_title(article)}}}",
        "journal": latex(article.journal or article.journal_abbreviation),
        "year": year,
        "volume": latex(article.volume),
        "number": latex(article.issue),
        "pages": latex(first) + (f"--{latex(last)}" if last else ""),
        "doi": doi,
        "pmid": article.pmid if article.from_pubmed else "",
        "pmcid": latex(article.pmcid),
        "url": url,
        "language": latex(", ".join(article.languages)),
        # Parted by semicolons: a MeSH heading ("Lung Diseases, Obstructive") has commas of its own.
        "keywords": latex("; ".join((*article.mesh, *article.keywords))),
        "pubstate": "aheadofprint" if article.ahead_of_print else "",
        "note": latex(". ".join(_marks(article))),
        "abstract": latex(_abstract(article)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value.strip("{}")]
    if found := re.match(r"\d{4}-(\d\d)", article.published):
        lines.insert(4, f"  month = {MONTHS[int(found[1]) - 1]},")
    kind = "article" if article.journal or article.journal_abbreviation else "misc"
    return "\n".join([f"@{kind}{{{_key(article)},", *lines, "}", ""])


def _latex_title(article: Article) -> str:
    made = []
    for text, tags in runs(article.text, article.typography, 0, len(article.title)):
        around = [f"{_SET_SO[tag]}{{" for tag in tags]
        made.append("".join(around) + latex(text) + "}" * len(around))
    return "".join(made)


def _key(article: Article) -> str:
    """Name, year and identifier: readable, and no two of a corpus are alike."""
    first = article.authors[0] if article.authors else Author()
    # LaTeX spells accented letters with plain ones.
    name = re.sub(r"[^A-Za-z]", "", latex(first.last or first.collective))
    return f"{name}{article.year or ''}-" + re.sub(r"[^\w.:/+-]|[^\x00-\x7f]", "-", article.pmid)


def _bibtex_author(author: Author) -> str:
    if author.collective:
        return f"{{{latex(author.collective)}}}"
    parts = (author.last, author.suffix, author.fore or _dotted(author.initials))
    return ", ".join(map(_bibtex_name, filter(None, parts)))


def _bibtex_name(part: str) -> str:
    """A part of a name; in braces where a comma or an "and" would part it further."""
    return f"{{{latex(part)}}}" if re.search(r",|\sand\s", part, re.I) else latex(part)


def _verbatim(address: str) -> str:
    """An address as it is, but for what would end the field."""
    return re.sub(r"[{}\\]", lambda found: f"%{ord(found[0]):02X}", address)


def _marks(article: Article) -> list[str]:
    """Notices for a note, where a retraction comes first and is named."""
    said = notice_texts(article)
    return ["RETRACTED", *said] if article.retracted else said


# RIS


def _ris(articles: Iterable[Article]) -> str:
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _ris_lines(article) if value)
        + "ER  - \r\n\r\n"
        for article in articles
    )


def _ris_lines(article: Article) -> Iterator[tuple[str, str]]:
    known = article.from_pubmed
    first, last = page_span(article.pages)
    yield "TY", "JOUR"
    for author in article.authors:
        # A comma at the end: a group, whose name is not turned around.
        fore = author.fore or _dotted(author.initials)
        own = ", ".join(part for part in (author.last, fore, author.suffix) if part)
        yield "AU", f"{author.collective}," if author.collective else own
    yield "TI", article.title
    yield "T2", article.journal
    yield "J2", article.journal_abbreviation
    yield "PY", str(article.year or "")
    year, month, day = _parts(article.published)
    yield "DA", f"{year}/{month}/{day}" if year else ""
    yield from (("VL", article.volume), ("IS", article.issue), ("SP", first), ("EP", last))
    yield from (("DO", article.doi), ("C2", article.pmcid))
    yield from (("DB", "PubMed"), ("AN", article.pmid)) if known else ()
    yield "UR", article.url
    yield from (("LA", language) for language in article.languages)
    yield from (("M3", kind) for kind in article.publication_types)
    yield from (("KW", word) for word in (*article.mesh, *article.keywords))
    yield from (("N1", said) for said in _marks(article))
    yield "N1", EPUB_AHEAD if article.ahead_of_print else ""
    yield "AB", _abstract(article)


# MEDLINE text


def _nbib(articles: Iterable[Article]) -> str:
    """MEDLINE text; a record that is not PubMed's begins with an empty PMID, and so can be read."""
    return "\n".join(
        "".join(
            _nbib_line(tag, value)
            for tag, value in _nbib_lines(article)
            if value or tag == _NBIB_FIRST
        )
        for article in articles
    )


_NBIB_FIRST = "PMID"


def _nbib_line(tag: str, value: str) -> str:
    wrapped = textwrap.wrap(value, 81, break_long_words=False, break_on_hyphens=False)
    return f"{tag:4}- " + "\n      ".join(wrapped) + "\n"


def _nbib_lines(article: Article) -> Iterator[tuple[str, str]]:
    printed = _printed_date(article.published) or str(article.year or "")
    pmid = article.pmid if article.from_pubmed else ""
    yield from (("PMID", pmid), ("LR", article.revised.replace("-", "")))
    yield "PST", "aheadofprint" if article.ahead_of_print else ""
    yield from (("VI", article.volume), ("IP", article.issue), ("DP", printed))
    yield from (("TI", article.title), ("PG", article.pages))
    yield "LID", f"{article.doi} [doi]" if article.doi else ""
    yield "AB", _abstract(article)
    for author in article.authors:
        if not author.collective:
            full = f"{author.fore or author.initials} {author.suffix}".strip()
            yield "FAU", f"{author.last}, {full}" if full else author.last
            yield "AU", author.short
    yield from (("CN", author.collective) for author in article.authors)
    yield from (("LA", language) for language in article.languages)
    types = article.publication_types
    if article.retracted and _RETRACTED_TYPE not in types:
        types = (*types, _RETRACTED_TYPE)
    yield from (("PT", kind) for kind in types)
    yield from (("TT", article.vernacular_title), ("TA", article.journal_abbreviation))
    yield "JT", article.journal
    yield from (("MH", heading) for heading in article.mesh)
    for notice in article.notices:
        # A bare "retracted" is said by the publication type.
        bare = "" if notice.kind is NoticeKind.RETRACTED else notice.kind.value.capitalize()
        yield _NOTICE_TAGS[notice.kind, notice.issued_by], _place(notice) or bare
    yield from (("OT", word) for word in article.keywords)
    yield "PMC", article.pmcid
    yield "SO", _source(article)


# Vancouver


def _vancouver(articles: Iterable[Article]) -> str:
    return "".join(f"{place}. {vancouver(a)}\n" for place, a in enumerate(articles, start=1))


def vancouver(article: Article) -> str:
    """A reference as the ICMJE recommends and NLM's "Citing Medicine" has it."""
    names = [author.short for author in article.authors[:_MOST_AUTHORS]]
    if len(article.authors) > _MOST_AUTHORS:
        names.append("et al")
    title = re.sub(r"\.(?=\]$)", "", article.title.rstrip(" ."))
    if article.retracted:
        title = f"{unmarked(title)} [retracted]"
    foreign = [language_name(code) for code in article.languages if code != "eng"]
    parts = [", ".join(names), title, _source(article), ", ".join(filter(None, foreign))]
    if article.ahead_of_print:
        parts.append(EPUB_AHEAD)
    if article.from_pubmed:
        parts.append(f"PMID: {article.pmid}")
    if article.pmcid:
        parts.append(f"PMCID: {article.pmcid}")
    parts += notice_texts(article)
    return " ".join(_stopped(part) for part in parts if part)


def _source(article: Article) -> str:
    """Where it stands: "Arch Invent Trials. 2021;12(3):201-12. doi: 10.99999/1"."""
    issue = article.volume + (f"({article.issue})" if article.issue else "")
    pages = _shortened(article.pages)
    # A date is precise enough by its year where a volume follows.
    dated = "" if issue else _printed_date(article.published)
    dated = dated or str(article.year or "")
    place = dated + (f";{issue}" if issue else "") + (f":{pages}" if pages else "")
    parts = [article.journal_abbreviation or article.journal, place]
    parts.append(f"doi: {article.doi}" if article.doi else "")
    return " ".join(_stopped(part) for part in parts if part)


def _stopped(text: str) -> str:
    """Text that ends as a sentence does; an address must not take the stop for its own."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


# Parts


def page_span(pages: str) -> tuple[str, str]:
    """First and last page in full ("201-12" is 201 to 212); all in the first if it is no span."""
    found = _RANGE.fullmatch(pages.strip())
    if not found:
        return pages, ""
    letters, first, tail, own, last, end = found.groups()
    if len(last) < len(first) and own in ("", letters):
        own, last = letters, first[: len(first) - len(last)] + last
    return f"{letters}{first}{tail}", f"{own}{last}{end}"


def _shortened(pages: str) -> str:
    """Pages as reference lists print them: "201-212" is "201-12"."""
    first, dash, last = pages.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and len(first) == len(last)):
        return pages
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), 0)
    return f"{first}-{last[shared:]}"


def _abstract(article: Article) -> str:
    """The abstract in a line, its labels in capitals before their sections."""
    return " ".join(
        f"{section.label.rstrip(' :').upper()}: {section.text}" if section.label else section.text
        for section in article.sections
        if not section.body
    )


def _place(notice: Notice) -> str:
    """Where a notice stands."""
    pmid = f"PMID: {notice.pmid}" if notice.pmid else ""
    doi = f"doi: {notice.doi}" if notice.doi and notice.doi not in notice.source else ""
    return ". ".join(part for part in (notice.source.rstrip(" ."), doi, pmid) if part)


def _printed_date(iso: str) -> str:
    """A date as NLM prints it: "2021 Mar 5"."""
    year, month, day = _parts(iso)
    named = MONTHS[int(month) - 1].capitalize() if month else ""
    return " ".join(part for part in (year, named, day.lstrip("0")) if part)


def _parts(iso: str) -> tuple[str, str, str]:
    """Year, month and day of a date, "" for what it does not say."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    return year, month, day


def _dotted(initials: str) -> str:
    """Initials set apart, "E. A."; what is no plain initials stays."""
    return " ".join(f"{c}." for c in initials) if initials.isalpha() else initials


def _printable(article: Article) -> Article:
    """The article with every text on one line and without control characters."""

    def clean(text: str) -> str:
        return one_line(_CONTROL.sub(" ", text))

    def all_clean(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(filter(None, map(clean, texts)))

    plain: dict[str, Any] = {
        name: clean(getattr(article, name))
        for name in ("pmid", "title", "journal", "journal_abbreviation", "volume", "issue", "pages",
                     "doi", "pmcid", "vernacular_title")
    }  # fmt: skip
    authors = [
        Author(*map(clean, (a.last, a.fore, a.initials, a.collective, a.suffix)))
        for a in article.authors
    ]
    same = plain["title"] == article.title
    return replace(
        article,
        **plain,
        # No format but BibTeX asks for any, and that for the title's.
        typography=article.typography if same else (),
        authors=tuple(author for author in authors if author.short),
        sections=tuple(
            Section(clean(s.label), clean(s.text), s.category, s.body) for s in article.sections
        ),
        publication_types=all_clean(article.publication_types),
        mesh=all_clean(article.mesh),
        keywords=all_clean(article.keywords),
        languages=all_clean(article.languages),
        notices=tuple(
            replace(n, pmid=clean(n.pmid), source=clean(n.source)) for n in article.notices
        ),
    )


FORMATS = (
    Format("bibtex", "BibTeX", ".bib", "application/x-bibtex", _bibtex),
    Format("ris", "RIS", ".ris", "application/x-research-info-systems", _ris),
    Format("nbib", "NBIB", ".nbib", "application/nbib", _nbib),
    Format("vancouver", "Vancouver", ".txt", "text/plain", _vancouver),
)
