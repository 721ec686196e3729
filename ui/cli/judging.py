"""`medcite models judge`: test how well a language model judges claims."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def judge(
    model: Annotated[str, typer.Argument(help="As for --model; default: the one in use.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Test how well a model judges whether claims are supported; answers then depend on the result.

    It judges 36 claims about six invented articles, half of them wrong in one detail. Only a model
    that passes can mark a sentence as supported on its own (docs/verification.md). The result is
    stored in the data directory; an interrupted test leaves none.

    With --json, progress and the result are events, one per line.

    Example: medcite models judge smollm2
    """
    from agent.models.choice import open_model, parse_model
    from agent.verification.judge_test import exercises, keep_result
    from agent.verification.judge_test import judge as run
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import console, errors, print_event
    from ui.render.judging import judging_dict, judging_text
    from ui.services.settings import model_in_use

    place = Home.locate(home)
    choice = parse_model(model or model_in_use(place)[0], place)
    if host := choice.leaves_machine:
        errors.print(f"The invented articles and claims are sent to {host}.", highlight=False)
    with errors.status("Loading the model…"):
        opened = open_model(choice)
    if opened is None:
        raise BadInput("No language model is in use.", "Name one: medcite models judge smollm2")
    claims = sum(len(exercise.claims) for exercise in exercises())
    try:
        with _judging_progress(claims, as_json=as_json) as progress:
            result = run(opened, choice, progress)
    finally:
        opened.close()
    keep_result(place, result)
    summary = judging_text(result)
    if as_json:
        print_event({"event": "done", **judging_dict(result), "told": summary})
    else:
        console.print(f"{result.model} {summary}.", highlight=False, soft_wrap=True, markup=False)


@contextmanager
def _judging_progress(claims: int, *, as_json: bool) -> Iterator[Callable[[int], None]]:
    """Yield a callback for the number of claims judged, shown as a bar or as events."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from ui.cli.output import errors, print_event

    if as_json:
        print_event({"event": "stage", "stage": "judge", "total": claims})
        yield lambda done: print_event({"event": "progress", "done": done, "total": claims})
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress("Judging claims", *columns, console=errors) as bar:
        task = bar.add_task("", total=claims)
        yield lambda done: bar.update(task, completed=done)
