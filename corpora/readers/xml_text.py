"""XML under lxml, one record at a time: no entity is followed, no DTD fetched, no tree kept."""

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

# PubMed's and JATS's names.
_STYLES = {
    "i": TypeStyle.ITALIC,
    "italic": TypeStyle.ITALIC,
    "sub": TypeStyle.SUBSCRIPT,
    "sup": TypeStyle.SUPERSCRIPT,
}
# Paragraphs, list items and broken lines touch in XML, words of theirs do not in print.
_APART = frozenset({"p", "list-item", "title", "disp-formula", "td", "th", "tr", "label"})
# What holds a formula, by its name without a namespace.
_FORMULAS = frozenset({"math", "tex-math", "inline-formula", "disp-formula", "alternatives"})


def stream_elements(stream: IO[bytes], tags: Sequence[str]) -> Iterator[Element]:
    """Elements of these names in document order; each is freed when the next is asked for.

    A stream may hold several documents one after the other, as appended batches do.

    Raises:
        UnreadableFile: the XML breaks off or is malformed. What came before has been yielded.
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
            # Free this record and everything before it; lxml keeps siblings otherwise.
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except (etree.XMLSyntaxError, LookupError) as error:
        said = getattr(error, "msg", "") or str(error)
        raise UnreadableFile(
            f"The XML is broken after record {count}: {said}.",
            "Fetch the file again; nothing of it has been imported.",
        ) from error


def line_of(element: Element) -> int:
    """The line on which an element begins, 0 where nobody knows."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def element_text(element: Element | None, skipped: Collection[str] = ()) -> str:
    """All text under an element, white space collapsed; digits in sub and sup stay told apart.

    Args:
        skipped: names of elements that are left out with all that is in them.
    """
    if element is None:
        return ""
    if len(element):
        return set_text(element, skipped).text
    text = element.text
    if not text:
        return ""
    # Most texts of a record are one word or number.
    return text if text.isalnum() else " ".join(text.split())


def set_text(element: Element | None, skipped: Collection[str] = ()) -> SetText:
    """The same text with its typography, but for figures in sub and sup, which it shows itself."""
    if element is None or not len(element):
        return SetText(element_text(element))
    pieces: list[str] = []
    marked: list[Stretch] = []
    _gather(element, skipped, pieces, marked, 0)
    return set_line("".join(pieces), marked)


def child_text(element: Element | None, path: str) -> str:
    """The text of the first element at `path` under `element`, "" where there is none."""
    return element_text(element.find(path)) if element is not None else ""


def _gather(
    element: Element,
    skipped: Collection[str],
    pieces: list[str],
    marked: list[Stretch],
    start: int,
) -> int:
    """Append an element's text in document order, and how it is set; returns where it ends."""
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
        # "fell to 5<sup>12</sup>" with a reference in it is no power of five.
        text = f" [{' '.join(all_text(child).split())}]"
    elif child.tag == "break":
        text = " "
    elif child.tag is etree.Entity:
        # One that an unread DTD defines; HTML's are known by name, others expand to nothing.
        text = "" if (known := unescape(child.text or "")) == child.text else known
    else:
        return _gather(child, skipped, pieces, marked, end)
    pieces.append(text)
    return end + len(text)


def _cites(element: Element) -> bool:
    """Whether a superscript holds references alone."""
    references = [each for each in element if each.tag == "xref"]
    return bool(references) and all(each.get("ref-type") == "bibr" for each in references)
