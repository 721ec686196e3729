"""XML under lxml, one record at a time: no entity is followed, no DTD fetched, no tree kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import IO

from lxml import etree

from corpora.errors import UnreadableFile

Element = etree._Element

_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_RAISABLE = frozenset("0123456789+-−=()n")
_LOWERABLE = frozenset("0123456789+-−=()")


def stream_elements(stream: IO[bytes], tags: Sequence[str]) -> Iterator[Element]:
    """Elements of these names in document order; each is freed when the next is asked for.

    Raises:
        UnreadableFile: the XML breaks off or is malformed. What came before has been yielded.
    """
    context = etree.iterparse(
        stream,
        events=("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    count = 0
    try:
        for _, element in context:
            count += 1
            yield element
            # Free this record and everything before it; lxml keeps siblings otherwise.
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(
            f"The XML is broken after record {count}: {error.msg}.",
            "Fetch the file again; nothing of it has been imported.",
        ) from error


def element_text(element: Element | None, skipped: Collection[str] = ()) -> str:
    """All text under an element, white space collapsed; digits in sub and sup stay told apart.

    Args:
        skipped: names of elements that are left out with all that is in them.
    """
    if element is None:
        return ""
    text = _marked_up(element, skipped) if len(element) else element.text
    if not text:
        return ""
    # Most texts of a record are one word or number.
    return text if text.isalnum() else " ".join(text.split())


def child_text(element: Element | None, path: str) -> str:
    """The text of the first element at `path` under `element`, "" where there is none."""
    return element_text(element.find(path)) if element is not None else ""


def _marked_up(element: Element, skipped: Collection[str]) -> str:
    """Text in document order; "10<sup>5</sup>" becomes "10⁵": "105" would be another number."""
    pieces = [element.text or ""]
    for child in element:
        if child.tag not in skipped:
            pieces.append(_marked_up(child, skipped))
        pieces.append(child.tail or "")
        # Paragraphs and list items touch in XML, words of theirs do not in print.
        if child.tag in ("p", "list-item", "title"):
            pieces.append(" ")
    inner = "".join(pieces)
    if element.tag == "sup" and inner and _RAISABLE.issuperset(inner):
        return inner.translate(_SUPERSCRIPT)
    if element.tag == "sub" and inner and _LOWERABLE.issuperset(inner):
        return inner.translate(_SUBSCRIPT)
    return inner
