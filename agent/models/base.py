"""The protocols of language models and their backends, and the records that pass through them.

`LanguageModel` is the interface for the planner, the writer and the verifier. `Backend` is the
smaller interface that each way of running a model implements; `agent.models.chat_model.ChatModel`
adapts the second to the first, so that MedGemma's peculiarities are handled in one place.

Errors are `corpora.errors.ModelError` and its subclasses; each knows whether a retry helps.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event
from typing import Any, Protocol

JsonSchema = Mapping[str, Any]


class Role(StrEnum):
    """The author of a message."""

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
    """Sampling parameters. Temperature 0 is greedy: the same prompt gives the same text."""

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
        messages: an optional system turn, then user and assistant turns; the last is the user's.
        max_tokens: the limit of the answer; thinking has a separate budget.
        sampling: None uses the model's own: published settings when thinking, otherwise greedy.
        seed: for sampling; the same seed gives the same text within one backend and machine.
        schema: a JSON schema that constrains the answer, whose text is then JSON.
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

    STOP = "stop"  # the model ended its turn
    LENGTH = "length"  # max_tokens or the window was reached
    LOOP = "loop"  # the model repeated itself and was stopped
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as reported by the backend.

    `reused` are prompt tokens found in a prefix cache, `seconds` the duration of decoding by the
    backend's own clock; None where the backend does not report them.
    """

    prompt: int = 0
    generated: int = 0
    reused: int | None = None
    seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text as it is generated."""

    text: str
    thinking: bool = False


@dataclass(frozen=True, slots=True)
class Generation:
    """A finished generation: the answer's text, the model's thinking, and the token counts."""

    text: str
    thinking: str = ""
    finish: Finish = Finish.STOP
    usage: Usage = Usage()


class LanguageModel(Protocol):
    """Generates text from chat messages; thread-safe."""

    @property
    def name(self) -> str:
        """The name shown in the provenance of an answer."""
        ...

    @property
    def window(self) -> int:
        """The number of tokens shared by prompt and answer."""
        ...

    @property
    def remote(self) -> str | None:
        """The host that questions are sent to, None where they stay on this machine."""
        ...

    @property
    def thinks(self) -> bool:
        """Whether the model was trained to think before it answers."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """The tokens of the prompt built from these messages, including the chat template."""
        ...

    def generate(self, request: Request, cancel: Event | None = None) -> Generation:
        """Generate the whole answer. Setting `cancel` ends it early with `Finish.CANCELLED`.

        Raises:
            ModelError: see `corpora.errors`.
        """
        ...

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        """One generation per request, in order; batched where the backend supports it.

        Raises:
            ModelError: one request failed; nothing is returned.
        """
        ...

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        """Yield pieces as they are generated, then the Generation with the text of all pieces.

        Raises:
            ModelError: the model failed, possibly in the middle of the stream.
        """
        ...

    def close(self) -> None:
        """Release the model's resources: memory, a server, connections."""
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """A backend's output: new text, or at the end the finish and the token counts.

    `thinking` is set by servers that separate thinking from content themselves.
    """

    text: str = ""
    thinking: bool = False
    finish: Finish | None = None
    usage: Usage = Usage()


class Backend(Protocol):
    """A way of running a model, without handling of thinking, loops or budgets."""

    @property
    def name(self) -> str: ...

    @property
    def architecture(self) -> str:
        """The name used in configs and GGUF files, such as "gemma3"; "" where unknown."""
        ...

    @property
    def window(self) -> int: ...

    @property
    def remote(self) -> str | None: ...

    @property
    def thinks_under_schema(self) -> bool | None:
        """Whether a request with a schema can think first; None where not known in advance."""
        ...

    def count_tokens(self, messages: Sequence[Message]) -> int: ...

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        """Yield text as it is generated, if possible with special tokens, then the finish.

        `request.max_tokens` limits everything that is generated, thinking included;
        `request.sampling` is never None. Closing the iterator, or setting `cancel`, stops it within
        a second.
        """
        ...

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        """The output of `complete` for each request, in order; batched where that is faster."""
        ...

    def close(self) -> None: ...
