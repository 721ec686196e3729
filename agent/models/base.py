"""What every language model offers, whatever runs it, and the records that pass through it.

Two protocols. `LanguageModel` is what the planner, the writer and the verifier talk to. `Backend`
is the little that a way of running a model has to offer; `agent.models.gemma.ChatModel` makes the
one into the other, so that what is peculiar to MedGemma is handled once.

Errors are `corpora.errors.ModelError` and below; each knows whether a retry helps.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Any, Protocol

JsonSchema = Mapping[str, Any]


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a chat."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. Temperature 0 is greedy: the same prompt gives the same text."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0  # 0: all tokens

    @property
    def greedy(self) -> bool:
        return self.temperature == 0.0


GREEDY = Sampling()


@dataclass(frozen=True, slots=True)
class Request:
    """What to generate.

    Args:
        messages: a system turn if any, then user and assistant turns; the last is the user's.
        max_tokens: of the answer; thinking has a budget of its own beside it.
        sampling: None takes the model's own: published settings when thinking, else greedy.
        seed: for sampling; the same seed gives the same text within one backend and machine.
        schema: a JSON schema that constrains the answer; its text is then JSON.
        thinking: let the model think first, for at most `thinking_tokens` tokens.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 1024
    sampling: Sampling | None = None
    seed: int = 0
    schema: JsonSchema | None = None
    thinking: bool = False
    thinking_tokens: int = 2048


class Finish(StrEnum):
    """Why a generation ended."""

    STOP = "stop"  # the model was done, or its turn ended
    LENGTH = "length"  # max_tokens, or the window, was full
    LOOP = "loop"  # it repeated itself and was stopped
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the backend itself reports them.

    `reused` are prompt tokens that a prefix cache held already, `seconds` what decoding took by
    the backend's own clock; None where a backend cannot tell.
    """

    prompt: int = 0
    generated: int = 0
    reused: int | None = None
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text as it is generated."""

    text: str
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """A finished generation: the answer's text without its thinking, and what it took."""

    text: str
    thinking: str = ""
    finish: Finish = Finish.STOP
    usage: Usage = Usage()


class LanguageModel(Protocol):
    """Text from chat messages. Safe to use from several threads."""

    @property
    def name(self) -> str:
        """For the provenance of an answer."""
        ...

    @property
    def window(self) -> int:
        """Tokens that prompt and answer share."""
        ...

    @property
    def remote(self) -> str | None:
        """The host that questions are sent to; None where they stay on this machine."""
        ...

    @property
    def thinks(self) -> bool:
        """Whether it was trained to think before it answers."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt that these messages become, chat template included."""
        ...

    def generate(self, request: Request, cancel: Event | None = None) -> Generation:
        """The whole answer. A set `cancel` ends it early with `Finish.CANCELLED`.

        Raises:
            ModelError: see `corpora.errors`.
        """
        ...

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        """One generation a request, in order; together where the backend can.

        Raises:
            ModelError: of the first that fails; none is returned then.
        """
        ...

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        """Pieces as they come, then the Generation, whose text is that of the pieces joined.

        Raises:
            ModelError: also in the midst of the stream.
        """
        ...

    def close(self) -> None:
        """Free what the model holds: memory, a server, connections."""
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """What a backend emits: new text, or at the end why it ended and what it took.

    `thinking` is set by servers that split thinking from content themselves.
    """

    text: str = ""
    thinking: bool = False
    finish: Finish | None = None
    usage: Usage = Usage()


class Backend(Protocol):
    """One way of running a model; knows nothing of thinking, loops or budgets."""

    @property
    def name(self) -> str: ...

    @property
    def architecture(self) -> str:
        """As configs and GGUF files name it, such as "gemma3"; "" where it cannot be known."""
        ...

    @property
    def window(self) -> int: ...

    @property
    def remote(self) -> str | None: ...

    @property
    def thinks_under_schema(self) -> bool | None:
        """Whether a request with a schema may still think first; None: to be found out."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int: ...

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        """Text as it is generated, special tokens included where they can be, then the finish.

        `request.max_tokens` is all there is to generate here, and `request.sampling` is never
        None. Closing the iterator, or setting `cancel`, stops it within a second.
        """
        ...

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        """What `complete` gives for each request, in order; together where that is faster."""
        ...

    def close(self) -> None: ...
