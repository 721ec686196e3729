"""The tree of a parsed Boolean query: terms in fields, joined by operators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """The field that a term is searched in. The value is PubMed's shortest tag for it."""

    ALL = "all"
    TITLE_ABSTRACT = "tiab"
    TITLE = "ti"
    ABSTRACT = "ab"
    TEXT_WORD = "tw"
    KEYWORD = "ot"
    AUTHOR = "au"
    JOURNAL = "ta"
    MESH = "mh"
    MAJOR = "majr"
    TYPE = "pt"
    LANGUAGE = "la"
    DATE = "dp"
    PMID = "pmid"
    DOI = "doi"
    PMCID = "pmc"


# As PubMed names them in its help and writes them in its search details; lower case.
TAGS: dict[str, Field] = {
    **{field.value: field for field in Field},
    "all fields": Field.ALL,
    "title/abstract": Field.TITLE_ABSTRACT,
    "title": Field.TITLE,
    "abstract": Field.ABSTRACT,
    "text word": Field.TEXT_WORD,
    "text words": Field.TEXT_WORD,
    "other term": Field.KEYWORD,
    "keyword": Field.KEYWORD,
    "author": Field.AUTHOR,
    "author name": Field.AUTHOR,
    "fau": Field.AUTHOR,
    "full author name": Field.AUTHOR,
    "journal": Field.JOURNAL,
    "jour": Field.JOURNAL,
    "mesh": Field.MESH,
    "mesh terms": Field.MESH,
    "mesh term": Field.MESH,
    "mesh major topic": Field.MAJOR,
    "publication type": Field.TYPE,
    "ptyp": Field.TYPE,
    "language": Field.LANGUAGE,
    "lang": Field.LANGUAGE,
    "pdat": Field.DATE,
    "date - publication": Field.DATE,
    "publication date": Field.DATE,
    "uid": Field.PMID,
    "aid": Field.DOI,
    "lid": Field.DOI,
    "location id": Field.DOI,
    "pmcid": Field.PMCID,
}
# PubMed fields that no record of a corpus has, with what is missing.
ABSENT: dict[str, str] = {
    **dict.fromkeys(("sh", "mesh subheading", "subheading"), "subheadings"),
    **dict.fromkeys(("nm", "supplementary concept", "substance name"), "supplementary concepts"),
    **dict.fromkeys(("pa", "pharmacological action"), "pharmacological actions"),
    **dict.fromkeys(("ad", "affl", "affiliation"), "affiliations"),
    **dict.fromkeys(("edat", "crdt", "mhda", "lr", "dcom", "date - entry", "date - create",
                     "date - mesh", "date - modification", "date - completion"),
                    "the dates of its own handling"),
    **dict.fromkeys(("1au", "lastau", "first author name", "last author name"), "author positions"),
    **dict.fromkeys(("gr", "grants and funding", "grant number"), "grants"),
    **dict.fromkeys(("rn", "ec/rn number"), "registry numbers"),
    **dict.fromkeys(("filter", "sb", "subset"), "filters and subsets"),
    **dict.fromkeys(("is", "issn"), "ISSNs"),
    **dict.fromkeys(("vi", "volume", "ip", "issue", "pg", "pagination"), "places in a volume"),
    **dict.fromkeys(("ps", "personal name as subject", "ir", "investigator", "cn", "si",
                     "secondary source id", "pl", "place of publication", "tt", "cois"),
                    "this field"),
}  # fmt: skip


class Operator(StrEnum):
    AND = "AND"
    OR = "OR"
    NOT = "NOT"


@dataclass(frozen=True, slots=True)
class Term:
    """A search term in one field.

    `text` is as written, on one line and without quotation marks; an asterisk stands for any
    letters. `start` and `end` are offsets in the query. `until` is the end of a date range.
    `explode` is whether narrower headings are included.
    """

    text: str
    field: Field
    start: int
    end: int
    quoted: bool = False
    explode: bool = True
    until: str = ""

    def __str__(self) -> str:
        words = f'"{self.text}"' if self.quoted else self.text
        if self.until:
            words = f"{self.text}:{self.until}"
        if self.field is Field.ALL:
            return words
        return f"{words}[{self.field}{'' if self.explode else ':noexp'}]"


@dataclass(frozen=True, slots=True)
class Operation:
    """Operands under one operator; NOT excludes the second and all later ones from the first."""

    operator: Operator
    operands: tuple[Node, ...]

    def __str__(self) -> str:
        parts = [
            f"({node})" if isinstance(node, Operation) else str(node) for node in self.operands
        ]
        return f" {self.operator} ".join(parts)


Node = Term | Operation


def positive_words(node: Node) -> str:
    """The words of a query outside NOT as one text, for semantic search."""
    words = dict.fromkeys(
        term.text.replace("*", "") for term in positive_terms(node) if term.field in _TEXTUAL
    )
    return " ".join(words)


_TEXTUAL = frozenset(
    {Field.ALL, Field.TITLE_ABSTRACT, Field.TITLE, Field.ABSTRACT, Field.TEXT_WORD, Field.KEYWORD,
     Field.MESH, Field.MAJOR}
)  # fmt: skip


def positive_terms(node: Node) -> list[Term]:
    """The terms of a query, without those excluded by NOT."""
    if isinstance(node, Term):
        return [node]
    kept = node.operands[:1] if node.operator is Operator.NOT else node.operands
    return [term for operand in kept for term in positive_terms(operand)]
