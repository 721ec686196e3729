"""`medcite evaluate drafts`: answers from recorded replies of a language model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.benchmark_run import own_home, progress_bar, show
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from agent.judging import Judging

app = typer.Typer(no_args_is_help=True)

TrustedOption = Annotated[
    bool | None,
    typer.Option(
        "--trusted/--untrusted",
        help="Treat the recorded model as one that passed, or failed, the judging test; the"
        " default is untested, as it was.",
    ),
]


@app.command()
def export(
    questions: Annotated[Path, typer.Option(help='A file of {"id", "question"} lines.')],
    out: Annotated[Path, typer.Option(help="Folder for prompts, replies and answers.")],
    trusted: TrustedOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the exact prompts Medcite sends, for each question up to the first without a reply.

    The prompts go to OUT/pending.jsonl with their hash, role, messages and schema. Put replies into
    OUT/replies.jsonl (or several files replies-*.jsonl), {"hash": …, "reply": {…}} on each line,
    and run the command again: it continues where it stopped. Complete answers go to
    OUT/answers.jsonl.

    Example: medcite evaluate drafts export --home DEMO --questions q.jsonl --out drafts
    """
    import orjson

    from agent.assistant import Assistant
    from corpora.errors import storage_errors
    from evaluation.drafts.export import DraftQuestion
    from evaluation.drafts.export import export as run
    from evaluation.drafts.recordings import read_replies
    from ui.cli.output import configure_logging, console, print_json
    from ui.cli.output_files import whole_file
    from ui.cli.question_files import read_questions

    configure_logging()
    place = own_home(home)
    batch = [DraftQuestion(q.id, q.question) for q in read_questions(questions)]
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    replies = read_replies(out)
    with Assistant.open(place) as assistant, progress_bar() as progress:
        exported = run(assistant, batch, replies, progress, _judging(trusted))
    with whole_file(out / "pending.jsonl") as file:
        file.writelines(orjson.dumps(line).decode() + "\n" for line in exported.lines())
    with whole_file(out / "answers.jsonl") as file:
        file.writelines(answer.to_json().decode() + "\n" for answer in exported.answers)
    report = {
        "judging": _judging(trusted).value,
        "replies": len(replies),
        "answered": len(exported.answers),
        "failed": exported.failed,
        "pending": dict(exported.roles),
    }
    if as_json:
        print_json(report)
        return
    pending = ", ".join(f"{count} {role}" for role, count in exported.roles.items()) or "none"
    console.print(
        f"{len(batch)} questions: {len(exported.answers)} answered, {len(exported.failed)} failed;"
        f" prompts without a reply: {pending}; {_treated_as(trusted)}",
        highlight=False,
    )
    for identifier, reason in exported.failed.items():
        console.print(f"{identifier}: {reason}", highlight=False)


@app.command()
def score(
    recordings: Annotated[
        list[Path], typer.Option(help="Folder with questions.jsonl and replies*.jsonl; repeatable.")
    ],
    trusted: TrustedOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer graded questions with recorded replies and without a language model, and compare.

    The replies were written by a model or person other than MedGemma, so the figures are theirs.
    A reader's judgements of claims are read from a folder's claims.jsonl.
    --home names a data directory with the demo literature and its index.

    Example: medcite evaluate drafts score --home DEMO --recordings good-1 --recordings good-2
    """
    from agent.assistant import Assistant
    from evaluation.drafts.recordings import Judgement, read_judged, read_replies
    from evaluation.drafts.score import graded, report
    from evaluation.drafts.score import score as run
    from evaluation.reading.questions import read_questions as read_graded
    from ui.cli.output import configure_logging
    from ui.cli.question_files import read_questions

    configure_logging()
    place = own_home(home)
    replies: dict[str, str] = {}
    judged: dict[tuple[str, str], Judgement] = {}
    ids: dict[str, None] = {}
    for folder in recordings:
        ids |= dict.fromkeys(q.id for q in read_questions(folder / "questions.jsonl"))
        replies |= read_replies(folder)
        judged |= read_judged(folder)
    questions = graded(read_graded(), list(ids))
    with Assistant.open(place) as assistant, progress_bar() as progress:
        scores = run(assistant, questions, replies, progress, _judging(trusted), judged)
    folders = ", ".join(folder.name for folder in recordings)
    of = {"recordings": folders, "judging": _treated_as(trusted)}
    show(report(scores).about(of), place, as_json=as_json)


def _judging(trusted: bool | None) -> Judging:
    from agent.judging import Judging

    if trusted is None:
        return Judging.UNTESTED
    return Judging.PASSED if trusted else Judging.FAILED


def _treated_as(trusted: bool | None) -> str:
    """Say how the recorded model's judging is treated."""
    return f"the recorded model is treated as one that {_judging(trusted).words}"
