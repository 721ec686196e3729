"""OpenAI-compatible endpoints.

The model `medcite` takes the last user message as the question and the earlier ones as its
conversation. System messages are ignored: they cannot change how evidence is read. The model
`medcite-closed-book` is the language model alone, for comparison: nothing is searched, cited or
checked, and the reply says so.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import JSONResponse, Response

from agent.answer import Answer
from agent.assistant import Step
from agent.models.base import Finish, Generation, Message, Piece, Role, Sampling
from agent.models.base import Request as Prompt
from corpora.errors import BadInput, MedciteError, ModelNotFound
from ui.server.chat_text import chat_reply
from ui.server.errors import error_body
from ui.server.forms import FilterForm, Form
from ui.server.medcite_api import ERRORS, EVENT, client_of, service_of
from ui.server.running import QueuedRun
from ui.server.service import Service, answer_of
from ui.server.streams import BEAT, RunStream, event, paced, unless_left

MEDCITE, CLOSED_BOOK = "medcite", "medcite-closed-book"
_CLOSED_BOOK_NOTE = (
    "Written from the language model's memory: nothing was searched, cited or checked."
)
_LONGEST_CONTENT = 100_000
_MOST_MESSAGES = 200
_MOST_TOKENS = 8_192
_DONE = b"data: [DONE]\n\n"

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"], responses=ERRORS)

Content = Annotated[str, StringConstraints(max_length=_LONGEST_CONTENT)]


class PartForm(BaseModel):
    """A part of a message. Only text is read: URLs in other parts are never opened."""

    type: Annotated[str, StringConstraints(max_length=100)]
    text: Content | None = None


class MessageForm(BaseModel):
    """A message of a chat."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content | Annotated[list[PartForm], Field(max_length=100)] | None = None

    def plain_text(self) -> str:
        """Return the message's text.

        Raises:
            BadInput: a part of the message is not text.
        """
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                raise BadInput("Medcite reads only text.", "Omit images, audio and files.")
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class OptionsForm(BaseModel):
    """Options of a stream."""

    include_usage: bool = False


class MedciteForm(Form):
    """Medcite's extensions; OpenAI's client sends them as `extra_body={"medcite": {…}}`."""

    filters: FilterForm = FilterForm()


class ChatForm(BaseModel):
    """A chat completion request; other fields are accepted and ignored."""

    model: Annotated[str, StringConstraints(max_length=200)] = MEDCITE
    messages: Annotated[list[MessageForm], Field(min_length=1, max_length=_MOST_MESSAGES)]
    stream: bool | None = False
    stream_options: OptionsForm | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = 1
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0
    top_p: Annotated[float, Field(gt=0, le=1)] | None = 1
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    stop: (
        Annotated[str, StringConstraints(max_length=200)]
        | Annotated[list[Annotated[str, StringConstraints(max_length=200)]], Field(max_length=16)]
        | None
    ) = None
    medcite: MedciteForm = MedciteForm()

    def question(self) -> tuple[str, list[str]]:
        """Return the last user message, and the user messages before it.

        Raises:
            BadInput: there is no user message, or a part of one is not text.
        """
        texts = [message.plain_text() for message in self.messages if message.role == "user"]
        if not texts:
            raise BadInput("There is no user message.", "Send the question as a user message.")
        return texts[-1], texts[:-1]

    def prompt(self) -> Prompt:
        """Build the language model's prompt from the messages as they are."""
        roles = {"system": Role.SYSTEM, "developer": Role.SYSTEM, "assistant": Role.ASSISTANT}
        limit = self.max_completion_tokens or self.max_tokens or 1_024
        sampling = Sampling(self.temperature, self.top_p or 1.0) if self.temperature else None
        messages = (Message(roles.get(m.role, Role.USER), m.plain_text()) for m in self.messages)
        return Prompt(
            tuple(messages),
            max_tokens=min(limit, _MOST_TOKENS),
            sampling=sampling,
            # Without a seed, replies vary, as OpenAI's clients expect.
            seed=secrets.randbelow(2**31) if self.seed is None else self.seed,
        )

    def cut(self, text: str) -> str:
        """Truncate a completed text at the first stop sequence."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        ends = [at for stop in stops if stop and (at := text.find(stop)) >= 0]
        return text[: min(ends)] if ends else text


class ModelRecord(BaseModel):
    """An available model."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "medcite"


class ModelsRecord(BaseModel):
    """The available models."""

    object: Literal["list"] = "list"
    data: list[ModelRecord]


@router.get("/models")
async def models(request: Request) -> ModelsRecord:
    """List the models: `medcite` and, with a language model, `medcite-closed-book`."""
    return ModelsRecord(data=[ModelRecord(id=name) for name in await _names(service_of(request))])


@router.get("/models/{name}", responses={404: ERRORS[400]})
async def model(name: str, request: Request) -> ModelRecord:
    """Get one model."""
    await _check(name, service_of(request))
    return ModelRecord(id=name)


@router.post(
    "/chat/completions",
    response_class=Response,
    responses={
        200: {
            "description": "A chat completion, or its chunks as server-sent events. `annotations`"
            " cite articles; `medcite` is the answer as in docs/answer.schema.json.",
            "content": {
                "application/json": {"schema": {"type": "object", "required": ["choices"]}},
                "text/event-stream": {"schema": EVENT},
            },
        },
        404: ERRORS[400] | {"description": "There is no such model."},
    },
)
async def chat_completions(form: ChatForm, request: Request) -> Response:
    """Answer the last user message."""
    service, client = service_of(request), client_of(request)
    await _check(form.model, service)
    frame = _Frame(form)
    if form.model == CLOSED_BOOK:
        if form.stream and form.stop:
            raise BadInput("Streams do not support stop.", "Omit stop, or stream.")
        written = service.generate(form.prompt(), client)
        if form.stream:
            return RunStream(written, _closed_book_chunks(written, frame))
        async with written:
            generation = await unless_left(request, lambda: _generation(written.items()))
        return JSONResponse(
            frame.completion(form.cut(generation.text), _finish(generation), _closed_book())
        )
    question, history = form.question()
    filters = await service.checked(form.medcite.filters.filters())
    run = service.ask(question, filters, history, client)
    if form.stream:
        return RunStream(run, _chunks(run, frame, request))
    async with run:
        answer = await unless_left(request, lambda: answer_of(run.items()))
    request.state.answer = answer.id
    text, annotations = chat_reply(answer, str(request.base_url))
    return JSONResponse(frame.completion(text, "stop", answer.to_dict(), annotations))


async def _names(service: Service) -> list[str]:
    return [MEDCITE, CLOSED_BOOK] if await service.model_name() else [MEDCITE]


async def _check(name: str, service: Service) -> None:
    names = [MEDCITE] if name == MEDCITE else await _names(service)
    if name not in names:
        raise ModelNotFound("There is no such model.", f"Choose from: {', '.join(names)}.")


class _Frame:
    """The fields that all parts of one completion share."""

    def __init__(self, form: ChatForm) -> None:
        self._shared = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": form.model,
        }
        # Tokens are not counted: they have no meaning without a language model.
        self._usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        self.wants_usage = bool(form.stream_options and form.stream_options.include_usage)

    def completion(
        self, text: str, finish: str, medcite: dict[str, Any], annotations: list[Any] | None = None
    ) -> dict[str, Any]:
        message = {
            "role": "assistant",
            "content": text,
            "refusal": None,
            "annotations": annotations or [],
        }
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        return {
            **self._shared,
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._usage,
            "medcite": medcite,
        }

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event(
            {**self._shared, "object": "chat.completion.chunk", "choices": [choice], **more}
        )

    def usage(self) -> bytes:
        return event(
            {
                **self._shared,
                "object": "chat.completion.chunk",
                "choices": [],
                "usage": self._usage,
            }
        )

    def end(self) -> Iterator[bytes]:
        if self.wants_usage:
            yield self.usage()
        yield _DONE


async def _chunks(run: QueuedRun[Step], frame: _Frame, request: Request) -> AsyncIterator[bytes]:
    answer: Answer | None = None
    yield frame.chunk({"role": "assistant", "content": ""})
    try:
        async for step in paced(run.items()):
            if step is None:
                yield BEAT
            else:
                answer = step.update.get("answer", answer)
    except MedciteError as error:
        yield event(error_body(error))
        return
    if answer is None:
        raise RuntimeError("the graph ended without an answer")
    request.state.answer = answer.id
    text, annotations = chat_reply(answer, str(request.base_url))
    for line in text.splitlines(keepends=True):
        yield frame.chunk({"content": line})
    # In a separate delta, as in Open WebUI and OpenAI's web search.
    yield frame.chunk({"annotations": annotations})
    yield frame.chunk({}, "stop", medcite=answer.to_dict())
    for part in frame.end():
        yield part


async def _closed_book_chunks(
    run: QueuedRun[Piece | Generation], frame: _Frame
) -> AsyncIterator[bytes]:
    finish = "stop"
    yield frame.chunk({"role": "assistant", "content": ""})
    try:
        async for item in paced(run.items()):
            if item is None:
                yield BEAT
            elif isinstance(item, Generation):
                finish = _finish(item)
            elif not item.thinking:
                yield frame.chunk({"content": item.text})
    except MedciteError as error:
        yield event(error_body(error))
        return
    yield frame.chunk({}, finish, medcite=_closed_book())
    for part in frame.end():
        yield part


async def _generation(items: AsyncIterator[Piece | Generation]) -> Generation:
    async for item in items:
        if isinstance(item, Generation):
            return item
    raise RuntimeError("the model's stream ended without an end")


def _finish(generation: Generation) -> str:
    return "stop" if generation.finish is Finish.STOP else "length"


def _closed_book() -> dict[str, Any]:
    return {"closed_book": True, "verdicts": [], "note": _CLOSED_BOOK_NOTE}
