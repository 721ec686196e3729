"""Read lines of text from bytes of any encoding, one at a time.

A line ends at LF, CR LF or CR, never at the other separators of `str.splitlines`. UTF-16 is
detected by its byte order mark or its zero bytes; a line that is not UTF-8 is read as Windows-1252,
the usual alternative of Western programs.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from corpora.errors import BadInput, UnreadableFile

# Far longer than any PubMed record; guards against files crafted to exhaust memory.
LONGEST_LINE = 16_000_000
_AT_ONCE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding of a file that begins with `head`, and the length of its byte order mark."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    even, odd = head[0:400:2], head[1:400:2]
    if len(odd) > 3 and odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le", 0
    if len(even) > 3 and even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be", 0
    return "utf-8", 0


def text_of(raw: bytes) -> tuple[str, bool]:
    """Bytes as text, and whether they were UTF-8; else Windows-1252 or, failing that, Latin-1."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), False
    except UnicodeDecodeError:
        return raw.decode("latin-1"), False


def head_text(head: bytes) -> str:
    """The text of the beginning of a file, with LF line endings."""
    encoding, mark = encoding_of(head)
    body = head[mark:]
    if encoding == "utf-8":
        # The last character may be truncated.
        text = text_of(re.sub(rb"[\xc0-\xff][\x80-\xbf]{0,2}$", b"", body))[0]
    else:
        text = body.decode(encoding, "ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_of(text: str) -> list[str]:
    """The lines of a text; `str.splitlines` would also split at separators in JSON and prose."""
    lines = re.split(r"\r\n|\r|\n", text)
    return lines[:-1] if not lines[-1] else lines


def read_lines(path: Path) -> list[str]:
    """The lines of a text file in any encoding.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return list(Lines(file))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", "Check the path.") from error


class Lines:
    """The lines of a stream, without line endings.

    Attributes:
        number: number of the latest line, from 1.
        foreign: number of the first line that was not UTF-8, 0 if there was none.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.number = 0
        self.foreign = 0
        self._lines = self._split(stream)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = next(self._lines)
        self.number += 1
        text, plain = text_of(raw)
        if not plain and not self.foreign:
            self.foreign = self.number
        return text

    def _split(self, stream: IO[bytes]) -> Iterator[bytes]:
        rest = b""
        for piece in _in_utf8(stream):
            rest += piece
            if len(rest) > LONGEST_LINE and not re.search(rb"[\r\n]", rest[:LONGEST_LINE]):
                raise UnreadableFile(
                    f"Line {self.number + 1} is longer than {LONGEST_LINE:,} bytes.",
                    "Check where the file came from; nothing was imported from it.",
                )
            # A final CR may be the first half of CR LF, with LF in the next piece.
            split_end = rest[-1:] == b"\r"
            lines = (rest[:-1] if split_end else rest).splitlines(keepends=True)
            last = lines.pop() if lines and lines[-1][-1:] not in b"\r\n" else b""
            for line in lines:
                yield line.rstrip(b"\r\n") if line[-2:] == b"\r\n" else line[:-1]
            rest = last + b"\r" if split_end else last
        if rest:
            yield rest.rstrip(b"\r\n")


def _in_utf8(stream: IO[bytes]) -> Iterator[bytes]:
    first = stream.read(_AT_ONCE)
    encoding, mark = encoding_of(first[:65536])
    if encoding == "utf-8":
        yield first[mark:]
        while piece := stream.read(_AT_ONCE):
            yield piece
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(first[mark:]).encode("utf-8", "replace")
    while piece := stream.read(_AT_ONCE):
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
