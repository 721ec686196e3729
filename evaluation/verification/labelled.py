"""Pairs of claim and evidence that people labelled: HealthVer, and PubMedQA turned into claims.

HealthVer: Sarrouti et al., Findings of EMNLP 2021. PubMedQA: Jin et al., EMNLP 2019.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from corpora.errors import BadInput


class Relation(IntEnum):
    """What evidence says of a claim."""

    SUPPORTS = 0
    REFUTES = 1
    NEUTRAL = 2


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim with its evidence. `group` is what must not be split between training and test."""

    claim: str
    evidence: str
    relation: Relation
    group: str


_HEALTHVER = {
    "Supports": Relation.SUPPORTS,
    "Refutes": Relation.REFUTES,
    "Neutral": Relation.NEUTRAL,
}
_PUBMEDQA = {"yes": Relation.SUPPORTS, "no": Relation.REFUTES, "maybe": Relation.NEUTRAL}

_ASKS_YES = re.compile(r",?\s*yes or no\s*(?=\?|$)", re.I)

# A question ends its subject where its predicate begins; without a parser, these words tell.
_PREDICATE = (
    r"(?:not |still |always |really |also |more |less |an? |the |\w+ly )*"
    r"(?:[a-z]+(?:ed|ive|ful|ent|able|ible|ary|ous|ic|al)\b|risk|predictor|factor|better|worse|safe|useful"
    r"|possible|worth|accurate|reliable|different|due|related|good|higher|lower|superior|inferior|a |an |the )"
)
_BASE_VERB = (
    r"(?:improve|reduce|increase|decrease|affect|predict|influence|cause|prevent|have|lead|play|provide|help|change"
    r"|alter|impact|make|need|contribute|enhance|correlate|differ|protect|result|work|benefit|matter|exist|represent|modify"
    r"|induce|promote|depend|require|impair|worsen|lower|delay|determine|explain|allow|add|offer|use|know|receive|get|show)\b"
)
_IS = re.compile(rf"^(?P<aux>is|are|was|were) (?P<subject>.+?) (?P<rest>{_PREDICATE}.*)$", re.I)
_CAN = re.compile(
    rf"^(?P<aux>can|could|should|will|may|might|does|do|did) (?P<subject>.+?) (?P<rest>(?:be|{_BASE_VERB}).*)$",
    re.I,
)


def read_healthver(path: Path) -> list[LabelledPair]:
    """HealthVer's CSV; pairs are grouped by claim.

    Raises:
        BadInput: it cannot be read or is not of that form.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                LabelledPair(
                    row["claim"], row["evidence"], _HEALTHVER[row["label"]], row["claim"].strip()
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise BadInput(
            f"{path} is no HealthVer file ({error!r}).",
            "Give the CSV with columns claim, evidence and label.",
        ) from error


def apart(pairs: Sequence[LabelledPair]) -> list[LabelledPair]:
    """Grouped such that pairs of two groups share neither claim nor evidence."""
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        while parent.setdefault(text, text) != text:
            text = parent[text]
        return text

    for pair in pairs:
        parent[root(f"claim {pair.group}")] = root(f"evidence {pair.evidence}")
    return [replace(pair, group=root(f"claim {pair.group}")) for pair in pairs]


def read_pubmedqa(path: Path) -> list[LabelledPair]:
    """PubMedQA's JSON: the question as a claim against the abstract without its conclusion.

    A question that no rule turns into a statement is a claim as it stands.

    Raises:
        BadInput: it cannot be read or is not of that form.
    """
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))
        found = []
        for pmid, fields in questions.items():
            evidence = " ".join(fields["CONTEXTS"])
            relation = _PUBMEDQA[fields["final_decision"]]
            found.append(LabelledPair(claimed(fields["QUESTION"]), evidence, relation, pmid))
        return found
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadInput(
            f"{path} is no PubMedQA file ({error!r}).", "Give ori_pqal.json or one of its form."
        ) from error


def claimed(question: str) -> str:
    """A yes/no question as a statement; as it stands where no rule makes one of it."""
    asked = _ASKS_YES.sub("", question).strip()
    return statement(asked) or asked


def statement(question: str) -> str | None:
    """A yes/no question as the statement that "yes" would assert; None where no rule fits."""
    asked = question.rsplit(": ", maxsplit=1)[-1].strip().rstrip("?").strip()
    if match := _IS.match(asked):
        made = f"{match['subject']} {match['aux'].lower()} {match['rest']}"
    elif match := _CAN.match(asked):
        auxiliary = match["aux"].lower()
        verb = "" if auxiliary in ("do", "does", "did") else f"{auxiliary} "
        made = f"{match['subject']} {verb}{match['rest']}"
        if auxiliary == "does":
            first, *others = match["rest"].split(" ")
            said = {"have": "has"}.get(first, f"{first}s")
            made = " ".join([match["subject"], said, *others])
    else:
        return None
    subject = match["subject"].lower()
    if subject in ("it", "they", "there", "this", "we") or subject.endswith((" of", " a", " the")):
        return None
    return made[:1].upper() + made[1:] + "."
