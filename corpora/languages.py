"""Convert language names and ISO 639 codes to the codes that PubMed uses (639-2/B)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files


def language_code(text: str) -> str:
    """PubMed's code for a language: "eng" for "English", "en", "en-GB" or "eng".

    An unknown three-letter word is returned as it is; anything else gives "".
    """
    plain = text.strip().casefold()
    codes, _ = _table()
    code = codes.get(plain) or codes.get(re.split(r"[-_]", plain)[0])
    if code:
        return code
    return plain if re.fullmatch(r"[a-z]{3}", plain) else ""


def language_codes(texts: Iterable[str]) -> tuple[str, ...]:
    """The codes of languages without duplicates; a value may name several ("English; French")."""
    codes = (language_code(name) for text in texts for name in re.split(r"[;,/|]", text))
    return tuple(dict.fromkeys(code for code in codes if code))


def language_name(code: str) -> str:
    """The English name for a code, "" if it is not in the table."""
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
