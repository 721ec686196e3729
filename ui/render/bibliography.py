"""Render articles in reference-manager formats (BibTeX, RIS, MEDLINE text) and as references.

Every format states a retraction in its usual place: a note in BibTeX and RIS, NLM's tags in MEDLINE
text, the words NLM prescribes in a reference list. Medcite's readers recover all that RIS and
MEDLINE text contain. Only BibTeX can express italics.
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

# The first of the MEDLINE tags for each kind of notice.
_NOTICE_TAGS = {kind: tag for tag, kind in reversed(NOTICES.items())}
_RETRACTED_TYPE = "Retracted Publication"
# ICMJE: all authors up to six, else the first six.
_MOST_AUTHORS = 6
_RANGE = re.compile(r"([A-Za-z]*)(\d+)([A-Za-z.]?\w*)\s?[-–]\s?([A-Za-z]*)(\d+)([A-Za-z.]?\w*)")
# The LaTeX commands equivalent to HTML tags.
_LATEX_COMMANDS = {
    "i": r"\textit", "em": r"\textit", "b": r"\textbf", "strong": r"\textbf",
    "sub": r"\textsubscript", "sup": r"\textsuperscript",
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class ReferenceFormat:
    """A bibliography format; `write` renders a whole bibliography as text."""

    name: str
    label: str
    suffix: str
    mime: str
    write: Callable[[Iterable[Article]], str]


def bibliography(articles: Iterable[Article], name: str) -> str:
    """Render articles, in order, in a format of `FORMATS`.

    Raises:
        BadInput: there is no such format.
    """
    for form in FORMATS:
        if form.name == name:
            return form.write(_printable(article) for article in articles)
    names = ", ".join(form.name for form in FORMATS)
    raise BadInput(f"“{name}” is not a bibliography format.", f"Choose from: {names}.")


def notice_texts(article: Article) -> list[str]:
    """Render an article's notices in NLM's words: "Retraction in: J 2022;1:2. PMID: 103"."""
    texts = []
    for notice in article.notices:
        words, place = NOTICE_WORDS[notice.kind, notice.issued_by], _place(notice)
        texts.append(f"{words}: {place}" if place else f"{notice.kind.value.capitalize()}")
    return texts


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
        # Separated by semicolons: a MeSH heading ("Lung Diseases, Obstructive") may contain commas.
        "keywords": latex("; ".join((*article.mesh, *article.keywords))),
        "pubstate": "aheadofprint" if article.ahead_of_print else "",
        "note": latex(". ".join(_marks(article))),
        "abstract": latex(_abstract(article)),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value.strip("{}")]
    if match := re.match(r"\d{4}-(\d\d)", article.published):
        lines.insert(4, f"  month = {MONTHS[int(match[1]) - 1]},")
    kind = "article" if article.journal or article.journal_abbreviation else "misc"
    return "\n".join([f"@{kind}{{{_key(article)},", *lines, "}", ""])


def _latex_title(article: Article) -> str:
    parts = []
    for text, tags in runs(article.text, article.typography, 0, len(article.title)):
        commands = [f"{_LATEX_COMMANDS[tag]}{{" for tag in tags]
        parts.append("".join(commands) + latex(text) + "}" * len(commands))
    return "".join(parts)


def _key(article: Article) -> str:
    """Return name, year and identifier: readable, and unique within a corpus."""
    first = article.authors[0] if article.authors else Author()
    # LaTeX writes accented letters as commands around ASCII letters.
    name = re.sub(r"[^A-Za-z]", "", latex(first.last or first.collective))
    return f"{name}{article.year or ''}-" + re.sub(r"[^\w.:/+-]|[^\x00-\x7f]", "-", article.pmid)


def _bibtex_author(author: Author) -> str:
    if author.collective:
        return f"{{{latex(author.collective)}}}"
    parts = (author.last, author.suffix, author.fore or _dotted(author.initials))
    return ", ".join(map(_bibtex_name, filter(None, parts)))


def _bibtex_name(part: str) -> str:
    """Return a part of a name, in braces if it contains a comma or "and", which BibTeX splits."""
    return f"{{{latex(part)}}}" if re.search(r",|\sand\s", part, re.I) else latex(part)


def _verbatim(address: str) -> str:
    """Return an address with only the characters escaped that would end the field."""
    return re.sub(r"[{}\\]", lambda match: f"%{ord(match[0]):02X}", address)


def _marks(article: Article) -> list[str]:
    """Return the notices for a note field, with "RETRACTED" first."""
    notices = notice_texts(article)
    return ["RETRACTED", *notices] if article.retracted else notices


# RIS


def _ris(articles: Iterable[Article]) -> str:
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _ris_lines(article) if value)
        + "ER  - \r\n\r\n"
        for article in articles
    )


def _ris_lines(article: Article) -> Iterator[tuple[str, str]]:
    first, last = page_span(article.pages)
    yield "TY", "JOUR"
    for author in article.authors:
        # A trailing comma marks a group, whose name must not be inverted.
        fore = author.fore or _dotted(author.initials)
        inverted = ", ".join(part for part in (author.last, fore, author.suffix) if part)
        yield "AU", f"{author.collective}," if author.collective else inverted
    yield "TI", article.title
    yield "T2", article.journal
    yield "J2", article.journal_abbreviation
    yield "PY", str(article.year or "")
    year, month, day = _parts(article.published)
    yield "DA", f"{year}/{month}/{day}" if year else ""
    yield from (("VL", article.volume), ("IS", article.issue), ("SP", first), ("EP", last))
    yield from (("DO", article.doi), ("C2", article.pmcid))
    yield from (("DB", "PubMed"), ("AN", article.pmid)) if article.from_pubmed else ()
    yield "UR", article.url
    yield from (("LA", language) for language in article.languages)
    yield from (("M3", kind) for kind in article.publication_types)
    yield from (("KW", word) for word in (*article.mesh, *article.keywords))
    yield from (("N1", notice) for notice in _marks(article))
    yield "N1", EPUB_AHEAD if article.ahead_of_print else ""
    yield "AB", _abstract(article)


# MEDLINE text


def _nbib(articles: Iterable[Article]) -> str:
    """Write MEDLINE text; records from elsewhere start with an empty PMID, to remain readable."""
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
        # The publication type already states a retraction without details.
        bare = "" if notice.kind is NoticeKind.RETRACTED else notice.kind.value.capitalize()
        yield _NOTICE_TAGS[notice.kind, notice.issued_by], _place(notice) or bare
    yield from (("OT", word) for word in article.keywords)
    yield "PMC", article.pmcid
    yield "SO", _source(article)


# Vancouver


def _vancouver(articles: Iterable[Article]) -> str:
    return "".join(f"{place}. {vancouver(a)}\n" for place, a in enumerate(articles, start=1))


def vancouver(article: Article) -> str:
    """Format a reference as recommended by the ICMJE and NLM's "Citing Medicine"."""
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
    """Return the source of an article: "Arch Invent Trials. 2021;12(3):201-12. doi: 10.99999/1"."""
    issue = article.volume + (f"({article.issue})" if article.issue else "")
    pages = _shortened(article.pages)
    # The year is precise enough if a volume follows.
    dated = "" if issue else _printed_date(article.published)
    dated = dated or str(article.year or "")
    place = dated + (f";{issue}" if issue else "") + (f":{pages}" if pages else "")
    parts = [article.journal_abbreviation or article.journal, place]
    parts.append(f"doi: {article.doi}" if article.doi else "")
    return " ".join(_stopped(part) for part in parts if part)


def _stopped(text: str) -> str:
    """Return text with a final full stop, unless it already ends in punctuation."""
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


# Parts


def page_span(pages: str) -> tuple[str, str]:
    """Return first and last page in full ("201-12" is 201 to 212); (pages, "") if not a range."""
    match = _RANGE.fullmatch(pages.strip())
    if not match:
        return pages, ""
    letters, first, tail, own, last, end = match.groups()
    if len(last) < len(first) and own in ("", letters):
        own, last = letters, first[: len(first) - len(last)] + last
    return f"{letters}{first}{tail}", f"{own}{last}{end}"


def _shortened(pages: str) -> str:
    """Abbreviate a page range as in reference lists: "201-212" is "201-12"."""
    first, dash, last = pages.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and len(first) == len(last)):
        return pages
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), 0)
    return f"{first}-{last[shared:]}"


def _abstract(article: Article) -> str:
    """Return the abstract on one line, with section labels in capitals."""
    return " ".join(
        f"{section.label.rstrip(' :').upper()}: {section.text}" if section.label else section.text
        for section in article.sections
        if not section.body
    )


def _place(notice: Notice) -> str:
    """Return where a notice was published."""
    pmid = f"PMID: {notice.pmid}" if notice.pmid else ""
    doi = f"doi: {notice.doi}" if notice.doi and notice.doi not in notice.source else ""
    return ". ".join(part for part in (notice.source.rstrip(" ."), doi, pmid) if part)


def _printed_date(iso: str) -> str:
    """Format a date as NLM does: "2021 Mar 5"."""
    year, month, day = _parts(iso)
    month_name = MONTHS[int(month) - 1].capitalize() if month else ""
    return " ".join(part for part in (year, month_name, day.lstrip("0")) if part)


def _parts(iso: str) -> tuple[str, str, str]:
    """Split a date into year, month and day, "" for missing parts."""
    year, month, day = [*iso.split("-"), "", ""][:3]
    return year, month, day


def _dotted(initials: str) -> str:
    """Separate initials, "E. A."; anything other than letters is returned as is."""
    return " ".join(f"{c}." for c in initials) if initials.isalpha() else initials


def _printable(article: Article) -> Article:
    """Return the article with all texts on one line and without control characters."""

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
        # Used only by BibTeX, for the title.
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
    ReferenceFormat("bibtex", "BibTeX", ".bib", "application/x-bibtex", _bibtex),
    ReferenceFormat("ris", "RIS", ".ris", "application/x-research-info-systems", _ris),
    ReferenceFormat("nbib", "NBIB", ".nbib", "application/nbib", _nbib),
    ReferenceFormat("vancouver", "Vancouver", ".txt", "text/plain", _vancouver),
)
