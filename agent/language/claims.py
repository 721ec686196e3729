"""Split sentences into claims that can be checked one by one, and recognise those without any."""

from __future__ import annotations

import re
from dataclasses import dataclass

from retrieval.chunking import Span

_FEWEST_WORDS = 3
# Numbers, PMIDs, or an author and a year; not “[OR]” or “[95% CI 0.4 to 0.9]”.
_CITATION = re.compile(
    r"\s*(?:\[\s*(?:PMIDs?:?\s*)?\d[\d:,;\s–-]*\]|\[[A-Z][^\[\]\d]{1,50}(?:19|20)\d\d[a-z]?\]"
    r"|\(PMIDs?:?\s*\d{1,9}(?:[,;]\s*(?:PMID:?\s*)?\d{1,9})*\)|\(\d{7,8}(?:[,;]\s*\d{7,8})*\))"
)

_VERB = (
    r"(?:is|are|was|were|be|been|has|have|had|does|did|do|can|could|may|might|will|would|should|must|shows?|showed|found|finds?"
    r"|suggests?|indicates?|remains?|led|leads?|rose|fell|gave|gives?|made|makes?|causes?|reduces?|increases?|decreases?|improves?|prevents?"
    r"|occurs?|provides?|supports?|appears?|seems?|needs?|requires?|reports?|lowers?|raises?|predicts?|affects?|inhibits?|promotes?|worsens?"
    r"|induces?|produces?|contains?|includes?|involves?|depends?|differs?|varies|vary|\w{3,}ed|took|grew|became|kept|began|underwent|cut|won|lost)"
)
# Where one finding ends and the next begins. The rest must have a subject and a verb of its own.
_JOINT = re.compile(
    r"(?P<joint>;\s+|,\s+(?:and|but|while|whereas|although|yet|though)\s+|\s+(?:whereas|while|but)\s+)"
    rf"(?=(?P<subject>(?:(?!\b{_VERB}\b)[^\s,;]+\s+){{1,9}}?)\b{_VERB}\b)",
    re.IGNORECASE,
)
_PRONOUN_OR_LINK = re.compile(
    r"^(?:which|who|that|whose|where|when|not|then|also|thus|therefore|hence|subsequently|consequently|further|only)\b",
    re.I,
)

_HEADING = re.compile(r"^\s*(?:#{1,6}\s|\*\*[^*]+\*\*:?\s*$|[A-Z][\w ,/-]{0,60}:\s*$)")
# A statement about the answer, the literature or the reader, not about the world.
_NO_CLAIM = re.compile(
    r"^(?:(?:the|this|overall,? the|available|current|existing|more|further|future|additional|larger|high-quality|well-designed|in summary,? the)\s+)*"
    r"(?:(?:body of\s+)?(?:evidence|literature|data|research|studies|trials|information)\s+(?:on this\s+|here\s+|so far\s+|in this area\s+|base\s+)?"
    r"(?:is|are|remains?|was|were)\s+(?:still\s+|very\s+|rather\s+|too\s+)*(?:limited|scarce|sparse|lacking|insufficient|mixed|conflicting|inconclusive|inconsistent|weak|needed"
    r"|required|warranted|necessary)\b(?=\W*(?:\w+\W+){0,3}$))"
    r"|^(?:more|further|future|additional|larger)\b.{0,80}\b(?:needed|required|warranted|necessary|should (?:be|address|examine|investigate|confirm))\b"
    r"|^(?:in (?:summary|conclusion|short)|to summari[sz]e|overall|taken together)[,:.]?\s*$"
    r"|^(?:here (?:is|are)|below (?:is|are)|the following|as follows|please|see also)\b[^.]{0,60}[:.]?\s*$"
    r"|^(?:i|we) (?:could not|cannot|can't|did not|don't|have not) (?:find|answer|locate|identify|know|determine)\b"
    r"|^(?:none of )?(?:the )?(?:provided |retrieved |given |cited )?(?:passages?|sources?|abstracts?|evidence|articles?|documents?|papers?) (?:here |provided |above |found )?"
    r"(?:do(?:es)? not|did not|cannot) (?:answer|say|address|report|mention|contain|provide|discuss|specify|state)\b"
    r"|^(?:consult|ask|talk to|speak (?:to|with)|see) (?:a|your|the) (?:doctor|physician|clinician|health)"
    r"|^(?:this is not|not) (?:medical|professional) advice|\?\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One checkable claim of a sentence, verbatim, with its offsets in the sentence."""

    text: str
    start: int
    end: int


def claims_nothing(sentence: str) -> bool:
    """Whether there is nothing to check: a heading, a question, a remark on the evidence itself."""
    return all(_empty(part.text) for part in parts(without_citations(sentence)))


def _empty(part: str) -> bool:
    plain = part.strip()
    if not any(c.isalpha() for c in plain) or _HEADING.match(plain):
        return True
    content = plain.lstrip("-*•0123456789.) ").strip()
    if _NO_CLAIM.search(content):
        return True
    is_short = len(re.findall(r"\w+", content)) < _FEWEST_WORDS
    # With a full stop, two words may be a sentence: "Pain abates."
    return (
        is_short
        and not content.endswith(".")
        and not re.search(rf"\b{_VERB}\b", content, re.IGNORECASE)
    )


def without_citations(text: str) -> str:
    """The text without citations such as [1], [12345678] and (PMID: …) and the spaces before them."""
    return _CITATION.sub("", text).strip()


def parts(sentence: str) -> list[Part]:
    """The claims of a sentence, in order; most sentences have one.

    The sentence is split at "; ", ", and", ", but", "while" and the like where the rest has a
    subject and a verb of its own. Lists ("pain, fever and cough") and clauses that share a subject
    stay together.
    """
    cuts = [0]
    resumes = []
    for match in _JOINT.finditer(sentence):
        first = sentence[cuts[-1] : match.start()]
        rest = sentence[match.end("joint") :]
        if not _stands(first) or not _stands(rest) or _PRONOUN_OR_LINK.match(rest):
            continue
        if _inside_brackets(sentence, match.start()):
            continue
        resumes.append((match.start(), match.end("joint")))
        cuts.append(match.end("joint"))
    spans, start = [], 0
    for end, after in resumes:
        spans.append(Span(start, end))
        start = after
    spans.append(Span(start, len(sentence)))
    return [Part(sentence[s.start : s.end], s.start, s.end) for s in spans]


def _stands(text: str) -> bool:
    """Whether a piece could be a sentence: enough words, and a verb after the first."""
    pieces = re.findall(r"[\w'-]+", text)
    return len(pieces) >= _FEWEST_WORDS and bool(re.search(rf"\s{_VERB}\b", text, re.IGNORECASE))


def _inside_brackets(text: str, at: int) -> bool:
    before = text[:at]
    return before.count("(") > before.count(")") or before.count("[") > before.count("]")
