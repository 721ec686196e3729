"""Stream XML records with lxml: no entities are resolved, no DTD is fetched, no tree is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from html import unescape
from typing import IO

from lxml import etree

from corpora.errors import UnreadableFile
from corpora.readers.formulas import all_text, formula_text, local_name
from corpora.readers.xml_documents import XmlDocuments
from corpora.typography import SetText, Stretch, TypeStyle, figures_of, set_line

Element = etree._Element

# Element names of PubMed and JATS.
_STYLES = {
    "i": TypeStyle.ITALIC,
    "italic": TypeStyle.ITALIC,
    "sub": TypeStyle.SUBSCRIPT,
    "sup": TypeStyle.SUPERSCRIPT,
}
# Elements that may touch in XML but are separate in print.
_APART = frozenset({"p", "list-item", "title", "disp-formula", "td", "th", "tr", "label"})
# Elements that contain a formula, by local name.
_FORMULAS = frozenset({"math", "tex-math", "inline-formula", "disp-formula", "alternatives"})


def stream_elements(stream: IO[bytes], tags: Sequence[str]) -> Iterator[Element]:
    """Elements with these names in document order; each is freed when the next is requested.

    A stream may contain several concatenated documents.

    Raises:
        UnreadableFile: the XML is truncated or malformed. Earlier elements have been yielded.
    """
    documents = XmlDocuments(stream)
    context = etree.iterparse(
        documents,
        events=("end",),
        tag=tags,
        encoding=documents.encoding,
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
            # Free this record and all earlier siblings, which lxml keeps otherwise.
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except (etree.XMLSyntaxError, LookupError) as error:
        reason = getattr(error, "msg", "") or str(error)
        raise UnreadableFile(
            f"The XML is malformed after record {count}: {reason}.",
            "Fetch the file again; nothing was imported from it.",
        ) from error


def line_of(element: Element) -> int:
    """The line on which an element begins, 0 if unknown."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def element_text(element: Element | None, skipped: Collection[str] = ()) -> str:
    """All text under an element, white space collapsed; digits in sub and sup stay distinct.

    Args:
        skipped: names of elements to omit with all their content.
    """
    if element is None:
        return ""
    if len(element):
        return set_text(element, skipped).text
    text = element.text
    if not text:
        return ""
    # Fast path: most texts of a record are one word or number.
    return text if text.isalnum() else " ".join(text.split())


def set_text(element: Element | None, skipped: Collection[str] = ()) -> SetText:
    """The same text with its typography, except sub and sup figures, which become characters."""
    if element is None or not len(element):
        return SetText(element_text(element))
    pieces: list[str] = []
    marked: list[Stretch] = []
    _gather(element, skipped, pieces, marked, 0)
    return set_line("".join(pieces), marked)


def child_text(element: Element | None, path: str) -> str:
    """The text of the first element at `path` under `element`, "" if there is none."""
    return element_text(element.find(path)) if element is not None else ""


def _gather(
    element: Element,
    skipped: Collection[str],
    pieces: list[str],
    marked: list[Stretch],
    start: int,
) -> int:
    """Append an element's text in document order and its typography; return the end offset."""
    first, end = len(pieces), start
    if element.text:
        pieces.append(element.text)
        end += len(element.text)
    for child in element:
        if child.tag not in skipped:
            end = _gather_child(child, skipped, pieces, marked, end)
        after = (child.tail or "") + (" " if child.tag in _APART else "")
        pieces.append(after)
        end += len(after)
    style = _STYLES.get(element.tag)
    if style is None or end == start:
        return end
    if shown := figures_of("".join(pieces[first:]), style):
        pieces[first:] = [shown]
        return end
    marked.append((start, end, style))
    return end


def _gather_child(
    child: Element,
    skipped: Collection[str],
    pieces: list[str],
    marked: list[Stretch],
    end: int,
) -> int:
    if local_name(child) in _FORMULAS:
        text = formula_text(child)
    elif child.tag == "sup" and _cites(child):
        # "fell to 5<sup>12</sup>" is not a power of five if the superscript is a reference.
        text = f" [{' '.join(all_text(child).split())}]"
    elif child.tag == "break":
        text = " "
    elif child.tag is etree.Entity:
        # Defined in a DTD that is not read; HTML's names are known, others expand to nothing.
        text = "" if (decoded := unescape(child.text or "")) == child.text else decoded
    else:
        return _gather(child, skipped, pieces, marked, end)
    pieces.append(text)
    return end + len(text)


def _cites(element: Element) -> bool:
    """Whether a superscript contains only references."""
    references = [child for child in element if child.tag == "xref"]
    return bool(references) and all(child.get("ref-type") == "bibr" for child in references)
