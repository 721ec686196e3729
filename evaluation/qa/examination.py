"""Run an examination from settings to report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.models.choice import ModelKind, open_model, parse_model
from agent.models.thinking import budget, parse_thinking
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.provenance import surroundings
from evaluation.qa import provenance, report
from evaluation.qa.grounding import Grounding
from evaluation.qa.prompts import PromptMode
from evaluation.qa.runner import Examinee, Record, Settings, chosen, described, run
from evaluation.qa.suites import load
from retrieval.encoder import load_encoder


def examine(
    settings: Settings,
    *,
    data: str,
    model: str,
    out: Path | None,
    home: Home,
    encoder: str,
    thinking: str = "off",
    parallel: int = 1,
    progress: Callable[[Record, int], None],
) -> dict[str, Any]:
    """Start or resume a run, write the report, and return its figures, with its folder as "out".

    Args:
        out: the run's folder; None for one in the data directory, named by suite, mode and model.
        thinking: as in `agent.models.thinking`; replaces that of `settings`.
        progress: called with each record and the number of items.

    Raises:
        BadInput: the options are incompatible, or `out` contains another run.
        ModelError, NoIndex, FetchError: a prerequisite is missing.
    """
    loaded, requested = load(settings.suite, data), parse_thinking(thinking)
    items = chosen(loaded.items, settings.limit, settings.seed)
    if settings.mode is PromptMode.GIVEN and not all(item.context for item in items):
        raise BadInput(
            f"{loaded.suite.title} gives no text to answer from.", "Use --mode closed or grounded."
        )
    choice = parse_model(model, home)
    if choice.kind is ModelKind.NONE:
        raise BadInput("An examination needs a language model.", "Give one: --model smollm2.")
    out = out or home.examinations / _name(settings, model)
    with ExitStack() as stack:
        grounding = None
        if settings.mode is PromptMode.GROUNDED:
            grounding = stack.enter_context(closing(Grounding(home, load_encoder(encoder))))
        opened = open_model(choice)
        if opened is None:
            raise RuntimeError("a model was given but none was opened")
        stack.enter_context(closing(opened))
        settings = replace(settings, thinking=budget(requested, opened))
        examinee = Examinee(opened, settings, grounding.evidence if grounding else None)
        fixed = provenance.fixed(
            choice, opened, loaded.files, grounding.searcher if grounding else None
        )
        records = run(
            items,
            examinee.sit,
            out,
            described(settings, fixed, surroundings()),
            lambda record: progress(record, len(items)),
            parallel,
        )
    figures = report.report(report.read_run(out)[0], records)
    report.write(out, figures)
    return {"out": str(out), **figures}


def _name(settings: Settings, model: str) -> str:
    kind = Path(model.rstrip("/")).name.removesuffix(".gguf").replace(":", "-")
    number = f"{settings.samples}x" if settings.samples > 1 else ""
    return f"{settings.suite}-{settings.mode}-{settings.style}-{number}{kind}-{settings.seed}"
