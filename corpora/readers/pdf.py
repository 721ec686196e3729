"""Full texts as PDF files: what is printed on the pages, in reading order.

A PDF holds glyphs at places and no article. Lines are put into columns by where they stand, running
heads are left out, words that are broken at a line's end are joined, headings are told by their words
and size, and what follows “References” is cut off. Figures, and pages that are pictures, are unread.
The page of every part is kept (`Article.page_starts`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import IO

from corpora.article import Article, BadRecord, Record, Remark, Section
from corpora.dates import year_in
from corpora.errors import UnreadableFile
from corpora.identifiers import doi_in
from corpora.labels import category_of
from corpora.readers.fields import one_line
from corpora.readers.pdf_pages import Line, Page, read_pages
from corpora.text_cleanup import cleaned_text

_LARGEST = 200_000_000
_NUMBER = r"(?:\d{1,2}(?:\.\d{1,2}){0,2}\.?\s+|[IVX]{1,4}\.\s+)?"
_REFERENCES = re.compile(
    rf"^{_NUMBER}(?:references|bibliography|literature cited|works cited)\s*:?$", re.IGNORECASE
)
_BACK_MATTER = re.compile(
    rf"^{_NUMBER}(?:acknowledge?ments?|funding|author(?:s['’])? contributions?|(?:conflicts?|declarations?)"
    r" of interests?|competing interests?|data availability(?: statement)?|supplementary materials?"
    r"|supporting information|abbreviations|ethics(?: statement| approval)?|disclosures?)\s*:?$",
    re.IGNORECASE,
)
_ABSTRACT = re.compile(r"^(?:abstract|summary)\s*[:.—–-]?\s*(.*)$", re.IGNORECASE)
_BODY = re.compile(rf"^{_NUMBER}(?:introduction|background)\s*:?$", re.IGNORECASE)
_HEADING = re.compile(rf"^{_NUMBER}([A-Z][A-Za-z ,&/()-]{{2,60}})\s*:?$")
_RUN_IN = re.compile(r"^([A-Z][A-Za-z, &/]{3,40}):\s+(?=\S)")
_CAPTION = re.compile(r"^(?:Fig(?:ure)?|Table)\.?\s+S?\d+", re.IGNORECASE)
_POOR_TITLE = re.compile(
    r"\.(?:docx?|indd|tex|pdf)\b|^untitled|^microsoft word|^[\d\s._-]+$|^10\.\d{4}", re.IGNORECASE
)
_PUBLISHED = re.compile(
    r"(?:published|accepted|©|copyright|\(c\))[^.;]{0,60}?((?:19|20)\d\d)", re.IGNORECASE
)


def read_pdf(stream: IO[bytes]) -> Iterator[Record]:
    """The article of a PDF file, and a remark on what of it is unread.

    Raises:
        UnreadableFile: it is damaged, locked, too large, or the extra `pdf` is not installed.
    """
    data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UnreadableFile(
            f"This PDF is larger than {_LARGEST // 1_000_000} MB.",
            "Split it, or leave out its scans.",
        )
    document = read_pages(data)
    bare = [page.number for page in document.pages if not page.lines]
    if len(bare) == len(document.pages):
        yield BadRecord(
            1, "", "no page has text: scanned pages are not read (run OCR over them first)"
        )
        return
    lines = _running_text(document.pages)
    front = one_line(" ".join(line.text for page in document.pages[:1] for line in page.lines))
    title = _title(document.pages[0], document.title)
    doi = doi_in(front) or doi_in(document.subject)
    year = _PUBLISHED.search(front)
    text = _Text(title)
    cut = _fill(text, lines)
    published = year[1] if year else year_in(document.created)
    article = Article(
        pmid="",
        title=title,
        sections=tuple(text.sections),
        year=int(published or 0),
        published=published,
        doi=doi,
        version=0,
        page_starts=tuple(text.page_starts),
    )
    if not article.sections:
        yield BadRecord(1, "", "no running text was found on its pages")
        return
    yield article
    yield Remark(1, doi, _remark(document.pages, bare, cut))


def _remark(pages: list[Page], bare: list[int], cut: int) -> str:
    said = [
        f"{len(pages)} page{'s' if len(pages) > 1 else ''}; figures and the layout of tables are unread"
    ]
    if cut:
        said.append(f"references from page {cut} are left out")
    if bare:
        said.append(f"without text (scanned?): page {', '.join(map(str, bare[:20]))}")
    return "; ".join(said)


def _running_text(pages: list[Page]) -> list[Line]:
    """All lines in order, without the heads and feet that pages repeat."""
    seen = Counter(
        key for page in pages for key in {_shape(line) for line in page.lines if line.marginal}
    )
    often = max(2, len(pages) // 3)
    return [
        line
        for page in pages
        for line in page.lines
        if not (line.marginal and (seen[_shape(line)] >= often or line.text.strip().isdigit()))
    ]


def _shape(line: Line) -> str:
    """A line without its numbers: heads differ by the page's."""
    return re.sub(r"\d+", "#", one_line(line.text))


def _title(page: Page, named: str) -> str:
    """The largest lines of the first page's upper part, else what the file calls itself."""
    upper = [
        line for line in page.lines if line.top > page.height * 0.4 and len(line.text.split()) > 1
    ]
    largest = max((line.size for line in upper), default=0.0)
    usual = Counter(round(line.size, 1) for line in page.lines).most_common(1)
    if largest and usual and largest > usual[0][0] * 1.15:
        words = " ".join(line.text for line in upper if line.size > largest * 0.93)
        if 12 <= len(words) <= 400:
            return _plain(words).rstrip("*†‡ ")
    named = _plain(named)
    return named if len(named) > 12 and not _POOR_TITLE.search(named) else ""


class _Text:
    """The text of an article as it grows, with the page of each part."""

    def __init__(self, title: str) -> None:
        self.sections: list[Section] = []
        self.page_starts: list[tuple[int, str]] = []
        self._length = len(title)

    def add(self, label: str, lines: list[Line], *, body: bool, known: set[str]) -> None:
        """A section of these lines."""
        start = self._length + 1
        pieces, at, page = "", start, ""
        for line in lines:
            text = _plain(line.text)
            if not text:
                continue
            pieces = _join(pieces, text, known)
            at = start + len(pieces) - len(text)
            if str(line.page) != page:
                page = str(line.page)
                self.page_starts.append((max(at, start), page))
        if pieces:
            section = Section(label, pieces, category_of(label.partition(":")[0]), body)
            self.sections.append(section)
            self._length = start + len(pieces)
        else:
            self.page_starts = [each for each in self.page_starts if each[0] < start]


def _join(before: str, text: str, known: set[str]) -> str:
    """Two lines as one; a word that is broken between them is whole again."""
    if not before:
        return text
    if not (before.endswith(("-", "‐")) and text[:1].islower()):
        return f"{before} {text}"
    first = re.split(r"\s", before)[-1].rstrip("-‐")
    second = re.split(r"[^\w'’-]", text)[0]
    # "placebo-" and "controlled" keep the hyphen where it stands within a line elsewhere.
    keeps = f"{first}-{second}".casefold() in known and f"{first}{second}".casefold() not in known
    return before + text if keeps else before[:-1] + text


def _fill(text: _Text, lines: list[Line]) -> int:
    """Sections out of lines; returns the page on which references begin, 0 where none do."""
    known = {w.casefold() for line in lines for w in re.findall(r"[\w'’-]+", line.text)}
    usual = Counter(round(line.size, 1) for line in lines).most_common(1)[0][0]
    held: list[Line] = []
    label, body, started, skipping = "", True, False, False
    cut = 0
    has_abstract = any(_ABSTRACT.match(line.text.strip()) for line in lines[:80])
    for line in lines:
        said = line.text.strip()
        if _REFERENCES.match(said):
            cut = line.page
            break
        found = None if started else _ABSTRACT.match(said)
        if found and len(found[1].split()) != 1:
            label, body, held, started, skipping = "", False, [], True, False
            if found[1]:
                held.append(line.with_text(found[1]))
            continue
        if _is_heading(line, said, usual):
            if started or _BODY.match(said) or not has_abstract:
                text.add(label, held, body=body, known=known)
                held, started = [], True
                body = body or bool(_BODY.match(said)) or not _of_abstract(said)
                label = re.sub(rf"^{_NUMBER}", "", said).rstrip(" :")
                skipping = bool(_BACK_MATTER.match(said))
            continue
        if not body and (run_in := _RUN_IN.match(said)) and category_of(run_in[1]):
            text.add(label, held, body=False, known=known)
            label, held = run_in[1], [line.with_text(said[run_in.end() :])]
            continue
        if (started or not has_abstract) and not skipping and not _CAPTION.match(said):
            held.append(line)
    text.add(label, held, body=body, known=known)
    return cut


def _of_abstract(said: str) -> bool:
    """Whether a heading may stand in an abstract, which “Introduction” may not."""
    return bool(category_of(said.rstrip(" :"))) and not re.match(r"\d", said)


def _is_heading(line: Line, said: str, usual: float) -> bool:
    found = _HEADING.match(said)
    if not found or len(said) > 80 or said.endswith((".", ",")):
        return False
    if category_of(found[1]) or _BACK_MATTER.match(said):
        return True
    return line.size > usual * 1.08 or (
        line.alone and bool(re.match(r"\d{1,2}(?:\.\d)*\.?\s+[A-Z]", said))
    )


def _plain(text: str) -> str:
    return one_line(cleaned_text(text))
