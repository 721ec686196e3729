"""Which words name something: the stems that MeSH headings and authors' keywords use.

    python -m evaluation.verification.training.terms --home HOME --out agent/verification/checks/terms.txt

A stem counts as a name when, of the articles that use it, at least a tenth have it in a heading or
a keyword (a fifth for the rarer ones). MeSH is the U.S. National Library of Medicine's.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from agent.wording import stems
from corpora.store import ArticleStore
from evaluation.verification.training.pairs import TEST_DIGIT, THRESHOLD_DIGIT

_LEAST_SHARE, _RARE_SHARE = 0.1, 0.2
_RARE = 60
_FEWEST_LETTERS = 4
# Headings speak of studies and of language too ("Time Factors", "Treatment Outcome").
_EVERYDAY = frozenset(
    [
        "agent",
        "analysi",
        "attent",
        "avoid",
        "belief",
        "classif",
        "communiti",
        "comparison",
        "compar",
        "compound",
        "consumpt",
        "cost",
        "countri",
        "count",
        "cross",
        "cycl",
        "decis",
        "defect",
        "delay",
        "deliveri",
        "design",
        "develop",
        "devic",
        "dimension",
        "diffus",
        "distribut",
        "doubl",
        "dynam",
        "effect",
        "element",
        "emerg",
        "energi",
        "engag",
        "environ",
        "environment",
        "evolut",
        "factor",
        "failur",
        "famili",
        "fast",
        "field",
        "flow",
        "free",
        "function",
        "growth",
        "healthcar",
        "hospit",
        "human",
        "hand",
        "improv",
        "index",
        "inferior",
        "intens",
        "interact",
        "intern",
        "learn",
        "life",
        "light",
        "loss",
        "manag",
        "mass",
        "medicin",
        "method",
        "middl",
        "mobil",
        "model",
        "monitor",
        "multipl",
        "natur",
        "network",
        "observ",
        "organ",
        "outcom",
        "participatori",
        "percept",
        "perform",
        "person",
        "plan",
        "practic",
        "prefer",
        "pressur",
        "process",
        "program",
        "prospect",
        "public",
        "puls",
        "qualiti",
        "random",
        "randomi",
        "randomis",
        "random",
        "real",
        "recognit",
        "recoveri",
        "reduct",
        "refer",
        "region",
        "regul",
        "rejec",
        "relat",
        "repair",
        "report",
        "research",
        "resourc",
        "respons",
        "retrospect",
        "revers",
        "review",
        "safeti",
        "sampl",
        "scale",
        "scan",
        "score",
        "screen",
        "season",
        "self",
        "sensit",
        "servic",
        "signal",
        "simul",
        "situ",
        "small",
        "social",
        "solut",
        "space",
        "speci",
        "spot",
        "stabil",
        "state",
        "statist",
        "stimul",
        "strength",
        "stress",
        "studi",
        "surveil",
        "survey",
        "synerg",
        "system",
        "task",
        "techniqu",
        "technolog",
        "temporal",
        "test",
        "theori",
        "therapeut",
        "time",
        "toler",
        "track",
        "train",
        "transfer",
        "transform",
        "translat",
        "trend",
        "trial",
        "trust",
        "unit",
        "util",
        "valid",
        "virtual",
        "visual",
        "volum",
        "warn",
        "weight",
        "white",
        "work",
        "world",
        "young",
        "adult",
        "patient",
        "superior",
        "analog",
        "combin",
        "complex",
        "structur",
        "specif",
        "target",
        "treatment",
        "therapi",
        "disord",
        "diseas",
        "syndrom",
    ]
)
# Outcomes are seldom headings of their own, yet a claim that exchanges them is another claim.
_OUTCOMES = frozenset(
    [
        "mortal",
        "surviv",
        "death",
        "complic",
        "toxic",
        "recurr",
        "bleed",
        "readmiss",
        "infect",
        "pain",
        "fever",
        "nausea",
        "vomit",
        "fatigu",
        "anxieti",
        "depress",
        "relaps",
        "remiss",
        "stroke",
        "fractur",
        "hospitalis",
        "weight",
        "pneumonia",
        "hypoglycemia",
        "hypoglycaemia",
        "headach",
        "insomnia",
        "cough",
        "dyspnea",
    ]
)


def terms(home: Path) -> list[str]:
    """The stems, sorted."""
    used: Counter[str] = Counter()
    named: Counter[str] = Counter()
    with ArticleStore(home / "corpus.sqlite", read_only=True) as store:
        for _, article in store.articles():
            if not article.sections or article.pmid.endswith((TEST_DIGIT, THRESHOLD_DIGIT)):
                continue
            held = stems(article.text)
            used.update(held)
            headings = frozenset[str]().union(*map(stems, (*article.mesh, *article.keywords)))
            named.update(held & headings)
    found = {
        stem
        for stem, count in named.items()
        if stem.isalpha()
        and len(stem) >= _FEWEST_LETTERS
        and count / used[stem] >= (_LEAST_SHARE if used[stem] >= _RARE else _RARE_SHARE)
    }
    return sorted((found | _OUTCOMES) - _EVERYDAY)


def main() -> None:
    """Write the list, a stem a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.write_text("\n".join(terms(options.home)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
