"""Full texts as PDF files: the printed text in reading order.

A PDF holds positioned glyphs, not an article. Lines are assigned to columns by position, running
heads are dropped, words hyphenated at line ends are joined, headings are recognised by wording and
size, and everything after “References” is cut. Figures and scanned pages are not read.
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
    """The article of a PDF file, and a remark on what was not read.

    Raises:
        UnreadableFile: the file is damaged, locked or too large, or the extra `pdf` is missing.
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
    remarks = [
        f"{len(pages)} page{'s' if len(pages) > 1 else ''}; figures and the layout of tables are unread"
    ]
    if cut:
        remarks.append(f"references from page {cut} are left out")
    if bare:
        remarks.append(f"without text (scanned?): page {', '.join(map(str, bare[:20]))}")
    return "; ".join(remarks)


def _running_text(pages: list[Page]) -> list[Line]:
    """All lines in order, without repeated headers and footers."""
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
    """A line without its numbers, since running heads differ in the page number."""
    return re.sub(r"\d+", "#", one_line(line.text))


def _title(page: Page, metadata_title: str) -> str:
    """The largest lines in the upper part of the first page, else the title in the metadata."""
    upper = [
        line for line in page.lines if line.top > page.height * 0.4 and len(line.text.split()) > 1
    ]
    largest = max((line.size for line in upper), default=0.0)
    usual = Counter(round(line.size, 1) for line in page.lines).most_common(1)
    if largest and usual and largest > usual[0][0] * 1.15:
        words = " ".join(line.text for line in upper if line.size > largest * 0.93)
        if 12 <= len(words) <= 400:
            return _plain(words).rstrip("*†‡ ")
    metadata_title = _plain(metadata_title)
    return (
        metadata_title
        if len(metadata_title) > 12 and not _POOR_TITLE.search(metadata_title)
        else ""
    )


class _Text:
    """Builder of an article's text that records the page of each part."""

    def __init__(self, title: str) -> None:
        self.sections: list[Section] = []
        self.page_starts: list[tuple[int, str]] = []
        self._length = len(title)

    def add(self, label: str, lines: list[Line], *, body: bool, vocabulary: set[str]) -> None:
        """Append a section with these lines."""
        start = self._length + 1
        pieces, at, page = "", start, ""
        for line in lines:
            text = _plain(line.text)
            if not text:
                continue
            pieces = _join(pieces, text, vocabulary)
            at = start + len(pieces) - len(text)
            if str(line.page) != page:
                page = str(line.page)
                self.page_starts.append((max(at, start), page))
        if pieces:
            section = Section(label, pieces, category_of(label.partition(":")[0]), body)
            self.sections.append(section)
            self._length = start + len(pieces)
        else:
            self.page_starts = [entry for entry in self.page_starts if entry[0] < start]


def _join(before: str, text: str, vocabulary: set[str]) -> str:
    """Join two lines, undoing hyphenation of a word split between them."""
    if not before:
        return text
    if not (before.endswith(("-", "‐")) and text[:1].islower()):
        return f"{before} {text}"
    first = re.split(r"\s", before)[-1].rstrip("-‐")
    second = re.split(r"[^\w'’-]", text)[0]
    # "placebo-" and "controlled" keep the hyphen if the compound occurs within a line elsewhere.
    keeps = (
        f"{first}-{second}".casefold() in vocabulary
        and f"{first}{second}".casefold() not in vocabulary
    )
    return before + text if keeps else before[:-1] + text


def _fill(text: _Text, lines: list[Line]) -> int:
    """Build sections from lines; return the page on which references begin, 0 if none do."""
    words = {w.casefold() for line in lines for w in re.findall(r"[\w'’-]+", line.text)}
    usual = Counter(round(line.size, 1) for line in lines).most_common(1)[0][0]
    pending: list[Line] = []
    label, body, started, skipping = "", True, False, False
    cut = 0
    has_abstract = any(_ABSTRACT.match(line.text.strip()) for line in lines[:80])
    for line in lines:
        text_of_line = line.text.strip()
        if _REFERENCES.match(text_of_line):
            cut = line.page
            break
        abstract = None if started else _ABSTRACT.match(text_of_line)
        if abstract and len(abstract[1].split()) != 1:
            label, body, pending, started, skipping = "", False, [], True, False
            if abstract[1]:
                pending.append(line.with_text(abstract[1]))
            continue
        if _is_heading(line, text_of_line, usual):
            if started or _BODY.match(text_of_line) or not has_abstract:
                text.add(label, pending, body=body, vocabulary=words)
                pending, started = [], True
                body = body or bool(_BODY.match(text_of_line)) or not _of_abstract(text_of_line)
                label = re.sub(rf"^{_NUMBER}", "", text_of_line).rstrip(" :")
                skipping = bool(_BACK_MATTER.match(text_of_line))
            continue
        if not body and (run_in := _RUN_IN.match(text_of_line)) and category_of(run_in[1]):
            text.add(label, pending, body=False, vocabulary=words)
            label, pending = run_in[1], [line.with_text(text_of_line[run_in.end() :])]
            continue
        if (started or not has_abstract) and not skipping and not _CAPTION.match(text_of_line):
            pending.append(line)
    text.add(label, pending, body=body, vocabulary=words)
    return cut


def _of_abstract(heading: str) -> bool:
    """Whether a heading can occur in an abstract."""
    return bool(category_of(heading.rstrip(" :"))) and not re.match(r"\d", heading)


def _is_heading(line: Line, text: str, usual: float) -> bool:
    match = _HEADING.match(text)
    if not match or len(text) > 80 or text.endswith((".", ",")):
        return False
    if category_of(match[1]) or _BACK_MATTER.match(text):
        return True
    return line.size > usual * 1.08 or (
        line.alone and bool(re.match(r"\d{1,2}(?:\.\d)*\.?\s+[A-Z]", text))
    )


def _plain(text: str) -> str:
    return one_line(cleaned_text(text))
