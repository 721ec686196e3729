"""Parse any text with citations into claims, whoever wrote it and however it cites.

PMIDs, DOIs and PMCIDs are recognised in brackets, parentheses, superscripts and links, as in
[12345678], [pmid:12345678; 123], (PubMed ID 12345678), [doi:10.1000/x], [PMC7000001] or a link to
PubMed; so are [1] and [1, 3] where a reference list defines the numbers. A text may contain several
answers, each followed by its own list, as Medcite's own Markdown and plain text do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.answer import Check, Claim, Confidence, Label, Verdict
from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from corpora.lines import lines_of
from corpora.store import ArticleStore
from retrieval.chunking import sentences
from retrieval.passage import Evidence, Passage

_PMID = r"(?:PMIDs?|PubMed(?: ?ID)?)\s*:?\s*"
_LINK = r"https?://(?:pubmed\.ncbi\.nlm\.nih\.gov|www\.ncbi\.nlm\.nih\.gov/(?:pubmed|pmc/articles)|pmc\.ncbi\.nlm\.nih\.gov/articles|(?:dx\.)?doi\.org)/[^\s()\[\]<>]+"
_DOI = r"(?:doi\s*:?\s*)?10\.\d{4,9}/[^\s\[\];,<>]*[^\s\[\];,<>.()]"
_NUMBERS = r"@?\d{1,9}(?:\s*[–-]\s*\d{1,9})?"
_OWN = r"(?:title|doi):[^\s\[\];,]+"
_ONE = rf"(?:(?:{_PMID})?(?:{_LINK}|{_OWN}|{_DOI}|PMC\d+|{_NUMBERS}))"
_LIST = rf"{_ONE}(?:\s*[,;]\s*{_ONE})*"
_NAMED = rf"(?:{_PMID}(?:{_OWN}|{_DOI}|{_NUMBERS})|{_LINK}|doi\s*:?\s*{_DOI}|PMC\d+)"
# Everything in a text that cites a source.
_CITATION = re.compile(
    rf"\s*(?:\[[^\[\]\n]*\]\((?P<link>{_LINK})\)|\^?\[(?P<inside>{_LIST})\]"
    rf"|\((?P<named>{_NAMED}(?:\s*[,;]\s*{_ONE})*)\)|<sup>\[?(?P<raised>{_LIST})\]?</sup>|(?P<bare>{_LINK})"
    r"|\((?P<long>\d{7,8}(?:[,;]\s*\d{7,8})*)\))",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    rf"(?P<link>{_LINK})|(?P<own>title:[^\s\[\];,]+)|(?P<doi>{_DOI})|(?P<pmc>PMC\d+)"
    r"|@?(?P<first>\d{1,9})(?:\s*[–-]\s*(?P<last>\d{1,9}))?",
    re.IGNORECASE,
)
_LISTED = re.compile(r"^\s*(?:\[(?P<a>\d{1,3})\]:?|(?P<b>\d{1,3})[.)])\s+(?P<rest>.*)$")
_NAMES_SOURCE = re.compile(
    rf"\bPMID:?\s*(?P<pmid>\d{{1,9}})|(?P<link>{_LINK})|\b(?P<pmc>PMC\d+)|\bdoi\s*:?\s*(?P<doi>10\.\d{{4,9}}/\S*[^\s.,;])",
    re.IGNORECASE,
)
# Labels as Medcite's own answers print them: a sign before a sentence, a word after it. A quotation
# is in quotation marks instead of after a sign.
_SIGNS = "".join(sorted({re.escape(label.sign) for label in Label if label is not Label.QUOTED}))
_WORDS = "|".join(re.escape(label.word) for label in Label)
_MARKUP = re.compile(rf"^\s*(?:(?:[-*+•]|\d{{1,3}}[.)]|>)\s+(?:[{_SIGNS}]\s+)?|[{_SIGNS}]\s+)")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)\*(?!\*)|(\*\*|__|(?<!\w)[*_](?=\w)|(?<=[\w.])[*_](?!\w))"
)
# A sentence that Medcite marks as quoted; a label in words after a sentence, alone or with what
# follows it; the line on its studies at the end of an item of Markdown.
_QUOTATION = re.compile(r"^“((?:[^“”]|“[^“”]*”)*)”((?:\s*\[[^\[\]]+\])*)$")
_LABELLED = re.compile(rf"\s*\((?:{_WORDS})(?:[:;].*)?\)\s*$")
_DESIGNS = "|".join(re.escape(level.label) for level in EvidenceLevel)
_STUDIES = re.compile(rf"(?<=[\])])\s+_(?:{_DESIGNS})\b[^_]*_\s*$")
_HEADINGS = "|".join(re.escape(confidence.heading) for confidence in Confidence)
# Headings, tables, code, and what Medcite writes around its answers.
_SKIPPED = re.compile(
    r"^\s*(?:#|```|\||---|!\[|<(?!sup)|_[^_]*_$|(?:Searched|Only|Note)\\?:|For research\. Not for|\*\*No answer"
    r"|-?\s*(?:supported, but by|quoted instead of a drafted sentence)"
    rf"|(?:\*\*)?(?:Sources|References|The closest articles|{_HEADINGS}):?(?:\*\*)?\s*$"
    rf"|(?:\d+ (?:{_WORDS})(?:, )?)+$)",
    re.IGNORECASE,
)
# A number in brackets with at most this many digits is a place in a list, not a PMID.
_PLACE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class _Section:
    """Part of a text, and the identifier that each reference number in it stands for."""

    lines: tuple[str, ...]
    places: dict[str, str]


def claims_of(text: str) -> list[Claim]:
    """The sentences of a text with the identifiers that each cites, in order.

    An identifier is a PMID, "doi:…" in lower case, or "PMC…". Headings, tables, code, reference
    lists and what Medcite prints around an answer are skipped. A number in brackets that the list
    does not define is kept, and so cites no article that exists.
    """
    claims: list[Claim] = []
    for section in _sections(lines_of(text)):
        for paragraph in _paragraphs(section):
            for sentence in _with_trailing_citations(paragraph):
                cited = _cited(sentence)
                keys = tuple(dict.fromkeys(section.places.get(n, n) for n in cited))
                plain = re.sub(r"\s+([.,;])", r"\1", _CITATION.sub("", sentence).strip())
                if any(c.isalpha() for c in plain):
                    claims.append(Claim(plain, keys))
    return claims


def evidence_of(claims: Iterable[Claim], store: ArticleStore) -> list[Evidence]:
    """The whole articles that claims cite, keyed by the identifier used to cite them."""
    evidence = []
    for key in dict.fromkeys(key for claim in claims for key in claim.keys):
        article = store.identified(key)
        if article is not None:
            start = len(article.title) + 1 if article.sections else 0
            passage = Passage(key, article.pmid, "", start, len(article.text), article.text[start:])
            evidence.append(Evidence(passage, article, 1, 1.0))
    return evidence


def noticed(verdict: Verdict, cited: Mapping[str, Article]) -> Verdict:
    """The verdict, with a check for every cited article that is retracted."""
    checks = [
        Check("retraction", f"{key} is retracted")
        for key in verdict.claim.keys
        if key in cited and cited[key].retracted
    ]
    return replace(verdict, checks=(*verdict.checks, *checks)) if checks else verdict


def _sections(lines: Sequence[str]) -> Iterator[_Section]:
    """Split after each reference list; text after the last list keeps the last list's numbers."""
    pending: list[str] = []
    places: dict[str, str] = {}
    for line in lines:
        reference = _reference(line)
        if reference:
            number, source = reference
            if number in places:
                yield _Section(tuple(pending), places)
                pending, places = [], {}
            places[number] = source
        elif places and line.strip() and not _SKIPPED.match(line):
            yield _Section(tuple(pending), places)
            pending, places = [line], {}
        else:
            pending.append(line)
    yield _Section(tuple(pending), places)


def _reference(line: str) -> tuple[str, str] | None:
    """The number and the identifier on a line of a reference list, None for any other line."""
    match = _LISTED.match(line)
    if match is None:
        return None
    by_kind = {m.lastgroup: m for m in reversed(list(_NAMES_SOURCE.finditer(match["rest"])))}
    for kind in ("pmid", "link", "pmc", "doi"):
        if kind in by_kind:
            return match["a"] or match["b"], _identifier(kind, by_kind[kind][kind])
    return None


def _identifier(kind: str, written: str) -> str:
    """Normalise a written identifier or link to a PMID, "doi:…" or "PMC…"."""
    if kind == "link":
        last_part = written.rstrip("/.,;").rsplit("/", 1)[-1]
        if "doi.org" in written.lower():
            kind, written = "doi", written.split("doi.org/", 1)[1].rstrip("/.,;")
        else:
            kind, written = ("pmc" if last_part.upper().startswith("PMC") else "pmid"), last_part
    if kind == "doi":
        return "doi:" + re.sub(r"^doi\s*:?\s*", "", written, flags=re.IGNORECASE).lower()
    return written.upper() if kind == "pmc" else written


def _paragraphs(section: _Section) -> list[str]:
    """Join the lines of each paragraph; every bullet is a paragraph of its own."""
    paragraphs: list[str] = []
    joinable = False
    fenced = False
    for line in section.lines:
        if line.strip().startswith("```"):
            fenced = not fenced
        if fenced or not line.strip() or _SKIPPED.match(line):
            joinable = False
            continue
        is_bullet = _MARKUP.match(line) is not None
        content = _STUDIES.sub("", _MARKUP.sub("", line))
        content = _EMPHASIS.sub(r"\1", content).strip()
        # Undo Markdown's backslash escapes.
        content = re.sub(r"\\([\\`*_{}\[\]()#+!|$~:.-])", r"\1", content)
        content = _QUOTATION.sub(r"\1\2", _LABELLED.sub("", content))
        if joinable and not is_bullet:
            paragraphs[-1] += " " + content
        else:
            paragraphs.append(content)
        joinable = True
    return paragraphs


def _with_trailing_citations(paragraph: str) -> list[str]:
    """Sentences, each with the citations that follow its full stop."""
    pieces: list[str] = []
    for span in sentences(paragraph):
        piece = rest = paragraph[span.start : span.end]
        while (match := _CITATION.match(rest)) and match.end():
            rest = rest[match.end() :].lstrip(" .,;")
        citations = piece[: len(piece) - len(rest)]
        if citations and pieces and _cited(citations):
            pieces[-1] += " " + citations.strip(" .,;")
            piece = rest.strip()
        if piece.strip():
            pieces.append(piece)
    return pieces


def _cited(sentence: str) -> list[str]:
    identifiers: list[str] = []
    for citation in _CITATION.finditer(sentence):
        content = next(part for part in citation.groups() if part)
        for match in _IDENTIFIER.finditer(re.sub(_PMID, "", content, flags=re.IGNORECASE)):
            if match["first"]:
                identifiers += _range(match["first"], match["last"])
            elif match["own"]:
                identifiers.append(match["own"])
            else:
                kind = next(k for k in ("link", "doi", "pmc") if match[k])
                identifiers.append(_identifier(kind, match[kind]))
    return identifiers


def _range(first: str, last: str | None) -> list[str]:
    """Expand [1-3] to three places; a range of PMIDs gives only its two ends."""
    if not last:
        return [first]
    if len(first) <= _PLACE_DIGITS and len(last) <= _PLACE_DIGITS and int(first) < int(last):
        return [str(n) for n in range(int(first), int(last) + 1)]
    return [first, last]
