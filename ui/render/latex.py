"""Convert text to LaTeX for any engine: ASCII, except scripts for which LaTeX has no commands."""

from __future__ import annotations

import unicodedata
from importlib.resources import files

# Characters special to LaTeX. BibTeX would count escaped braces too, so these become commands.
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "$": r"\$",
    "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip
_LETTERS = {
    "ß": r"{\ss}", "æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "Œ": r"{\OE}", "ø": r"{\o}",
    "Ø": r"{\O}", "ł": r"{\l}", "Ł": r"{\L}", "ı": r"{\i}", "đ": r"{\dj}", "Đ": r"{\DJ}",
    "ð": r"{\dh}", "Ð": r"{\DH}", "þ": r"{\th}", "Þ": r"{\TH}", "å": r"{\aa}", "Å": r"{\AA}",
}  # fmt: skip
_SIGNS = {
    "–": "--", "—": "---", "‐": "-", "‑": "-", "“": "``", "”": "''", "‘": "`", "’": "'",
    "…": r"{\ldots}", "\N{NO-BREAK SPACE}": "~", "°": r"{\textdegree}", "©": r"{\textcopyright}",
    "®": r"{\textregistered}", "™": r"{\texttrademark}", "§": r"{\S}", "¶": r"{\P}",
    "£": r"{\pounds}", "€": r"{\texteuro}", "†": r"{\dag}", "‡": r"{\ddag}",
    "•": r"{\textbullet}", "¡": r"{\textexclamdown}", "¿": r"{\textquestiondown}",
}  # fmt: skip
_MATHS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau",
    "υ": "upsilon", "φ": "varphi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "±": "pm", "×": "times", "÷": "div", "·": "cdot",
    "≤": "leq", "≥": "geq", "≠": "neq", "≈": "approx", "≡": "equiv", "∼": "sim", "∞": "infty",
    "→": "rightarrow", "←": "leftarrow", "↔": "leftrightarrow", "↑": "uparrow",
    "↓": "downarrow", "∆": "Delta", "∑": "sum", "√": "surd", "∈": "in",
}  # fmt: skip


def _rarer_signs() -> dict[str, str]:
    """Read the table of symbols: LaTeX commands, or words for those that need a package."""
    table = files("ui.render").joinpath("latex_signs.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.split("\n") if line)
    return {chr(int(s[2:], 16)) if s.startswith("U+") else s: command for s, command in rows}


_TABLE = (
    _rarer_signs()
    | _SPECIAL
    | _LETTERS
    | _SIGNS
    | {sign: rf"\ensuremath{{\{name}}}" for sign, name in _MATHS.items()}
    | {"−": r"\ensuremath{-}"}
)
_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u",
    "\u0307": ".", "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d",
    "\u0327": "c", "\u0328": "k", "\u0331": "b",
}  # fmt: skip
_LONGEST_SPELLING = 4
_RAISED = {"<super>": r"\textsuperscript", "<sub>": r"\textsubscript"}


def latex(text: str) -> str:
    """Convert text such as "Müller & Søn, 10⁵ α" to LaTeX source that typesets it literally.

    Letters without a command (Cyrillic, Chinese) are left as they are, for UTF-8 engines.
    """
    return "".join(map(_set, unicodedata.normalize("NFC", text)))


def _set(character: str) -> str:
    if character in _TABLE:
        return _TABLE[character]
    if character.isascii():
        return character
    kind, _, plain = unicodedata.decomposition(character).partition(" ")
    if kind in _RAISED:
        return f"{_RAISED[kind]}{{{_TABLE.get(chr(int(plain, 16)), chr(int(plain, 16)))}}}"
    parts = unicodedata.normalize("NFD", character)
    base, marks = parts[0], parts[1:]
    if base.isascii() and marks and all(mark in _ACCENTS for mark in marks):
        for mark in marks:
            base = rf"\{_ACCENTS[mark]}{{{base}}}"
        return f"{{{base}}}"
    # Compatibility equivalents: "ﬁ" is fi, "Ⅱ" is II, "①" is 1.
    equivalent = unicodedata.normalize("NFKC", character)
    if equivalent != character and len(equivalent) <= _LONGEST_SPELLING:
        return "".join(map(_set, equivalent))
    return character
