"""Report a run as JSON for programs and Markdown for people."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from agent.intervals import rate
from corpora.errors import BadInput, storage_errors
from evaluation.qa.intervals import Interval, bootstrap
from evaluation.qa.runner import Record, Status, recorded
from evaluation.qa.suites import suite_of

JUDGED = (Status.RIGHT, Status.WRONG, Status.UNPARSED)
_STYLES = {
    "free": "free generation, parsed",
    "constrained": "constrained choice (JSON schema)",
}


def read_run(out: Path) -> tuple[Record, list[Record]]:
    """(run.json, the records) of a run's folder.

    Raises:
        BadInput: the folder contains no run.
    """
    try:
        return orjson.loads((out / "run.json").read_bytes()), recorded(out / "items.jsonl")
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{out} contains no run ({error}).", "Give a folder written by `evaluate qa --out`."
        ) from error


def judged(records: Sequence[Record]) -> list[Record]:
    """The records whose replies could be judged."""
    return [record for record in records if record["status"] in JUDGED]


def correct(record: Record) -> bool:
    return bool(record["status"] == Status.RIGHT)


def report(run: Mapping[str, Any], records: Sequence[Record]) -> dict[str, Any]:
    """All figures of a run; shares are between 0 and 1.

    `accuracy` counts a reply from which no option could be parsed as not right, as other harnesses
    do; `accuracy_parsed` excludes it. Items that failed or have no key are in neither. `one_sample`
    is the mean accuracy of a single sample. `chance` is the accuracy of guessing.
    """
    settings, counted = run["settings"], judged(records)
    samples = [sample for record in counted for sample in record["samples"]]
    parsed = [record for record in counted if record["choice"]]
    groups: dict[str, list[bool]] = {}
    for record in counted:
        groups.setdefault(record["group"], []).append(correct(record))
    seconds = sum(record["seconds"] for record in counted)
    generated = sum(sample["tokens"]["generated"] for sample in samples)
    rights = [correct(record) for record in counted]
    return {
        "title": suite_of(settings["suite"]).title,
        **settings,
        "model": run["fixed"]["model"],
        "counts": {
            "asked": len(records),
            "judged": len(counted),
            **{
                status.value: sum(record["status"] == status for record in records)
                for status in Status
            },
        },
        "accuracy": asdict(bootstrap(rights)),
        "accuracy_wilson": asdict(rate(sum(rights), len(rights))),
        "accuracy_parsed": asdict(bootstrap([correct(record) for record in parsed])),
        "one_sample": asdict(
            bootstrap(
                [fmean(map(bool, _single(record))) for record in counted if record["samples"]]
            )
        ),
        "agreement": _mean(
            record["votes"][record["choice"]] / len(record["samples"]) for record in parsed
        ),
        "chance": _mean(1 / len(record["options"]) for record in counted),
        "groups": {
            name: {"items": len(rights), **asdict(bootstrap(rights))}
            for name, rights in sorted(groups.items())
        },
        "mean_of_groups": _mean(fmean(rights) for rights in groups.values()),
        "rules": dict(Counter(sample["rule"] for sample in samples).most_common()),
        "finishes": dict(Counter(sample["finish"] for sample in samples).most_common()),
        "articles": _mean(len(record["articles"]) for record in counted if "articles" in record),
        "without_articles": sum(record.get("articles") == [] for record in counted),
        "generated_tokens": generated,
        "seconds": round(seconds, 1),
        "card": card(run["fixed"]["model"], settings["suite"]),
        "fixed": run["fixed"],
        "surroundings": run["surroundings"],
    }


def _single(record: Record) -> list[bool]:
    return [sample["letter"] == record["answer"] for sample in record["samples"]]


def _mean(values: Iterable[float]) -> float | None:
    items = list(values)
    return fmean(items) if items else None


def card(model: str, suite: str) -> dict[str, str] | None:
    """The figure of MedGemma's model card for this model and suite; None for other models."""
    name = model.casefold().replace("_", "-")
    text = (files("evaluation.qa") / "data" / "card.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        if row["model"] in name and row["suite"] == suite:
            return {"accuracy": row["accuracy"], "note": row["note"]}
    return None


def percent(figure: Mapping[str, Any] | Interval) -> str:
    """A share with its interval, in per cent."""
    fields = figure if isinstance(figure, Mapping) else asdict(figure)
    return f"{100 * fields['value']:.1f} [{100 * fields['low']:.1f}, {100 * fields['high']:.1f}]"


def markdown(figures: Mapping[str, Any]) -> str:
    """The report as a page."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(f: Mapping[str, Any]) -> Iterator[str]:
    counts = f["counts"]
    yield f"# {f['title']}: {f['model']}, {f['mode']}"
    yield ""
    yield "| | |"
    yield "|---|---|"
    yield f"| accuracy, % [95 % bootstrap] | **{percent(f['accuracy'])}** |"
    if f["card"]:
        note = f" ({f['card']['note']})" if f["card"]["note"] else ""
        yield f"| the model card's | {f['card']['accuracy']}{note} |"
    yield f"| … of replies from which an option was parsed | {percent(f['accuracy_parsed'])} |"
    yield f"| chance | {100 * (f['chance'] or 0):.1f} |"
    yield f"| answers | {_STYLES[f['style']]} |"
    yield f"| samples per item | {f['samples']}{', majority vote' if f['samples'] > 1 else ''} |"
    if f["samples"] > 1:
        yield f"| a single sample | {percent(f['one_sample'])} |"
        yield f"| votes for the chosen option | {100 * (f['agreement'] or 0):.0f} % |"
    yield f"| thinking | {f['thinking'] or 'off'}{' tokens at most' if f['thinking'] else ''} |"
    yield f"| items judged | {counts['judged']:,} of {counts['asked']:,} |"
    judged_counts = (counts["right"], counts["wrong"], counts["unparsed"])
    yield "| right, wrong, unparsed | {}, {}, {} |".format(*judged_counts)
    yield f"| not judged: failed, no key | {counts['failed']}, {counts['no key']} |"
    if f["articles"] is not None:
        yield f"| articles per item | {f['articles']:.1f} (none for {f['without_articles']}) |"
    yield f"| drawn | {f['limit'] or 'all'}, seed {f['seed']} |"
    yield f"| generated | {f['generated_tokens']:,} tokens in {f['seconds']:,.0f} s |"
    if len(f["groups"]) > 1:
        yield from ("", "| group | items | accuracy |", "|---|---|---|")
        for name, group in f["groups"].items():
            yield f"| {name or '(none)'} | {group['items']} | {percent(group)} |"
        yield f"| mean of the groups | | {100 * (f['mean_of_groups'] or 0):.1f} |"
    yield from ("", "Parsing rules used: " + _listed(f["rules"]) + ".")
    yield "Finish reasons: " + _listed(f["finishes"]) + "."
    yield from ("", "## Provenance", "", "```json")
    origin = {"fixed": f["fixed"], "surroundings": f["surroundings"]}
    yield orjson.dumps(origin, option=orjson.OPT_INDENT_2).decode()
    yield "```"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def write(out: Path, figures: Mapping[str, Any]) -> None:
    """Write report.json and report.md to a run's folder.

    Raises:
        StorageError: they cannot be written.
    """
    with storage_errors(out):
        (out / "report.json").write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
        (out / "report.md").write_text(markdown(figures), "utf-8")
