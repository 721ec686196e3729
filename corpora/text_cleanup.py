"""Remove markup, entities and invisible characters that other programs left in a text.

XML readers decode a text once, but exporters often encode twice, and tables, RIS and JSON contain
HTML of the page they were made from. `cleaned` restores the text as printed, and `parted` splits an
abstract at HTML headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from corpora.typography import SetText, Stretch, TypeStyle, figures_of, set_line, within_text

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Double encoding is common, triple encoding occurs.
_MOST_DECODINGS = 3
_TAG = re.compile(
    r"<(/?)((?:jats:|mml:)?(?:h[1-6]|p|br|hr|ul|ol|li|div|span|section|sec|title|b|i|u|em|strong|sub"
    r"|sup|small|tt|font|bold|italic|sc|underline|a|abstracttext|abstract|list|list-item|math|m[iono]|mrow"
    r"|msub|msup|mtext))((?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))*)\s*/?>",
    re.IGNORECASE,
)
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
# Line separators occur between words, all others inside a word.
_SEPARATING = "\u2028\u2029"
# Zero-width joiners matter in Arabic and Indic scripts, but not between Latin letters.
_JOINERS = re.compile("(?<=[\x20-\u024f])[\u200c\u200d]+(?=[\x20-\u024f])")
_STYLES = {
    "i": TypeStyle.ITALIC, "em": TypeStyle.ITALIC, "italic": TypeStyle.ITALIC,
    "sub": TypeStyle.SUBSCRIPT, "msub": None, "sup": TypeStyle.SUPERSCRIPT,
}  # fmt: skip
_APART = frozenset(
    "h1 h2 h3 h4 h5 h6 p br hr ul ol li div section sec title list list-item".split()
)
_SUSPECT = re.compile(f"{_ENTITY.pattern}|<|{_INVISIBLE.pattern}|[\u200c\u200d]")
_HEADING = re.compile(
    r"<(h[1-6]|jats:title|title)(?:\s[^<>]*)?>(.{0,200}?)</\1\s*>"
    r"|(?:^|(?<=>)|<(?:p|br)\s*/?>\s*)<(b|strong|bold|jats:bold)>([^<>]{3,80}?)(?<=:)\s*</\3\s*>"
    r"|(?:^|(?<=>)|<(?:p|br)\s*/?>\s*)<(b|strong|bold|jats:bold)>([A-Z][^<>]{2,60}?)</\5\s*>\s*:",
    re.IGNORECASE | re.DOTALL,
)


def is_clean(text: str) -> bool:
    """Whether a text has no possible residue, as almost all of PubMed."""
    return not _SUSPECT.search(text)


def cleaned(line: SetText) -> SetText:
    """A text without tags, entities and invisible characters; the typography of tags is kept.

    "5 &lt; 6 and n<7" keeps its signs: only HTML and JATS element names count as tags.
    """
    if is_clean(line.text):
        return line
    for _ in range(_MOST_DECODINGS):
        decoded = _replaced(line, _ENTITY, lambda match: unescape(match[0]))
        if decoded.text == line.text:
            break
        line = decoded
    line = _untagged(line)
    line = _replaced(line, _INVISIBLE, lambda match: " " if match[0] in _SEPARATING else "")
    line = _replaced(line, _JOINERS, lambda _: "")
    return set_line(line.text, line.stretches)


def cleaned_text(text: str) -> str:
    """The same for a text without typography."""
    return text if is_clean(text) else cleaned(SetText(text)).text


def parted(line: SetText) -> list[tuple[str, SetText]]:
    """An abstract as (label, text) pairs, split at HTML headings; without any, the label is ""."""
    decoded = line
    if "&" in line.text:
        for _ in range(_MOST_DECODINGS):
            decoded = _replaced(decoded, _ENTITY, lambda match: unescape(match[0]))
    marks = list(_HEADING.finditer(decoded.text)) if "<" in decoded.text else []
    if not marks:
        return [("", cleaned(line))]
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(decoded.text)]
    labels = ["", *(_label(mark[2] or mark[4] or mark[6] or "") for mark in marks)]
    return [
        (label, text)
        for label, start, end in zip(labels, starts, ends, strict=True)
        if (text := cleaned(within_text(decoded, start, end))).text.strip(" :") or label
    ]


def _label(text: str) -> str:
    return cleaned_text(" ".join(text.split())).strip(" :.")


def _replaced(line: SetText, pattern: re.Pattern[str], put: object) -> SetText:
    """A text with matches replaced and the offsets of its typography adjusted."""
    edits = [(m.start(), m.end(), put(m)) for m in pattern.finditer(line.text)]  # type: ignore[operator]
    edits = [edit for edit in edits if line.text[edit[0] : edit[1]] != edit[2]]
    return _edited(line, edits) if edits else line


def _edited(line: SetText, edits: list[tuple[int, int, str]]) -> SetText:
    pieces, at, moves, shift = [], 0, [], 0
    for start, end, new in edits:
        pieces += [line.text[at:start], new]
        shift += len(new) - (end - start)
        moves.append((start, end, len(new), shift))
        at = end
    pieces.append(line.text[at:])

    def moved(offset: int) -> int:
        shift = 0
        for start, end, length, after in moves:
            if offset >= end:
                shift = after
            elif offset > start:
                return start + shift + min(offset - start, length)
            else:
                break
        return offset + shift

    stretches = [(moved(start), moved(end), style) for start, end, style in line.stretches]
    return SetText("".join(pieces), [stretch for stretch in stretches if stretch[0] < stretch[1]])


def _untagged(line: SetText) -> SetText:
    tags = list(_TAG.finditer(line.text))
    if not tags:
        return line
    edits: list[tuple[int, int, str]] = []
    marked: list[Stretch] = []
    opened: list[tuple[str, int]] = []
    for tag in tags:
        name = tag[2].lower().removeprefix("jats:").removeprefix("mml:")
        edits.append((tag.start(), tag.end(), " " if name in _APART else ""))
        if name not in _STYLES or _STYLES[name] is None:
            continue
        if not tag[1]:
            opened.append((name, tag.end()))
        elif opened and opened[-1][0] == name:
            _, start = opened.pop()
            marked.append((start, tag.start(), _STYLES[name]))  # type: ignore[arg-type]
    raised = list(_raised(line.text, marked))
    rewritten = {(start, end) for start, end, _ in raised}
    kept = [stretch for stretch in marked if (stretch[0], stretch[1]) not in rewritten]
    edits = sorted([*edits, *raised])
    return _edited(SetText(line.text, [*line.stretches, *kept]), edits)


def _raised(text: str, marked: list[Stretch]) -> Iterator[tuple[int, int, str]]:
    """Figures in sub and sup as Unicode characters: "10<sup>5</sup>" becomes "10⁵"."""
    for start, end, style in marked:
        inner = text[start:end]
        if inner and "<" not in inner and (shown := figures_of(inner, style)):
            yield start, end, shown
