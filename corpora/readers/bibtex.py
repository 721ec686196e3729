"""BibTeX and BibLaTeX files.

A malformed entry is skipped: reading continues at the next line that begins an entry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import IO, TYPE_CHECKING

from corpora.article import Article, BadRecord, Notice, NoticeKind, Record
from corpora.lines import Lines
from corpora.notices import NOTICE_WORDS, read_notice
from corpora.readers.fields import one_line, read_fields
from corpora.readers.remarks import encoding_remark

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

_ENTRY = re.compile(r"^\s*@\s*([A-Za-z]+)\s*[{(]")
_LONGEST_ENTRY = 2_000_000
_NAME = re.compile(r"\s*([A-Za-z][\w:.+/-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}\"()]+")
_FIELDS = {
    "title": "title", "abstract": "abstract", "journal": "journal", "journaltitle": "journal",
    "booktitle": "journal", "shortjournal": "journal_abbreviation", "volume": "volume", "number": "issue",
    "issue": "issue", "pages": "pages", "eid": "article_number", "article-number": "article_number",
    "year": "year", "date": "published", "month": "month", "day": "day", "doi": "doi", "pmid": "pmid",
    "pmcid": "pmcid", "language": "languages", "langid": "languages", "url": "url",
    "keywords": "keywords", "keyword": "keywords", "source": "source",
}  # fmt: skip
_TYPES = {"article": "Journal Article", "book": "Book", "incollection": "Book chapter",
          "inbook": "Book chapter", "inproceedings": "Congress", "conference": "Congress",
          "phdthesis": "Academic Dissertation", "unpublished": "Preprint"}  # fmt: skip
# LaTeX font commands become the tags that `corpora.text_cleanup` reads.
_SET = {"textit": "i", "emph": "i", "textsubscript": "sub", "textsuperscript": "sup"}
_SETTING = re.compile(
    r"\\(textit|emph|textsubscript|textsuperscript)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)
_BELOW = re.compile(r"\\textcommabelow\s*\{([A-Za-z])\}")
_MATHS = re.compile(r"\\ensuremath\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_PRIMES = {"'": "′", "''": "″", "'''": "‴"}
_NOTED = "|".join(NOTICE_WORDS.values())
_NOTE = re.compile(rf"({_NOTED}): (.*?)(?=\.? (?:{_NOTED}): |$)")
_PMID_NOTE = re.compile(r"\bPM(?:ID|CID)\b", re.IGNORECASE)


def read_bibtex(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable entries of a BibTeX stream; comments and preambles are skipped."""
    lines = Lines(stream)
    strings: dict[str, str] = {}
    position = 0
    for line, text in _entries(lines):
        kind = _ENTRY.match(text)[1].lower()  # type: ignore[index]
        if kind in ("comment", "preamble"):
            continue
        if kind == "string":
            strings |= _values(text[text.index("{" if "{" in text else "(") + 1 :], strings)[0]
            continue
        position += 1
        yield from _read(kind, text, strings, position, line)
    yield from encoding_remark(lines)


def _entries(lines: Lines) -> Iterator[tuple[int, str]]:
    """(line, text) of each entry, up to the line that begins the next one."""
    block: list[str] = []
    start, size = 0, 0
    for line in lines:
        if _ENTRY.match(line):
            if block:
                yield start, "\n".join(block)
            block, start, size = [line], lines.number, 0
        elif block and size < _LONGEST_ENTRY:
            block.append(line)
            size += len(line)
    if block:
        yield start, "\n".join(block)


def _read(
    kind: str, text: str, strings: dict[str, str], position: int, line: int
) -> Iterator[Record]:
    body = text[_ENTRY.match(text).end() :]  # type: ignore[union-attr]
    key, comma, rest = body.partition(",")
    if not comma:
        yield BadRecord(position, key.strip(" })")[:40], "the entry has no fields", line)
        return
    values, fault = _values(rest, strings)
    if fault and "title" not in values:
        yield BadRecord(position, key.strip()[:40], fault, line)
        return
    fields = _fields(kind, values)
    note = _note(values)
    if _PMID_NOTE.search(note) and not _NOTE.search(note):
        fields["extra"] = note
    for record in read_fields(fields, position, line):
        if isinstance(record, Article):
            ahead = _plain(values.get("pubstate", "")) in ("aheadofprint", "epub ahead of print")
            record = replace(_noticed(record, note), ahead_of_print=ahead)  # noqa: PLW2901
        yield record


def _note(values: dict[str, str]) -> str:
    names = ("note", "annote", "annotation", "addendum")
    return " ".join(_plain(values.get(name, "")) for name in names)


def _fields(kind: str, values: dict[str, str]) -> dict[str, object]:
    """The fields of an entry under the names of `corpora.readers.fields`."""
    fields: dict[str, object] = {}
    for name, value in values.items():
        if name in _FIELDS and (plain := _plain(value)):
            fields.setdefault(_FIELDS[name], plain)
    fields["authors"] = [_author(name) for name in _names(values.get("author", ""))]
    for name in ("doi", "url"):
        if name in values:
            fields[name] = re.sub(r"\\(?=[_%&#$])", "", values[name].strip("{} "))
    if "pages" in fields:
        fields["pages"] = re.sub(r"\s*[-–—]{1,3}\s*", "-", str(fields["pages"]))
    keywords = str(fields.get("keywords", ""))
    if keywords and ";" not in keywords:
        fields["keywords"] = [word.strip() for word in keywords.split(",")]
    eprint = _plain(values.get("eprint", ""))
    if "pubmed" in _plain(values.get("eprinttype", "")).lower():
        fields.setdefault("pmid", eprint)
    fields["publication_types"] = _plain(values.get("type", "")) or _TYPES.get(kind, "")
    return fields


def _noticed(article: Article, note: str) -> Article:
    """The article with the notices that a note states in NLM's words."""
    kinds = {words: key for key, words in NOTICE_WORDS.items()}
    notices = [
        read_notice(kinds[match[1]][0], match[2].strip(" ."), issued_by=kinds[match[1]][1])
        for match in _NOTE.finditer(note)
    ]
    retracted = any(n.kind is NoticeKind.RETRACTED and not n.issued_by for n in notices)
    if not retracted and re.match(r"retracted\b", note, re.IGNORECASE):
        notices.append(Notice(NoticeKind.RETRACTED))
    return replace(article, notices=(*article.notices, *notices)) if notices else article


def _values(text: str, strings: dict[str, str]) -> tuple[dict[str, str], str]:
    """Raw fields by name, and the error in the rest, if any."""
    values: dict[str, str] = {}
    at = 0
    while name := _NAME.match(text, at):
        pieces, at = [], name.end()
        while True:
            piece, at = _piece(text, at, strings)
            if at < 0:
                return values, f"the value of {name[1]} does not end"
            pieces.append(piece)
            joined = re.compile(r"\s*#\s*").match(text, at)
            if not joined:
                break
            at = joined.end()
        values.setdefault(name[1].lower(), "".join(pieces))
        at = re.compile(r"[\s,]*").match(text, at).end()  # type: ignore[union-attr]
    rest = text[at:].strip()
    return values, "" if not rest or rest[0] in "})" else f"not understood: “{rest[:30]}”"


def _piece(text: str, at: int, strings: dict[str, str]) -> tuple[str, int]:
    """A value in braces or quotes, a number or a string name; offset -1 if it is unterminated."""
    if at >= len(text):
        return "", -1
    if text[at] not in '{"':
        bare = _BARE.match(text, at)
        if not bare:
            return "", -1
        return strings.get(bare[0].lower(), bare[0]), bare.end()
    quoted, depth, start = text[at] == '"', 0, at + 1
    place = start
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 1
        elif sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0 and not quoted:
                return text[start:place], place + 1
            depth -= 1
        elif sign == '"' and quoted and depth <= 0:
            return text[start:place], place + 1
        place += 1
    return "", -1


def _names(text: str) -> list[str]:
    """Authors, split at "and" outside braces."""
    names, depth, part = [], 0, ""
    for word in re.split(r"(\s+)", text):
        if depth == 0 and word.lower() == "and":
            names.append(part)
            part = ""
            continue
        depth += word.count("{") - word.count("}")
        part += word
    return [name.strip() for name in (*names, part) if name.strip()]


def _author(name: str) -> str:
    whole = name.startswith("{") and name.endswith("}") and name.find("}") == len(name) - 1
    plain = _plain(name)
    # Braces around a whole name: a group, or a name that must not be split.
    return (
        f"{{{plain}}}" if whole or (re.fullmatch(r"\{.*\}", name) and "," not in plain) else plain
    )


def _plain(value: str) -> str:
    """A value as text, with LaTeX commands replaced by the characters they print."""
    if not re.search(r"[\\{}$~]|--|``", value):
        return one_line(value)
    value = _SETTING.sub(lambda match: f"<{_SET[match[1]]}>{match[2]}</{_SET[match[1]]}>", value)
    value = _BELOW.sub(lambda match: unicodedata.normalize("NFC", f"{match[1]}\u0326"), value)
    value = _MATHS.sub(lambda match: _PRIMES.get(match[1], f"${match[1]}$"), value)
    value = re.sub(r"(?<!\\)%", r"\\%", value)
    if value.count("$") % 2:
        value = re.sub(r"(?<!\\)\$", r"\\$", value)
    try:
        text = _latex().latex_to_text(value)
    except Exception:
        text = re.sub(r"\\([^A-Za-z])|\\[A-Za-z]+\s?|[{}]", r"\1", value)
    return one_line(text.replace("\N{NO-BREAK SPACE}", " "))


@cache
def _latex() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces="macros")
