"""`medcite evaluate qa` and `compare`: run multiple-choice sets, and compare two runs."""

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
            help="The run's folder, resumed if it exists; default: one in the data directory,"
            " whose runs the application shows.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = "none",
    mode: Annotated[
        str,
        typer.Option(
            help="What to answer from: closed (the model's memory), grounded (the index in"
            " --home) or given (the set's own text)."
        ),
    ] = "closed",
    style: Annotated[
        str, typer.Option(help="free (written, then parsed) or constrained (a letter by schema).")
    ] = "free",
    samples: Annotated[
        int, typer.Option(min=1, help="Replies per item; the most frequent answer wins.")
    ] = 1,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Number of items, drawn with --seed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed for items and replies.")] = 0,
    thinking: ThinkingOption = "off",
    max_tokens: Annotated[
        int, typer.Option(min=1, help="Maximum length of a reply, without thinking.")
    ] = 1024,
    parallel: Annotated[
        int, typer.Option(min=1, help="Parallel requests, for a server that batches.")
    ] = 1,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Run a multiple-choice set closed-book, grounded in the index, or with its own context.

    Writes items.jsonl (every prompt, reply, parse and vote), report.json and report.md.
    If interrupted, run the same command again to resume.

    Example: medcite evaluate qa medqa --data mcq --model medgemma-27b:Q4_K_M --thinking auto
    --samples 5 --out runs/medqa

    Example: medcite evaluate qa pubmedqa --data pubmedqa --mode given --model smollm2 --limit 20
    --out runs/pubmedqa
    """
    from corpora.home import Home
    from evaluation.qa.examination import examine
    from evaluation.qa.prompts import PromptMode, Style
    from evaluation.qa.runner import Settings
    from ui.cli.output import configure_logging

    configure_logging()
    settings = Settings(
        suite=suite.casefold(),
        mode=_one_of(PromptMode, mode, "--mode"),
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
            f"{option} {text} is not a valid value.", f"Choose from {', '.join(kinds)}."
        ) from error


class _Bar:
    """A progress bar of items done, and how many of them are correct."""

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
        description = f"{self._right} of {self._judged} right"
        self._bar.update(self._task, advance=1, total=total, description=description)


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
        f" no option given in {counts['unparsed']}, not judged"
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
    """Compare two runs of one suite item by item, by McNemar's test and a paired bootstrap.

    Example: medcite evaluate compare runs/medqa-closed runs/medqa-grounded
    """
    from evaluation.qa.compare import compare as paired
    from ui.cli.benchmark_run import show

    show(paired(first, second), as_json=as_json)


def leaderboard(
    folder: Annotated[Path, typer.Argument(help="Folder that contains runs of `evaluate qa`.")],
    out: Annotated[Path, typer.Option(help="Output file: .html, .md or .svg.")],
) -> None:
    """Summarise all runs below a folder on one page, with intervals and a plot.

    Example: medcite evaluate leaderboard runs --out leaderboard.html
    """
    from evaluation.qa.leaderboard import gather, write
    from ui.cli.output import console

    runs = gather(folder)
    write(runs, out)
    console.print(f"{len(runs)} runs: {out}", highlight=False, markup=False, soft_wrap=True)
