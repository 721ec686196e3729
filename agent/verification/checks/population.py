"""Who was studied: people told of mice, adults of children."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.answer import Check

# axis: {group: words}. A group is named by any of its words; the first is shown.
_GROUPS: dict[str, dict[str, str]] = {
    "species": {
        "people": r"patients?|humans?|people|persons?|individuals?|participants?|volunteers?|men|women|children|adults?|adolescents?|infants?|neonates?|subjects?|outpatients?|inpatients?|pupils|students|nurses|physicians|residents|clinical",
        "mice": r"mice|mouse|murine",
        "rats": r"rats?",
        "rabbits": r"rabbits?",
        "dogs": r"dogs?|canine",
        "cats": r"cats?|feline",
        "pigs": r"pigs?|swine|porcine|piglets?|sows?",
        "monkeys": r"monkeys?|macaques?|primates?|baboons?",
        "sheep": r"sheep|ewes?|lambs?|ovine",
        "cattle": r"cattle|cows?|bovine|calves|heifers?|steers?",
        "horses": r"horses?|equine",
        "hamsters": r"hamsters?",
        "guinea pigs": r"guinea pigs?",
        "chickens": r"chickens?|chicks?|hens?|broilers?|poultry",
        "fish": r"zebrafish|fish|trout|salmon|carp",
        "goats": r"goats?|caprine",
    },
    "age": {
        "newborns": r"newborns?|neonat\w+|preterm infants?|premature infants?",
        "infants": r"infants?|babies",
        "children": r"child|children|childhood|pa?ediatric|boys?|girls?|toddlers?|schoolchildren|preschool\w*",
        "adolescents": r"adolescen\w+|teenage\w*|youths?",
        "adults": r"adults?|adulthood|middle-aged",
        "older people": r"elderly|older (?:adults?|people|patients?|persons?|individuals?|men|women)|geriatric|seniors|aged (?:patients|persons|people)|octogenarians?|nonagenarians?",
    },
    "sex": {
        "women": r"wom[ae]n|females?|girls?|mothers?|pregnan\w+|maternal|postmenopausal|premenopausal",
        "men": r"m[ae]n|males?|boys?|fathers?|paternal",
    },
    "care": {"inpatients": r"in-?patients?|hospitali[sz]ed", "outpatients": r"out-?patients?|ambulatory|non-?hospitali[sz]ed"},
    "health": {"healthy people": r"healthy (?:volunteers?|subjects?|controls?|people|adults|individuals|men|women|participants)", "patients": r"patients?"},
    "parity": {"pregnant women": r"pregnant|pregnanc\w+|gestation\w*", "postmenopausal women": r"post-?menopausal|menopaus\w+"},
    "setting": {"in vitro": r"in vitro|cell lines?|cultured", "in vivo": r"in vivo"},
}  # fmt: skip
_PATTERNS = {
    axis: {
        group: re.compile(rf"(?<![\w-])(?:{words})(?!\w)", re.IGNORECASE)
        for group, words in groups.items()
    }
    for axis, groups in _GROUPS.items()
}
# Most texts name no group of most axes; one search tells.
_ANY = {
    axis: re.compile(rf"(?<![\w-])(?:{'|'.join(groups.values())})(?!\w)", re.IGNORECASE)
    for axis, groups in _GROUPS.items()
}
# Being one does not exclude the other where both can be meant.
_INCLUDED = {
    ("children", "newborns"), ("children", "infants"), ("children", "adolescents"), ("adults", "older people"),
    ("infants", "newborns"), ("adults", "adolescents"),
}  # fmt: skip
_UNSPOKEN = frozenset(["age", "parity"])


@lru_cache(maxsize=2048)
def groups(text: str, axis: str) -> dict[str, str]:
    """The groups of one axis that a text names, with the word that does."""
    if not _ANY[axis].search(text):
        return {}
    found = {group: p.search(text) for group, p in _PATTERNS[axis].items()}
    return {group: match[0] for group, match in found.items() if match}


def check(claim: str, source: str, article: str) -> Check | None:
    """A group in the claim where the source has another, or that the article never names."""
    for axis in _PATTERNS:
        claimed = groups(claim, axis)
        if not claimed:
            continue
        there = groups(source, axis)
        anywhere = groups(article, axis) | there
        for group, word in claimed.items():
            if group in there or any(
                (group, o) in _INCLUDED or (o, group) in _INCLUDED for o in there
            ):
                continue
            rivals = [o for o in there if o not in claimed]
            if axis == "species" and group == "people" and not rivals:
                rivals = [o for o in anywhere if o != "people"] if "people" not in anywhere else []
            if rivals and (group not in anywhere or _stands_for(claim, there, rivals)):
                return Check(
                    "population", f"the source is about {rivals[0]}, the claim about “{word}”"
                )
            if group not in anywhere and (
                axis in _UNSPOKEN or (axis == "species" and group != "people")
            ):
                return Check("population", f"“{word}” is nowhere in the source")
    return None


def _stands_for(claim: str, there: dict[str, str], rivals: list[str]) -> bool:
    """The claim has lost the source's group and has another in its place."""
    return len(rivals) == len(there) and not any(
        re.search(rf"\b{re.escape(there[rival])}\b", claim, re.IGNORECASE) for rival in rivals
    )
