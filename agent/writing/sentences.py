"""Which sentences of an abstract can stand alone as a finding, and how much weight they carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agent.wording import stems
from corpora.article import Article
from retrieval.abbreviations import definitions
from retrieval.passage import Evidence
from retrieval.split import article_sentences

_FEWEST_WORDS, _MOST_WORDS = 6, 100
_FEWEST_OF_A_HEADING = 3
# Where an unstructured abstract still sets the scene, and where it draws its conclusion; one of
# fewer sentences has no room for either.
_OPENING, _CLOSING = 0.25, 0.8
_WHOLE_ABSTRACT = 5

# What announces, asks, credits or calls for more is no finding.
_NO_FINDING = re.compile(
    r"^(?:(?:the |our |this |primary |main |present )*(?:aims?|objectives?|purposes?|goals?)\b"
    r"|(?:in this|this|the present|our|here,?) (?:study|article|paper|review|work|trial|analysis|meta-analysis|report)?,?"
    r" ?(?:we )?(?:aim|sought|seek|investigat|evaluat|examin|assess|review|discuss|describ|summari[sz]|explor|present|report on|provid|focus|highlight|outlin|compar|analy[sz])"
    r"|(?:the|this|our) (?:study|sample|cohort|trial|analysis) (?:included|comprised|consisted of|enrolled|recruited)"
    r"|(?:we (?:report|present|describe) (?:the case of )?)?an? (?:\d+|[a-z-]+)[ -]year[ -]old\b"
    r"|we (?:aimed|sought|hypothesi[sz]ed|conducted|performed|searched|included|investigated|evaluated|examined|assessed|reviewed|describe|present|discuss|compared|studied|retrospectively|used|randomi[sz]ed|enrolled|recruited|assigned|analy[sz]ed|reviewed)"
    r"|to (?:\w+ ){0,3}?(?:determine|evaluate|assess|investigate|compare|examine|explore|identify|analy[sz]e|describe|review|study|report|summari[sz]e|test|estimate|understand|provide|characteri[sz]e)\b"
    r"|(?:further|future|more|larger|additional)\b.*\b(?:needed|required|warranted|necessary|should)\b"
    r"|(?:this|the) (?:study|trial|protocol|review) (?:was|is|has been|will be) (?:registered|approved|funded|supported|conducted|designed)"
    r"|(?:trial )?registration|prospero|clinicaltrials\.gov|funding|(?:[A-Z]\.){2}.*\b(?:supervis|contribut|wrote)|copyright|©|supplementary|keywords?\b|level of evidence)"
    r"|\?$|\b(?:systematic review registration|registration number|NCT\d{8})\b"
    r"|\b(?:literature|database|electronic|systematic) (?:\w+ ){0,2}search(?:es)? (?:was|were)\b|\bneed(?:s)? to (?:investigate|study|be (?:studied|investigated))"
    r"|\bwe (?:aim(?:ed)? to|sought to)\b|\bwe (?:then )?(?:calculated|extracted|collected|recorded)\b"
    r"|\bwere (?:calculated|extracted|collected|recorded|pooled|analy[sz]ed|used to (?:calculate|estimate|assess|compare))\b"
    r"|\b(?:met|fulfilled|meeting) (?:our |the )?(?:inclusion|eligibility) criteria\b|\bwere (?:finally |ultimately )?included in\b"
    r"|\bjustify (?:performing|conducting|further)\b|\bstudies (?:were|have been) (?:finally )?included\b|\b(?:was|were) designed to\b"
    r"|\b(?:was|were) used (?:to|for) (?:\w+ )?(?:analy|assess|evaluat|pool|combin|comput|synthes|data)|\b(?:funnel plots?|checklist|STROBE|PRISMA|CONSORT)\b|\bPICOT?S?\b"
    r"|\b(?:questionnaires?|surveys?) .*\b(?:was|were) (?:distributed|sent|mailed|administered)\b|\b(?:data|information) .*\b(?:was|were) (?:obtained|retrieved|drawn) from\b"
    r"|\ball rights reserved\b|\bpublished by\b.*\b(?:wiley|elsevier|springer|on behalf of)\b|\bneed for (?:\w+ )?(?:evidence|research|studies|trials)\b"
    r"|^(?:we|a total of|in total,?|overall,?) (?:identified |included |found )?[\w,. -]{0,40}\b(?:stud(?:y|ies)|trials?|RCTs|articles|papers|records)\b(?=.*\b(?:identified|included|involv|compris|enrol|covering|met|in [\d,]+ )\w*)"
    r"|\b(?:data|results|treatments) were (?:synthesi[sz]ed|pooled|ranked|combined|analy[sz]ed)\b|\b(?:primary|secondary|main) (?:outcomes?|end ?points?)(?: measures?)? (?:was|were|included)\b|\b(?:trials|studies|RCTs|articles|papers)\b.*\bwere included\.?$"
    r"|^(?:the |this )?(?:current|present) (?:study|review|article) is an?\b"
    r"|\bwere (?:searched|systematically searched|included in (?:the|this|our) (?:study|review|analysis)|enrolled|recruited)\b"
    r"|\b(?:further|more|additional|larger) (?:\w+ ){0,4}(?:studies|research|trials|investigations?) (?:\w+ ){0,4}(?:needed|required|warranted|necessary)\b",
    re.IGNORECASE,
)  # fmt: skip
# What was not known beforehand is the reason for a study; not known after it, its conclusion.
_UNSETTLED = re.compile(
    r"\b(?:inconsistent|conflicting|contradictory|controversial|inconclusive|debated)\b"
    r"|\b(?:is|are|not) (?:still |yet |utterly |entirely |fully )?(?:unclear|unknown|uncertain|consistent|clear|established)\b"
    r"|\bremains? (?:unclear|unknown|uncertain|to be|poorly|elusive)\b|\b(?:poorly|not well|little) (?:understood|known)\b",
    re.IGNORECASE,
)
# A heading's worth of words ("The incidence of delirium.") has no verb.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|do|does|did|can|could|may|might|should|will|would|must"
    r"|show\w*|found|find|suggest\w*|indicat\w*|demonstrat\w*|remain\w*|led|leads?|fell|rose|gave|give[sn]?|made|makes?"
    r"|provid\w*|improv\w*|reduc\w*|increas\w*|decreas\w*|prevent\w*|lower\w*|caus\w*|support\w*|appears?|seems?|need\w*"
    r"|facilitat\w*|experienc\w*|occurs?|require[sd]?|helps?|allows?|benefits?|outperforms?|includes?|mediates?|regulat(?:es?|ing)|encodes?|binds?|inhibits?|acts?|targets?|involves?|contains?|consists?|belongs?|plays?|refers?|represents?|confers?|controls?|arises?|comprises?|results?|functions? as|affects?|ha[sd]n't|[a-z]{3,}ed)\b"
)
# Needs the sentence before it to be understood.
_LEANS_BACK = re.compile(
    r"^(?:these|those|this|it|its|they|their|he|she|such|both|however|moreover|furthermore|therefore"
    r"|thus|hence|in addition|additionally|conversely|in contrast|by contrast|similarly|also|likewise"
    r"|nevertheless|nonetheless|the (?:former|latter|other)|the same|another)\b",
    re.IGNORECASE,
)

_CATEGORY_OF_LABEL = (
    ("CONCLUSIONS", re.compile(r"conclu|interpret|implication|summary|take-home|key message|significance", re.I)),
    ("RESULTS", re.compile(r"result|finding|^outcomes?$", re.I)),
    ("METHODS", re.compile(r"method|design|setting|participant|patient|measure|outcome|search|selection|data|material|intervention|registration|funding", re.I)),
    ("OBJECTIVE", re.compile(r"objective|aim|purpose|question", re.I)),
    ("BACKGROUND", re.compile(r"background|introduction|context|rationale|importance", re.I)),
)  # fmt: skip
_CONCLUDES = re.compile(
    r"^(?:in (?:conclusion|summary)|(?:our|these|the present|the) (?:results|findings|data|study|analysis|meta-analysis)"
    r" (?:suggest|show|indicate|demonstrate|support|confirm|reveal)|overall|collectively|taken together"
    r"|we (?:found|conclude|show|demonstrate|observed))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that could be quoted: where it stands, and its place in the article's argument.

    `words` are its stems, with those of the names that its article gives its abbreviations.
    """

    evidence: Evidence
    start: int
    end: int
    text: str
    category: str
    leans_back: bool
    words: frozenset[str]


def candidates(evidence: list[Evidence]) -> list[Candidate]:
    """The sentences of these passages that state a finding, in order.

    Where there are none, aims, methods, credits and calls for more research count too; and where
    there is no sentence at all, as in a record of a heading alone, what else there is.
    """
    return (
        _those(evidence, _states_a_finding, settled_only=True)
        or _those(evidence, _says_something)
        or _those(evidence, _has_words)
    )


def _those(
    evidence: list[Evidence], counts: Callable[[str], bool], *, settled_only: bool = False
) -> list[Candidate]:
    found = []
    for each in evidence:
        article = each.article
        marked = article_sentences(article)
        names = {short: stems(long) for short, long in definitions(article.text)}
        for number, (span, _) in enumerate(marked):
            if not (each.passage.start <= span.start and span.end <= each.passage.end):
                continue
            text = article.text[span.start : span.end]
            if not counts(text):
                continue
            place = number / len(marked) if len(marked) >= _WHOLE_ABSTRACT else None
            category = _category(article, span.start, text, place)
            settled = category in ("CONCLUSIONS", "RESULTS") or not _UNSETTLED.search(text)
            if settled_only and not settled:
                continue
            leans = bool(_LEANS_BACK.match(text)) and not _CONCLUDES.match(text)
            words = stems(text).union(*(names[s] for s in names if _names(text, s)))
            found.append(Candidate(each, span.start, span.end, text, category, leans, words))
    return found


def _names(text: str, short: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(short)}(?!\w)", text))


def _says_something(text: str) -> bool:
    return _FEWEST_WORDS <= len(text.split()) <= _MOST_WORDS and bool(_VERB.search(text))


def _has_words(text: str) -> bool:
    return len(text.split()) >= _FEWEST_OF_A_HEADING


def _states_a_finding(text: str) -> bool:
    return _says_something(text) and not _NO_FINDING.search(text)


def _category(article: Article, start: int, text: str, place: float | None) -> str:
    """NLM's category of the sentence's section; by wording and place (0 to 1) where none is."""
    offset = len(article.title) + 1
    for section in article.sections:
        if offset <= start < offset + len(section.text) + 1:
            if section.category:
                return section.category
            for name, pattern in _CATEGORY_OF_LABEL:
                if section.label and pattern.search(section.label):
                    return name
            break
        offset += len(section.text) + 1
    if _CONCLUDES.match(text):
        return "CONCLUSIONS"
    if place is None:
        return ""
    if place < _OPENING:
        return "BACKGROUND"
    return "CONCLUSIONS" if place >= _CLOSING else ""
