"""An article's title and abstract in the form that the columns of an evidence table read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from corpora.article import Article, Section
from corpora.evidence_level import EvidenceLevel
from corpora.labels import category_of
from retrieval.chunking import sentences


class SentenceRole(StrEnum):
    """The function of a part of an abstract; UNKNOWN where nothing indicates it."""

    TITLE = "title"
    AIM = "aim"  # background and objective
    METHODS = "methods"
    RESULTS = "results"
    CONCLUSIONS = "conclusions"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A named part of a span, such as the interval of an effect; offsets in `Article.text`."""

    name: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Verbatim words: `start` and `end` are offsets in `Article.text`.

    `section` is the printed label of their section, "Title" for the title, "" where the abstract is
    not structured.
    """

    start: int
    end: int
    text: str
    section: str = ""
    parts: tuple[Part, ...] = ()

    def part(self, name: str) -> str:
        """The words of a named part, "" where there is none."""
        return next((part.text for part in self.parts if part.name == name), "")


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A sentence, or the title, with its role."""

    start: int
    end: int
    text: str
    role: SentenceRole
    section: str

    def span(self, start: int, end: int) -> TextSpan:
        """A span by offsets in this piece."""
        return TextSpan(self.start + start, self.start + end, self.text[start:end], self.section)

    @property
    def whole(self) -> TextSpan:
        return self.span(0, len(self.text))


_ROLES = {
    "BACKGROUND": SentenceRole.AIM,
    "OBJECTIVE": SentenceRole.AIM,
    "METHODS": SentenceRole.METHODS,
    "RESULTS": SentenceRole.RESULTS,
    "CONCLUSIONS": SentenceRole.CONCLUSIONS,
}
# A label left in running text: "… problems.Method: This study examined …".
_INLINE = re.compile(
    r"(?:^|(?<=[.?!)]) ?)(?P<label>(?:Background|Introduction|Context|Importance|Aims?|Objectives?"
    r"|Purpose|(?:Materials? and |Patients and |Study )?(?:Methods?|Design)"
    r"|(?:Main )?(?:Results?|Findings)|Conclusions?|Interpretation|Discussion)"
    r"(?: and (?:Methods|Results|Conclusions?|Relevance))?): ",
    re.I,
)


# Characters with several variants, folded into one.
_DASHES = "\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\N{EM DASH}\N{MINUS SIGN}"
_QUOTES = '‘’“”"'
_SIGNS = str.maketrans(dict.fromkeys(_DASHES, "-") | dict.fromkeys(_QUOTES, "'"))


def verbatim(article: Article, words: str) -> TextSpan | None:
    """Locate a quotation in the title or in a section of the abstract, None if it is not there.

    Case, white space, and the kinds of dashes and quotation marks are ignored; the span has the
    article's own text. It begins and ends at word boundaries.
    """
    plain = words.translate(_SIGNS).strip().strip("'").removesuffix(".").split()
    if not any(character.isalnum() for word in plain for character in word):
        return None
    phrase = r"\s+".join(map(re.escape, plain))
    pattern = re.compile(rf"(?<!\w)(?:{phrase})(?!\w)", re.IGNORECASE)
    text = article.text.translate(_SIGNS)
    parts = [(0, len(article.title), "Title")]
    for section, part in zip(article.sections, article.section_spans(), strict=True):
        parts += [] if section.body else [part]
    for start, end, label in parts:
        if match := pattern.search(text, start, end):
            return TextSpan(match.start(), match.end(), article.text[slice(*match.span())], label)
    return None


class Abstract:
    """The title and the sentences of an article's abstract, without full text."""

    def __init__(self, article: Article) -> None:
        self.article = article

    @cached_property
    def level(self) -> EvidenceLevel:
        return self.article.evidence_level

    @cached_property
    def title(self) -> TextPiece:
        title = self.article.title
        return TextPiece(0, len(title), title, SentenceRole.TITLE, "Title")

    @cached_property
    def sentences(self) -> tuple[TextPiece, ...]:
        """The sentences of the abstract, in order."""
        text = self.article.text
        return tuple(
            TextPiece(span.start, span.end, text[span.start : span.end], role, label)
            for start, end, role, label in self._parts()
            for span in sentences(text[start:end], start)
        )

    def of(self, *roles: SentenceRole) -> tuple[TextPiece, ...]:
        """The sentences of these roles."""
        return tuple(piece for piece in self.sentences if piece.role in roles)

    @property
    def labelled(self) -> bool:
        """Whether the abstract labels its results."""
        return any(piece.role is SentenceRole.RESULTS for piece in self.sentences)

    def _parts(self) -> Iterator[tuple[int, int, SentenceRole, str]]:
        """(start, end, role, label) of the abstract's sections, including those labelled inline."""
        text = self.article.text
        spans = self.article.section_spans()
        for section, (start, end, label) in zip(self.article.sections, spans, strict=True):
            if section.body:
                continue
            labels = list(_INLINE.finditer(text, start, end))
            first = labels[0].start() if labels else end
            if first > start:
                yield start, first, _role(section), label
            for index, match in enumerate(labels):
                next_start = labels[index + 1].start() if index + 1 < len(labels) else end
                yield match.end(), next_start, _named(match["label"]), match["label"]


def _role(section: Section) -> SentenceRole:
    # NLM's category is UNASSIGNED for labels that it does not map.
    return _ROLES.get(section.category) or _named(section.label)


def _named(label: str) -> SentenceRole:
    return _ROLES.get(category_of(label), SentenceRole.UNKNOWN)
