"""Questions for lm-evaluation-harness, read without Medcite: only standard library and datasets.

The values of `--metadata '{"data": "FILE", "limit": 100, "seed": 1}'` are passed as keywords.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from pathlib import Path
from string import ascii_uppercase
from typing import Any

Row = tuple[str, dict[str, str], str, str]  # question, options, key, context
Documents = dict[str, Any]


def _text(path: str | Path) -> str:
    data = Path(path).read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")


def _json_lines(path: str | Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _text(path).split("\n") if line.strip()]


def documents(rows: list[Row], limit: int | None, seed: int) -> list[dict[str, str]]:
    """The fields for the tasks' templates, of all rows or of `limit` of them sampled by `seed`."""
    if limit is not None and limit < len(rows):
        drawn = random.Random(seed).sample(range(len(rows)), limit)  # noqa: S311 (no key)
        rows = [rows[i] for i in sorted(drawn)]
    return [
        {
            "question": question.strip(),
            "listed": "\n".join(f"({k}) {' '.join(text.split())}" for k, text in options.items()),
            "answer": key,
            "context": context,
        }
        for question, options, key, context in rows
        if key in options
    ]


def _documents(rows: list[Row], limit: int | None, seed: int) -> Documents:
    return _test_split(documents(rows, limit, seed))


def _test_split(rows: list[dict[str, str]]) -> Documents:
    from datasets import Dataset

    return {"test": Dataset.from_list(rows)}


def medqa(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """phrases_no_exclude_test.jsonl."""
    rows = [(r["question"], r["options"], r["answer_idx"], "") for r in _json_lines(data)]
    return _documents(rows, limit, seed)


def medmcqa(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """The authors' dev.json, whose `cop` counts from 1."""
    rows = [
        (
            r["question"],
            {letter.upper(): r[f"op{letter}"] for letter in "abcd"},
            ascii_uppercase[r["cop"] - 1],
            "",
        )
        for r in _json_lines(data)
    ]
    return _documents(rows, limit, seed)


def pubmedqa(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """ori_pqal.json, or its subset in test_ground_truth.json beside it; with the abstract."""
    records = json.loads(_text(data))
    split = Path(data).with_name("test_ground_truth.json")
    included = json.loads(split.read_text()) if split.is_file() else records
    options = {"A": "yes", "B": "no", "C": "maybe"}
    rows = [
        (
            r["QUESTION"],
            options,
            "ABC"[("yes", "no", "maybe").index(r["final_decision"])],
            "\n".join(f"{k}: {t}" for k, t in zip(r["LABELS"], r["CONTEXTS"], strict=True)),
        )
        for pmid, r in records.items()
        if pmid in included
    ]
    return _documents(rows, limit, seed)


def mmlu(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """The folder with the *_test.csv files of the six medical subjects."""
    rows: list[Row] = []
    for path in sorted(Path(data).glob("*_test.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            for question, *options, key in csv.reader(file):
                rows.append((question, dict(zip("ABCD", options, strict=True)), key, ""))
    return _documents(rows, limit, seed)


def medxpertqa(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """MedXpertQA's text input."""
    rows = []
    for r in _json_lines(data):
        options = r["options"]
        if isinstance(options, list):
            options = {option["letter"]: option["content"] for option in options}
        question = re.sub(r"\s*Answer Choices:.*\Z", "", r["question"], flags=re.DOTALL)
        rows.append((question, options, "".join(r["label"]), ""))
    return _documents(rows, limit, seed)


def afrimedqa(data: str, limit: int | None = None, seed: int = 0, **_: object) -> Documents:
    """Expert multiple choice as JSON Lines."""
    rows = [(r["question"], r["options"], r["answer"], "") for r in _json_lines(data)]
    return _documents(rows, limit, seed)


def recorded(data: str, **_: object) -> Documents:
    """A run's items.jsonl: the exact prompts that Medcite sent, in any mode."""
    return _test_split(
        [
            {"prompt": r["prompt"][-1]["text"], "answer": r["answer"]}
            for r in _json_lines(data)
            if "prompt" in r
        ]
    )
