"""MedGemma's manners, in one place that every backend passes through.

What MedGemma 27B does that others do not: it thinks between `<unused94>thought` and `<unused95>`,
and servers leak these tokens, or swallow them and leave a leading `thought`; it thinks when told
to "think silently if needed"; it has no system role of its own; it can fall into newlines or
repetition for ever; it reads 128K tokens and writes 8,192. What this module does not know: how a
model is run.

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

# Gemma 3's turns, for weights that come without a template. Written from its documented format:
# the roles are user and model, and a system text stands before the first user turn.
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
# Text that a tokenizer would read as a mark of its own. In a passage or a question it is text.
_SPECIAL = re.compile(
    r"<(?=/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|mask|unused\d+|think"
    r"|(?:start|end)_of_image|\|[a-z_]+\|)>)"
)

T = TypeVar("T")


def keep_best(ranked: Sequence[T], tokens: Callable[[Sequence[T]], int], room: int) -> list[T]:
    """The most of the best-ranked items whose prompt has at most `room` tokens.

    Args:
        ranked: best first; items are kept or dropped whole, the lowest-ranked dropped first.
        tokens: the tokens of the whole prompt with these items in it; asked about log2(n) times.
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
class _Course:
    """One generation under way."""

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
        """Pieces that a new raw text makes certain; sets `finish` where it ends the answer."""
        self.usage = raw.usage if raw.usage != Usage() else self.usage
        self.emitted += 1
        pieces = (Piece(raw.text, thinking=True),) if raw.thinking else self.splitter.feed(raw.text)
        if raw.text and self.watch.looping(raw.text):
            self.finish = Finish.LOOP
        for piece in pieces:
            yield from self._add(piece)
        self.finish = self.finish or raw.finish

    def close(self) -> Iterator[Piece]:
        """What was still held back."""
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
        held = self.held + piece.text
        if not self.text:
            held = held.lstrip()
        ends = [at for mark in self.stop if (at := held.find(mark)) >= 0]
        if ends:
            held, self.finish, self.stopped = held[: min(ends)], Finish.STOP, True
        # White space waits for a word to come after it: an answer has none at its end.
        keep = max((overlap(held, mark) for mark in self.stop), default=0)
        sure = held[: len(held) - keep].rstrip()
        self.held = held[len(sure) :]
        if sure:
            self.text += sure
            yield Piece(sure)


class ChatModel:
    """A `LanguageModel` over any `Backend`."""

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
        raise BadModelOutput("The model's stream ended without an end.", "Report this as a fault.")

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        if any(request.thinking for request in requests):
            return [self.generate(request, cancel) for request in requests]
        event = cancel or Event()
        made = self._backend.complete_many([self._prepared(r) for r in requests], event)
        results = []
        for request, raws in zip(requests, made, strict=True):
            items = list(self._run(request, (raw for raw in raws)))
            results.append(cast("Generation", items[-1]))
        return results

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        event = cancel or Event()
        if request.thinking and request.schema is not None:
            yield from self._think_then_answer(request, event)
            return
        spent: Generation | None = None
        for item in self._run(request, self._complete(request, event)):
            if isinstance(item, Generation) and _overthought(item, request):
                spent = item
            else:
                yield item
        if spent is None:
            return
        # The budget of thinking is used up: what it asks is asked again, without thinking.
        plain = replace(request, thinking=False)
        for item in self._run(plain, self._complete(plain, event)):
            if isinstance(item, Generation):
                yield replace(item, thinking=spent.thinking + item.thinking)
            else:
                yield item

    def _think_then_answer(self, request: Request, event: Event) -> Iterator[Piece | Generation]:
        """Thoughts, then an answer under the schema: from one request if what runs the model lets
        it think before the schema holds, else from two over the same prefix.
        """
        thoughts: Generation | None = None
        if self._thinks_under_schema is not False:
            done, thoughts = yield from self._in_one(request, event)
            if done:
                return
        asked = request.messages
        if thoughts is None:
            if not self.thinks:
                words = FIRST.format(words=request.thinking_tokens // 2)
                asked = (*asked[:-1], replace(asked[-1], text=f"{asked[-1].text}\n\n{words}"))
            thinker = replace(request, messages=asked, schema=None)
            thoughts = yield from self._thoughts(thinker, event)
        if event.is_set():
            yield replace(thoughts, finish=Finish.CANCELLED)
            return
        if thoughts.thinking:
            then = (Message(Role.ASSISTANT, thoughts.thinking), Message(Role.USER, THEN))
            asked = (*asked, *then)
        answering = replace(request, messages=asked, thinking=False)
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
        """One request for thoughts and answer; (whether that was all, thoughts beyond the budget).

        Whether a server does so at all is told by the first piece, and remembered.
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
        """What the model thinks before it answers, as thinking. What comes after the marks of
        thinking is left: the schema is to shape it.
        """
        marked = self.thinks
        if not marked:
            request = replace(request, thinking=False, max_tokens=request.thinking_tokens)
        made = Generation("")
        said: list[str] = []
        with (
            suppress(BadModelOutput),
            closing(self._run(request, self._complete(request, event))) as run,
        ):
            for item in run:
                if isinstance(item, Generation):
                    made = replace(item, text="")
                elif item.thinking or not marked:
                    said.append(item.text)
                    yield Piece(item.text, thinking=True)
                else:  # left before the backend could say what it took
                    made = Generation("", usage=Usage(generated=len(said)))
                    break
        return replace(made, thinking="".join(said).strip())

    def _complete(self, request: Request, event: Event) -> Generator[Raw, None, None]:
        return self._backend.complete(self._prepared(request), event)

    def _run(
        self, request: Request, raws: Generator[Raw, None, None]
    ) -> Generator[Piece | Generation, None, None]:
        course = _Course(ThinkingSplitter(), LoopWatch(), _TURN_MARKS)
        budget = request.thinking_tokens if request.thinking else MOST_OUTPUT
        with closing(raws):
            for raw in raws:
                yield from course.take(raw)
                if course.thinking_tokens > budget and not course.text:
                    course.finish = Finish.LENGTH
                if course.finish is not None:
                    break
        course.finish = course.finish or Finish.STOP
        yield from course.close()
        if course.usage.generated == 0:  # left before the backend could say
            course.usage = replace(course.usage, generated=course.emitted)
        made = Generation(course.text, course.thinking.strip(), course.finish, course.usage)
        if (
            not made.text
            and made.finish is not Finish.CANCELLED
            and not _overthought(made, request)
        ):
            raise _nothing_said(made, course.splitter)
        yield made

    def _prepared(self, request: Request, *, instructed: bool = False) -> Request:
        """The request as a backend takes it: turns, sampling, and all tokens it may take.

        `instructed`: the turns tell the model to think though this request is none that thinks, so
        that they begin as those of the one before, which did.
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
        """For Gemma, the system text stands at the head of the first user turn, as its template
        puts it; servers whose template knows no system role then work too.
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


def _overthought(made: Generation, request: Request) -> bool:
    """Whether a request that asked for thinking got nothing but thinking."""
    return (
        request.thinking
        and made.finish in (Finish.LENGTH, Finish.LOOP)
        and not made.text
        and bool(made.thinking)
    )


def _sum(one: Usage, other: Usage) -> Usage:
    """What two requests took together."""
    reused = None if other.reused is None else (one.reused or 0) + other.reused
    seconds = None if other.seconds is None else (one.seconds or 0.0) + other.seconds
    return Usage(one.prompt + other.prompt, one.generated + other.generated, reused, seconds)


def _nothing_said(made: Generation, splitter: ThinkingSplitter) -> BadModelOutput:
    if made.thinking and splitter.bare:
        return BadModelOutput(
            "The model's server swallows the marks between thinking and answer, so that they"
            " cannot be told apart.",
            "Have the server keep special tokens (llama-server: --special), or use another model.",
        )
    if made.thinking and made.finish is Finish.STOP:
        return BadModelOutput(
            "The model's server gave all of its text as reasoning, and no answer.",
            "Turn off its parser for reasoning, or use another model.",
        )
    if made.thinking:
        return BadModelOutput(
            "The model spent all its tokens on thinking.", "Ask a narrower question."
        )
    what = "nothing but newlines" if made.finish is Finish.LOOP else "nothing"
    return BadModelOutput(
        f"The model emitted {what}.",
        "Ask in other words; if it goes on, use a larger quantisation (`medcite models`).",
    )


def _plain(text: str) -> str:
    """Text without anything that would end a turn or begin one."""
    return _SPECIAL.sub("‹", text)
