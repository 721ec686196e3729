"""Languages by name and by the codes of ISO 639, in the code that PubMed uses (639-2/B)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


def language_code(text: str) -> str:
    """PubMed's code of a language: "eng" for "English", "en", "en-GB" or "eng".

    An unknown word of three letters stands for itself; "" for anything else.
    """
    plain = text.strip().casefold()
    codes, _ = _table()
    known = codes.get(plain) or codes.get(re.split(r"[-_]", plain)[0])
    if known:
        return known
    return plain if re.fullmatch(r"[a-z]{3}", plain) else ""


def language_codes(texts: Iterable[str]) -> tuple[str, ...]:
    """The codes of languages, each once; a value may name several ("English; French")."""
    named = (language_code(each) for text in texts for each in re.split(r"[;,/|]", text))
    return tuple(dict.fromkeys(code for code in named if code))


def language_name(code: str) -> str:
    """The English name of a code, "" for one that has none here."""
    return _table()[1].get(code, "")


@cache
def _table() -> tuple[dict[str, str], dict[str, str]]:
    codes: dict[str, str] = {}
    names: dict[str, str] = {}
    for line in files("corpora").joinpath("languages.tsv").read_text("utf-8").splitlines():
        code, other, name = line.split("\t")
        codes.setdefault(code, code)
        codes[other] = code
        if name:
            codes[name.casefold()] = code
            names.setdefault(code, name)
    return codes, names
