"""`medcite evaluate`: run the benchmarks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli import benchmarks, drafts, load, near_misses, peers, qa
from ui.cli.benchmark_home import own_home
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    ModelOption,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from corpora.home import Home
    from evaluation.reading.questions import GradedQuestion
    from evaluation.retrieval.benchmark import BenchmarkRow
    from evaluation.retrieval.runs import Difference

app = typer.Typer(no_args_is_help=True)
app.add_typer(drafts.app, name="drafts", help="Answers from recorded replies of a language model.")
app.add_typer(peers.app, name="peers", help="Other systems on the same articles and questions.")
app.command("qa")(qa.qa)
app.command("compare")(qa.compare)
app.command("leaderboard")(qa.leaderboard)
app.command("verification")(benchmarks.verification)
app.command("performance")(benchmarks.performance)
app.command("load")(load.load)
app.command("decode-limit")(benchmarks.decode_limit)
app.command("table")(benchmarks.table)
app.command("near")(near_misses.near)
app.command("rerank")(benchmarks.rerank)
app.command("screening")(benchmarks.screening)
app.command("leave-out")(benchmarks.leave_out)
app.command("growth")(benchmarks.growth)
_MEASURES = ("nDCG@10", "recall@10", "recall@100", "hit@5")


@app.command()
def run(
    run: Annotated[Path, typer.Argument(help="A TREC run.")],
    qrels: Annotated[Path, typer.Option(help="Relevance judgements in TREC format.")],
    baseline: Annotated[Path | None, typer.Option(help="A run to compare with.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a run against relevance judgements, and against another run by paired bootstrap.

    Example: medcite evaluate run run.trec --qrels qrels.txt --baseline bm25.trec
    """
    from evaluation.retrieval.runs import compare, mean, measure, read_qrels, read_run
    from ui.cli.output import console, print_json

    judged = read_qrels(qrels)
    scores = measure(read_run(run), judged)
    means: dict[str, Any] = {name: round(mean(scores[name]), 4) for name in _MEASURES}
    gain = None
    if baseline is not None:
        gain = compare(scores["nDCG@10"], measure(read_run(baseline), judged)["nDCG@10"])
        means["gain"] = asdict(gain)
    if as_json:
        print_json(means)
        return
    for name in _MEASURES:
        console.print(f"{name:<11} {means[name]:.4f}", highlight=False)
    if gain:
        console.print(f"nDCG@10 over the baseline: {_difference(gain)}", highlight=False)


@app.command()
def models(
    file: Annotated[Path, typer.Argument(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(help="Number of rounds; medians are shown.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast each backend runs a GGUF file, in one run.

    Example: medcite evaluate models SmolLM2-135M-Instruct.Q4_1.gguf
    """
    from evaluation.performance.model_speed import manners_microseconds, measure
    from ui.cli.output import configure_logging, console, errors, print_json

    configure_logging()
    with errors.status("Measuring; takes minutes…"):
        speeds = measure(file, rounds=rounds)
        manners = manners_microseconds()
    if as_json:
        rows = [asdict(speed) for speed in speeds]
        print_json({"backends": rows, "manners_microseconds": manners})
        return
    fastest = max(speed.decode for speed in speeds)
    for s in speeds:
        counts = "" if s.reused is None else f" ({s.reused} of {s.prompt} tokens reused)"
        extra = (
            f"; overhead {s.overhead_microseconds:,.0f} µs per token,"
            f" {s.overhead_microseconds / s.milliseconds_a_token / 10:.1f} %"
            if s.overhead_microseconds is not None
            else ""
        )
        console.print(
            f"{s.backend:<13}{s.decode:6.1f} tokens/s ({s.decode / fastest:.2f} of the fastest);"
            f" first token {s.cold:.2f} s cold, {s.warm:.2f} s warm{counts}{extra}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(f"ChatModel alone: {manners:.1f} µs per token", highlight=False)


@app.command()
def retrieval(
    data: Annotated[Path, typer.Option(help="Folder with queries.jsonl, corpus.jsonl, qrels.txt.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Import and index a judged data set, then measure baselines, stages and the default.

    Use a separate data directory: everything in it is searched.

    Example: medcite evaluate retrieval --data bioasq-dev --home /tmp/bioasq
    """
    from evaluation.retrieval.benchmark import evaluate, prepare
    from retrieval.encoder import load_encoder
    from ui.cli.output import BuildBar, configure_logging, print_json

    configure_logging()
    place, loaded = own_home(home), load_encoder(encoder)
    with BuildBar(as_json=False) as bar:
        prepare(data, place, loaded, bar)
    rows = evaluate(data, place, loaded)
    if as_json:
        print_json([asdict(row) for row in rows])
    else:
        _print(rows)


@app.command()
def engines(
    data: Annotated[Path, typer.Option(help="Folder with queries.jsonl and qrels.txt.")],
    milvus: Annotated[str, typer.Option(help="Address of the published index.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Number of questions, from the first.")
    ] = None,
) -> None:
    """Compare the local engine with Milvus on a data set prepared by `retrieval`.

    Example: medcite evaluate engines --data bioasq-dev --home /tmp/bioasq --milvus m.db
    """
    from evaluation.retrieval.engines import compare_engines
    from retrieval.encoder import load_encoder
    from ui.cli.output import configure_logging, print_json

    configure_logging()
    rows = compare_engines(data, own_home(home), load_encoder(encoder), milvus, most)
    print_json([asdict(row) for row in rows])


def _print(rows: list[BenchmarkRow]) -> None:
    from rich.table import Table

    from ui.cli.output import console

    table = Table("", *_MEASURES, "gain in nDCG@10", "held-out third", "its gain")
    for row in rows:
        table.add_row(
            row.name,
            *(f"{row.measures[name]:.4f}" for name in _MEASURES),
            _difference(row.gain),
            f"{row.held_out['nDCG@10']:.4f}",
            _difference(row.gain_held_out),
        )
    console.print(table)


def _difference(gain: Difference | None) -> str:
    return f"{gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]" if gain else ""


@app.command()
def answers(
    data: Annotated[
        Path | None, typer.Option(help="Folder with answers.jsonl and corpus.jsonl (BioASQ).")
    ] = None,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    model: ModelOption = "none",
    part: Annotated[
        str, typer.Option(help="Part of the graded questions: train, tune or blind.")
    ] = "blind",
    reworded: Annotated[
        bool, typer.Option("--reworded", help="Ask the graded questions in other words.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Number of questions, spread over the file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score answers to the graded questions on the demo, or compare answers with experts'.

    The graded questions ship with Medcite; --home then names a data directory with the demo
    literature and its index. With --data, the data set is imported and indexed in --home.

    Example: medcite evaluate answers --home DEMO

    Example: medcite evaluate answers --data bioasq-dev --home /tmp/bioasq

    Example: medcite evaluate answers --data DATA --home HOME --model smollm2 --limit 40
    """
    from evaluation.answers.benchmark import spread

    if data is None:
        from evaluation.reading.questions import in_other_words, part_of, read_questions

        questions = spread(part_of(read_questions(), part), limit)
        if reworded:
            questions = [in_other_words(question) for question in questions]
        _graded(own_home(home), encoder, model, questions, as_json=as_json)
        return
    from agent.assistant import Assistant
    from evaluation.answers.benchmark import evaluate, read_experts, report
    from evaluation.retrieval.benchmark import prepare
    from retrieval.encoder import load_encoder
    from ui.cli.output import BuildBar, configure_logging, print_json

    configure_logging()
    place, experts = own_home(home), spread(read_experts(data), limit)
    with BuildBar(as_json=False) as bar:
        prepare(data, place, load_encoder(encoder), bar)
    with (
        Assistant.open(place, encoder=encoder, model=model) as assistant,
        _asking(len(experts)) as progress,
    ):
        quality = evaluate(assistant, experts, progress)
    if as_json:
        print_json(asdict(quality))
    else:
        _print_figures(report(quality))


def _graded(
    place: Home, encoder: str, model: str, questions: Sequence[GradedQuestion], *, as_json: bool
) -> None:
    from agent.assistant import Assistant
    from evaluation.reading.measure import ask_all, report
    from evaluation.reading.questions import figures
    from ui.cli.output import configure_logging, print_json

    configure_logging()
    with (
        Assistant.open(place, encoder=encoder, model=model) as assistant,
        _asking(len(questions)) as progress,
    ):
        shown = ask_all(assistant, questions, progress)
    if as_json:
        print_json(figures(shown))
    else:
        _print_figures(report(shown))


@contextmanager
def _asking(count: int) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar for `count` questions; yield its update callback (done, total)."""
    from rich.progress import Progress

    from ui.cli.output import errors

    with Progress(console=errors) as bar:
        task = bar.add_task("Asking", total=count)
        yield lambda done, _: bar.update(task, completed=done)


def _print_figures(figures: Iterable[tuple[str, object]]) -> None:
    from ui.cli.output import console

    for name, value in figures:
        console.print(f"{name:<38}{value}", highlight=False)


@app.command()
def pubmedqa(
    data: Annotated[Path, typer.Option(help="PubMedQA's file, such as ori_pqal.json.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Import PubMedQA's abstracts, ask its questions, and count those that find their own article.

    Example: medcite evaluate pubmedqa --data ori_pqal.json --home /tmp/pubmedqa
    """
    from agent.assistant import Assistant
    from evaluation.answers.pubmedqa import evaluate, prepare, read, report
    from retrieval.encoder import load_encoder
    from ui.cli.output import BuildBar, configure_logging, print_json

    configure_logging()
    place, records = own_home(home), read(data)
    with BuildBar(as_json=False) as bar:
        prepare(records, place, load_encoder(encoder), bar)
    with Assistant.open(place, encoder=encoder) as assistant, _asking(len(records)) as progress:
        result = evaluate(assistant, records, progress)
    if as_json:
        print_json(asdict(result))
    else:
        _print_figures(report(result))


@app.command()
def followups(as_json: JsonOption = False) -> None:
    """Rewrite hand-written follow-ups and count those that keep their meaning.

    Example: medcite evaluate followups
    """
    from evaluation.answers.followups import by_kind, by_set, evaluate, read
    from retrieval.encoder import Meaning, load_encoder
    from ui.cli.output import print_json

    encoder = load_encoder()

    def meanings(texts: list[str]) -> Meaning:
        return Meaning(encoder.identity.fingerprint, encoder.encode_queries(texts))

    outcomes = evaluate(read(), meanings)
    shares = {
        name: (
            sum(outcome.right for outcome in outcomes if outcome.followup.set == name),
            len(followups_of_set),
        )
        for name, followups_of_set in by_set(read()).items()
    }
    kinds = by_kind(outcomes)
    if as_json:
        print_json({"sets": shares, "kinds": kinds})
        return
    rows = (*shares.items(), *kinds.items())
    _print_figures((name, f"{right} of {count}") for name, (right, count) in rows)


@app.command()
def boolean(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help='Gzipped JSON Lines, each with a "query" in PubMed\'s syntax.'),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare Boolean search with a direct evaluation over the records, on generated queries and
    then those of files.

    Example: medcite evaluate boolean --home DEMO queries.jsonl.gz
    """
    from corpora.home import Home
    from evaluation.boolean.comparison import compare_files
    from ui.cli.output import console, print_json

    compared = compare_files(Home.locate(home), files or [])
    if as_json:
        print_json({name: asdict(report) for name, report in compared})
        return
    for name, report in compared:
        console.print(f"{name}: {report}", highlight=False, markup=False, soft_wrap=True)
        for line in report.different:
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
