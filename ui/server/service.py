"""What every endpoint and tool of the server does, over the one open assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import anyio.to_thread

from agent.answer import Answer, Flagged, Verdict, verdict_dict
from agent.assistant import Assistant, Step
from agent.models.base import Generation, LanguageModel, Piece, Request
from agent.question import check_question
from agent.run_monitor import Watch, WatchedModel
from agent.table.model_cells import ModelCells
from agent.table.table import EvidenceTable
from agent.verification.document import claims_of, evidence_of, noticed
from agent.verification.plain_text import PlainClaim, verify_plain
from agent.verification.trained import LocalVerifier
from agent.verification.verifier import verdicts_of
from corpora.article import Article
from corpora.errors import BadInput, MedciteError, ModelNotFound
from corpora.home import Home
from corpora.identifiers import doi_of, pmcid_of, pmid_of
from corpora.store import open_corpus
from retrieval.browse import similar
from retrieval.passage import Evidence, Filters, SearchQuery
from ui.server.library import (
    MOST_AT_ONCE,
    Library,
    check_filters,
    table_of_query,
    table_of_question,
)
from ui.server.limits import Gate
from ui.server.metrics import Metrics
from ui.server.running import Run

T = TypeVar("T")

# Questions of earlier turns that a follow-up is read with.
_MOST_HISTORY = 10


class NoArticle(BadInput):
    """No article of the corpus has this identifier."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what clients ask.

    `per_minute` are requests of one client (0: no limit), `at_once` questions at work, `waiting`
    those that may wait for them, `per_client` those of one client, `body` the bytes of a request.
    """

    per_minute: int = 60
    at_once: int = MOST_AT_ONCE
    waiting: int = 32
    per_client: int = 8
    body: int = 1_000_000


class Service:
    """Questions, searches, articles and verdicts, for any number of clients at once."""

    def __init__(self, library: Library, limits: Limits | None = None) -> None:
        self.library = library
        self.limits = limits or Limits()
        self.gate = Gate(self.limits.at_once, self.limits.waiting, self.limits.per_client)
        self.metrics = Metrics(self.gate)
        # Whether the server is ending: it finishes what it works on, and takes nothing new.
        self.draining = False

    @property
    def home(self) -> Home:
        return self.library.home

    @cached_property
    def _verifier(self) -> LocalVerifier:
        return LocalVerifier()

    async def checked(self, filters: Filters) -> Filters:
        """The filters, once the index has what they name.

        Raises:
            BadInput: no article has it; names what there is instead.
            NoIndex, Damaged: there is no index to look in.
        """
        await anyio.to_thread.run_sync(check_filters, self.home, filters)
        return filters

    # Questions

    def ask(
        self, question: str, filters: Filters, history: Sequence[str], client: str
    ) -> Run[Step]:
        """Begin to work on a question, once its turn has come.

        Args:
            history: earlier questions of the conversation, the latest last.
            client: whose question it is.

        Raises:
            BadQuestion: it is empty or too long.
            TooMany: of this client's, or of all.
        """
        asked = check_question(question)
        known = tuple(_questions(history))[-_MOST_HISTORY:]

        def produce(watch: Watch) -> Iterator[Step]:
            assistant = self.library.assistant()
            for step in assistant.stream(asked, filters, watch=watch, history=known):
                self.metrics.step(step)
                yield step

        return Run(produce, self.gate.enter(client))

    def ask_locally(
        self, question: str, filters: Filters, encoder: str, flagged: Flagged, *, client: str
    ) -> Run[Step] | None:
        """Begin to work on a question as a process of its own would, without a language model;
        None where the index was built with another encoder. Call it when `readiness` is "".

        Raises:
            BadQuestion, TooMany: see `ask`.
        """
        asked = check_question(question)
        assistant = self.library.assistant().without_model(flagged)
        if assistant.searcher.version.manifest.encoder.name != encoder:
            return None

        def produce(watch: Watch) -> Iterator[Step]:
            for step in assistant.stream(asked, filters, watch=watch):
                self.metrics.step(step)
                yield step

        return Run(produce, self.gate.enter(client))

    def generate(self, request: Request, client: str) -> Run[Piece | Generation]:
        """Let the language model write from memory alone: nothing is searched or checked.

        Raises:
            TooMany: see `ask`.
            ModelNotFound: there is no language model; raised by the run.
        """

        def produce(watch: Watch) -> Iterator[Piece | Generation]:
            yield from WatchedModel(_model(self.library.assistant()), watch).stream(request)

        return Run(produce, self.gate.enter(client))

    async def model_name(self) -> str | None:
        """The language model that is in use; None without one."""
        assistant = await anyio.to_thread.run_sync(self.library.assistant)
        return assistant.model.name if assistant.model else None

    # The literature

    async def search(self, query: str, filters: Filters, k: int, client: str) -> list[Evidence]:
        """At most `k` articles, best first, each with the passage nearest to the query."""
        asked = check_question(query)

        def work() -> list[Evidence]:
            searcher = self.library.assistant().searcher
            return searcher.search([SearchQuery(asked, filters)], k)[0]

        return await self._placed(work, client)

    async def articles(self, identifiers: Sequence[str]) -> list[Article | None]:
        """The article of each PMID, DOI or PMCID, None where there is none; in order."""

        def work() -> list[Article | None]:
            with open_corpus(self.home.corpus) as store:
                return [store.identified(identifier_of(each)) for each in identifiers]

        return await anyio.to_thread.run_sync(work)

    async def article(self, identifier: str) -> Article:
        """Raises:
        NoArticle: there is none of this identifier.
        """
        (article,) = await self.articles([identifier])
        if article is None:
            raise NoArticle(
                "No article of the corpus has this identifier.",
                "Give a PMID, doi:… or PMC…; import what is missing with `medcite corpus add`.",
            )
        return article

    async def related(self, identifier: str, k: int, client: str) -> list[tuple[Article, float]]:
        """The articles nearest in meaning, with their cosine; retracted ones are left out.

        Raises:
            NoArticle: there is none of this identifier.
        """
        await self.article(identifier)

        def work() -> list[tuple[Article, float]]:
            searcher = self.library.assistant().searcher
            with open_corpus(self.home.corpus) as store:
                found = store.find(identifier_of(identifier))
                # A few more, for those that are retracted or gone.
                near = similar(searcher.version, found[0], 2 * k) if found else []
                known = store.by_id([number for number, _ in near])
            kept = [(known[n], score) for n, score in near if n in known]
            return [(article, score) for article, score in kept if not article.retracted][:k]

        return await self._placed(work, client)

    async def cited_as(
        self, *, journal: str, year: int, volume: str, page: str, author: str
    ) -> list[Article]:
        """The articles to which a printed citation applies; see `ArticleStore.cited_as`."""

        def work() -> list[Article]:
            with open_corpus(self.home.corpus) as store:
                return store.cited_as(
                    journal=journal, year=year, volume=volume, page=page, author=author
                )

        return await anyio.to_thread.run_sync(work)

    async def table(
        self,
        question: str | None,
        query: str | None,
        filters: Filters,
        k: int,
        own: Sequence[str],
        client: str,
        *,
        fill: bool = False,
    ) -> EvidenceTable:
        """An evidence table of at most `k` studies: for a question, or of a Boolean query.

        Args:
            own: questions that are columns of their own; of a query's table, `fill` answers them.
            fill: let the language model fill what is empty.

        Raises:
            BadQuestion, BadQuery: what was asked cannot be read.
            ModelNotFound: there is no language model to fill it.
        """

        def produce(watch: Watch) -> Iterator[EvidenceTable]:
            model = _model(self.library.assistant()) if fill else None
            if query is not None:
                table, _ = table_of_query(self.home, query, filters, k, own=own)
            else:
                searcher = self.library.assistant().searcher
                table = table_of_question(searcher, question or "", filters, k, own)
            yield ModelCells(WatchedModel(model, watch)).fill(table).table if model else table

        return await self._produced(produce, client)

    # Verdicts

    async def verify_text(self, text: str, client: str) -> tuple[list[Verdict], dict[str, Article]]:
        """(a verdict a sentence, the articles cited by the identifier used).

        Raises:
            BadInput: the text holds no sentence.
        """

        def work() -> tuple[list[Verdict], dict[str, Article]]:
            claims = claims_of(text)
            if not claims:
                raise BadInput(
                    "The text holds no sentence.", "Give one with citations such as [33301246]."
                )
            with open_corpus(self.home.corpus) as store:
                evidence = evidence_of(claims, store)
            cited = {each.passage.id: each.article for each in evidence}
            verdicts = verdicts_of(self._verifier, claims, evidence)
            return [noticed(verdict, cited) for verdict in verdicts], cited

        return await self._placed(work, client)

    async def verify_pairs(
        self, pairs: Sequence[tuple[str, Sequence[str]]], client: str
    ) -> list[Verdict]:
        """A verdict for each (claim, texts that it is said to rest on)."""
        claims = [PlainClaim(str(n), claim, tuple(texts)) for n, (claim, texts) in enumerate(pairs)]
        return await self._placed(lambda: list(verify_plain(self._verifier, claims)), client)

    # State

    async def index(self) -> dict[str, Any]:
        """The corpus and the index in use.

        Raises:
            NoCorpus, NoIndex, Damaged: there is none, or it cannot be used.
        """

        def work() -> dict[str, Any]:
            assistant = self.library.assistant()
            manifest = assistant.searcher.version.manifest
            with open_corpus(self.home.corpus) as store:
                return {
                    "articles": len(store),
                    "snapshot": store.snapshot,
                    "index_version": manifest.version,
                    "built": manifest.created,
                    "indexed_articles": manifest.articles,
                    "passages": manifest.passages,
                    "encoder": manifest.encoder.name,
                    "model": assistant.model.name if assistant.model else "none",
                }

        return await anyio.to_thread.run_sync(work)

    def readiness(self) -> str:
        """Why no question can be asked just now; "" where one can."""
        if self.draining:
            return "the server is shutting down"
        try:
            self.library.check()
        except MedciteError as error:
            return str(error)
        if self.library.ready:
            return ""
        # A load that failed is tried again here: who is not ready is sent no question to try with.
        self.library.warm()
        return "the models are being loaded"

    async def _placed(self, work: Callable[[], T], client: str) -> T:
        """Work in a thread that takes a place among the questions."""

        def produce(_: Watch) -> Iterator[T]:
            yield work()

        return await self._produced(produce, client)

    async def _produced(self, produce: Callable[[Watch], Iterator[T]], client: str) -> T:
        """The first result of work that can be watched and left."""
        async with Run(produce, self.gate.enter(client)) as run:
            async for result in run.items():
                return result
        raise RuntimeError("work ended without a result")


async def answer_of(steps: AsyncIterator[Step]) -> Answer:
    """The answer that a run ends with."""
    answer: Answer | None = None
    async for step in steps:
        answer = step.update.get("answer", answer)
    if answer is None:
        raise RuntimeError("the graph ended without an answer")
    return answer


def plain_verdicts(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Verdicts on a text or on pairs, whose quotes name their evidence by key alone."""
    return [verdict_dict(verdict, {}) for verdict in verdicts]


def identifier_of(text: str) -> str:
    """An identifier however it is written, in the form in which the store knows it."""
    given = text.strip()
    if pmid := pmid_of(given):
        return pmid
    if doi := doi_of(given):
        return f"doi:{doi.lower()}"
    if given.casefold().startswith("pmc") and (pmcid := pmcid_of(given)):
        return pmcid
    return given


def _questions(history: Sequence[str]) -> Iterator[str]:
    """Those that could be asked: a pasted document of an earlier turn is none."""
    for each in history:
        try:
            yield check_question(each)
        except BadInput:
            continue


def _model(assistant: Assistant) -> LanguageModel:
    if assistant.model is None:
        raise ModelNotFound(
            "There is no language model here.",
            "Start the server with one: medcite serve --model NAME; see `medcite models`.",
        )
    return assistant.model
