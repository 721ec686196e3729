"""Present several XML documents in one stream as one document with an artificial root.

E-utilities batches are often appended to one file, and records saved without an enclosing set. XML
declarations and document types are removed from the stream; one external document type, never read,
replaces them, so that a named entity is not an error.
"""

from __future__ import annotations

import codecs
import re
from typing import IO

from lxml import etree

from corpora.lines import encoding_of

_ROOT = b'<!DOCTYPE medcite SYSTEM "none"><medcite>'
_END = b"</medcite>"
_MARKED = re.compile(rb"<\?xml\b|<!DOCTYPE\b")
_DECLARED = re.compile(rb"<\?xml\b[^>]{0,500}\?>")
_TYPE = re.compile(rb"<!DOCTYPE\b[^\[\]>]{0,2000}(?:\[[^\]]{0,100000}\]\s*)?>")
_ENCODING = re.compile(rb"<\?xml\b[^>]*\bencoding\s*=\s*[\"']([A-Za-z][\w.-]*)")
_AT_ONCE = 1 << 20
# Longer text is not a declaration.
_LONGEST = 110_000


class XmlDocuments:
    """A stream for an XML parser; `encoding` is the encoding of the bytes it returns."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        first = stream.read(_AT_ONCE)
        encoding, mark = encoding_of(first[:65536])
        if encoding == "utf-8":
            declared = _ENCODING.search(first[:1000])
            self.encoding = "utf-8" if mark or not declared else _supported(declared[1].decode())
        else:
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self.encoding = "utf-8"
        self._rest = self._plain(first[mark:])
        self._ready = _ROOT
        self._state = "reading"

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at least one until the end."""
        while not self._ready and self._state != "ended":
            self._fill()
        count = len(self._ready) if size is None or size < 0 else size
        piece, self._ready = self._ready[:count], self._ready[count:]
        return piece

    def _plain(self, raw: bytes, *, final: bool = False) -> bytes:
        if self._decoder is None:
            return raw
        return self._decoder.decode(raw, final).encode("utf-8", "replace")

    def _fill(self) -> None:
        text, self._rest = self._rest, b""
        raw = self._stream.read(_AT_ONCE)
        if not raw:
            text += self._plain(b"", final=True)
            self._ready = _without_declarations(text) + _END
            self._state = "ended"
            return
        text += self._plain(raw)
        # A possibly incomplete declaration is kept back until its end arrives.
        cut = text.rfind(b"<")
        opened = max(text.rfind(b"<!DOCTYPE"), text.rfind(b"<?xml"))
        if (opened >= 0 and len(text) - opened < _LONGEST and b">" not in text[opened:]) or (
            opened >= 0
            and len(text) - opened < _LONGEST
            and text[opened:].count(b"[") > text[opened:].count(b"]")
        ):
            cut = opened
        if cut >= 0 and len(text) - cut < _LONGEST:
            text, self._rest = text[:cut], text[cut:]
        self._ready = _without_declarations(text)


def _supported(declared: str) -> str:
    """The declared encoding if the parser supports it; else, or if wide but wrong, UTF-8."""
    if declared.lower().startswith(("utf-16", "utf-32", "ucs", "iso-10646")):
        return "utf-8"
    try:
        etree.XMLParser(encoding=declared)
    except LookupError:
        return "utf-8"
    return declared


def _without_declarations(text: bytes) -> bytes:
    if not _MARKED.search(text):
        return text
    return _TYPE.sub(_lines_of, _DECLARED.sub(_lines_of, text))


def _lines_of(match: re.Match[bytes]) -> bytes:
    """The line ends of removed text, so that errors name the right line."""
    return b"\n" * match[0].count(b"\n")
