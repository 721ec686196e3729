"""The assistant: the graph with its dependencies, for every front end."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from langchain_core.runnables import RunnableConfig

from agent import prompts
from agent.answer import Answer, Flagged, Provenance, Status
from agent.conversations.resumable import Conversations
from agent.conversations.threads import Threads, Turn
from agent.graph import Graph, build_graph
from agent.judging import Judging
from agent.model_forms import Effort, check_samples, on_model
from agent.models.base import LanguageModel
from agent.models.choice import NONE, ModelChoice, open_model, parse_model
from agent.models.thinking import OFF, budget, parse_thinking
from agent.plan import Plan
from agent.planning.rule_based import LocalPlanner
from agent.question import check_question
from agent.reading.reader import LocalReader, Reader
from agent.run_monitor import Watch, WatchedModel
from agent.state import Dependencies, Fallback, Question, Update
from agent.verification.classifier import large_base
from agent.verification.judge_test import judging_of
from agent.verification.local_verifier import LocalVerifier
from agent.verification.protocol import Verifier
from agent.writing.extractive import LocalWriter
from agent.writing.protocol import Writer
from corpora.dates import now
from corpora.errors import MedciteError, ModelError
from corpora.home import Home
from retrieval.encoder import DEFAULT_ENCODER, load_encoder
from retrieval.filters import Filters
from retrieval.rerank import CrossEncoderReranker
from retrieval.search import Searcher


@dataclass(frozen=True, slots=True)
class Step:
    """A finished node of the graph, its duration in seconds, and its update of the state."""

    node: str
    update: Update
    seconds: float


class Assistant:
    """Answers questions over one data directory; thread-safe.

    Raises:
        NoCorpus, NoIndex, IndexMismatch, Damaged, EncoderError: see `Searcher`, `load_encoder`.
    """

    def __init__(
        self,
        searcher: Searcher,
        dependencies: Dependencies,
        *,
        model: LanguageModel | None = None,
        failure: str = "",
        effort: Effort | None = None,
        choice: ModelChoice | None = None,
        judging: Judging = Judging.UNTESTED,
    ) -> None:
        self.searcher = searcher
        self.model = model
        self._choice = choice
        self._judging = judging
        self._effort = effort or Effort()
        self._dependencies = dependencies
        self._failure = failure
        self._graph: Graph = build_graph()
        self._conversations: Conversations | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls,
        home: Home,
        *,
        encoder: str = DEFAULT_ENCODER,
        reranker: str | None = None,
        articles: int = 8,
        flagged: Flagged = Flagged.SHOW,
        model: str = NONE,
        fallback: bool = False,
        thinking: str = OFF,
        samples: int = 1,
    ) -> Assistant:
        """Open an assistant over the literature of `home`.

        Args:
            reranker: a cross-encoder that reranks the search results.
            model: the language model that plans and writes; see `agent.models.choice`. With "none"
                the local planner and writer do, and nothing leaves the machine.
            fallback: use the local planner and writer where the model fails; answers then say so.
            flagged: what happens to drafted sentences that fail their check.
            thinking: "off", "auto" or a number of tokens; see `agent.models.thinking`.
            samples: drafts for a question with few possible answers; the most frequent wins.

        Raises:
            BadInput: `model`, `thinking` or `samples` is invalid.
            ModelError: the model cannot be opened, and there is no fallback.
        """
        # Otherwise a stray environment variable could make LangSmith send traces.
        os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
        check_samples(samples)
        parse_thinking(thinking)
        loaded = load_encoder(encoder)
        reranks = CrossEncoderReranker(reranker) if reranker else None
        searcher = Searcher(home, loaded, reranker=reranks)
        local = Fallback(LocalPlanner(), LocalWriter())
        try:
            choice = parse_model(model, home)
            opened, failure = _open_model(choice, fallback=fallback)
        except MedciteError:
            searcher.close()
            raise
        dependencies = Dependencies(
            retriever=searcher,
            planner=local.planner,
            reader=LocalReader(loaded),
            writer=local.writer,
            verifier=LocalVerifier(),
            fallback=local if opened and fallback else None,
            articles=articles,
            flagged=flagged,
        )
        if opened is None:
            return cls(searcher, dependencies, failure=failure)
        effort = Effort(budget(parse_thinking(thinking), opened), samples)
        judging = judging_of(home, choice, opened.name)
        dependencies = on_model(dependencies, opened, effort, judging)
        return cls(
            searcher, dependencies, model=opened, effort=effort, choice=choice, judging=judging
        )

    def on(
        self,
        model: LanguageModel,
        effort: Effort | None = None,
        judging: Judging = Judging.UNTESTED,
    ) -> Assistant:
        """An assistant over the same literature with another language model; it shares the
        searcher, and must not be closed.
        """
        used_effort = effort or self._effort
        tools = on_model(self._dependencies, model, used_effort, judging)
        return Assistant(self.searcher, tools, model=model, effort=used_effort, judging=judging)

    def bound_graph(self) -> Graph:
        """A graph with this assistant's dependencies, for runs started elsewhere."""
        return build_graph(tools=self._dependencies)

    def without_model(self, flagged: Flagged) -> Assistant:
        """As `on`, with the local planner, writer and verifier only."""
        tools = replace(
            self._dependencies,
            flagged=flagged,
            planner=LocalPlanner(),
            writer=LocalWriter(),
            verifier=LocalVerifier(),
            fallback=None,
        )
        return Assistant(self.searcher, tools)

    def close(self) -> None:
        if self.model is not None:
            self.model.close()
        self.searcher.close()
        if self._conversations is not None:
            self._conversations.close()

    def __enter__(self) -> Assistant:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def verifier(self) -> Verifier:
        """The verifier of its answers' claims."""
        return self._dependencies.verifier

    @property
    def reader(self) -> Reader:
        """The reader, which selects answer sentences."""
        return self._dependencies.reader

    @property
    def writer(self) -> Writer:
        """The writer of its drafts."""
        return self._dependencies.writer

    @property
    def failure(self) -> str:
        """Why the requested language model could not be opened, "" where it was."""
        return self._failure

    @property
    def flagged(self) -> Flagged:
        """What happens to drafted sentences that fail their check, from the next answer on."""
        return self._dependencies.flagged

    @flagged.setter
    def flagged(self, flagged: Flagged) -> None:
        if flagged is not self._dependencies.flagged:
            self._dependencies = replace(self._dependencies, flagged=flagged)

    def set_thinking(self, thinking: str) -> None:
        """Set the language model's thinking budget, from the next question on.

        Raises:
            BadInput: the value is invalid; see `agent.models.thinking`.
        """
        if self.model is None:
            return
        tokens = budget(parse_thinking(thinking), self.model)
        if tokens != self._effort.thinking:
            self._effort = replace(self._effort, thinking=tokens)
            self._dependencies = on_model(
                self._dependencies, self.model, self._effort, self._judging
            )

    def read_judging(self) -> None:
        """Reload the result of the model's self-test, for the next questions."""
        if self.model is None or self._choice is None:
            return
        judging = judging_of(self.searcher.home, self._choice, self.model.name)
        if judging is not self._judging:
            self._judging = judging
            self._dependencies = on_model(self._dependencies, self.model, self._effort, judging)

    @property
    def threads(self) -> Threads:
        """The conversations of the data directory."""
        return self._open_conversations.threads

    def ask(
        self, question: str, filters: Filters | None = None, thread: str | None = None
    ) -> Answer:
        """Run all steps and return the answer; errors as in `stream`."""
        answer: Answer | None = None
        for step in self.stream(question, filters, thread):
            answer = step.update.get("answer", answer)
        if answer is None:
            raise RuntimeError("the graph ended without an answer")
        return answer

    def stream(
        self,
        question: str,
        filters: Filters | None = None,
        thread: str | None = None,
        watch: Watch | None = None,
        history: Sequence[str] = (),
    ) -> Iterator[Step]:
        """Yield each step as it ends; the last step's update contains the answer.

        With the id of a thread, the question is understood as a follow-up of the earlier ones, and
        question and answer are stored; an interrupted question can be resumed. Without a thread, it
        is understood as a follow-up of `history`, the latest last, and nothing is stored.

        Raises:
            BadQuestion: the question is empty or too long.
            Busy: another process is working on the thread.
            StorageError: the turn cannot be stored.
            Stopped: `watch` was stopped.
        """
        checked = check_question(question)
        start = Question(question=checked, filters=filters or Filters())
        if thread is None:
            start["history"] = tuple(history)
            yield from self._steps(self._graph, start, watch=watch)
            return
        threads = self.threads
        with threads.working(thread):
            start["history"] = threads.history(thread)
            turn = threads.begin(thread, checked, start["filters"])
            yield from self._stored_steps(turn, start, watch)

    def resume(self, thread: str, watch: Watch | None = None) -> Iterator[Step]:
        """Resume the interrupted question of the thread of this id after its last finished step.

        Raises:
            BadInput: no question was interrupted.
            Busy, StorageError, Stopped: see `stream`.
        """
        threads = self.threads
        with threads.working(thread):
            turn = threads.interrupted(thread)
            start = Question(
                question=turn.asked, filters=turn.filters, history=threads.history(thread)
            )
            yield from self._stored_steps(turn, start, watch)

    def _stored_steps(self, turn: Turn, start: Question, watch: Watch | None) -> Iterator[Step]:
        """Yield the remaining steps of a turn; its answer is stored before it is shown."""
        stored = self._open_conversations
        remaining = stored.left_of(turn, start)
        for step in self._steps(stored.graph, remaining, stored.config(turn), watch):
            if answer := step.update.get("answer"):
                stored.threads.finish(turn, answer)
            yield step
        stored.checkpoints.delete_thread(turn.run)

    @property
    def _open_conversations(self) -> Conversations:
        with self._lock:
            if self._conversations is None:
                self._conversations = Conversations(self.searcher.home)
            return self._conversations

    def _steps(
        self,
        graph: Graph,
        start: Question | None,
        config: RunnableConfig | None = None,
        watch: Watch | None = None,
    ) -> Iterator[Step]:
        """Yield each step; `start` is None where a run resumes from its checkpoint."""
        provenance = self._provenance()
        timings: dict[str, float] = {}
        failures = provenance.fallbacks
        tools = self._dependencies
        if watch:
            watch.check()
            if self.model:
                watched = WatchedModel(self.model, watch)
                tools = on_model(tools, watched, self._effort, self._judging, watch.verdicts.append)
        step_start = time.perf_counter()
        for event in graph.stream(
            cast("Question", start),
            config,
            context=tools,
            stream_mode="updates",
            durability="sync" if config else None,
        ):
            now = time.perf_counter()
            for node, update in cast("dict[str, Any]", event).items():
                timings[node] = round(timings.get(node, 0.0) + now - step_start, 4)
                failures = update.get("fallbacks") or failures
                if "answer" in update:
                    full_provenance = replace(provenance, timings=dict(timings), fallbacks=failures)
                    update["answer"] = replace(
                        update["answer"], provenance=full_provenance, id=secrets.token_hex(8)
                    )
                yield Step(node, cast("Update", update), now - step_start)
                if watch and "answer" not in update:
                    watch.check()
            step_start = time.perf_counter()

    def failed(self, question: str, error: MedciteError) -> Answer:
        """A failed answer to a question, for batches that continue after an error."""
        return Answer(
            question,
            Status.FAILED,
            Plan(),
            reason=str(error),
            provenance=self._provenance(),
            id=secrets.token_hex(8),
        )

    def _provenance(self) -> Provenance:
        manifest = self.searcher.version.manifest
        return Provenance(
            index_version=manifest.version,
            snapshot=manifest.snapshot,
            encoder=manifest.encoder.name,
            model=self.model.name if self.model else NONE,
            prompts=prompts.fingerprint() if self.model else "",
            judge="large" if large_base() else "small",
            judging=self._judging if self.model else None,
            fallbacks=(self._failure,) if self._failure else (),
            created=now(),
        )


def _open_model(choice: ModelChoice, *, fallback: bool) -> tuple[LanguageModel | None, str]:
    """(the model or None, the reason where it could not be opened and a fallback is allowed)."""
    try:
        return open_model(choice), ""
    except ModelError as error:
        if not fallback:
            raise
        return None, error.message
