"""Design: the words by which a study names its own design."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, SentenceRole, TextSpan
from corpora.evidence_level import EvidenceLevel

_KIND = (
    r"(?:(?:cluster|stepped-wedge)[- ])?(?:non-?)?randomi[sz]ed(?:[- ]control(?:led)?)?|controlled|(?:double|single|triple|assessor|observer|evaluator)[- ](?:blind(?:ed)?|mask(?:ed)?)|non-?blinded|blinded"
    r"|(?:placebo|sham|active|vehicle)[- ]controlled|open[- ]label(?:led)?|single[- ]arm|two[- ]arm|three[- ]arm|phase (?:[1-4I]+[Vab]*(?:/[1-4I]+[ab]?)?)|pilot|feasibility|pragmatic|adaptive"
    r"|parallel(?:[- ]group)?|cross[- ]?over|split[- ](?:body|face|mouth)|non-?inferiority|superiority|equivalence|factorial|multi-?(?:cent(?:er|re)|institutional|national|site)|single[- ]cent(?:er|re)|international|nationwide"
    r"|population[- ]based|hospital[- ]based|register[- ]based|registry[- ]based|community[- ]based|prospective(?:ly)?|retrospective(?:ly)?|observational|longitudinal|descriptive|analytical|comparative|exploratory|explorative|cohort|cross[- ]sectional"
    r"|(?:nested )?case[- ]control(?:led)?|matched|propensity[- ](?:score[- ])?matched|registry|qualitative|mixed[- ]methods?|quasi-experimental|experimental|diagnostic|validation|online|web-based|clinical|interventional|epidemiologic(?:al)?|ecological|historical"
    r"|systematic|scoping|narrative|literature|umbrella|integrative|network|critical|comprehensive|living|rapid|mendelian randomi[sz]ation|time[- ]series|modell?ing|case"
)
_HEAD = r"trials?(?! registr)|study|review|reviews|meta-?\s?analys[ei]s|analysis|survey|investigation|cohort|case series|case report|case-control|overview"
_NAMED = re.compile(
    rf"\b(?P<name>(?:(?:{_KIND})(?:,? and |, |[ ,/-]))+(?:{_HEAD})(?:(?: and|,| with|,? and) (?:(?:{_KIND})[ -])*(?:{_HEAD}))*"
    rf"(?: of (?:(?:published|prospective|individual(?: participant| patient)? data(?: from)?|clinical|double-blind,?|placebo-controlled) )*(?:(?:{_KIND}) )*(?:studies|trials|RCTs))?|meta-?analys[ei]s(?: of (?:(?:{_KIND}),? )+(?:studies|trials))?|case (?:report|series))(?!\w)",
    re.I,
)
_OF_ANOTHER = re.compile(
    r"\b(?:secondary|post[- ]hoc|interim|sub(?:group)?)(?:[- ]group)? (?:data )?analys[ei]s of (?:data from )?(?:an?|the|our) ",
    re.I,
)
_ANOTHERS = re.compile(r"\b(?:to|with|from|in|by|than) the $", re.I)
# What the name must contain in order to fit the design of the record as a whole.
_NEEDED = {
    EvidenceLevel.SYSTEMATIC_REVIEW: r"meta-?\s?analys|systematic|scoping|umbrella|review",
    EvidenceLevel.RANDOMISED_TRIAL: r"random|controlled (?:clinical )?trial|clinical trial|cross-?over|phase",
    EvidenceLevel.TRIAL: r"trial|phase|single-arm|open-label|prospective|random",
    EvidenceLevel.OBSERVATIONAL: r"cohort|sectional|retrospective|prospective|observational|case-control|survey|longitudinal|registry|population|registr|qualitative|mixed|descriptive",
    EvidenceLevel.CASE_REPORT: r"case (?:report|series)",
    EvidenceLevel.REVIEW: r"review|overview",
    EvidenceLevel.UNSTATED: r"qualitative|mixed|mendelian|survey|modell?ing|quasi|cross-sectional|retrospective|prospective|longitudinal",
}  # fmt: skip
# The sentence is about its own study.
_OWN = re.compile(
    r"\b(?:this|our|the (?:present|current)|we (?:\w+ )?(?:conducted|performed|did|undertook|carried out|report|present|designed|used|completed)|in an?|was an?|is an?|as an?|a|an|design)\b",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:future|further|more|larger?|needed|warranted|required|lack of|few|previous(?:ly)?|prior|recent|existing|several|no|other|published|eligible|searched|selection|included (?:were|studies)|(?:selected|included|considered|only|identified|for) (?:\w+ ){0,2}(?:randomi[sz]ed|observational|cohort|clinical trials))\b",
    re.I,
)


def find(abstract: Abstract) -> list[TextSpan]:
    """The design named in the title, otherwise the first one the abstract gives its own study."""
    needed = _NEEDED.get(abstract.level)
    if not needed:
        return []
    for piece in (
        abstract.title,
        *abstract.of(
            SentenceRole.METHODS, SentenceRole.AIM, SentenceRole.UNKNOWN, SentenceRole.RESULTS
        ),
    ):
        if piece.role is not SentenceRole.TITLE and (
            _OTHERS.search(piece.text) or not _OWN.search(piece.text)
        ):
            continue
        names = [
            match
            for match in _NAMED.finditer(piece.text)
            if re.search(needed, match["name"].replace("–", "-"), re.I)
            and not _ANOTHERS.search(piece.text[: match.start()])
        ]
        if names:
            best = max(names, key=lambda match: len(match["name"]))
            start = best.start()
            if of := _OF_ANOTHER.search(piece.text[:start]):
                start = of.start() if of.end() == start else start
            return [piece.span(start, best.end())]
    return []
