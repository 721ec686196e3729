"""JSON from a language model: constrained while decoded, checked when it is there.

What is broken all the same is repaired once, by the model that broke it; nothing is evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from agent.models.base import Generation, LanguageModel, Message, Request, Role
from corpora.errors import BadModelOutput

REPAIR = (
    "That is not the JSON that was asked for: {fault}. Write it again, complete and correct, as"
    " one JSON document and nothing else."
)

Form = TypeVar("Form", bound=BaseModel)
_FENCED = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)
_LONGEST_QUOTED = 4_000


def ask_json(
    model: LanguageModel,
    request: Request,
    form: type[Form],
    cancel: Event | None = None,
    written: Callable[[str], None] | None = None,
) -> Form:
    """The model's answer to `request` as `form`; `request.schema` says what may be decoded, and
    `form`'s own schema does where it is None.

    Args:
        written: is given the first answer again and again as it grows, broken off anywhere.

    Raises:
        BadModelOutput: it was broken, and broken again after the one repair.
        ModelError: whatever the model raises.
    """
    asked = request if request.schema else replace(request, schema=form.model_json_schema())
    first = _followed(model, asked, cancel, written) if written else model.generate(asked, cancel)
    try:
        return parse(first.text, form)
    except ValidationError as error:
        fault = _fault(error)
    repair = (
        Message(Role.ASSISTANT, first.text[:_LONGEST_QUOTED]),
        Message(Role.USER, REPAIR.format(fault=fault)),
    )
    second = model.generate(replace(asked, messages=(*asked.messages, *repair)), cancel)
    try:
        return parse(second.text, form)
    except ValidationError as error:
        raise BadModelOutput(
            f"{model.name} gave JSON that is broken, and broke it again when asked to repair it"
            f" ({_fault(error)}).",
            "Use a larger model or quantisation (see `medcite models`), or --model none.",
        ) from error


def _followed(
    model: LanguageModel, request: Request, cancel: Event | None, written: Callable[[str], None]
) -> Generation:
    text = ""
    for item in model.stream(request, cancel):
        if isinstance(item, Generation):
            return item
        if not item.thinking:
            text += item.text
            written(text)
    raise BadModelOutput("The model's stream ended without an end.", "Report this as a fault.")


def parse(text: str, form: type[Form]) -> Form:
    """`text` as `form`; a fence around the document, or talk before and after it, is left off.

    Raises:
        ValidationError: it is not.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError:
        fenced = _FENCED.search(text)
        inner = fenced[1] if fenced else text[text.find("{") : text.rfind("}") + 1]
        if not inner.strip() or inner == text:
            raise
    return form.model_validate_json(inner)


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
