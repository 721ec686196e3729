"""Parse author names as databases, reference managers and people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from corpora.article import Author

_SUFFIX = re.compile(r"(?:jr|sr|junior|senior|[2-9](?:nd|rd|th)|II|III|IV)\.?", re.IGNORECASE)
_SPELLED = {"junior": "Jr", "senior": "Sr", "jr": "Jr", "sr": "Sr"}
# "JA", "J.A.", "J.-P.", "J. A" and single letters; in capitals, as initials are.
_INITIALS = re.compile(r"(?:[^\W\d_a-zß-ÿ]\.?-?){1,5}")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.-?)+")
_GROUP = re.compile(
    r"\b(?:groups?|organi[sz]ation|society|committee|collaborat\w+|consortium|investigators|network"
    r"|association|team|cent(?:re|er)s?|institutes?|ministry|university|foundation|council|agency"
    r"|department|trialists|study|trial|task force|initiative|federation|college|academy|board"
    r"|registry|alliance|commission|panel|authority|program(?:me)?|inc|ltd|gmbh|hospital|union)\b",
    re.IGNORECASE,
)
# Placeholders that some exporters write for a missing author.
_NOBODY = re.compile(
    r"\W*(?:anon(?:ymous)?|no authors? (?:listed|name available)|author(?:s)? unknown|not available"
    r"|et al|others|nan|null|n/a)\W*",
    re.IGNORECASE,
)


def initials_of(fore: str) -> str:
    """The initials of given names: "Jean-Pierre A." gives "JPA"."""
    parts = [part for part in re.split(r"[\s.‐‑-]+", fore) if part]
    if len(parts) == 1 and "." not in fore and 1 < len(parts[0]) <= 3 and parts[0].isupper():
        return parts[0]
    return "".join(part[0] for part in parts).upper()


def suffix_of(text: str) -> str:
    """A suffix as reference lists print it ("Jr", "3rd", "III"), "" for any other text."""
    bare = text.strip(" .,")
    if not _SUFFIX.fullmatch(bare):
        return ""
    if bare.lower() in _SPELLED:
        return _SPELLED[bare.lower()]
    return bare.lower() if bare[0].isdigit() else bare.upper()


def person(last: str, fore: str = "", suffix: str = "", initials: str = "") -> Author:
    """A person from the parts of the name; a suffix inside one of them is split off."""
    last, fore = last.strip(" ,"), fore.strip(" ,")
    suffix = suffix_of(suffix) or suffix.strip(" ,")
    for name in ("fore", "last"):
        text = fore if name == "fore" else last
        head, _, tail = text.rpartition(" ")
        if (
            not suffix
            and head
            and (parsed_suffix := suffix_of(tail))
            and (tail.upper() != tail or name == "last")
        ):
            suffix = parsed_suffix
            fore, last = (head.rstrip(" ,"), last) if name == "fore" else (fore, head.rstrip(" ,"))
    if not last:
        last, fore = fore, ""
    return Author(last, fore, initials or initials_of(fore), suffix=suffix)


def author_of(text: str, *, given_first: bool = True) -> Author | None:
    """The author for a name, None if it names nobody.

    Supports "Smith, J. A.", "Smith, Jr, John", "Smith JA Jr", "Smith J.", "de la Cruz AB", "John A.
    Smith", groups ("{ZELVA Group}", "ZELVA Group,") and single-word names.

    Args:
        given_first: whether "John Smith", without a comma, is a person with the given name first
            (BibTeX, handwritten lists) or an institution (RIS, which requires the comma).
    """
    text = " ".join(text.split()).strip(" ;")
    if not any(c.isalpha() for c in text) or _NOBODY.fullmatch(text):
        return None
    if text.startswith("{") and text.endswith("}"):
        return Author(collective=text.strip("{} "))
    if text.endswith(","):
        return Author(collective=text.rstrip(", "))
    if "," in text:
        return _with_comma([part.strip() for part in text.split(",")])
    words = text.split()
    suffix = ""
    if len(words) > 2 and (suffix := suffix_of(words[-1])):
        words = words[:-1]
    if len(words) == 1:
        return Author(words[0].rstrip("."))
    return _without_comma(words, suffix, given_first=given_first)


def _with_comma(parts: list[str]) -> Author:
    parts = [part for part in parts if part]
    suffixes = [part for part in parts[1:] if suffix_of(part)]
    names = [parts[0], *(part for part in parts[1:] if part not in suffixes)]
    if _GROUP.search(names[0]) and len(names) > 1 and not _short(names[1]):
        return Author(collective=", ".join(parts))
    return person(names[0], " ".join(names[1:]), suffixes[0] if suffixes else "")


def _short(text: str) -> bool:
    return bool(_INITIALS.fullmatch(text.replace(" ", "")))


def _without_comma(words: list[str], suffix: str, *, given_first: bool) -> Author:
    whole = " ".join(words)
    if _GROUP.search(whole):
        return Author(collective=f"{whole} {suffix}".strip())
    # "Smith JA", "Smith J. A.": the family name, then only capitals.
    first = next((i for i in range(1, len(words)) if all(map(_short, words[i:]))), 0)
    if first and not all(_short(word) for word in words[:first]):
        letters = re.sub(r"[.\s-]", "", "".join(words[first:]))
        fore = " ".join(words[first:]) if "." in "".join(words[first:]) else ""
        return Author(" ".join(words[:first]), fore, letters, suffix=suffix)
    if first:
        # All in capitals: in "LI W" the last word is the initials.
        return Author(" ".join(words[:-1]), "", words[-1].replace(".", ""), suffix=suffix)
    if words[0][0].islower():
        # Only a family name, with its particles: "van der Berg".
        return Author(whole, suffix=suffix)
    if not given_first and not _DOTTED.fullmatch(words[0]):
        return Author(collective=f"{whole} {suffix}".strip())
    # "John van der Berg": lower-case particles begin the family name.
    at = next((i for i, word in enumerate(words) if i and word[0].islower()), len(words) - 1)
    return person(" ".join(words[at:]), " ".join(words[:at]), suffix)


def authors_of(names: Iterable[str], *, given_first: bool = True) -> tuple[Author, ...]:
    """The authors for these names, without those that name nobody."""
    read = (author_of(name, given_first=given_first) for name in names)
    return tuple(author for author in read if author is not None)


def names_in(text: str) -> list[str]:
    """Split a text into names at semicolons, "and", or commas that are not inside names."""
    text = text.strip().rstrip(".") if not re.search(r"[A-Z]\.$", text.strip()) else text.strip()
    if ";" in text:
        return [name.strip() for name in text.split(";")]
    if re.search(r"\sand\s", text) and text.count(",") >= len(re.findall(r"\sand\s", text)):
        pieces = [piece.strip(" ,") for piece in re.split(r"\sand\s", text)]
        # "Smith, John and Doe, Jane", or a list in prose: "Smith J, Doe A and Li W".
        return [name for piece in pieces for name in _at_commas(piece)]
    if re.search(r"\sand\s", text) and not _GROUP.search(text):
        return re.split(r"\s+and\s+", text)
    return _at_commas(text)


def _at_commas(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names: list[str] = []
    for part in parts:
        joins = names and (
            suffix_of(part)
            or (" " not in names[-1] and _given(part))
            or ("," not in names[-1] and _short(part) and not _ends_short(names[-1]))
        )
        if joins and names[-1].count(",") < 2:
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


def _given(part: str) -> bool:
    """Whether a part is the given names after a family name: one name, or names with initials."""
    words = part.split()
    return len(words) == 1 or all(map(_short, words)) or any(map(_DOTTED.fullmatch, words))


def _ends_short(name: str) -> bool:
    words = name.split()
    return len(words) > 1 and _short(words[-1])


def author_from_parts(parts: Mapping[str, object]) -> Author | None:
    """An author from a JSON object (Medcite's own format, CSL and others)."""

    def text(*names: str) -> str:
        value = next((parts[name] for name in names if parts.get(name)), "")
        return str(value).strip() if isinstance(value, str | int) else ""

    group = text("collective", "literal", "name", "group")
    last = text("last", "family", "surname", "lastName")
    if group and not last:
        return author_of(group) if "name" in parts else Author(collective=group)
    particle = text("non-dropping-particle", "dropping-particle")
    last = f"{particle} {last}".strip()
    fore = text("fore", "given", "first", "firstName", "given-names")
    if not (last or fore):
        return None
    return person(last, fore, text("suffix"), text("initials"))
