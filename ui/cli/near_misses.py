"""`medcite evaluate near`: how sure answers are if an article is near but does not answer."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.benchmark_run import own_home, progress_bar, show
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    ModelOption,
)


def near(
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    model: ModelOption = "none",
    part: Annotated[str, typer.Option(help="tune or blind.")] = "blind",
    as_json: JsonOption = False,
) -> None:
    """Ask questions that differ in one element from what an article of the demo answers.

    --home names a data directory with the demo literature and its index. The shares of answers
    called likely, possible and nearest are split by whether a second reader found an answer among
    the best sentences of a search.

    Example: medcite evaluate near --home DEMO
    """
    from agent.assistant import Assistant
    from corpora.errors import BadInput
    from evaluation.reading.measure import ask_near, report_near
    from evaluation.reading.near import read_near
    from evaluation.reading.questions import part_of
    from ui.cli.output import configure_logging

    configure_logging()
    place = own_home(home)
    questions = [question for question in part_of(read_near(), part) if question.verdict]
    if not questions:
        raise BadInput(
            f"No second annotator judged the questions of part “{part}”.", "Name tune or blind."
        )
    with (
        Assistant.open(place, encoder=encoder, model=model) as assistant,
        progress_bar() as progress,
    ):
        steps = ask_near(assistant, questions, progress)
    show(report_near(steps).about({"part": part, "model": model}), place, as_json=as_json)
