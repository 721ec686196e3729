"""Questions in, answers out: the graph with its dependencies, for every front end."""

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
from agent.verification.trained import LocalVerifier
from agent.verification.verifier import Verifier
from agent.writing.extractive import LocalWriter
from agent.writing.writer import Writer
from corpora.dates import now
from corpora.errors import MedciteError, ModelError
from corpora.home import Home
from retrieval.encoder import DEFAULT_ENCODER, load_encoder
from retrieval.passage import Filters
from retrieval.rerank import CrossEncoderReranker
from retrieval.search import Searcher


@dataclass(frozen=True, slots=True)
class Step:
    """A node of the graph has ended after `seconds`; `update` is what it changed."""

    node: str
    update: Update
    seconds: float


class Assistant:
    """Answers questions over one data directory. Safe to use from several threads.

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
        """An assistant over the literature of `home`.

        Args:
            reranker: a cross-encoder that ranks what was found once more.
            model: which language model plans and writes; see `agent.models.choice`. With "none"
                the local forms do, and nothing leaves the machine.
            fallback: let the local forms take over where the model fails; answers then say so.
            flagged: what becomes of drafted sentences that fail their check.
            thinking: "off", "auto" or a number of tokens; see `agent.models.thinking`.
            samples: drafts for a question with few possible answers; the most frequent counts.

        Raises:
            BadInput: `model`, `thinking` or `samples` stands for nothing.
            ModelError: the model cannot be opened, and there is no fallback.
        """
        # LangSmith would send traces if a stray environment variable said so.
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
        searcher, and is not to be closed.
        """
        spent = effort or self._effort
        tools = on_model(self._dependencies, model, spent, judging)
        return Assistant(self.searcher, tools, model=model, effort=spent, judging=judging)

    def bound_graph(self) -> Graph:
        """A graph that works with what this assistant works with, for runs that others start."""
        return build_graph(tools=self._dependencies)

    def without_model(self, flagged: Flagged) -> Assistant:
        """As `on`, with the local forms alone."""
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
        """What judges the claims of its answers."""
        return self._dependencies.verifier

    @property
    def reader(self) -> Reader:
        """What chooses the sentences that answer."""
        return self._dependencies.reader

    @property
    def writer(self) -> Writer:
        """What drafts its answers."""
        return self._dependencies.writer

    @property
    def failure(self) -> str:
        """Why the language model that was named could not be opened; "" where it was."""
        return self._failure

    @property
    def flagged(self) -> Flagged:
        """What becomes of drafted sentences that fail their check; holds for the next answer."""
        return self._dependencies.flagged

    @flagged.setter
    def flagged(self, flagged: Flagged) -> None:
        if flagged is not self._dependencies.flagged:
            self._dependencies = replace(self._dependencies, flagged=flagged)

    def set_thinking(self, thinking: str) -> None:
        """Let the language model think as this says, from the next question on.

        Raises:
            BadInput: it says nothing; see `agent.models.thinking`.
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
        """Take up, from the next question on, what a self-test has found of the model since."""
        if self.model is None or self._choice is None:
            return
        judging = judging_of(self.searcher.home, self._choice, self.model.name)
        if judging is not self._judging:
            self._judging = judging
            self._dependencies = on_model(self._dependencies, self.model, self._effort, judging)

    @property
    def threads(self) -> Threads:
        """The conversations of the data directory."""
        return self._kept.threads

    def ask(
        self, question: str, filters: Filters | None = None, thread: str | None = None
    ) -> Answer:
        """The answer, when all steps are done; `stream` says the errors."""
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
        """Each step as it ends; the last one's update holds the answer.

        In the thread of this id the question is understood as a follow-up of those before, and
        question and answer are kept; stopped in the midst, it can be resumed. Without a thread it
        is understood as a follow-up of the questions in `history`, latest last; nothing is kept.

        Raises:
            BadQuestion: the question is empty or too long.
            Busy: the thread is being worked on.
            StorageError: it cannot be kept.
            Stopped: `watch` was told to.
        """
        asked = check_question(question)
        start = Question(question=asked, filters=filters or Filters())
        if thread is None:
            start["history"] = tuple(history)
            yield from self._steps(self._graph, start, watch=watch)
            return
        threads = self.threads
        with threads.working(thread):
            start["history"] = threads.history(thread)
            turn = threads.begin(thread, asked, start["filters"])
            yield from self._kept_steps(turn, start, watch)

    def resume(self, thread: str, watch: Watch | None = None) -> Iterator[Step]:
        """The interrupted question of the thread of this id, from its last finished step on.

        Raises:
            BadInput: none was interrupted.
            Busy, StorageError, Stopped: see `stream`.
        """
        threads = self.threads
        with threads.working(thread):
            turn = threads.interrupted(thread)
            start = Question(
                question=turn.asked, filters=turn.filters, history=threads.history(thread)
            )
            yield from self._kept_steps(turn, start, watch)

    def _kept_steps(self, turn: Turn, start: Question, watch: Watch | None) -> Iterator[Step]:
        """The steps of a turn that are still to do; its answer is kept before it is shown."""
        kept = self._kept
        for step in self._steps(kept.graph, kept.left_of(turn, start), kept.config(turn), watch):
            if answer := step.update.get("answer"):
                kept.threads.finish(turn, answer)
            yield step
        kept.checkpoints.delete_thread(turn.run)

    @property
    def _kept(self) -> Conversations:
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
        """Each step; `start` is None where a run goes on from its checkpoint."""
        provenance = self._provenance()
        timings: dict[str, float] = {}
        failures = provenance.fallbacks
        tools = self._dependencies
        if watch:
            watch.check()
            if self.model:
                watched = WatchedModel(self.model, watch)
                tools = on_model(tools, watched, self._effort, self._judging, watch.verdicts.append)
        began = time.perf_counter()
        for event in graph.stream(
            cast("Question", start),
            config,
            context=tools,
            stream_mode="updates",
            durability="sync" if config else None,
        ):
            now = time.perf_counter()
            for node, update in cast("dict[str, Any]", event).items():
                timings[node] = round(timings.get(node, 0.0) + now - began, 4)
                failures = update.get("fallbacks") or failures
                if "answer" in update:
                    made = replace(provenance, timings=dict(timings), fallbacks=failures)
                    update["answer"] = replace(
                        update["answer"], provenance=made, id=secrets.token_hex(8)
                    )
                yield Step(node, cast("Update", update), now - began)
                if watch and "answer" not in update:
                    watch.check()
            began = time.perf_counter()

    def failed(self, question: str, error: MedciteError) -> Answer:
        """The answer to a question that could not be worked on, for batches that go on."""
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
    """(the model or None, why it could not be opened where that is let pass)."""
    try:
        return open_model(choice), ""
    except ModelError as error:
        if not fallback:
            raise
        return None, error.message
