"""`medcite evaluate`: run the benchmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli import benchmarks, drafts, load, near_misses, peers, qa
from ui.cli.benchmark_run import own_home, progress_bar, show
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    ModelOption,
)

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
    from evaluation.report import Figure, Report
    from evaluation.retrieval.runs import (
        GAIN,
        MEASURES,
        compare,
        mean,
        measure,
        read_qrels,
        read_run,
    )

    judged = read_qrels(qrels)
    scores = measure(read_run(run), judged)
    figures = [Figure(name, mean(scores[name]), n=len(judged)) for name in MEASURES]
    of = {"run": str(run), "qrels": str(qrels)}
    if baseline is not None:
        base = measure(read_run(baseline), judged)["nDCG@10"]
        figures.append(Figure.of(GAIN, compare(scores["nDCG@10"], base), len(judged)))
        of["baseline"] = str(baseline)
    show(Report("run", figures, of), as_json=as_json)


@app.command()
def models(
    file: Annotated[Path, typer.Argument(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(help="Number of rounds; medians are shown.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast each backend runs a GGUF file, in one run.

    Example: medcite evaluate models SmolLM2-135M-Instruct.Q4_1.gguf
    """
    from evaluation.performance.model_speed import manners_microseconds, measure, report
    from ui.cli.output import configure_logging, errors

    configure_logging()
    with errors.status("Measuring; takes minutes…"):
        measured = report(measure(file, rounds=rounds), manners_microseconds())
    show(measured.about({"file": file.name, "rounds": rounds}), as_json=as_json)


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
    from evaluation.retrieval.benchmark import evaluate, prepare, report
    from retrieval.encoder import load_encoder
    from ui.cli.output import BuildBar, configure_logging

    configure_logging()
    place, loaded = own_home(home), load_encoder(encoder)
    with BuildBar(as_json=False) as bar:
        prepare(data, place, loaded, bar)
    rows = evaluate(data, place, loaded)
    show(report(rows).about({"data": data.name}), place, as_json=as_json)


@app.command()
def engines(
    data: Annotated[Path, typer.Option(help="Folder with queries.jsonl and qrels.txt.")],
    milvus: Annotated[str, typer.Option(help="Address of the published index.")],
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Number of questions, from the first.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the local engine with Milvus on a data set prepared by `retrieval`.

    Example: medcite evaluate engines --data bioasq-dev --home /tmp/bioasq --milvus m.db
    """
    from evaluation.retrieval.engines import compare_engines, report
    from retrieval.encoder import load_encoder
    from ui.cli.output import configure_logging

    configure_logging()
    place = own_home(home)
    rows = compare_engines(data, place, load_encoder(encoder), milvus, most)
    show(report(rows).about({"data": data.name}), place, as_json=as_json)


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
    from agent.assistant import Assistant
    from evaluation.answers.benchmark import spread
    from ui.cli.output import BuildBar, configure_logging

    configure_logging()
    place, of = own_home(home), {"data": data.name if data else "graded questions", "model": model}
    if data is None:
        from evaluation.reading.measure import ask_all
        from evaluation.reading.measure import report as graded_report
        from evaluation.reading.questions import in_other_words, part_of, read_questions

        questions = spread(part_of(read_questions(), part), limit)
        if reworded:
            questions = [in_other_words(question) for question in questions]
        of |= {"part": part, "worded": "in other words" if reworded else "as asked"}
        with (
            Assistant.open(place, encoder=encoder, model=model) as assistant,
            progress_bar() as progress,
        ):
            report = graded_report(ask_all(assistant, questions, progress))
    else:
        from evaluation.answers.benchmark import evaluate, read_experts
        from evaluation.answers.benchmark import report as experts_report
        from evaluation.retrieval.benchmark import prepare
        from retrieval.encoder import load_encoder

        experts = spread(read_experts(data), limit)
        with BuildBar(as_json=False) as bar:
            prepare(data, place, load_encoder(encoder), bar)
        with (
            Assistant.open(place, encoder=encoder, model=model) as assistant,
            progress_bar() as progress,
        ):
            report = experts_report(evaluate(assistant, experts, progress))
    show(report.about(of), place, as_json=as_json)


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
    from ui.cli.output import BuildBar, configure_logging

    configure_logging()
    place, records = own_home(home), read(data)
    with BuildBar(as_json=False) as bar:
        prepare(records, place, load_encoder(encoder), bar)
    with Assistant.open(place, encoder=encoder) as assistant, progress_bar() as progress:
        result = evaluate(assistant, records, progress)
    show(report(result).about({"data": data.name}), place, as_json=as_json)


@app.command()
def followups(as_json: JsonOption = False) -> None:
    """Rewrite hand-written follow-ups and count those that keep their meaning.

    Example: medcite evaluate followups
    """
    from evaluation.answers.followups import evaluate, read, report
    from retrieval.encoder import Meaning, load_encoder

    encoder = load_encoder()

    def meanings(texts: list[str]) -> Meaning:
        return Meaning(encoder.identity.fingerprint, encoder.encode_queries(texts))

    show(report(evaluate(read(), meanings)), as_json=as_json)


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
    from evaluation.boolean.comparison import compare_files, report

    place = Home.locate(home)
    show(report(compare_files(place, files or [])), place, as_json=as_json)


@app.command()
def designs(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Compare study designs with those read by a person in 240 articles of the demo literature.

    Example: medcite evaluate designs --home DEMO
    """
    from corpora.home import Home
    from evaluation.articles.designs import measure

    place = Home.locate(home)
    show(measure(place), place, as_json=as_json)


@app.command()
def typed(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what the planner changes in the graded questions, and count corrected typing errors.

    Example: medcite evaluate typed --home DEMO
    """
    from corpora.home import Home
    from evaluation.reading.typed import measure

    place = Home.locate(home)
    show(measure(place), place, as_json=as_json)
