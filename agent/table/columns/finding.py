"""Finding: the sentence that states the conclusion."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, SentenceRole, TextSpan
from corpora.article_kind import ArticleKind, article_kind

_CONCLUDES = re.compile(
    r"\b(?:in conclusion|we (?:conclude|found|showed|demonstrated|observed)|(?:results|findings|data|study|meta-analysis|review|evidence|analysis|analyses) (?:\w+ ){0,4}?(?:suggests?|shows?|showed|demonstrates?|demonstrated|indicates?|indicated|confirms?|provides?|reveals?|revealed)"
    r"|(?:was|were|is|are) (?:\w+ )?(?:associated|effective|superior|safe|higher|lower|similar|more|not|feasible|better))\b",
    re.I,
)
# An outlook is not a finding.
_OUTLOOK = re.compile(
    r"\b(?:further|future|more|larger|additional) (?:[\w-]+ ){0,4}(?:research|stud(?:y|ies)|trials?|work|investigations?)\b|\b(?:needed|warranted|required|should|recommend\w*|aim(?:s|ed)?|purpose|will|might|limitation|the first)\b",
    re.I,
)


def find(abstract: Abstract) -> list[TextSpan]:
    """The first sentence of the conclusions that states a finding."""
    if article_kind(abstract.article) is not ArticleKind.FINDINGS:
        return []
    last = [
        p for p in abstract.of(SentenceRole.CONCLUSIONS) if "limitation" not in p.section.casefold()
    ]
    for piece in last:
        if not _OUTLOOK.search(piece.text):
            return [piece.whole]
    if not last:
        for piece in reversed(abstract.of(SentenceRole.UNKNOWN)[-3:]):
            if _CONCLUDES.search(piece.text) and not _OUTLOOK.search(piece.text):
                return [piece.whole]
    return []
