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
from contextlib import closing
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
from corpora.errors import BadModelOutput

MOST_INPUT = 131_072
MOST_OUTPUT = 8_192
THINKING_SAMPLING = Sampling(temperature=1.0, top_p=0.95, top_k=64)
THINK = "SYSTEM INSTRUCTION: think silently if needed."

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

_THINKING_MARKS = (("<unused94>", "<unused95>"), ("<think>", "</think>"))
_TURN_MARKS = ("<end_of_turn>", "<eos>", "<start_of_turn>", "<|im_end|>", "<|endoftext|>")
# What stands before the thoughts where a decoder swallowed the opening mark.
_LABEL = "thought\n"
# With both marks swallowed, thoughts run into the answer without a space: "…accuracy.Bacterial…".
_SEAM = re.compile(r"(?<=[a-z0-9)\"”*][.!?:])(?=(?:\*\*|#+ )?[A-Z])|(?<=[.!?])\n*(?=#+ )")

# Text that a tokenizer would read as a mark of its own. In a passage or a question it is text.
_SPECIAL = re.compile(
    r"<(?=/?(?:start_of_turn|end_of_turn|bos|eos|pad|unk|mask|unused\d+|think"
    r"|(?:start|end)_of_image|\|[a-z_]+\|)>)"
)

T = TypeVar("T")


class ThinkingSplitter:
    """Cuts a stream of text into thinking and answer, wherever the marks fall between pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"
        self._closing: tuple[str, ...] = ()
        self._bare = False

    @property
    def bare(self) -> bool:
        """Whether thinking began without a mark and has not ended."""
        return self._bare and self._state == "thinking"

    def feed(self, text: str) -> Iterator[Piece]:
        self._held += text
        if self._state == "start" and not self._begin():
            return
        if self._state == "thinking":
            yield from self._think()
        if self._state == "answer" and self._held:
            yield Piece(self._held)
            self._held = ""

    def end(self) -> Iterator[Piece]:
        """What is still held back when the text has ended."""
        openings = tuple(opening for opening, _ in _THINKING_MARKS)
        if self._held and not (self._state == "start" and self._held.lstrip().startswith(openings)):
            yield Piece(self._held, thinking=self._state == "thinking")
        self._held = ""

    def _begin(self) -> bool:
        """Leave "start" as soon as the first characters say where to; False: not yet."""
        lead = self._held.lstrip()
        openings = [opening for opening, _ in _THINKING_MARKS]
        for opening, closing_mark in _THINKING_MARKS:
            if lead.startswith(opening):
                rest = lead.removeprefix(opening)
                if _LABEL.startswith(rest) and rest != _LABEL:
                    return False
                self._held = rest.removeprefix(_LABEL)
                self._state, self._closing = "thinking", (closing_mark,)
                return True
        if lead.startswith(_LABEL):
            self._held = lead.removeprefix(_LABEL)
            self._state, self._bare = "thinking", True
            self._closing = tuple(closing_mark for _, closing_mark in _THINKING_MARKS)
            return True
        if any(opening.startswith(lead) for opening in (*openings, _LABEL)):
            return False
        self._state = "answer"
        return True

    def _think(self) -> Iterator[Piece]:
        for mark in self._closing:
            at = self._held.find(mark)
            if at >= 0:
                if at:
                    yield Piece(self._held[:at], thinking=True)
                self._held = self._held[at + len(mark) :].lstrip()
                self._state = "answer"
                return
        keep = max(_overlap(self._held, mark) for mark in self._closing)
        sure = self._held[: len(self._held) - keep]
        self._held = self._held[len(sure) :]
        if sure:
            yield Piece(sure, thinking=True)


def split_swallowed(thoughts: str) -> tuple[str, str]:
    """(thinking, answer) of a text both of whose marks were swallowed.

    Only where there is exactly one place that can be the seam; else all of it stays thinking,
    since thoughts taken for an answer are worse than no answer.
    """
    seams = [match.start() for match in _SEAM.finditer(thoughts)]
    if len(seams) != 1:
        return thoughts, ""
    return thoughts[: seams[0]], thoughts[seams[0] :].strip()


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
        keep = max((_overlap(held, mark) for mark in self.stop), default=0)
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

    @property
    def name(self) -> str:
        return self._backend.name

    @property
    def window(self) -> int:
        return min(self._backend.window, MOST_INPUT)

    @property
    def remote(self) -> str | None:
        return self._backend.remote

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
        if any(request.thinking and request.schema is None for request in requests):
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
        raws = self._backend.complete(self._prepared(request), event)
        spent: Generation | None = None
        for item in self._run(request, raws):
            if isinstance(item, Generation) and _overthought(item, request):
                spent = item
            else:
                yield item
        if spent is None:
            return
        # The budget of thinking is used up: what it asks is asked again, without thinking.
        plain = replace(request, thinking=False)
        for item in self._run(plain, self._backend.complete(self._prepared(plain), event)):
            if isinstance(item, Generation):
                yield replace(item, thinking=spent.thinking + item.thinking)
            else:
                yield item

    def _run(
        self, request: Request, raws: Generator[Raw, None, None]
    ) -> Iterator[Piece | Generation]:
        course = _Course(ThinkingSplitter(), LoopWatch(), (*request.stop, *_TURN_MARKS))
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

    def _prepared(self, request: Request) -> Request:
        """The request as a backend takes it: turns, sampling, and all tokens it may take."""
        thinking = request.thinking and request.schema is None
        allowance = request.thinking_tokens if thinking else 0
        return replace(
            request,
            messages=self._turns(request.messages, thinking=thinking),
            sampling=request.sampling or (THINKING_SAMPLING if thinking else GREEDY),
            max_tokens=min(request.max_tokens + allowance, MOST_OUTPUT),
            thinking=thinking,
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
        and request.schema is None
        and made.finish in (Finish.LENGTH, Finish.LOOP)
        and not made.text
        and bool(made.thinking)
    )


def _nothing_said(made: Generation, splitter: ThinkingSplitter) -> BadModelOutput:
    if made.thinking and splitter.bare:
        return BadModelOutput(
            "The model's server swallows the marks between thinking and answer, so that they"
            " cannot be told apart.",
            "Have the server keep special tokens (llama-server: --special), or use another model.",
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


def _overlap(text: str, mark: str) -> int:
    """How many of the last characters of `text` could be the beginning of `mark`."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return size
    return 0
