"""`medcite evaluate peers`: other systems on the same articles and questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.benchmark_run import own_home, show
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home

app = typer.Typer(no_args_is_help=True)

PaperQaOption = Annotated[
    Path | None,
    typer.Option(
        "--paper-qa",
        help="Python interpreter of an environment with evaluation/peers/requirements.txt.",
    ),
]


@app.command()
def search(
    home: HomeOption = None,
    paper_qa: PaperQaOption = None,
    part: Annotated[str, typer.Option(help="Part of the graded questions.")] = "tune",
    articles: Annotated[int, typer.Option(min=1, help="Number of articles.")] = 1_000,
    as_json: JsonOption = False,
) -> None:
    """Compare bm25s, a MedRAG-like pipeline, paper-qa and Medcite: ranking, and what they show.

    --home names a data directory with the demo literature; it is only read. Times are
    processor times, as multiples of bm25s's. Without --paper-qa, paper-qa is left out.

    Example: medcite evaluate peers search --home DEMO --paper-qa peers-venv/bin/python
    """
    import tempfile

    from corpora.store import open_corpus
    from evaluation.peers.comparison import compare, report
    from evaluation.peers.sample import choose
    from evaluation.reading.questions import part_of, read_questions
    from ui.cli.output import configure_logging, errors

    configure_logging()
    place, questions = own_home(home), part_of(read_questions(), part)
    with open_corpus(place.corpus) as store:
        chosen = choose(store, questions, articles)
    with tempfile.TemporaryDirectory() as folder, errors.status("Starting…") as status:
        comparison = compare(
            chosen, questions, Path(folder), paper_qa, lambda name: status.update(f"{name}…")
        )
    show(report(comparison).about({"part": part}), as_json=as_json)


@app.command()
def answers(
    home: HomeOption = None,
    paper_qa: PaperQaOption = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Folder for prompts without a reply and a sheet for judges."),
    ] = None,
    replies: Annotated[
        Path | None, typer.Option(help="Folder with replies*.jsonl; default: the recorded ones.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare answers of paper-qa and Medcite with recorded replies, as judges scored them.

    The judgements are read from the recording. With --export and --paper-qa, both systems answer
    again over all articles of --home, for new judgements.

    Example: medcite evaluate peers answers

    Example: medcite evaluate peers answers --home DEMO --paper-qa PYTHON --export DIR
    """
    from corpora.errors import BadInput
    from evaluation.peers.judging import DATA, read_judged, report
    from evaluation.reading.questions import read_questions
    from ui.cli.output import configure_logging, console

    configure_logging()
    if export is None:
        answerable = {each.id for each in read_questions() if each.answerable}
        show(report(read_judged(DATA / "judged.jsonl"), answerable), as_json=as_json)
        return
    if paper_qa is None:
        raise BadInput("--export needs --paper-qa.", "Name the interpreter that has paper-qa.")
    console.print(_export(own_home(home), paper_qa, export, replies or DATA), highlight=False)


def _export(home: Home, python: Path, folder: Path, replies: Path) -> str:
    """Write pending.jsonl and judge.md; return a line that counts what they have."""
    import orjson

    from agent.assistant import Assistant
    from corpora.errors import storage_errors
    from corpora.store import open_corpus
    from evaluation.drafts.recordings import read_replies
    from evaluation.drafts.score import graded
    from evaluation.peers.comparison import paper_qa
    from evaluation.peers.judging import sheet, systems
    from evaluation.peers.written import RECORDING, SETTINGS, by_medcite, by_paper_qa, choose
    from evaluation.reading.questions import read_questions as read_graded
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file
    from ui.cli.question_files import read_questions

    ids = [each.id for each in read_questions(RECORDING / "questions.jsonl")]
    questions = choose(graded(read_graded(), ids))
    with open_corpus(home.corpus) as store:
        articles = {each.pmid: each for _, each in store.articles() if not each.retracted}
    with errors.status("paper-qa…") as status:
        system = paper_qa("paper-qa", SETTINGS, python)
        theirs, pending = by_paper_qa(
            list(articles.values()), questions, system, read_replies(replies)
        )
        status.update("Medcite…")
        with Assistant.open(home) as assistant:
            own = dict(by_medcite(assistant, questions, read_replies(RECORDING)))
    both = [each for each in questions if each.id in theirs and each.id in own]
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / "pending.jsonl") as file:
        file.writelines(orjson.dumps(prompt).decode() + "\n" for prompt in pending)
    with whole_file(folder / "judge.md") as file:
        file.writelines(
            sheet(each, systems(theirs[each.id], own[each.id]), articles) + "\n" for each in both
        )
    return (
        f"{len(questions)} questions: answers by paper-qa {len(theirs)}, by Medcite {len(own)};"
        f" {len(pending)} prompts without a reply; {len(both)} questions to judge"
    )
