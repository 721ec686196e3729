"""Train or evaluate the scope classifier.

    python -m evaluation.training.scope.train --bioasq DIR --pubmedqa JSON     writes the shipped weights
    python -m evaluation.training.scope.train --bioasq DIR --pubmedqa JSON --measure

It is trained on the questions of `training.txt`, on questions that lay people and clinicians might
type in each other's words (`typed.tsv`), and on questions for the literature: half of those written
from clusters of abstracts (`written.txt`), the graded questions of the training part, and two
thirds of BioASQ's and PubMedQA's. The last third, `held_out.tsv`, written without knowledge of the
rules and the templates, and `blind.tsv`, of the same kind as `typed.tsv`, are for evaluation.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from agent.plan import Scope
from agent.triage import classifier
from agent.triage.classifier import WEIGHTS, features
from agent.triage.scope import caution, turn_away
from evaluation.answers import pubmedqa
from evaluation.retrieval.benchmark import held_out, read_queries
from evaluation.training.scope.questions import (
    BLIND,
    TYPED,
    Labelled,
    generated,
    graded,
    json_lines,
    listed,
    written,
)
from retrieval.encoder import Encoder, Meaning, load_encoder

_DRAWS = 12
# Inverse regularisation strength, chosen on the rules' own list (tests/agent/triage/scope_questions.py).
_C = 10.0
_AT_ONCE = 64
# Typed questions count more often than the many that templates give.
_TYPED_WEIGHT = 3


def real(bioasq: Path, pubmedqa_file: Path) -> tuple[list[str], list[str]]:
    """(two thirds, the last third) of the real questions for the literature."""
    records = pubmedqa.read(pubmedqa_file)
    pairs = [*read_queries(bioasq), *((pmid, r["QUESTION"]) for pmid, r in records.items())]
    return (
        [text for name, text in pairs if not held_out(name)],
        [text for name, text in pairs if held_out(name)],
    )


def train(encoder: Encoder, literature: Sequence[str]) -> dict[str, object]:
    """The weights in shipped form."""
    from sklearn.linear_model import LogisticRegression

    questions = [(text, scope) for text, scope, _ in generated(_DRAWS)]
    questions += listed(TYPED) * _TYPED_WEIGHT
    questions += [(text, Scope.LITERATURE) for text in (*literature, *written(), *graded())]
    scopes = list(Scope)
    rows = _features(encoder, [text for text, _ in questions])
    labels = np.array([scopes.index(scope) for _, scope in questions])
    model = LogisticRegression(C=_C, max_iter=3000, class_weight="balanced").fit(rows, labels)
    return {
        "encoder": encoder.identity.fingerprint,
        "scopes": [scope.value for scope in scopes],
        "matrix": np.round(model.coef_, 3).tolist(),
        "bias": np.round(model.intercept_, 3).tolist(),
    }


def measure(encoder: Encoder, questions: Sequence[Labelled]) -> tuple[Counter[str], list[str]]:
    """The confusion counts of scopes, and the misclassified questions.

    Questions that are searched for count as literature, "with a caution" where there is one.
    """
    counts: Counter[str] = Counter()
    wrong = []
    for question, scope in questions:
        meaning = Meaning(encoder.identity.fingerprint, encoder.encode_queries([question]))
        away = turn_away(question, meaning)
        predicted = away.scope if away else Scope.LITERATURE
        cautioned = " with a caution" if not away and caution(question, meaning) else ""
        counts[f"{scope} as {predicted}{cautioned}"] += 1
        if predicted is not scope:
            wrong.append(f"{scope} as {predicted}{cautioned}: {question}")
    return counts, wrong


def _features(encoder: Encoder, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    rows = []
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        vectors = encoder.encode_queries(part)
        rows += [features(text, vector) for text, vector in zip(part, vectors, strict=True)]
    return np.stack(rows)


def _typed(path: Path) -> list[Labelled]:
    """Questions for the literature as people type them, without those used in training."""
    questions = [str(line["question"]) for line in json_lines(path)]
    trained_on = set(written())
    return [(text, Scope.LITERATURE) for text in questions if text not in trained_on]


def main() -> None:
    """Train and write the weights, or evaluate the existing ones."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.training.scope.train")
    parser.add_argument("--bioasq", type=Path, required=True)
    parser.add_argument("--pubmedqa", type=Path, required=True)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument(
        "--typed", type=Path, nargs="*", default=[], help='JSON Lines with a "question"'
    )
    options = parser.parse_args()
    encoder = load_encoder()
    trained_on, left_out = real(options.bioasq, options.pubmedqa)
    if not options.measure:
        target = Path(classifier.__file__).parent / WEIGHTS
        target.write_bytes(orjson.dumps(train(encoder, trained_on)))
        return
    for name, questions in (
        ("held_out.tsv", listed()),
        ("blind.tsv", listed(BLIND)),
        ("real questions left out", [(text, Scope.LITERATURE) for text in left_out]),
        *((path.name, _typed(path)) for path in options.typed),
    ):
        counts, wrong = measure(encoder, questions)
        lines = [f"{name}: {dict(sorted(counts.items()))}", *wrong]
        sys.stdout.write("\n  ".join(lines) + "\n")


if __name__ == "__main__":
    main()
