"""`medcite evaluate qa` and `compare`: multiple-choice sets, and two runs of one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    ModelOption,
    ThinkingOption,
)

Kind = TypeVar("Kind", bound=StrEnum)


def qa(
    suite: Annotated[
        str,
        typer.Argument(help="medqa, medmcqa, pubmedqa, mmlu, medxpertqa, afrimedqa or mirage."),
    ],
    data: Annotated[
        str, typer.Option(help="The set's file or folder as published, or “hub” to fetch it.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder, resumed where it was begun; else one in the data directory,"
            " whose runs the application shows.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = "none",
    mode: Annotated[
        str,
        typer.Option(
            help="What is answered from: closed (the model's memory), grounded (the index of"
            " --home) or given (the set's own text)."
        ),
    ] = "closed",
    style: Annotated[
        str, typer.Option(help="free (written, then parsed) or constrained (a letter by schema).")
    ] = "free",
    samples: Annotated[
        int, typer.Option(min=1, help="Replies an item; the most frequent answer counts.")
    ] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many items, drawn by --seed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="For what is drawn: items and replies.")] = 0,
    thinking: ThinkingOption = "off",
    max_tokens: Annotated[int, typer.Option(min=1, help="Of a reply, thinking apart.")] = 1024,
    parallel: Annotated[
        int, typer.Option(min=1, help="Items asked at once, for a server that batches.")
    ] = 1,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Sit an examination: a multiple-choice set, closed book, grounded or in its own context.

    Writes items.jsonl (every prompt, reply, parse and vote), report.json and report.md.
    Stopped or killed, the same command goes on where it was.

    Example: medcite evaluate qa medqa --data mcq --model medgemma-27b:Q4_K_M --thinking auto
    --samples 5 --out runs/medqa

    Example: medcite evaluate qa pubmedqa --data pubmedqa --mode given --model smollm2 --limit 20
    --out runs/pubmedqa
    """
    from corpora.home import Home
    from evaluation.qa.examination import examine
    from evaluation.qa.prompts import Mode, Style
    from evaluation.qa.runner import Settings
    from ui.cli.output import configure_logging

    configure_logging()
    settings = Settings(
        suite=suite.casefold(),
        mode=_one_of(Mode, mode, "--mode"),
        style=_one_of(Style, style, "--style"),
        samples=samples,
        limit=limit,
        seed=seed,
        max_tokens=max_tokens,
    )
    with _Bar() as bar:
        figures = examine(
            settings,
            data=data,
            model=model,
            out=out,
            home=Home.locate(home),
            encoder=encoder,
            thinking=thinking,
            parallel=parallel,
            progress=bar.add,
        )
    _show(figures, as_json=as_json)


def _one_of(kinds: type[Kind], text: str, option: str) -> Kind:
    from corpora.errors import BadInput

    try:
        return kinds(text.casefold())
    except ValueError as error:
        raise BadInput(
            f"{option} {text} is not possible.", f"Choose from {', '.join(kinds)}."
        ) from error


class _Bar:
    """Items done, and how many of them are right."""

    def __init__(self) -> None:
        from rich.progress import Progress

        from ui.cli.output import errors

        self._bar = Progress(console=errors)
        self._task = self._bar.add_task("Opening the model", total=None)
        self._right = self._judged = 0

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def add(self, record: dict[str, Any], total: int) -> None:
        from evaluation.qa.report import correct, judged

        self._judged += len(judged([record]))
        self._right += correct(record)
        told = f"{self._right} of {self._judged} right"
        self._bar.update(self._task, advance=1, total=total, description=told)


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    from evaluation.qa.report import percent
    from ui.cli.output import console, print_json

    if as_json:
        print_json(figures)
        return
    counts = figures["counts"]
    console.print(
        f"{figures['title']}, {figures['model']}, {figures['mode']}, {figures['style']}:"
        f" {percent(figures['accuracy'])} % of {counts['judged']} items"
        f" (chance {100 * (figures['chance'] or 0):.1f});"
        f" no option told in {counts['unparsed']}, not judged"
        f" {counts['failed'] + counts['no key']}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"Report: {Path(figures['out']) / 'report.md'}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def compare(
    first: Annotated[Path, typer.Argument(help="A run's folder.")],
    second: Annotated[Path, typer.Argument(help="The folder of another run of the same suite.")],
    as_json: JsonOption = False,
) -> None:
    """Compare two runs of one suite item by item: McNemar's test and a paired bootstrap.

    Example: medcite evaluate compare runs/medqa-closed runs/medqa-grounded
    """
    from evaluation.qa.compare import compare as paired
    from evaluation.qa.compare import lines
    from ui.cli.output import console, print_json

    found = paired(first, second)
    if as_json:
        print_json(found.to_dict())
        return
    for line in lines(found):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def leaderboard(
    folder: Annotated[Path, typer.Argument(help="Runs of `evaluate qa` are below it.")],
    out: Annotated[Path, typer.Option(help="A name that ends in .html, .md or .svg.")],
) -> None:
    """Put all runs below a folder on one page, with intervals and a plot.

    Example: medcite evaluate leaderboard runs --out leaderboard.html
    """
    from evaluation.qa.leaderboard import gather, write
    from ui.cli.output import console

    runs = gather(folder)
    write(runs, out)
    console.print(f"{len(runs)} runs: {out}", highlight=False, markup=False, soft_wrap=True)
