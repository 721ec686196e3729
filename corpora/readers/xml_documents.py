"""Several XML documents in one stream, as one document of a root of its own.

Batches of E-utilities are often appended to one file, and records saved without a set around them.
XML declarations and document types are taken out of the stream; an unread document type stands in
their place, so that a named entity is no error.
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
# A declaration that is longer is none.
_LONGEST = 110_000


class XmlDocuments:
    """A stream to be read by an XML parser; `encoding` is that of the bytes it gives."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        first = stream.read(_AT_ONCE)
        encoding, mark = encoding_of(first[:65536])
        if encoding == "utf-8":
            declared = _ENCODING.search(first[:1000])
            self.encoding = "utf-8" if mark or not declared else _known(declared[1].decode())
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
        # What may be the beginning of a declaration waits for its end.
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


def _known(declared: str) -> str:
    """An encoding that the parser knows, UTF-8 for any other and for bytes that are not UTF-16."""
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


def _lines_of(found: re.Match[bytes]) -> bytes:
    """The line ends of what is left out, so that errors name the right line."""
    return b"\n" * found[0].count(b"\n")
