"""Every run below a folder as one page: a table, and a plot of accuracies with their intervals."""

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
    *("no option told", "not judged", "model card"),
)
# Of the plot, in pixels: a row's height, and where the scale begins and ends.
_ROW, _LEFT, _RIGHT = 26, 400, 740
# Reads on white and on near black: an image does not know the page's colours.
_GREY = "#6f7a85"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;"
    "color:#1c2024;background:#fff}table{border-collapse:collapse;width:100%;margin:1rem 0}"
    "td,th{border-bottom:1px solid #d5d9de;padding:.3rem .5rem;text-align:left}svg{max-width:100%}"
)
_NOTE = (
    "Brackets and whiskers are 95 % bootstrap intervals; the dashed line is chance. A reply in"
    " which no option could be told counts as not right; items that could not be judged count as"
    " nothing."
    " The model card's figure stands beside runs of the card's models alone."
)


def gather(folder: Path) -> list[Figures]:
    """The reports of all finished runs below a folder, by suite, the best first.

    Raises:
        BadInput: there is none.
    """
    found = [orjson.loads(path.read_bytes()) for path in sorted(folder.rglob("report.json"))]
    runs = [each for each in found if {"title", "accuracy", "counts"} <= each.keys()]
    if not runs:
        raise BadInput(
            f"There is no finished run below {folder}.", "Make one: medcite evaluate qa --out …"
        )
    return sorted(runs, key=lambda run: (run["title"], -run["accuracy"]["value"]))


def write(runs: Sequence[Figures], out: Path) -> None:
    """The page as HTML, or by the name of `out` as Markdown or, the plot alone, SVG.

    Raises:
        BadInput: the name ends otherwise.
        StorageError: it cannot be written.
    """
    forms = {".html": html, ".md": markdown, ".svg": svg}
    if out.suffix not in forms:
        raise BadInput(f"{out} is of no known kind.", f"End its name in {', '.join(forms)}.")
    with storage_errors(out):
        out.write_text(forms[out.suffix](runs), "utf-8")


def markdown(runs: Sequence[Figures]) -> str:
    """The tables, one a suite."""
    parts = []
    for title, rows in _suites(runs):
        lines = [" | ".join(_COLUMNS), "|".join("---" for _ in _COLUMNS)]
        lines += [" | ".join(_cells(row)) for row in rows]
        parts.append(f"## {title}\n\n" + "\n".join(f"| {line} |" for line in lines))
    return "\n\n".join([*parts, _NOTE]) + "\n"


def html(runs: Sequence[Figures]) -> str:
    """A page that needs no other file."""
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>Medcite: question sets</title>"
        f"<style>{_STYLE}</style><body><h1>Multiple-choice questions</h1>{svg(runs)}{tables(runs)}"
        "</body></html>\n"
    )


def tables(runs: Sequence[Figures]) -> str:
    """What the figures are, and a table a suite, as HTML."""
    parts = [f"<p>{escape(_NOTE)}</p>"]
    for title, rows in _suites(runs):
        head = "".join(f"<th scope='col'>{escape(each)}</th>" for each in _COLUMNS)
        cells = ("".join(f"<td>{escape(each)}</td>" for each in _cells(row)) for row in rows)
        lines = "".join(f"<tr>{each}</tr>" for each in cells)
        parts.append(f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{lines}</table>")
    return "".join(parts)


def svg(runs: Sequence[Figures]) -> str:
    """Accuracy with its interval, a row a run, as an image of its own."""
    parts, y = [], _ROW
    for title, rows in _suites(runs):
        parts.append(_text(0, y, title, "font-weight='bold'"))
        for row in rows:
            y += _ROW
            figure = row["accuracy"]
            low, value, high, chance = (
                _x(each)
                for each in (figure["low"], figure["value"], figure["high"], row["chance"] or 0)
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
        _text(_x(each / 100), y, str(each), "text-anchor='middle'") for each in range(0, 101, 25)
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
