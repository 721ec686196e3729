"""The question sets, each read in its published form.

A suite is one entry of `SUITES`: its reader converts one file to items. If a set exists in several
forms (the authors' file, the hub's), its reader distinguishes them by their fields.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import orjson

from corpora.errors import BadInput
from evaluation.answers import pubmedqa
from evaluation.qa.files import HUB, HubFiles, fetch, find, kind, read_bytes, records, unreadable
from evaluation.qa.item import Item

_YES_NO_MAYBE = {"A": "yes", "B": "no", "C": "maybe"}
_OFFICIAL_SPLIT = "test_ground_truth.json"
_LISTED_OPTIONS = re.compile(r"\s*Answer Choices:.*\Z", re.DOTALL)
MMLU_SUBJECTS = (
    "anatomy",
    "clinical_knowledge",
    "college_biology",
    "college_medicine",
    "medical_genetics",
    "professional_medicine",
)


@dataclass(frozen=True, slots=True)
class Suite:
    """A question set. `hub` is None if the hub does not have it in its official split."""

    name: str
    title: str
    read: Callable[[Path], Iterable[Item]]
    patterns: tuple[str, ...]
    hub: HubFiles | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """The items of a suite and their source files."""

    suite: Suite
    items: tuple[Item, ...]
    files: tuple[Path, ...]


def load(name: str, data: str) -> Loaded:
    """All items of a suite from a file or folder, or from the hub if `data` is "hub".

    Raises:
        BadInput: there is no such suite or file, or the file has another form.
        FetchError: it cannot be downloaded from the hub.
    """
    suite = suite_of(name)
    if data == HUB:
        if suite.hub is None:
            raise BadInput(
                f"The hub has no copy of {suite.title} with its official split.",
                f"Get {suite.patterns[0]} from its authors and give its folder: --data FOLDER.",
            )
        folder = fetch(suite.hub)
    else:
        folder = Path(data).expanduser()
    files = find(folder, suite.name, suite.patterns)
    items: list[Item] = []
    for path in files:
        try:
            items += suite.read(path)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise unreadable(path, error) from error
    if not items:
        raise BadInput(f"{files[0]} contains no questions.", "Give another file with --data.")
    return Loaded(suite, tuple(_unique(items)), tuple(files))


def suite_of(name: str) -> Suite:
    """The suite with this name.

    Raises:
        BadInput: there is none.
    """
    for suite in SUITES:
        if suite.name == name.casefold():
            return suite
    raise BadInput(
        f"There is no suite {name}.", f"Choose from {', '.join(suite.name for suite in SUITES)}."
    )


def _unique(items: Iterable[Item]) -> Iterator[Item]:
    seen: Counter[str] = Counter()
    for item in items:
        seen[item.id] += 1
        number = seen[item.id]
        yield item if number == 1 else replace(item, id=f"{item.id}#{number}")


def _item(
    name: object,
    question: object,
    options: Mapping[str, object],
    answer: object,
    group: object = "",
    context: str = "",
) -> Item:
    """An item with normalised white space; a key that is not an option becomes ""."""
    texts = {letter: " ".join(str(text).split()) for letter, text in options.items()}
    key = str(answer).strip().upper()
    stem = str(question).strip()
    if not stem:
        raise ValueError(f"question {name} is empty")
    return Item(str(name), stem, texts, key if key in texts else "", str(group or ""), context)


def _lettered(texts: Iterable[object]) -> dict[str, object]:
    return dict(zip(ascii_uppercase, texts, strict=False))


def medqa(path: Path) -> Iterator[Item]:
    """{"question", "options": {letter: text}, "answer_idx", "meta_info"} per line.

    Source: Jin et al., "What disease does this patient have?", 2020.
    """
    for number, record in enumerate(records(path)):
        yield _item(
            record.get("id", f"medqa-{number}"),
            record["question"],
            record["options"],
            record["answer_idx"],
            record.get("meta_info"),
        )


def medmcqa(path: Path) -> Iterator[Item]:
    """{"question", "opa" … "opd", "cop", "subject_name", "id"} per record.

    `cop` is 1 to 4 in the authors' JSON Lines and 0 to 3 in the hub's Parquet, unless the values
    themselves show which it is. If a test split has no key (-1), its items have none.

    Source: Pal et al., "MedMCQA", CHIL 2022.
    """
    rows = list(records(path))
    keys = {int(row["cop"]) for row in rows} - {-1}
    if {0, 4} <= keys or not keys <= set(range(5)):
        raise ValueError(f"cop is neither 0 to 3 nor 1 to 4: {sorted(keys)}")
    first = 0 if 0 in keys else 1 if 4 in keys else int(kind(path) != "parquet")
    for number, row in enumerate(rows):
        options = _lettered(row[f"op{letter}"] for letter in "abcd")
        place = int(row["cop"]) - first
        key = ascii_uppercase[place] if place >= 0 else ""
        name = row.get("id") or f"medmcqa-{number}"
        yield _item(name, row["question"], options, key, row.get("subject_name"))


def pubmed_qa(path: Path) -> Iterator[Item]:
    """PubMedQA's labelled file; the context is the abstract without its conclusion.

    If the authors' test_ground_truth.json is beside it, only the 500 questions of the official test
    split are read.

    Source: Jin et al., EMNLP 2019; the setting is the one they call reasoning-required.
    """
    labelled = pubmedqa.read(path)
    split = path.with_name(_OFFICIAL_SPLIT)
    included = orjson.loads(split.read_bytes()) if split.is_file() else labelled
    letters = {text: letter for letter, text in _YES_NO_MAYBE.items()}
    for pmid, record in labelled.items():
        if pmid not in included:
            continue
        labels = record.get("LABELS") or [""] * len(record["CONTEXTS"])
        parts = zip(labels, record["CONTEXTS"], strict=True)
        context = "\n".join(f"{label}: {text}" if label else text for label, text in parts)
        answer = letters.get(record["final_decision"], "")
        yield _item(pmid, record["QUESTION"], _YES_NO_MAYBE, answer, context=context)


def mmlu(path: Path) -> Iterator[Item]:
    """A subject's CSV (question, four options, letter; no header) or the hub's Parquet.

    Source: Hendrycks et al., "Measuring massive multitask language understanding", ICLR 2021.
    """
    if kind(path) == "parquet":
        for number, record in enumerate(records(path)):
            subject, options = record["subject"], _lettered(record["choices"])
            if subject in MMLU_SUBJECTS:
                key = ascii_uppercase[int(record["answer"])]
                yield _item(f"{subject}-{number}", record["question"], options, key, subject)
        return
    subject = path.name.partition("_test")[0]
    if subject not in MMLU_SUBJECTS:
        return
    rows = csv.reader(io.StringIO(read_bytes(path).decode("utf-8-sig"), newline=""))
    for number, row in enumerate(row for row in rows if row):
        question, *texts, key = row
        yield _item(f"{subject}-{number}", question, _lettered(texts), key, subject)


def medxpertqa(path: Path) -> Iterator[Item]:
    """Ten options, as a list of letter and content or by letter; their repetition at the end of the
    question is removed.

    Source: Zuo et al., "MedXpertQA", ICML 2025.
    """
    for record in records(path):
        options = record["options"]
        if not isinstance(options, dict):
            options = {option["letter"]: option["content"] for option in options}
        label = record["label"]
        key = label if isinstance(label, str) else label[0] if len(label) == 1 else ""
        question = _LISTED_OPTIONS.sub("", record["question"])
        yield _item(record["id"], question, options, key, record.get("medical_task"))


def afrimedqa(path: Path) -> Iterator[Item]:
    """Expert multiple-choice questions: JSON Lines with letters, or the authors' CSV, in which
    options and keys are named "option1" and so on, and other question types are skipped.

    Source: Olatunji et al., "AfriMed-QA", ACL 2025.
    """
    for record in records(path):
        if "answer_options" not in record:
            yield _item(record["id"], record["question"], record["options"], record["answer"])
            continue
        if record["question_type"] != "mcq" or record.get("tier", "expert") != "expert":
            continue
        named = orjson.loads(record["answer_options"])
        kept = {name: text for name, text in named.items() if str(text).strip() not in ("", "N/A")}
        letters = dict(zip(kept, ascii_uppercase, strict=False))
        options = {letters[name]: text for name, text in kept.items()}
        key = letters.get(record["correct_answer"].strip(), "")
        group = record.get("specialty")
        yield _item(record["sample_id"], record["question"], options, key, group)


def mirage(path: Path) -> Iterator[Item]:
    """MIRAGE's benchmark.json: {data set: {id: {"question", "options", "answer"}}}.

    Retrieval uses the question without its options, as in every suite here; the abstracts of its
    PubMedQA questions are not provided.

    Source: Xiong et al., "Benchmarking retrieval-augmented generation for medicine", ACL 2024.
    """
    sets: dict[str, dict[str, dict[str, Any]]] = orjson.loads(read_bytes(path))
    for group, questions in sets.items():
        for name, entry in questions.items():
            options = entry["options"]
            yield _item(f"{group}-{name}", entry["question"], options, entry["answer"], group)


SUITES = (
    Suite(
        "medqa",
        "MedQA (US, four options)",
        medqa,
        ("phrases_no_exclude_test.jsonl*", "test.jsonl*"),
        HubFiles("GBaker/MedQA-USMLE-4-options", ("*test.jsonl",)),
    ),
    Suite(
        "medmcqa",
        "MedMCQA (development split)",
        medmcqa,
        ("dev.json*", "validation*.parquet"),
        HubFiles("openlifescienceai/medmcqa", ("data/validation*.parquet",)),
    ),
    Suite("pubmedqa", "PubMedQA", pubmed_qa, ("ori_pqal.json",)),
    Suite(
        "mmlu",
        "MMLU, six medical subjects",
        mmlu,
        ("*_test.csv*", "test*.parquet"),
        HubFiles("cais/mmlu", tuple(f"{subject}/test*.parquet" for subject in MMLU_SUBJECTS)),
    ),
    Suite(
        "medxpertqa",
        "MedXpertQA, text",
        medxpertqa,
        ("*text_input.jsonl*", "Text/test.jsonl", "test.jsonl"),
        HubFiles("TsinghuaC3I/MedXpertQA", ("Text/test.jsonl",)),
    ),
    Suite(
        "afrimedqa",
        "AfriMed-QA, expert multiple choice",
        afrimedqa,
        ("expert_mcq.jsonl*", "afri_med_qa*.csv"),
        HubFiles("intronhealth/afrimedqa_v2", ("*.csv",)),
    ),
    Suite("mirage", "MIRAGE", mirage, ("benchmark.json*",)),
)
