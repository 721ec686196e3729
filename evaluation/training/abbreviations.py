"""Collect abbreviations that the demo records define consistently.

    python -m evaluation.training.abbreviations HOME > agent/language/lexicons/abbreviations.tsv

HOME is a data directory with all 50,783 demo records (`medcite corpus fetch demo --all`). A short
form is kept if three or more articles define it, nearly all of them in the same way, if most
articles that use it define it (nobody needs "DNA" in full), and if it is rarely written in lower
case, as an ordinary word would be.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from agent.language.stems import STOP_WORDS
from corpora.store import open_corpus
from retrieval.abbreviations import definitions

LEAST, AGREED, DEFINED, LONGEST = 3, 0.8, 0.6, 8
# Largest ratio of lower-case to upper-case uses; "NO", "ALL" or "OR" exceed it.
_AS_A_WORD = 0.2
_TOKEN = re.compile(r"[A-Za-z][\w/-]*")


def main() -> None:
    """Print `short <tab> long`, most frequent first."""
    readings: dict[str, Counter[str]] = defaultdict(Counter)
    forms: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    tokens: Counter[str] = Counter()
    using: Counter[str] = Counter()
    with open_corpus(Path(sys.argv[1]) / "corpus.sqlite") as store:
        for _, article in store.articles():
            words = Counter(_TOKEN.findall(article.text))
            tokens.update(words)
            using.update(words.keys())
            defined = {(short, _folded(long)): long for short, long in definitions(article.text)}
            for (short, folded), long in defined.items():
                readings[short][folded] += 1
                forms[short, folded][long] += 1
    kept = []
    for short, counts in readings.items():
        folded, most = counts.most_common(1)[0]
        word = tokens[short.lower()] if short != short.lower() else 0
        if (
            most >= LEAST
            and most >= AGREED * counts.total()
            and counts.total() >= DEFINED * using[short]
            and len(short) <= LONGEST
            and folded.partition(" ")[0] not in STOP_WORDS
            and word <= _AS_A_WORD * tokens[short]
        ):
            kept.append((most, short, forms[short, folded].most_common(1)[0][0]))
    for _, short, long in sorted(kept, key=lambda entry: (-entry[0], entry[1])):
        sys.stdout.write(f"{short}\t{long.lstrip('[')}\n")


def _folded(long: str) -> str:
    """A form shared by spellings that differ in case, hyphens, British vowels or a plural."""
    return " ".join(re.findall(r"[a-z0-9]+", re.sub("[ao]e", "e", long.casefold()))).rstrip("s")


if __name__ == "__main__":
    main()
