"""All runs below a folder as one page: a table, and a plot of accuracies with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from corpora.errors import BadInput, storage_errors
from evaluation.qa.report import percent

Figures = Mapping[str, Any]
_COLUMNS = (
    *("model", "mode", "answers", "samples", "thinking", "items", "accuracy, %", "chance"),
    *("unparsed", "not judged", "model card"),
)
# Of the plot, in pixels: the height of a row, and the ends of the scale.
_ROW, _LEFT, _RIGHT = 26, 400, 740
# Legible on white and on near black, since an image does not know the page's colours.
_GREY = "#6f7a85"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;"
    "color:#1c2024;background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "td,th{border-bottom:1px solid #d5d9de;padding:.3rem .5rem;text-align:left}svg{max-width:100%}"
)
_NOTE = (
    "Brackets and whiskers are 95 % bootstrap intervals; the dashed line is chance. A reply from"
    " which no option could be parsed counts as not right; items that could not be judged are"
    " excluded."
    " The model card's figure is shown only for runs of the card's models."
)


def gather(folder: Path) -> list[Figures]:
    """The reports of all finished runs below a folder, by suite, best first.

    Raises:
        BadInput: there is none.
    """
    reports = [orjson.loads(path.read_bytes()) for path in sorted(folder.rglob("report.json"))]
    runs = [report for report in reports if {"title", "accuracy", "counts"} <= report.keys()]
    if not runs:
        raise BadInput(
            f"There is no finished run below {folder}.", "Start one: medcite evaluate qa --out …"
        )
    return sorted(runs, key=lambda run: (run["title"], -run["accuracy"]["value"]))


def write(runs: Sequence[Figures], out: Path) -> None:
    """Write the page as HTML or Markdown, or only the plot as SVG, by the suffix of `out`.

    Raises:
        BadInput: the suffix is unknown.
        StorageError: the file cannot be written.
    """
    forms = {".html": html, ".md": markdown, ".svg": svg}
    if out.suffix not in forms:
        raise BadInput(f"{out} has an unknown suffix.", f"Use {', '.join(forms)}.")
    with storage_errors(out):
        out.write_text(forms[out.suffix](runs), "utf-8")


def markdown(runs: Sequence[Figures]) -> str:
    """The tables, one per suite."""
    parts = []
    for title, rows in _suites(runs):
        lines = [" | ".join(_COLUMNS), "|".join("---" for _ in _COLUMNS)]
        lines += [" | ".join(_cells(row)) for row in rows]
        parts.append(f"## {title}\n\n" + "\n".join(f"| {line} |" for line in lines))
    return "\n\n".join([*parts, _NOTE]) + "\n"


def html(runs: Sequence[Figures]) -> str:
    """A self-contained page."""
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Medcite: question sets</title>"
        f"<style>{_STYLE}</style><body><h1>Multiple-choice questions</h1>{svg(runs)}{tables(runs)}"
        "</body></html>\n"
    )


def tables(runs: Sequence[Figures]) -> str:
    """A note on the figures and one table per suite, as HTML."""
    parts = [f"<p>{escape(_NOTE)}</p>"]
    for title, rows in _suites(runs):
        head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in _COLUMNS)
        cells = ("".join(f"<td>{escape(cell)}</td>" for cell in _cells(row)) for row in rows)
        lines = "".join(f"<tr>{line}</tr>" for line in cells)
        parts.append(f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{lines}</table>")
    return "".join(parts)


def svg(runs: Sequence[Figures]) -> str:
    """Accuracy with its interval, one row per run, as a separate image."""
    parts, y = [], _ROW
    for title, rows in _suites(runs):
        parts.append(_text(0, y, title, "font-weight='bold'"))
        for row in rows:
            y += _ROW
            figure = row["accuracy"]
            low, value, high, chance = (
                _x(share)
                for share in (figure["low"], figure["value"], figure["high"], row["chance"] or 0)
            )
            parts += [
                _text(12, y, _name(row)[:56]),
                f"<path d='M{chance} {y - 15}v18' stroke='#7f8790' stroke-dasharray='3 2'/>",
                f"<path d='M{low} {y - 5}H{high}' stroke='#3d86b5' stroke-width='2'/>",
                f"<circle cx='{value}' cy='{y - 5}' r='4' fill='#3d86b5'/>",
                _text(_RIGHT + 10, y, percent(figure)),
            ]
        y += _ROW
    ticks = [
        _text(_x(tick / 100), y, str(tick), "text-anchor='middle'") for tick in range(0, 101, 25)
    ]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 880 {y + 8}' role='img'"
        " font-family='system-ui,sans-serif' font-size='13'>"
        f"<title>Accuracy of each run in per cent</title>{''.join(parts + ticks)}</svg>"
    )


def _suites(runs: Sequence[Figures]) -> Iterator[tuple[str, list[Figures]]]:
    for title, rows in groupby(runs, key=lambda run: str(run["title"])):
        yield title, list(rows)


def _cells(run: Figures) -> tuple[str, ...]:
    counts, card = run["counts"], run["card"]
    return (
        run["model"],
        run["mode"],
        run["style"],
        str(run["samples"]),
        str(run["thinking"] or "off"),
        str(counts["judged"]),
        percent(run["accuracy"]),
        f"{100 * (run['chance'] or 0):.0f}",
        str(counts["unparsed"]),
        str(counts["failed"] + counts["no key"]),
        f"{card['accuracy']} {card['note']}".strip() if card else "–",
    )


def _name(run: Figures) -> str:
    extra = f", {run['samples']} samples" if run["samples"] > 1 else ""
    extra += ", constrained" if run["style"] == "constrained" else ""
    extra += ", thinking" if run["thinking"] else ""
    return f"{run['model']}, {run['mode']}{extra}"


def _x(share: float) -> int:
    return round(_LEFT + share * (_RIGHT - _LEFT))


def _text(x: int, y: int, text: str, more: str = "") -> str:
    return f"<text x='{x}' y='{y}' fill='{_GREY}' {more}>{escape(text)}</text>"
