"""Run an examination: ask every item once or several times, and store each result at once.

A run is a folder. `run.json` describes it, `items.jsonl` has one record per item. A killed run can
be resumed: a sample depends only on the seed, the item and the sample's number.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any

import orjson
from filelock import FileLock, Timeout

from agent import prompts as agent_prompts
from agent.models.base import Finish, Generation, LanguageModel, Message, Request, Sampling
from corpora.atomic_files import atomic_write
from corpora.errors import BadInput, BadModelOutput, Busy, PromptTooLong, storage_errors
from evaluation.qa import prompts
from evaluation.qa.item import Item
from evaluation.qa.parsing import parse_choice
from evaluation.qa.prompts import PromptMode, Style
from retrieval.passage import Evidence

Record = dict[str, Any]
Retrieve = Callable[[str], list[Evidence]]
# Sampling for several different samples; the vote is from Wang et al., "Self-consistency …", 2022.
_VARIED = Sampling(temperature=0.7, top_p=0.95)
_CONSTRAINED_TOKENS = 32


class Status(StrEnum):
    """The outcome of an item. Only the first three are judged."""

    RIGHT = "right"
    WRONG = "wrong"
    UNPARSED = "unparsed"  # no reply chose an option: the model's fault, counted as not right
    FAILED = "failed"  # it could not be asked, for example because the prompt is too long
    NO_KEY = "no key"  # the set's key matches none of the options


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a run.

    `thinking` is in tokens, 0 for none; `max_tokens` limits a free reply without its thinking.
    `limit` None takes all items, else a sample of that size drawn by `seed`.
    """

    suite: str
    mode: PromptMode = PromptMode.CLOSED
    style: Style = Style.FREE
    samples: int = 1
    limit: int | None = None
    seed: int = 0
    thinking: int = 0
    max_tokens: int = 1024


def chosen(items: Sequence[Item], limit: int | None, seed: int) -> list[Item]:
    """All items, or `limit` of them sampled by `seed`, in their order."""
    if limit is None or limit >= len(items):
        return list(items)
    places = random.Random(seed).sample(range(len(items)), limit)  # noqa: S311 (a draw, no key)
    return [items[place] for place in sorted(places)]


def vote(letters: Sequence[str | None]) -> str | None:
    """The most frequent letter, or the first of equally frequent ones; None without votes."""
    counts = Counter(letter for letter in letters if letter)
    return counts.most_common(1)[0][0] if counts else None


@dataclass(frozen=True, slots=True)
class Examinee:
    """A language model with settings. `retrieve` returns articles for a question if grounded."""

    model: LanguageModel
    settings: Settings
    retrieve: Retrieve | None = None

    def sit(self, item: Item, cancel: Event | None = None) -> Record:
        """The item's record: prompt, replies, votes and outcome.

        Raises:
            ModelError: the model has become unavailable, for example because its server died.
        """
        began = time.perf_counter()
        record: Record = {
            "id": item.id,
            "fingerprint": item.fingerprint,
            "group": item.group,
            "options": dict(item.options),
            "answer": item.answer,
        }
        if not item.answer:
            return record | {"status": Status.NO_KEY, "reason": "the key names none of the options"}
        try:
            messages, pmids = self._prompt(item)
        except PromptTooLong as error:
            return record | {"status": Status.FAILED, "reason": error.message}
        record["prompt"] = [
            {"role": message.role.value, "text": message.text} for message in messages
        ]
        if pmids is not None:
            record["articles"] = pmids
        requests = self._requests(item, messages)
        replies = self._generate(requests, cancel)
        samples = [
            _sample(request, reply, item) for request, reply in zip(requests, replies, strict=True)
        ]
        letters = [sample["letter"] for sample in samples]
        choice = vote(letters)
        right = Status.RIGHT if choice == item.answer else Status.WRONG
        return record | {
            "samples": samples,
            "votes": dict(Counter(letter for letter in letters if letter)),
            "choice": choice,
            "status": right if choice else Status.UNPARSED,
            "seconds": round(time.perf_counter() - began, 3),
        }

    def _prompt(self, item: Item) -> tuple[tuple[Message, ...], list[str] | None]:
        settings, pmids = self.settings, None
        if self.retrieve is None:
            given = settings.mode is PromptMode.GIVEN
            messages = prompts.messages(item, settings.style, given=given)
        else:
            evidence = agent_prompts.fitting(self.model, self.retrieve(item.question))
            messages = prompts.messages(item, settings.style, evidence)
            pmids = list(dict.fromkeys(item.article.pmid for item in evidence))
        tokens = self.model.count_tokens(messages)
        if tokens + self._room > self.model.window:
            raise PromptTooLong(
                f"{tokens:,} tokens of prompt and {self._room:,} of reply do not fit the window of"
                f" {self.model.window:,}.",
                "Give the model a longer window (--model NAME@16k).",
            )
        return messages, pmids

    @property
    def _most_tokens(self) -> int:
        free = self.settings.style is Style.FREE
        return self.settings.max_tokens if free else _CONSTRAINED_TOKENS

    @property
    def _room(self) -> int:
        return self._most_tokens + self.settings.thinking

    def _requests(self, item: Item, messages: tuple[Message, ...]) -> list[Request]:
        settings = self.settings
        # A thinking model has its own sampling; a single sample without thinking is greedy.
        varied = settings.samples > 1 and not settings.thinking
        return [
            Request(
                messages,
                max_tokens=self._most_tokens,
                sampling=_VARIED if varied else None,
                seed=_seed(settings.seed, item.id, number),
                schema=prompts.schema(item) if settings.style is Style.CONSTRAINED else None,
                thinking=settings.thinking > 0,
                thinking_tokens=settings.thinking,
            )
            for number in range(settings.samples)
        ]

    def _generate(self, requests: Sequence[Request], cancel: Event | None) -> list[Generation]:
        if len(requests) > 1:
            # One bad output fails the whole batch, which is then repeated one by one.
            with suppress(BadModelOutput):
                return self.model.generate_many(requests, cancel)
        return [self._one(request, cancel) for request in requests]

    def _one(self, request: Request, cancel: Event | None) -> Generation:
        try:
            return self.model.generate(request, cancel)
        except BadModelOutput as error:
            return Generation("", thinking=error.message, finish=Finish.LOOP)


def _seed(seed: int, item: str, number: int) -> int:
    digest = hashlib.blake2b(f"{seed}\0{item}\0{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 2**31


def _sample(request: Request, reply: Generation, item: Item) -> Record:
    parsed = parse_choice(reply.text, item.options)
    return {
        "seed": request.seed,
        "thinking": reply.thinking,
        "reply": reply.text,
        "finish": reply.finish.value,
        "letter": parsed.letter,
        "rule": parsed.rule,
        "tokens": {"prompt": reply.usage.prompt, "generated": reply.usage.generated},
    }


def run(
    items: Sequence[Item],
    sit: Callable[[Item, Event], Record],
    out: Path,
    described: Mapping[str, Any],
    progress: Callable[[Record], None],
    parallel: int = 1,
) -> list[Record]:
    """Ask every item without a record in `out`; return all records in the order of the items.

    Args:
        described: description of the run; "settings" and "fixed" must match a run in `out`.
        progress: called with every record, those of an earlier part of the run first.
        parallel: number of items asked at once.

    Raises:
        BadInput: `out` contains another run.
        Busy: another process is working on it.
        StorageError: it cannot be written.
        ModelError: the model has become unavailable; finished items are kept.
    """
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    with _working(out):
        _open(out / "run.json", described)
        done = {record["id"]: record for record in recorded(out / "items.jsonl", mend=True)}
        for record in done.values():
            progress(record)
        todo = [item for item in items if item.id not in done]
        for record in _results(todo, sit, parallel):
            _append(out / "items.jsonl", record)
            done[record["id"]] = record
            progress(record)
    return [done[item.id] for item in items]


def _append(path: Path, record: Record) -> None:
    with storage_errors(path), path.open("ab") as file:
        file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


def _results(
    todo: Sequence[Item], sit: Callable[[Item, Event], Record], parallel: int
) -> Iterator[Record]:
    cancel = Event()
    if parallel <= 1:
        yield from (sit(item, cancel) for item in todo)
        return
    with ThreadPoolExecutor(parallel) as pool:
        futures = [pool.submit(sit, item, cancel) for item in todo]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            cancel.set()
            pool.shutdown(cancel_futures=True)


@contextmanager
def _working(out: Path) -> Iterator[None]:
    lock = FileLock(out / "run.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise Busy(
            f"Another process is working on the run in {out}.",
            "Wait for it, or give another folder.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _open(path: Path, described: Mapping[str, Any]) -> None:
    new = orjson.loads(orjson.dumps(described))
    if not path.exists():
        with storage_errors(path):
            atomic_write(path, orjson.dumps(new, option=orjson.OPT_INDENT_2))
        return
    existing = orjson.loads(path.read_bytes())
    for part in ("settings", "fixed"):
        differing = [
            name
            for name in {**existing[part], **new[part]}
            if existing[part].get(name) != new[part].get(name)
        ]
        if differing:
            raise BadInput(
                f"{path.parent} contains a run that differs in its {', '.join(differing)}.",
                "Give another folder with --out, or remove this one.",
            )


def recorded(path: Path, *, mend: bool = False) -> list[Record]:
    """The records of items.jsonl. A last line truncated by a kill is ignored, and with `mend`
    removed from the file.
    """
    if not path.exists():
        return []
    whole, _, rest = path.read_bytes().rpartition(b"\n")
    if rest and mend:
        with path.open("r+b") as file:
            file.truncate(len(whole) + 1 if whole else 0)
    return [orjson.loads(line) for line in whole.splitlines() if line]


def described(settings: Settings, fixed: Mapping[str, Any], around: Mapping[str, Any]) -> Record:
    """The content of run.json."""
    return {"settings": asdict(settings), "fixed": dict(fixed), "surroundings": dict(around)}
