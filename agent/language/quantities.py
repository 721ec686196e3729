"""Parse numbers in text with their units: "0·56", "1,234 patients", "5 mg/kg", "p<0.001", "twelve"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NUMBER = re.compile(
    r"(?P<op>(?:[<>≤≥=~≈]|&[lg]t;)\s*)?(?P<sign>(?<![\w)])[-−–])?(?P<value>(?<![\w.])(?<![A-Za-z][-–])\d+(?:[.,·]\d+)*)"
    r"(?P<half>½)?(?:\s*(?P<percent>%|per ?cent\b|percentage points?\b))?"
    r"(?:[\s-]*(?P<unit>(?:[µμ]g|mcg|mg|kg|ng|pg|g|[µμ]l|ml|dl|l|mmol|[µμ]mol|nmol|mol|iu|units?|mmhg|cm|mm|[µμ]m|nm|km|m"
    r"|msec|ms|s|sec|seconds?|min|mins|minutes?|hours?|hrs?|h|days?|d|weeks?|wks?|months?|mo|years?|yrs?|y|kcal|kj|hz|khz|mhz|gy|cgy|mv|°c|-?fold|times)"
    r"(?:\s?/\s?(?:kg|g|mg|m2|m²|ml|dl|l|day|d|h|hr|hour|min|week|wk|month|year|dose|person|patient))*)(?![\w]))?",
    re.IGNORECASE,
)  # fmt: skip
_LABEL = re.compile(
    r"\b(?P<label>adjusted\s+)?(?P<name>hazard ratio|odds ratio|risk ratio|relative risk|rate ratio|risk difference|mean difference"
    r"|standardi[sz]ed mean difference|hr|or|rr|aor|ahr|arr|smd|md|wmd|irr|auc|p|n|r|sensitivity|specificity)\b"
    r"(?:\s*\([a-z]{1,4}\))?\s*(?:-?value)?\s*(?:[:=<>≤≥,]|was|of|is|were)?\s*$",
    re.IGNORECASE,
)
_SAME_LABEL = {
    "hazard ratio": "hr", "ahr": "hr", "odds ratio": "or", "aor": "or", "risk ratio": "rr",
    "relative risk": "rr", "arr": "rr", "mean difference": "md", "wmd": "md", "rate ratio": "irr",
    "standardised mean difference": "smd", "standardized mean difference": "smd",
}  # fmt: skip
_SPELLED = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "twice": 2, "double": 2, "doubled": 2, "triple": 3, "tripled": 3, "half": 0.5, "twofold": 2,
    "threefold": 3, "fourfold": 4, "fivefold": 5, "tenfold": 10,
}  # fmt: skip
_SPELLED_WORD = re.compile(
    r"\b(" + "|".join(_SPELLED) + r")\b(?:-(one|two|three|four|five|six|seven|eight|nine)\b)?", re.I
)
_UNIT = {
    "mcg": "µg", "μg": "µg", "units": "unit", "sec": "s", "second": "s", "seconds": "s", "mins": "min",
    "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "hr": "h", "hrs": "h",
    "days": "day", "d": "day", "weeks": "week", "wk": "week", "wks": "week", "months": "month",
    "mo": "month", "years": "year", "yr": "year", "yrs": "year", "y": "year", "fold": "times",
    "-fold": "times", "msec": "ms", "μl": "µl", "μmol": "µmol", "μm": "µm",
}  # fmt: skip

_DIMENSIONS: dict[str, dict[str, float]] = {
    "mass": {"pg": 1, "ng": 1e3, "µg": 1e6, "mg": 1e9, "g": 1e12, "kg": 1e15},
    "volume": {"µl": 1, "ml": 1e3, "dl": 1e5, "l": 1e6},
    "amount": {"nmol": 1, "µmol": 1e3, "mmol": 1e6, "mol": 1e9},
    "length": {"nm": 1, "µm": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9, "km": 1e12},
    "area": {"m2": 1, "m²": 1},
    "time": {
        "ms": 1, "s": 1e3, "min": 6e4, "h": 3.6e6, "day": 8.64e7, "week": 7 * 8.64e7,
        "month": 365.25 / 12 * 8.64e7, "year": 365.25 * 8.64e7,
    },
    "energy": {"kj": 1, "kcal": 4.184},
    "dose": {"cgy": 1, "gy": 100},
    "frequency": {"hz": 1, "khz": 1e3, "mhz": 1e6},
}  # fmt: skip
_SCALE = {
    unit: (dimension, scale) for dimension, of in _DIMENSIONS.items() for unit, scale in of.items()
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number. `label` is the statistic it belongs to ("hr", "p"), "" where none is named."""

    value: float
    text: str
    percent: bool
    unit: str
    label: str
    order: str
    start: int
    places: int

    def same_as(self, other: Quantity) -> bool:
        """Whether two quantities agree in value and in everything that both specify."""
        if self.percent != other.percent or not _equal(self.value, other.value):
            return self._converts(other)
        if self.unit and other.unit and self.unit != other.unit:
            return False
        if self.label and other.label and self.label != other.label:
            return False
        return not (self.order and other.order and self.order != other.order)

    def _converts(self, other: Quantity) -> bool:
        """Whether both are the same amount in different units: 4 weeks, 28 days."""
        if not (self.unit and other.unit) or self.unit == other.unit:
            return False
        one, two = _in_base(self.value, self.unit), _in_base(other.value, other.unit)
        return one is not None and two is not None and one[1] == two[1] and _equal(one[0], two[0])


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text, in order."""
    results = [_quantity(match, text) for match in _NUMBER.finditer(text)]
    for match in _SPELLED_WORD.finditer(text):
        value = _SPELLED[match[1].lower()] + (_SPELLED.get(match[2].lower(), 1) if match[2] else 0)
        results.append(Quantity(value, match[0], False, "", "", "", match.start(), 0))
    return tuple(sorted(results, key=lambda q: q.start))


def _quantity(match: re.Match[str], text: str) -> Quantity:
    written = match["value"].replace("·", ".")
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", written).replace(",", ".")
    if plain.count(".") > 1:
        plain = plain.replace(".", "")
    value = float(plain) + (0.5 if match["half"] else 0.0)
    unit = (match["unit"] or "").lower().replace(" ", "")
    head, *per = unit.split("/")
    unit = "/".join(_UNIT.get(part, part) for part in (head, *per))
    label_match = _LABEL.search(text[max(0, match.start("value") - 48) : match.start("value")])
    # "OR" is an odds ratio, "or" is not.
    label = ""
    if label_match and (
        len(label_match["name"]) > 2
        or label_match["name"].isupper()
        or label_match["name"] in "pnr"
    ):
        label = _SAME_LABEL.get(label_match["name"].lower(), label_match["name"].lower())
    order = (match["op"] or "").strip().replace("&lt;", "<").replace("&gt;", ">")
    order = {"≤": "<", "≥": ">", "=": "", "~": "", "≈": ""}.get(order, order)
    places = len(plain.partition(".")[2])
    shown = match[0].strip(" -")
    return Quantity(
        value, shown, bool(match["percent"]), unit, label, order, match.start("value"), places
    )


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(1.0, abs(one), abs(other))


def _in_base(value: float, unit: str) -> tuple[float, str] | None:
    """The value in base units and its dimension; None for units without a dimension."""
    head, *per = unit.split("/")
    if head not in _SCALE or not all(part in _SCALE for part in per):
        return None
    dimension, scale = _SCALE[head]
    for part in per:
        value /= _SCALE[part][1]
    below = sorted(_SCALE[part][0] for part in per)
    return value * scale, "/".join([dimension, *below])
