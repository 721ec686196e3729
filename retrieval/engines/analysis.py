"""Convert text to index terms: folding, and the two analysers of the lexical index.

Text and queries are folded alike, so that "TNF-alpha" matches "TNF-α" and "105" matches "10⁵".
"""

from __future__ import annotations

import unicodedata

import tantivy

_GREEK = {
    ord(letter): f" {name} "
    for letter, name in {
        "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
        "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho",
        "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
        "Δ": "delta", "Γ": "gamma", "Σ": "sigma", "Φ": "phi", "Ω": "omega",
    }.items()
}  # fmt: skip


def fold(text: str) -> str:
    """Normalise compatibility forms and spell out Greek letters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).translate(_GREEK)


def _analyser() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def _plain_analyser() -> tantivy.TextAnalyzer:
    """An analyser that keeps words unchanged, for Boolean queries."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


ENGLISH = _analyser()
PLAIN = _plain_analyser()


def analysed(text: str) -> list[str]:
    """The distinct index terms of a text, in order: folded, stemmed, without stop words."""
    return list(dict.fromkeys(ENGLISH.analyze(fold(text))))
