"""Train `agent.planning.followup.dependence`.

    python -m evaluation.training.followups.train

Three minutes on one core. Prints how many questions that it has not seen count as follow-ups.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import orjson
from sklearn.linear_model import LogisticRegression

from agent.planning.followup.dependence import WEIGHTS, features
from corpora.mesh import in_natural_order, shipped_headings
from evaluation.training.scope.questions import BLIND, TYPED, generated, graded, json_lines, listed
from retrieval.encoder import load_encoder

THREADS = Path(__file__).parent / "threads.jsonl.gz"
_C = 4.0
_DRAWS = 4
_SHORT_QUESTIONS = 2_000
# What is short is not therefore a follow-up.
_SHORT = (
    "what is {}", "What is {}?", "What are {}?", "Which {} exist?", "List types of {}",
    "Describe {}", "causes of {}", "treatment of {}", "{} prognosis", "How is {} diagnosed?",
    "{} side effects", "Which genes are linked to {}?", "does {} work", "mechanism of {}",
    "what causes {}", "define {}", "prevalence of {}", "Is {} safe?", "How does {} act?",
    "which drugs target {}", "name the types of {}", "Who discovered {}?", "{} guidelines",
    "What is the function of {}?", "Is {} inherited?", "Where is {} found?", "When was {} approved?",
)  # fmt: skip


def threads() -> Iterator[tuple[str, bool, bool]]:
    """(question, whether it depends on its thread, whether it is held out); a tenth of threads is."""
    for thread in json_lines(THREADS):
        digest = hashlib.sha1(thread["id"].encode()).hexdigest()  # noqa: S324
        held_out = int(digest, 16) % 10 == 0
        yield thread["question"], False, held_out
        for turn in thread["turns"]:
            yield turn["followup"], turn["kind"] != "none", held_out


def standing_alone() -> list[str]:
    """Questions that stand alone: graded ones, of all scopes, and short ones about a MeSH heading."""
    rng = random.Random(4)
    headings = [in_natural_order(heading.name) for heading in shipped_headings()]
    short = [rng.choice(_SHORT).format(rng.choice(headings)) for _ in range(_SHORT_QUESTIONS)]
    scopes = [question for question, *_ in [*generated(_DRAWS), *listed(TYPED)]]
    return [*graded(), *scopes, *short]


def main() -> None:
    written = list(threads())
    alone = standing_alone()
    learned = [(text, depends) for text, depends, held_out in written if not held_out]
    learned += [(text, False) for text in alone]
    unseen = {
        "follow-ups of other threads": [t for t, depends, held in written if held and depends],
        "others of these threads": [t for t, depends, held in written if held and not depends],
        "graded, tuning part": graded("tune"),
        "of all scopes, blind": [question for question, _ in listed(BLIND)],
        "of all scopes, held out": [question for question, _ in listed()],
    }
    texts = [text for text, _ in learned] + [text for each in unseen.values() for text in each]
    encoder = load_encoder()
    rows = features(texts, encoder.encode_queries(texts))
    truth = np.array([depends for _, depends in learned])
    model = LogisticRegression(C=_C, max_iter=1000).fit(rows[: len(learned)], truth)
    odds = model.decision_function(rows[len(learned) :])
    for name, questions in unseen.items():
        own, odds = odds[: len(questions)], odds[len(questions) :]
        counts = ", ".join(f"{int((own > at).sum())} above {at}" for at in (0, 2, 3))
        sys.stdout.write(f"{name}: of {len(questions)}, {counts}\n")
    stored = {
        "encoder": encoder.identity.fingerprint,
        "weights": [round(float(weight), 4) for weight in model.coef_[0]],
        "bias": round(float(model.intercept_[0]), 4),
    }
    path = Path(str(files("agent.planning.followup").joinpath(WEIGHTS)))
    path.write_bytes(orjson.dumps(stored) + b"\n")


if __name__ == "__main__":
    main()
