"""Run models in this process with transformers; `transformers_loading` loads them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any, cast

import torch
from tokenizers.decoders import DecodeStream
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    StoppingCriteria,
)

from agent.models.base import GREEDY, Finish, Message, Raw, Request, Sampling, Usage
from agent.models.cancellable import cancellable
from agent.models.chat_model import CHAT_TEMPLATE
from agent.models.grammar import Grammars
from corpora.errors import (
    ModelNotFound,
    ModelOutOfMemory,
    PromptTooLong,
)

_TURN_ENDS = ("<end_of_turn>", "<eos>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>")
_NO_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory", re.IGNORECASE)
_ROWS = 8


class TransformersBackend:
    """A causal language model and its tokenizer.

    Args:
        window: tokens shared by prompt and answer; None uses the model's own limit.
        compiled: decode with a static cache and compiled code; pays off on a GPU only.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        name: str,
        *,
        window: int | None = None,
        compiled: bool = False,
    ) -> None:
        self._model: PreTrainedModel | None = model
        self._tokenizer, self._name = tokenizer, name
        self._architecture = str(model.config.model_type)
        config = model.config.get_text_config()
        longest = int(config.max_position_embeddings)
        self._window = min(window or longest, longest)
        self._ends = _ends(model, tokenizer)
        self._grammars = Grammars(tokenizer, config.vocab_size, self._ends)
        self._compiled = compiled
        self._lock = Lock()
        # Every generation passes its complete configuration.
        model.generation_config = GenerationConfig()
        if not tokenizer.chat_template:
            if "gemma" not in self.architecture:
                raise ModelNotFound(
                    f"{name} has no chat template, so it cannot answer questions.",
                    "Use the instruction-tuned version of the model.",
                )
            tokenizer.chat_template = CHAT_TEMPLATE

    @property
    def name(self) -> str:
        return self._name

    @property
    def architecture(self) -> str:
        return self._architecture

    @property
    def window(self) -> int:
        return self._window

    @property
    def remote(self) -> str | None:
        return None

    @property
    def thinks_under_schema(self) -> bool | None:
        # The schema's mask applies from the first token on.
        return False

    def close(self) -> None:
        with self._lock:
            self._model = None
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return len(self._ids(messages))

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        abandoned = Event()

        def produce(emit: Callable[[Raw], None]) -> None:
            ids = self._ids(request.messages)
            emit(Raw(usage=Usage(prompt=len(ids), reused=0)))
            writer = _Writer(self._tokenizer, self._ends, emit)
            rows = self._run([request], [ids], abandoned, writer)
            emit(_end(rows[0], len(ids), self._ends))

        return cancellable(produce, cancel, abandoned.set)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        results: list[list[Raw]] = []
        for batch in _batches(requests):
            prompts = [self._ids(request.messages) for request in batch]
            rows = self._run(batch, prompts, cancel, None)
            for request, prompt, row in zip(batch, prompts, rows, strict=True):
                kept = row[: request.max_tokens]
                raws: list[Raw] = []
                writer = _Writer(self._tokenizer, self._ends, raws.append, skip=False)
                for token in kept:
                    writer.token(token)
                end = _end(kept, len(prompt), self._ends)
                if cancel.is_set() and end.finish is not Finish.STOP:
                    end = Raw(finish=Finish.CANCELLED, usage=end.usage)
                results.append([*raws, end])
        return results

    def _ids(self, messages: Sequence[Message]) -> list[int]:
        turns = [{"role": m.role.value, "content": m.text} for m in messages]
        text = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, tokenize=False
        )
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def _run(
        self,
        requests: Sequence[Request],
        prompts: Sequence[list[int]],
        stop: Event,
        writer: _Writer | None,
    ) -> list[list[int]]:
        """The tokens generated for each prompt, truncated after the first end token."""
        longest = max(map(len, prompts))
        room = self._window - longest
        if room < 1:
            raise PromptTooLong(
                f"The prompt has {longest:,} tokens; the window of {self._name} has"
                f" {self._window:,}.",
                "Give the model a longer window, or use fewer articles.",
            )
        config = self._config(requests[0], min(room, max(r.max_tokens for r in requests)))
        pad = self._ends[0]
        ids = torch.tensor([[pad] * (longest - len(p)) + p for p in prompts])
        attended = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
        masks = [self._grammars.mask([r.schema for r in requests])]
        if all(request.schema is None for request in requests):
            masks = []
        with self._lock, _generation_errors(self._name), _seeded(requests):
            if self._model is None or stop.is_set():
                return [[] for _ in requests]
            device = self._model.device
            generate = cast("Callable[..., torch.Tensor]", self._model.generate)
            generated = generate(
                input_ids=ids.to(device),
                attention_mask=attended.to(device),
                generation_config=config,
                logits_processor=masks,
                stopping_criteria=[_Stop(stop)],
                streamer=writer,
            )
        return [_cut(row, self._ends) for row in generated[:, longest:].tolist()]

    def _config(self, request: Request, tokens: int) -> GenerationConfig:
        sampling = request.sampling or GREEDY
        settings: dict[str, Any] = {
            "max_new_tokens": tokens,
            "do_sample": not sampling.greedy,
            "eos_token_id": self._ends,
            "pad_token_id": self._ends[0],
        }
        if not sampling.greedy:
            settings |= {
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "top_k": sampling.top_k,
            }
        if self._compiled:
            settings["cache_implementation"] = "static"
        return GenerationConfig(**settings)


class _Stop(StoppingCriteria):
    """Stop a generation after the current token once an event is set."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        return torch.full(
            (input_ids.shape[0],), self._event.is_set(), device=input_ids.device, dtype=torch.bool
        )


class _Writer:
    """A streamer for `generate` that emits text as soon as its characters are complete."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        ends: Sequence[int],
        emit: Callable[[Raw], None],
        *,
        skip: bool = True,
    ) -> None:
        self._tokenizer = tokenizer.backend_tokenizer
        self._ends, self._emit, self._skip = frozenset(ends), emit, skip
        self._stream = DecodeStream(skip_special_tokens=False)

    def put(self, value: torch.Tensor) -> None:
        if self._skip:  # `generate` passes the prompt first
            self._skip = False
            return
        for token in value.flatten().tolist():
            self.token(token)

    def token(self, token: int) -> None:
        if token not in self._ends and (text := self._stream.step(self._tokenizer, token)):
            self._emit(Raw(text))

    def end(self) -> None:
        """Required by `generate`; its caller emits the finish."""


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """All tokens that end a turn: the configured ones, and those of the chat format."""
    configured = model.generation_config.eos_token_id if model.generation_config else None
    tokens = [configured] if isinstance(configured, int) else list(configured or ())
    if tokenizer.eos_token_id is not None:
        tokens.append(tokenizer.eos_token_id)
    vocabulary = tokenizer.get_vocab()
    tokens += [vocabulary[mark] for mark in _TURN_ENDS if mark in vocabulary]
    return list(dict.fromkeys(tokens))


def _cut(row: list[int], ends: Sequence[int]) -> list[int]:
    for at, token in enumerate(row):
        if token in ends:
            return row[: at + 1]
    return row


def _end(row: list[int], prompt: int, ends: Sequence[int]) -> Raw:
    done = bool(row) and row[-1] in ends
    usage = Usage(prompt=prompt, generated=len(row), reused=0)
    return Raw(finish=Finish.STOP if done else Finish.LENGTH, usage=usage)


def _batches(requests: Sequence[Request]) -> Iterator[list[Request]]:
    """Group requests with the same sampling into small batches, in order."""
    batch: list[Request] = []
    for request in requests:
        if batch and (len(batch) == _ROWS or request.sampling != batch[0].sampling):
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


@contextmanager
def _seeded(requests: Sequence[Request]) -> Iterator[None]:
    """Seed sampling from the requests, and restore the process's random state afterwards."""
    sampling: Sampling = requests[0].sampling or GREEDY
    if sampling.greedy:
        yield
        return
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(hash(tuple(request.seed for request in requests)) & 0xFFFF_FFFF)
        yield


@contextmanager
def _generation_errors(name: str) -> Iterator[None]:
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, MemoryError) as error:
        raise memory_error(name, error) or error from error


def memory_error(name: str, error: BaseException) -> ModelOutOfMemory | None:
    if not isinstance(error, MemoryError | torch.OutOfMemoryError) and not _NO_MEMORY.search(
        str(error)
    ):
        return None
    return ModelOutOfMemory(
        f"{name}, or this much text at once, does not fit into memory.",
        "Use a GGUF file with a smaller quantisation, or a shorter window; see `medcite models`.",
    )
