"""Ages and sexes as clinicians type them: "78F", "67 y/o man", "3-year-old boy".

They say who is asked about and are no words that an article must hold, so they are read as the
population, in the words that articles use, and taken out of the text.
"""

from __future__ import annotations

import re

from agent.language.stems import STOP_WORDS

_SEX = r"men|man|males?|gentleman|women|woman|females?|lady|boys?|girls?|[MF]\b"
_GROUP = r"patients?|pts?|infants?|child|adults?|neonate|newborn|baby"
# "18F-FDG" is an isotope, a "16F sheath" a size.
_OTHER = r"(?!-| ?(?:FDG|PET|NaF|DOPA|PSMA|label|fluor|MRI|NMR|sheath|catheter|stent|tube|needle|drain|foley|chest tube|ureteral))"
_SHORT = re.compile(rf"(?:^|(?<=[,;:(.] )|(?<=\b[Ii]n )|(?<=\b[Ff]or )|(?<=\ba )|(?<=\bmy ))(?:(?P<age>\d{{1,3}}) ?(?P<sex>[MF])|(?P<sex2>[MF])/?(?P<age2>\d{{2}}))\b{_OTHER}")  # fmt: skip
_LONG = re.compile(
    r"(?<![\w.-])(?:an? )?(?P<age>\d{1,3})(?:\+\d/7)?[ -]?(?P<unit>y(?:ea)?rs?|y/o|y\.?o\.?|y|months?|mo|weeks?|wks?|days?|d)(?:[ -]?olds?|[ -]?o\b)?(?![\w/])"
    rf"(?P<who>(?: (?:old|white|black|healthy|frail|pregnant|diabetic|obese|[a-z-]+))?,? ?\b(?:{_SEX}|{_GROUP}))?",
    re.IGNORECASE,
)
_OLD = re.compile(r"olds?\b|(?<![a-z])y/?\.?o\b|[ -]o$", re.IGNORECASE)
# Without "old" an age stands before one person: "2 years in men" is a time.
_SEVERAL = re.compile(r"(?:s|men)$", re.IGNORECASE)
# A vignette begins with the age: "10 mo with pneumonia".
_PRESENTING = re.compile(r" with\b|, ")
_OF_TIME = re.compile(
    r"\b(?:for|at|after|within|over|every|than|by|past|last|vs|versus)\s*$", re.IGNORECASE
)
_YEARS = {"y": 1.0, "m": 1 / 12, "w": 1 / 52, "d": 1 / 365}
_AGES = (
    (28 / 365, "newborn"),
    (2, "infant"),
    (13, "child"),
    (18, "adolescent"),
    (40, "young adult"),
    (65, "middle-aged adult"),
    (80, "older adult"),
    (130, "adult over 80"),
)


def read_vignette(text: str) -> tuple[str, str]:
    """(text without age and sex, the population in words, "" where none is described)."""
    found = _SHORT.search(text)
    if found:
        age, sex = float(found["age"] or found["age2"]), found["sex"] or found["sex2"]
    else:
        found = next((each for each in _LONG.finditer(text) if _is_person(each)), None)
        if found is None:
            return text, ""
        age, sex = float(found["age"]) * _YEARS[found["unit"][0].casefold()], found["who"] or ""
    group = next((name for most, name in _AGES if age < most), "")
    if not group or not found.re.sub("", text).strip(" ,.;:?"):
        return text, ""
    kept = _kept(found.groupdict().get("who") or "")
    # Within a sentence a noun stays: "in a 70-year-old patient" is in an older adult.
    noun = group if re.search(r"\w$", text[: found.start()].rstrip()) else ""
    rest = f"{text[: found.start()]} {kept} {noun} {text[found.end() :]}"
    rest = re.sub(r"\b\d\d(?:\+\d)? ?/ ?40\b", "", rest)
    rest = re.sub(r"\s+([,;:?.!])", r"\1", " ".join(rest.split()))
    return rest.lstrip(" ,;:.-–").strip(), f"{group}, {_sex(sex)}".rstrip(", ")


def _is_person(found: re.Match[str]) -> bool:
    """Whether it is an age: "3 months", "at 12 mo", "2 years in men" are times."""
    before, after = found.string[: found.start()], found.string[found.end() :]
    if _OLD.search(found.group()) or (not before.strip() and _PRESENTING.match(after)):
        return True
    who = found["who"] or ""
    return bool(who) and not (
        _SEVERAL.search(who)
        or STOP_WORDS.intersection(who.casefold().split())
        or _OF_TIME.search(before)
    )


def _kept(who: str) -> str:
    """What else is said of them: "pregnant"."""
    words = re.sub(rf"\b(?:{_SEX}|{_GROUP}|old)\b", "", who, flags=re.IGNORECASE)
    return words.strip(" ,")


def _sex(said: str) -> str:
    if re.search(r"\b(?:men|man|males?|gentleman|boys?|M)\b", said, re.IGNORECASE):
        return "male"
    return "female" if re.search(rf"\b(?:{_SEX})", said, re.IGNORECASE) else ""
