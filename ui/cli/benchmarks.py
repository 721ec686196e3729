"""`medcite evaluate verification`, `performance`, `decode-limit`, `rerank`, `screening` etc."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.benchmark_run import own_home, progress_bar, show
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home
    from evaluation.report import Report


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
    as_json: JsonOption = False,
) -> None:
    """Measure the verifier: near misses, people's labels, checks left out, speed.

    Example: medcite evaluate verification blind --data evaluation-data
    """
    from corpora.home import Home
    from evaluation.verification.benchmarks import run
    from ui.cli.output import configure_logging

    configure_logging()
    place = Home.locate(home)
    report = run(
        benchmark,
        place,
        data=data,
        healthver=healthver,
        answers=answers,
        questions=questions,
        model=model,
        part=part,
        baselines=baselines,
    )
    show(report, place, as_json=as_json, out=out)


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
    as_json: JsonOption = False,
) -> None:
    """Measure Gemma 3 27B's decoding against memory bandwidth; needs a large GPU.

    Example: medcite evaluate decode-limit --tokens 256
    """
    from agent.models.catalogue import CONFIG_27B
    from evaluation.performance.decode_limit import measure, report

    measured = {
        words: measure(CONFIG_27B, device, prompt=prompt, tokens=tokens, compiled=compiled)
        for words, compiled in (("eager", False), ("compiled", True))
    }
    of = {"device": device, "prompt": prompt, "tokens": tokens}
    show(report(measured).about(of), as_json=as_json)


def rerank(
    data: Annotated[Path, typer.Option(help="A folder prepared by `evaluate retrieval`.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure whether the reader's scores improve the order of articles.

    Example: medcite evaluate rerank --data bioasq-dev --home /tmp/bioasq
    """
    from evaluation.reading.rerank import by_weight

    place = own_home(home)
    show(by_weight(place, data).about({"data": data.name}), place, as_json=as_json)


def leave_out(
    home: HomeOption = None,
    cache: Annotated[Path | None, typer.Option(help="File that caches vectors.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure what each group of the reader's features contributes; needs the extra `training`.

    Example: medcite evaluate leave-out --home DEMO
    """
    from evaluation.reading.leave_out import report

    place = own_home(home)
    show(report(place, cache), place, as_json=as_json)


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
    from contextlib import closing

    from agent.models.choice import open_model, parse_model
    from agent.table.table import cells_of
    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus
    from evaluation.table.annotations import read_annotations
    from evaluation.table.measure import by_rules, chosen_by, measure, report

    place = Home.locate(home)
    if questions:
        part = {"dev": "tune", "blind2": "blind"}.get(part, part)
        show(_own_columns(place, part).about({"part": part}), place, as_json=as_json)
        return
    with open_corpus(place.corpus) as store:
        annotated = read_annotations(store, part)
    if not annotated:
        raise BadInput(f"No abstract in part “{part}” is annotated.", "Try --part dev.")
    if opened := open_model(parse_model(model, place)):
        with closing(opened):
            figures, faults = measure(annotated, chosen_by(opened))
    else:
        figures, faults = measure(annotated, by_rules if rules else cells_of)
    by = model if opened else "rules alone" if rules else "rules and tagger"
    of = {"part": part, "abstracts": len(annotated), "cells by": by}
    show(report(figures, faults if wrong else ()).about(of), place, as_json=as_json)


def _own_columns(place: Home, part: str) -> Report:
    from corpora.store import open_corpus
    from evaluation.reading.own_columns import measure_questions
    from evaluation.reading.questions import part_of, read_questions
    from ui.cli.loading import open_searcher
    from ui.cli.options import DEFAULT_ENCODER
    from ui.cli.output import configure_logging

    configure_logging()
    questions = part_of(read_questions(), part)
    with (
        open_searcher(place, DEFAULT_ENCODER, None) as searcher,
        open_corpus(place.corpus) as store,
        progress_bar() as progress,
    ):
        return measure_questions(searcher, store, questions, progress)


def screening(
    data: Annotated[Path, typer.Option(help="A folder prepared by `evaluate retrieval`.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how much of a ranking to screen to find 95 % of the relevant articles; takes minutes.

    Example: medcite evaluate screening --data bioasq-dev --home /tmp/bioasq
    """
    from evaluation.screening import evaluate, report
    from retrieval.encoder import load_encoder
    from ui.cli.output import configure_logging

    configure_logging()
    place = own_home(home)
    with progress_bar("Screening") as progress:
        screened = evaluate(data, place, load_encoder(), progress)
    show(report(screened).about({"data": data.name}), place, as_json=as_json)


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
