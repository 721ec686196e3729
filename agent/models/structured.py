"""JSON from a language model: constrained while decoding, validated afterwards.

Invalid JSON is repaired once, by the same model; nothing is evaluated as code.
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
    on_text: Callable[[str], None] | None = None,
) -> Form:
    """The model's answer to `request`, parsed as `form`; decoding is constrained by
    `request.schema`, or by the schema of `form` where that is None.

    Args:
        on_text: called with the text of the first answer as it grows.

    Raises:
        BadModelOutput: the JSON was invalid, also after one repair.
        ModelError: the model failed.
    """
    constrained = request if request.schema else replace(request, schema=form.model_json_schema())
    first = (
        _streamed(model, constrained, cancel, on_text)
        if on_text
        else model.generate(constrained, cancel)
    )
    try:
        return parse(first.text, form)
    except ValidationError as error:
        fault = _fault(error)
    repair = (
        Message(Role.ASSISTANT, first.text[:_LONGEST_QUOTED]),
        Message(Role.USER, REPAIR.format(fault=fault)),
    )
    second = model.generate(replace(constrained, messages=(*constrained.messages, *repair)), cancel)
    try:
        return parse(second.text, form)
    except ValidationError as error:
        raise BadModelOutput(
            f"{model.name} returned invalid JSON, and again when asked to repair it"
            f" ({_fault(error)}).",
            "Use a larger model or quantisation (see `medcite models`), or --model none.",
        ) from error


def _streamed(
    model: LanguageModel, request: Request, cancel: Event | None, on_text: Callable[[str], None]
) -> Generation:
    text = ""
    for item in model.stream(request, cancel):
        if isinstance(item, Generation):
            return item
        if not item.thinking:
            text += item.text
            on_text(text)
    raise BadModelOutput(
        "The model's stream ended without a final result.", "Please report this bug."
    )


def parse(text: str, form: type[Form]) -> Form:
    """Parse `text` as `form`, ignoring a code fence or text around the JSON document.

    Raises:
        ValidationError: the text contains no valid document.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError:
        fenced = _FENCED.search(text)
        document = fenced[1] if fenced else text[text.find("{") : text.rfind("}") + 1]
        if not document.strip() or document == text:
            raise
    return form.model_validate_json(document)


def _fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
