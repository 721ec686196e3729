"""Handle MedGemma's peculiarities in one place, for every backend.

MedGemma 27B differs from other models: it thinks between `<unused94>thought` and `<unused95>`, and
servers leak these tokens, or swallow them and leave a leading `thought`; it thinks when told to
"think silently if needed"; it has no system role; it can fall into endless newlines or repetition;
it reads 128K tokens and writes 8,192. This module does not depend on how a model is run.

Sources: the MedGemma model card and quick start notebook (system instruction, limits); Gemma 3's
generation_config.json (sampling); the chat template in Gemma 3's tokenizer_config.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TypeVar, cast

from agent.models.base import (
    GREEDY,
    Backend,
    Finish,
    Generation,
    Message,
    Piece,
    Raw,
    Request,
    Role,
    Sampling,
    Usage,
)
from agent.models.loops import LoopWatch
from agent.models.splitting import ThinkingSplitter, overlap, split_swallowed
from agent.models.thinking import FIRST, THEN, THINK
from corpora.errors import BadModelOutput

MOST_INPUT = 131_072
MOST_OUTPUT = 8_192
THINKING_SAMPLING = Sampling(temperature=1.0, top_p=0.95, top_k=64)

# Gemma 3's chat template, for weights without one. Written from its documented format: the roles
# are user and model, and the system text precedes the first user turn.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% set system = messages[0]['content'] + '\n\n' if messages[0]['role'] == 'system' else '' %}"
    "{% set turns = messages[1:] if system else messages %}"
    "{% for turn in turns %}"
    "{{ '<start_of_turn>' + ('model' if turn['role'] == 'assistant' else 'user') + '\n' }}"
    "{{ (system if loop.first else '') + turn['content'] | trim }}"
    "{{ '<end_of_turn>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)

_TURN_MARKS = ("<end_of_turn>", "<eos>", "<start_of_turn>", "<|im_end|>", "<|endoftext|>")
# Text that a tokenizer would read as a special token; in a passage or a question it is plain text.
_SPECIAL = re.compile(
    r"<(?=/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|mask|unused\d+|think"
    r"|(?:start|end)_of_image|\|[a-z_]+\|)>)"
)

T = TypeVar("T")


def keep_best(ranked: Sequence[T], tokens: Callable[[Sequence[T]], int], room: int) -> list[T]:
    """The largest number of best-ranked items whose prompt has at most `room` tokens.

    Args:
        ranked: best first; the lowest-ranked items are dropped first, each as a whole.
        tokens: counts the tokens of the whole prompt with these items; called about log2(n) times.
    """
    low, high = 0, len(ranked)
    while low < high:
        middle = (low + high + 1) // 2
        if tokens(ranked[:middle]) <= room:
            low = middle
        else:
            high = middle - 1
    return list(ranked[:low])


@dataclass
class _GenerationState:
    """The state of one generation in progress. `held` is text that is not emitted yet."""

    splitter: ThinkingSplitter
    watch: LoopWatch
    stop: tuple[str, ...]
    thinking: str = ""
    text: str = ""
    held: str = ""
    finish: Finish | None = None
    usage: Usage = field(default_factory=Usage)
    thinking_tokens: int = 0
    emitted: int = 0
    stopped: bool = False

    def take(self, raw: Raw) -> Iterator[Piece]:
        """Yield the pieces that a new raw text completes; set `finish` where it ends the answer."""
        self.usage = raw.usage if raw.usage != Usage() else self.usage
        self.emitted += 1
        pieces = (Piece(raw.text, thinking=True),) if raw.thinking else self.splitter.feed(raw.text)
        if raw.text and self.watch.looping(raw.text):
            self.finish = Finish.LOOP
        for piece in pieces:
            yield from self._add(piece)
        self.finish = self.finish or raw.finish

    def close(self) -> Iterator[Piece]:
        """Yield the text that was still held back."""
        bare = self.splitter.bare
        for piece in self.splitter.end():
            yield from self._add(piece)
        if bare and self.finish is Finish.STOP:
            self.thinking, answer = split_swallowed(self.thinking)
            yield from self._add(Piece(answer))
        if self.finish is not Finish.CANCELLED and self.held.strip():
            tail = self.held.rstrip()
            self.held = ""
            self.text += tail
            yield Piece(tail)

    def _add(self, piece: Piece) -> Iterator[Piece]:
        if piece.thinking:
            self.thinking += piece.text
            self.thinking_tokens += 1
            yield piece
            return
        if self.stopped:
            return
        pending = self.held + piece.text
        if not self.text:
            pending = pending.lstrip()
        ends = [at for mark in self.stop if (at := pending.find(mark)) >= 0]
        if ends:
            pending, self.finish, self.stopped = pending[: min(ends)], Finish.STOP, True
        # Hold back white space until a word follows, so that an answer has none at its end.
        overlap_length = max((overlap(pending, mark) for mark in self.stop), default=0)
        safe = pending[: len(pending) - overlap_length].rstrip()
        self.held = pending[len(safe) :]
        if safe:
            self.text += safe
            yield Piece(safe)


class ChatModel:
    """A `LanguageModel` on top of any `Backend`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._gemma = "gemma" in f"{backend.architecture} {backend.name}".lower()
        self._thinks_under_schema = backend.thinks_under_schema

    @property
    def name(self) -> str:
        return self._backend.name

    @property
    def window(self) -> int:
        return min(self._backend.window, MOST_INPUT)

    @property
    def remote(self) -> str | None:
        return self._backend.remote

    @property
    def thinks(self) -> bool:
        return self._gemma and "27b" in self._backend.name.lower()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._backend.count_tokens(self._turns(messages, thinking=False))

    def close(self) -> None:
        self._backend.close()

    def generate(self, request: Request, cancel: Event | None = None) -> Generation:
        for item in self.stream(request, cancel):
            if isinstance(item, Generation):
                return item
        raise BadModelOutput(
            "The model's stream ended without a final result.", "Please report this bug."
        )

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        if any(request.thinking for request in requests):
            return [self.generate(request, cancel) for request in requests]
        event = cancel or Event()
        outputs = self._backend.complete_many([self._prepared(r) for r in requests], event)
        results = []
        for request, raws in zip(requests, outputs, strict=True):
            items = list(self._run(request, (raw for raw in raws)))
            results.append(cast("Generation", items[-1]))
        return results

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        event = cancel or Event()
        if request.thinking and request.schema is not None:
            yield from self._think_then_answer(request, event)
            return
        overthought: Generation | None = None
        for item in self._run(request, self._complete(request, event)):
            if isinstance(item, Generation) and _overthought(item, request):
                overthought = item
            else:
                yield item
        if overthought is None:
            return
        # The thinking budget is used up: repeat the request without thinking.
        plain = replace(request, thinking=False)
        for item in self._run(plain, self._complete(plain, event)):
            if isinstance(item, Generation):
                yield replace(item, thinking=overthought.thinking + item.thinking)
            else:
                yield item

    def _think_then_answer(self, request: Request, event: Event) -> Iterator[Piece | Generation]:
        """Generate thoughts, then an answer under the schema: in one request if the backend lets
        the model think before the schema applies, otherwise in two over the same prefix.
        """
        thoughts: Generation | None = None
        if self._thinks_under_schema is not False:
            complete, thoughts = yield from self._in_one(request, event)
            if complete:
                return
        messages = request.messages
        if thoughts is None:
            if not self.thinks:
                words = FIRST.format(words=request.thinking_tokens // 2)
                messages = (
                    *messages[:-1],
                    replace(messages[-1], text=f"{messages[-1].text}\n\n{words}"),
                )
            thinking_request = replace(request, messages=messages, schema=None)
            thoughts = yield from self._thoughts(thinking_request, event)
        if event.is_set():
            yield replace(thoughts, finish=Finish.CANCELLED)
            return
        if thoughts.thinking:
            then = (Message(Role.ASSISTANT, thoughts.thinking), Message(Role.USER, THEN))
            messages = (*messages, *then)
        answering = replace(request, messages=messages, thinking=False)
        prepared = self._prepared(answering, instructed=self.thinks)
        for item in self._run(answering, self._backend.complete(prepared, event)):
            if isinstance(item, Generation):
                usage = _sum(thoughts.usage, item.usage)
                yield replace(item, thinking=thoughts.thinking + item.thinking, usage=usage)
            else:
                yield item

    def _in_one(
        self, request: Request, event: Event
    ) -> Generator[Piece | Generation, None, tuple[bool, Generation | None]]:
        """Request thoughts and answer together; returns (whether that succeeded, thoughts that
        exceeded the budget).

        The first piece shows whether a server supports this, which is remembered.
        """
        with closing(self._run(request, self._complete(request, event))) as run:
            for item in run:
                if isinstance(item, Generation) and _overthought(item, request):
                    return False, item
                if isinstance(item, Piece) and self._thinks_under_schema is None:
                    self._thinks_under_schema = item.thinking
                    if not item.thinking:
                        return False, None
                yield item
        return True, None

    def _thoughts(
        self, request: Request, event: Event
    ) -> Generator[Piece | Generation, None, Generation]:
        """Yield the model's thoughts as thinking. Text after the thinking marks is discarded,
        because the answer must follow the schema.
        """
        has_marks = self.thinks
        if not has_marks:
            request = replace(request, thinking=False, max_tokens=request.thinking_tokens)
        generation = Generation("")
        texts: list[str] = []
        with (
            suppress(BadModelOutput),
            closing(self._run(request, self._complete(request, event))) as run,
        ):
            for item in run:
                if isinstance(item, Generation):
                    generation = replace(item, text="")
                elif item.thinking or not has_marks:
                    texts.append(item.text)
                    yield Piece(item.text, thinking=True)
                else:  # stopped before the backend reports its counts
                    generation = Generation("", usage=Usage(generated=len(texts)))
                    break
        return replace(generation, thinking="".join(texts).strip())

    def _complete(self, request: Request, event: Event) -> Generator[Raw, None, None]:
        return self._backend.complete(self._prepared(request), event)

    def _run(
        self, request: Request, raws: Generator[Raw, None, None]
    ) -> Generator[Piece | Generation, None, None]:
        state = _GenerationState(ThinkingSplitter(), LoopWatch(), _TURN_MARKS)
        budget = request.thinking_tokens if request.thinking else MOST_OUTPUT
        with closing(raws):
            for raw in raws:
                yield from state.take(raw)
                if state.thinking_tokens > budget and not state.text:
                    state.finish = Finish.LENGTH
                if state.finish is not None:
                    break
        state.finish = state.finish or Finish.STOP
        yield from state.close()
        if state.usage.generated == 0:  # stopped before the backend reports its counts
            state.usage = replace(state.usage, generated=state.emitted)
        generation = Generation(state.text, state.thinking.strip(), state.finish, state.usage)
        if (
            not generation.text
            and generation.finish is not Finish.CANCELLED
            and not _overthought(generation, request)
        ):
            raise _no_answer(generation, state.splitter)
        yield generation

    def _prepared(self, request: Request, *, instructed: bool = False) -> Request:
        """The request for a backend: its turns, sampling, and total number of tokens.

        `instructed`: keep the instruction to think although this request does not think, so that
        its turns share the prefix of the preceding request, which did.
        """
        thinking = request.thinking
        allowance = request.thinking_tokens if thinking else 0
        return replace(
            request,
            messages=self._turns(request.messages, thinking=thinking or instructed),
            sampling=request.sampling or (THINKING_SAMPLING if thinking else GREEDY),
            max_tokens=min(request.max_tokens + allowance, MOST_OUTPUT),
        )

    def _turns(self, messages: Sequence[Message], *, thinking: bool) -> tuple[Message, ...]:
        """For Gemma, put the system text at the start of the first user turn, as its template does,
        so that servers whose template has no system role work too.
        """
        turns = [replace(message, text=_plain(message.text)) for message in messages]
        if not self._gemma or not turns:
            return tuple(turns)
        system = ""
        if turns[0].role is Role.SYSTEM:
            system = turns.pop(0).text.strip() + "\n\n"
        if thinking:
            system = f"{THINK} {system}" if system else f"{THINK}\n\n"
        return (Message(turns[0].role, system + turns[0].text.strip()), *turns[1:])


def _overthought(generation: Generation, request: Request) -> bool:
    """Whether a request with thinking produced nothing but thinking."""
    return (
        request.thinking
        and generation.finish in (Finish.LENGTH, Finish.LOOP)
        and not generation.text
        and bool(generation.thinking)
    )


def _sum(one: Usage, other: Usage) -> Usage:
    """The combined usage of two requests."""
    reused = None if other.reused is None else (one.reused or 0) + other.reused
    seconds = None if other.seconds is None else (one.seconds or 0.0) + other.seconds
    return Usage(one.prompt + other.prompt, one.generated + other.generated, reused, seconds)


def _no_answer(generation: Generation, splitter: ThinkingSplitter) -> BadModelOutput:
    if generation.thinking and splitter.bare:
        return BadModelOutput(
            "The model's server removes the marks between thinking and answer, so that the two"
            " cannot be separated.",
            "Make the server keep special tokens (llama-server: --special), or use another model.",
        )
    if generation.thinking and generation.finish is Finish.STOP:
        return BadModelOutput(
            "The model's server returned all text as reasoning, and no answer.",
            "Turn off its reasoning parser, or use another model.",
        )
    if generation.thinking:
        return BadModelOutput(
            "The model spent all its tokens on thinking.", "Ask a narrower question."
        )
    what = "nothing but newlines" if generation.finish is Finish.LOOP else "nothing"
    return BadModelOutput(
        f"The model emitted {what}.",
        "Rephrase the question; if it persists, use a larger quantisation (`medcite models`).",
    )


def _plain(text: str) -> str:
    """The text with marks that would end or begin a turn disabled."""
    return _SPECIAL.sub("‹", text)
