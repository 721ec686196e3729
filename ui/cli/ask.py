"""`medcite ask`: answer one question, or a file of questions."""

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
    from retrieval.filters import Filters
    from ui.services.search_log import SearchLog


@takes_filters()
def ask(
    question: Annotated[str | None, typer.Argument(help="A clinical question.")] = None,
    home: HomeOption = None,
    questions: Annotated[
        Path | None, typer.Option(help='Several questions: a file of {"id", "question"} lines.')
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for their answers: JSON Lines, or Markdown if .md.")
    ] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    flagged: FlaggedOption = "show",
    encoder: EncoderOption = DEFAULT_ENCODER,
    reranker: RerankerOption = None,
    model: ModelOption = "none",
    fallback: FallbackOption = False,
    thinking: ThinkingOption = "off",
    show_thinking: Annotated[
        bool, typer.Option("--show-thinking", help="Print the model's thinking.")
    ] = False,
    samples: SamplesOption = 1,
    thread: Annotated[
        str | None,
        typer.Option("--thread", help="Conversation to ask in, by name or id; created if new."),
    ] = None,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Ask in the most recent conversation.")
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
        raise BadInput("--questions and --out must be given together.", "See: medcite ask --help")
    place = Home.locate(home)
    check_filters(place, filters)
    _check_thread(place, question, thread, go_on=go_on)
    batch = read_questions(questions) if questions else []
    no_thread = thread is None and not go_on
    server_defaults = (model, reranker, thinking, samples) == (NONE, None, OFF, 1)
    # Tried before any heavy import; the server has already made the checks of `_check`.
    if (
        question is not None
        and no_thread
        and server_defaults
        and _answered_by_server(place, question, filters, encoder, parse_flagged(flagged), as_json)
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
            conversation = _thread(assistant, thread, go_on=go_on)
            watch = Watch()
            thread_id = conversation.id if conversation else None
            steps = assistant.stream(question, filters, thread_id, watch)
            answer = show_answer(steps, conversation, watch, as_json=as_json)
            log_question(SearchLog(place), place, answer, filters)
            if show_thinking:
                _show_thoughts(watch)
        elif out is not None:
            _batch(assistant, [(q.id, q.question) for q in batch], filters, out, SearchLog(place))


def _answered_by_server(
    home: Home, question: str, filters: Filters, encoder: str, flagged: Flagged, as_json: bool
) -> bool:
    """Print and log the answer of a server running on the same home; False if none answers.

    The modules that print and log are imported while the server works.
    """
    from ui.services.local_socket import NoServer, ask_server

    try:
        steps = ask_server(home, question, filters, encoder, flagged)
        from ui.services.search_log import SearchLog
        from ui.services.searching import log_question

        answer = show_answer(cast("Iterator[Step]", steps), as_json=as_json)
    except NoServer:
        return False
    log_question(SearchLog(home), home, answer, filters)
    return True


def _check(home: Home, question: str | None, model: str) -> None:
    """Check the input before the slow loading, and note if questions leave the machine."""
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
    """Parse the --flagged option.

    Raises:
        BadInput: the text is not one of its values.
    """
    from agent.answer import Flagged
    from corpora.errors import BadInput

    try:
        return Flagged(text.strip().casefold())
    except ValueError as error:
        raise BadInput(
            f"--flagged {text} is not a valid value.", f"Choose from: {', '.join(Flagged)}."
        ) from error


def _show_thoughts(watch: Watch) -> None:
    """Print the model's thinking, which is not checked and not part of the answer."""
    from ui.cli.output import errors

    for thoughts in watch.thoughts:
        errors.print("\nThe model's thinking, unchecked:", style="dim italic")
        errors.print(thoughts, style="dim", highlight=False, markup=False)


def _check_thread(home: Home, question: str | None, name: str | None, *, go_on: bool) -> None:
    from corpora.errors import BadInput

    if (name is not None or go_on) and question is None:
        raise BadInput("--thread and --continue need a question.", "See: medcite ask --help")
    if name is not None and go_on:
        raise BadInput("Give either --thread or --continue.", "See: medcite ask --help")
    if go_on:
        from agent.conversations.threads import Threads

        with Threads(home) as threads:
            threads.latest()


def _thread(assistant: Assistant, name: str | None, *, go_on: bool) -> Thread | None:
    """Return the conversation to ask in, created if new; None if none was named."""
    from corpora.errors import UnknownThread

    if go_on:
        return assistant.threads.latest()
    if name is None:
        return None
    try:
        return assistant.threads.find(name)
    except UnknownThread:
        return assistant.threads.create(name)


def show_answer(
    steps: Iterator[Step],
    thread: Thread | None = None,
    watch: Watch | None = None,
    *,
    as_json: bool,
) -> Answer:
    """Follow the steps, then print the answer; if interrupted, say how to resume the thread.

    A draft is shown as it is written, each sentence with its verdict once available.
    """
    from rich.live import Live

    from agent.run_monitor import Watch
    from ui.cli.output import console, errors, print_json
    from ui.render.console import answer_console, progress_console

    answer: Answer | None = None
    done: list[Step] = []
    monitor = watch or Watch()
    rendering = progress_console(done, monitor)
    try:
        with Live(get_renderable=rendering, console=errors, transient=True):
            for step in steps:
                done.append(step)
                answer = step.update.get("answer", answer)
    except KeyboardInterrupt:
        if thread:
            errors.print(f"To resume: medcite threads resume {thread.id}", highlight=False)
        raise
    if answer is None:
        raise RuntimeError("the graph ended without an answer")
    if as_json:
        print_json(answer.to_dict())
    else:
        console.print(answer_console(answer))
    return answer


def _batch(
    assistant: Assistant,
    questions: list[tuple[str, str]],
    filters: Filters,
    out: Path,
    log: SearchLog,
) -> None:
    """Write one answer per line, in order; the answer to a question that fails is FAILED.

    A file named .md gets the answers as Markdown instead.
    """
    from dataclasses import replace

    from rich.progress import track

    from corpora.errors import MedciteError
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file
    from ui.render.answer_text import answer_markdown
    from ui.services.searching import log_question

    with whole_file(out) as file:
        for identifier, question in track(questions, description="Answering", console=errors):
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
