"""`medcite evaluate verification`, `performance`, `decode-limit`, `rerank`, `screening` etc."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from evaluation.table.measure import ColumnFigures


def verification(
    benchmark: Annotated[
        str,
        typer.Argument(
            help="blind, written, checks, people, perturbations, speed, citations or model."
        ),
    ],
    home: HomeOption = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the evaluation data.")] = None,
    healthver: Annotated[Path | None, typer.Option(help="HealthVer's CSV, for model.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Folder with answers.jsonl.")] = None,
    questions: Annotated[int, typer.Option(min=1, help="How many, drawn at random.")] = 300,
    model: Annotated[str, typer.Option(help="A language model to verify with.")] = "none",
    part: Annotated[str, typer.Option(help="For written: train, tune, test, blind.")] = "test",
    baselines: Annotated[bool, typer.Option("--baselines", help="Cosine and ROUGE-L too.")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for all figures.")] = None,
) -> None:
    """Measure the verifier: near misses, people's labels, checks left out, speed.

    Example: medcite evaluate verification blind --data evaluation-data
    """
    from corpora.errors import storage_errors
    from corpora.home import Home
    from evaluation.verification.benchmarks import run
    from ui.cli.output import configure_logging

    configure_logging()
    result = run(
        benchmark,
        Home.locate(home),
        data=data,
        healthver=healthver,
        answers=answers,
        questions=questions,
        model=model,
        part=part,
        baselines=baselines,
    )
    print(result.table)
    if out:
        with storage_errors(out):
            out.write_text(json.dumps(result.figures, indent=1) + "\n", "utf-8")


def performance(
    benchmark: Annotated[
        str,
        typer.Argument(
            help="reading, encoding, searching, rebuilding, asking, scaling, helper or keeping-up."
        ),
    ],
    paths: Annotated[list[Path], typer.Argument(help="PubMed files, or data directories.")],
    articles: Annotated[int, typer.Option(help="For encoding, scaling and keeping-up.")] = 2_000,
    vectors: Annotated[int, typer.Option(help="For searching.")] = 1_000_000,
    dense_type: Annotated[str, typer.Option(help="For searching.")] = "ivf",
    questions: Annotated[Path | None, typer.Option(help="JSON Lines, for asking, helper.")] = None,
    days: Annotated[int, typer.Option(min=1, help="For keeping-up.")] = 365,
    keep: Annotated[
        Path | None,
        typer.Option(help="For scaling, searching: folder to build in; if built, search it again."),
    ] = None,
) -> None:
    """Measure speed on this machine and print JSON.

    Example: medcite evaluate performance asking HOME --questions queries.jsonl
    """
    from evaluation.performance.benchmarks import run
    from ui.cli.output import configure_logging, print_json

    configure_logging()
    print_json(
        run(
            benchmark,
            paths,
            articles=articles,
            vectors=vectors,
            dense_type=dense_type,
            questions=questions,
            days=days,
            keep=keep,
        )
    )


def decode_limit(
    device: Annotated[str, typer.Option(help="A torch device.")] = "cuda",
    prompt: Annotated[int, typer.Option(help="Prompt length in tokens.")] = 4_096,
    tokens: Annotated[int, typer.Option(help="Tokens to decode.")] = 128,
) -> None:
    """Measure Gemma 3 27B's decoding against memory bandwidth; needs a large GPU.

    Example: medcite evaluate decode-limit --tokens 256
    """
    from dataclasses import asdict

    from agent.models.catalogue import CONFIG_27B
    from evaluation.performance.decode_limit import measure
    from ui.cli.output import print_event

    for compiled in (False, True):
        rates = measure(CONFIG_27B, device, prompt=prompt, tokens=tokens, compiled=compiled)
        print_event({"compiled": compiled, **asdict(rates)})


def rerank(
    data: Annotated[Path, typer.Option(help="A folder prepared by `evaluate retrieval`.")],
    home: HomeOption = None,
) -> None:
    """Measure whether the reader's scores improve the order of articles.

    Example: medcite evaluate rerank --data bioasq-dev --home /tmp/bioasq
    """
    from evaluation.reading.rerank import by_weight
    from ui.cli.benchmark_home import own_home

    for weight, gain, held_out in by_weight(own_home(home), data):
        print(f"weight {weight}: {gain:.4f}, held out {held_out:.4f}")


def leave_out(
    home: HomeOption = None,
    cache: Annotated[Path | None, typer.Option(help="File that caches vectors.")] = None,
) -> None:
    """Measure what each group of the reader's features contributes; needs the extra `training`.

    Example: medcite evaluate leave-out --home DEMO
    """
    from evaluation.reading.leave_out import lines
    from ui.cli.benchmark_home import own_home

    for line in lines(own_home(home), cache):
        print(line, flush=True)


def table(
    home: HomeOption = None,
    part: Annotated[
        str, typer.Option(help="Part of the annotations: dev, tune, blind, blind2 or train.")
    ] = "blind2",
    questions: Annotated[
        bool,
        typer.Option("--questions", help="Measure custom columns on the graded questions."),
    ] = False,
    wrong: Annotated[bool, typer.Option("--wrong", help="List the cells that are wrong.")] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="Measure the rules alone, without the tagger.")
    ] = False,
    model: Annotated[
        str, typer.Option(help="Measure what this language model adds to the table instead.")
    ] = "none",
    as_json: JsonOption = False,
) -> None:
    """Measure the columns of evidence tables on annotated abstracts of the demo literature.

    Example: medcite evaluate table --home DEMO --part dev --wrong

    Example: medcite evaluate table --home DEMO --rules

    Example: medcite evaluate table --home DEMO --questions
    """
    if questions:
        named = {"dev": "tune", "blind2": "blind"}.get(part, part)
        _own_columns(home, named, as_json=as_json)
        return
    from contextlib import closing

    from agent.models.choice import open_model, parse_model
    from agent.table.table import cells_of
    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus
    from evaluation.table.annotations import read_annotations
    from evaluation.table.measure import by_rules, chosen_by, measure
    from ui.cli.output import console, print_json

    with open_corpus(Home.locate(home).corpus) as store:
        annotated = read_annotations(store, part)
    if not annotated:
        raise BadInput(f"No abstract in part “{part}” is annotated.", "Try --part dev.")
    if opened := open_model(parse_model(model, Home.locate(home))):
        with closing(opened):
            figures, faults = measure(annotated, chosen_by(opened))
    else:
        figures, faults = measure(annotated, by_rules if rules else cells_of)
    if as_json:
        print_json({column.name: _shares(column) for column in figures})
        return
    console.print(f"{len(annotated)} abstracts ({part})", highlight=False)
    console.print(f"{'column':<20}{'precision':<24}{'of':>4}  {'recall':<24}{'of':>4}")
    for column in figures:
        if not (column.precision.count or column.recall.count):
            continue  # not annotated in this part
        console.print(
            f"{column.name:<20}{column.precision!s:<24}{column.precision.count:>4}"
            f"  {column.recall!s:<24}{column.recall.count:>4}",
            highlight=False,
            markup=False,
        )
    for fault in faults if wrong else ():
        annotated_text = " | ".join(fault.annotated) or "nothing"
        console.print(
            f"{fault.pmid} {fault.column}: {fault.text!r}; annotated: {annotated_text}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )


def _shares(figures: ColumnFigures) -> dict[str, object]:
    return {
        name: {
            "right": s.right,
            "of": s.count,
            "value": s.value if s.count else None,
            "interval": s.interval if s.count else None,
        }
        for name, s in (("precision", figures.precision), ("recall", figures.recall))
    }


def _own_columns(home: Path | None, part: str, *, as_json: bool) -> None:
    from rich.progress import Progress

    from corpora.home import Home
    from corpora.store import open_corpus
    from evaluation.reading.own_columns import measure_questions
    from evaluation.reading.questions import part_of, read_questions
    from ui.cli.loading import open_searcher
    from ui.cli.options import DEFAULT_ENCODER
    from ui.cli.output import configure_logging, console, errors, print_json

    configure_logging()
    place, questions = Home.locate(home), part_of(read_questions(), part)
    with (
        open_searcher(place, DEFAULT_ENCODER, None) as searcher,
        open_corpus(place.corpus) as store,
        Progress(console=errors) as bar,
    ):
        task = bar.add_task("Asking", total=len(questions))
        figures = measure_questions(
            searcher, store, questions, lambda done, _: bar.update(task, completed=done)
        )
    shares = {name: getattr(figures, name) for name in ("precision", "misleading", "recall")}
    if as_json:
        print_json({name: {"right": s.right, "of": s.count} for name, s in shares.items()})
        return
    for name, share in shares.items():
        console.print(f"{name:<12}{share} of {share.count}", highlight=False, markup=False)


def screening(
    data: Annotated[Path, typer.Option(help="A folder prepared by `evaluate retrieval`.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how much of a ranking to screen to find 95 % of the relevant articles; takes minutes.

    Example: medcite evaluate screening --data bioasq-dev --home /tmp/bioasq
    """
    from dataclasses import asdict

    from rich.progress import Progress

    from evaluation.screening import evaluate, report
    from retrieval.encoder import load_encoder
    from ui.cli.benchmark_home import own_home
    from ui.cli.output import configure_logging, errors, print_json

    configure_logging()
    with Progress(console=errors) as bar:
        task = bar.add_task("Screening", total=None)
        screened = evaluate(
            data,
            own_home(home),
            load_encoder(),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if as_json:
        print_json([asdict(topic) | {"share": topic.share} for topic in screened])
        return
    for name, figures in report(screened):
        print(f"{name}: {figures}")


def growth(
    measured: Annotated[
        Path, typer.Argument(help="JSON Lines of `evaluate performance scaling`, one per size.")
    ],
    to: Annotated[int, typer.Option(help="Articles to extrapolate to.")] = 40_000_000,
    out: Annotated[Path | None, typer.Option(help="SVG file for the curves.")] = None,
) -> None:
    """Fit how time, disk and memory grow with the corpus, extrapolate, and print a table.

    Example: medcite evaluate growth docs/scale-measurements.jsonl --out docs/scale.svg
    """
    from corpora.errors import storage_errors
    from corpora.lines import read_lines
    from evaluation.performance.growth import fit, svg, table

    laws = fit([json.loads(line) for line in read_lines(measured) if line.strip()], to)
    print(table(laws, to))
    if out:
        with storage_errors(out):
            out.write_text(svg(laws, to), "utf-8")
