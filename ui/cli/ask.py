"""`medcite ask`: a grounded answer to one question, or to a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from ui.cli.filter_options import FROM_OPTIONS, FiltersFromOptions, takes_filters
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    FallbackOption,
    FlaggedOption,
    HomeOption,
    JsonOption,
    ModelOption,
    RerankerOption,
    SamplesOption,
    ThinkingOption,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.answer import Answer, Flagged
    from agent.assistant import Assistant, Step
    from agent.conversations.threads import Thread
    from agent.run_monitor import Watch
    from corpora.home import Home
    from retrieval.passage import Filters
    from ui.services.search_log import SearchLog


@takes_filters()
def ask(
    question: Annotated[str | None, typer.Argument(help="A clinical question.")] = None,
    home: HomeOption = None,
    questions: Annotated[
        Path | None, typer.Option(help='Many questions: a file of {"id", "question"} lines.')
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where their answers go: JSON, one a line, or a .md file.")
    ] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    flagged: FlaggedOption = "show",
    encoder: EncoderOption = DEFAULT_ENCODER,
    reranker: RerankerOption = None,
    model: ModelOption = "none",
    fallback: FallbackOption = False,
    thinking: ThinkingOption = "off",
    show_thinking: Annotated[
        bool, typer.Option("--show-thinking", help="Print what the model thought.")
    ] = False,
    samples: SamplesOption = 1,
    thread: Annotated[
        str | None,
        typer.Option("--thread", help="A conversation to ask in, by name or id; new if unknown."),
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Ask in the conversation used last.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the indexed literature, each sentence with its source and verdict.

    Example: medcite ask "Does tocilizumab lower mortality in severe COVID-19?"

    Example: medcite ask --continue "and in women?"

    Example: medcite ask --questions q.jsonl --out answers.jsonl
    """
    from agent.models.choice import NONE
    from agent.models.thinking import OFF
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.question_files import read_questions
    from ui.services.filter_check import check_filters

    if (question is None) == (questions is None):
        raise BadInput("Give either a question or --questions.", "See: medcite ask --help")
    if (questions is None) != (out is None):
        raise BadInput("--questions and --out go together.", "See: medcite ask --help")
    place = Home.locate(home)
    check_filters(place, filters)
    _check_thread(place, question, thread, go_on=go_on)
    asked = read_questions(questions) if questions else []
    kept_nowhere = thread is None and not go_on
    as_any_server = (model, reranker, thinking, samples) == (NONE, None, OFF, 1)
    # Before anything heavy is imported: what `_check` looks at, a server has looked at.
    if (
        question is not None
        and kept_nowhere
        and as_any_server
        and _helped(place, question, filters, encoder, parse_flagged(flagged), as_json)
    ):
        return
    from agent.run_monitor import Watch
    from ui.cli.loading import collector_paused
    from ui.cli.output import configure_logging
    from ui.services.search_log import SearchLog
    from ui.services.searching import log_question

    configure_logging()
    with collector_paused():
        _check(place, question, model)
        opened = _open(
            place, encoder, reranker, model, fallback, parse_flagged(flagged), thinking, samples
        )
    with opened as assistant:
        if question is not None:
            kept = _thread(assistant, thread, go_on=go_on)
            watch = Watch()
            steps = assistant.stream(question, filters, kept.id if kept else None, watch)
            answer = show_answer(steps, kept, watch, as_json=as_json)
            log_question(SearchLog(place), place, answer, filters)
            if show_thinking:
                _show_thoughts(watch)
        elif out is not None:
            _many(assistant, [(a.id, a.question) for a in asked], filters, out, SearchLog(place))


def _helped(
    home: Home, question: str, filters: Filters, encoder: str, flagged: Flagged, as_json: bool
) -> bool:
    """Print and log the answer of a running server of the same home; False where none gives it.

    What prints and logs is imported while the server works.
    """
    from ui.services.local_socket import NoHelp, helped

    try:
        steps = helped(home, question, filters, encoder, flagged)
        from ui.services.search_log import SearchLog
        from ui.services.searching import log_question

        answer = show_answer(cast("Iterator[Step]", steps), as_json=as_json)
    except NoHelp:
        return False
    log_question(SearchLog(home), home, answer, filters)
    return True


def _check(home: Home, question: str | None, model: str) -> None:
    """Say what is wrong before anything is loaded, which takes seconds; and what will leave."""
    from agent.models.choice import parse_model
    from corpora.store import open_corpus
    from retrieval.version import Versions
    from ui.cli.output import errors

    chosen = parse_model(model, home)
    open_corpus(home.corpus).close()
    Versions(home.indexes).current()
    if question is not None:
        from agent.question import check_question

        check_question(question)
    if host := chosen.leaves_machine:
        errors.print(
            f"[bold yellow]Note:[/] your question and the passages that may answer it are sent"
            f" to {host}, which is not this machine.",
            highlight=False,
        )


def _open(
    home: Home,
    encoder: str,
    reranker: str | None,
    model: str,
    fallback: bool,
    flagged: Flagged,
    thinking: str,
    samples: int,
) -> Assistant:
    from agent.assistant import Assistant
    from ui.cli.output import errors

    with errors.status("Loading…"):
        return Assistant.open(
            home,
            encoder=encoder,
            reranker=reranker,
            model=model,
            fallback=fallback,
            flagged=flagged,
            thinking=thinking,
            samples=samples,
        )


def parse_flagged(text: str) -> Flagged:
    """Raises:
    BadInput: it names nothing that may become of a sentence.
    """
    from agent.answer import Flagged
    from corpora.errors import BadInput

    try:
        return Flagged(text.strip().casefold())
    except ValueError as error:
        raise BadInput(
            f"--flagged {text} is not possible.", f"Write {', '.join(Flagged)}."
        ) from error


def _show_thoughts(watch: Watch) -> None:
    """What the model thought, for those who asked; it is not part of the answer, nor checked."""
    from ui.cli.output import errors

    for thoughts in watch.thoughts:
        errors.print("\nThe model thought, unchecked:", style="dim italic")
        errors.print(thoughts, style="dim", highlight=False, markup=False)


def _check_thread(home: Home, question: str | None, named: str | None, *, go_on: bool) -> None:
    from corpora.errors import BadInput

    if (named is not None or go_on) and question is None:
        raise BadInput("--thread and --continue go with a question.", "See: medcite ask --help")
    if named is not None and go_on:
        raise BadInput("Give either --thread or --continue.", "See: medcite ask --help")
    if go_on:
        from agent.conversations.threads import Threads

        with Threads(home) as threads:
            threads.latest()


def _thread(assistant: Assistant, named: str | None, *, go_on: bool) -> Thread | None:
    """The conversation to ask in, made where it is new; None where none was named."""
    from corpora.errors import UnknownThread

    if go_on:
        return assistant.threads.latest()
    if named is None:
        return None
    try:
        return assistant.threads.find(named)
    except UnknownThread:
        return assistant.threads.create(named)


def show_answer(
    steps: Iterator[Step],
    thread: Thread | None = None,
    watch: Watch | None = None,
    *,
    as_json: bool,
) -> Answer:
    """Follow the steps, then print the answer; of a thread, say how to go on with it.

    A draft is shown as it is written, each sentence with its verdict as soon as that is there.
    """
    from rich.live import Live

    from agent.run_monitor import Watch
    from ui.cli.output import console, errors, print_json
    from ui.render.console import answer_console, progress_console

    answer: Answer | None = None
    done: list[Step] = []
    seen = watch or Watch()
    following = progress_console(done, seen)
    try:
        with Live(get_renderable=following, console=errors, transient=True):
            for step in steps:
                done.append(step)
                answer = step.update.get("answer", answer)
    except KeyboardInterrupt:
        if thread:
            errors.print(f"It can go on: medcite threads resume {thread.id}", highlight=False)
        raise
    if answer is None:
        raise RuntimeError("the graph ended without an answer")
    if as_json:
        print_json(answer.to_dict())
    else:
        console.print(answer_console(answer))
    return answer


def _many(
    assistant: Assistant,
    asked: list[tuple[str, str]],
    filters: Filters,
    out: Path,
    log: SearchLog,
) -> None:
    """An answer a line, in the order asked; a question that fails is answered FAILED.

    A file named .md holds the same answers for reading.
    """
    from dataclasses import replace

    from rich.progress import track

    from corpora.errors import MedciteError
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file
    from ui.render.answer_text import answer_markdown
    from ui.services.searching import log_question

    with whole_file(out) as file:
        for identifier, question in track(asked, description="Answering", console=errors):
            try:
                answer = assistant.ask(question, filters)
            except MedciteError as error:
                answer = assistant.failed(question, error)
            else:
                log_question(log, assistant.searcher.home, answer, filters)
            if out.suffix == ".md":
                file.write(answer_markdown(answer) + "\n")
            else:
                file.write(replace(answer, id=identifier).to_json().decode() + "\n")
