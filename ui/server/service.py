"""The operations behind all endpoints and tools of the server, on one shared assistant."""

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
from agent.verification.local_verifier import LocalVerifier
from agent.verification.plain_text import PlainClaim, verify_plain
from agent.verification.protocol import verdicts_of
from corpora.article import Article
from corpora.errors import BadInput, MedciteError, ModelNotFound
from corpora.home import Home
from corpora.identifiers import doi_of, pmcid_of, pmid_of
from corpora.store import open_corpus
from retrieval.browse import similar
from retrieval.filters import Filters
from retrieval.passage import Evidence, SearchQuery
from ui.server.limits import Gate
from ui.server.metrics import Metrics
from ui.server.running import QueuedRun
from ui.server.shared import (
    MOST_AT_ONCE,
    Library,
    check_filters,
    table_of_query,
    table_of_question,
)

T = TypeVar("T")

# Number of earlier questions used to interpret a follow-up.
_MOST_HISTORY = 10


class NoArticle(BadInput):
    """No article in the corpus has this identifier."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on requests.

    `per_minute` limits requests per client (0: no limit), `at_once` concurrent questions, `waiting`
    waiting ones, `per_client` both together per client, `body` the bytes of a request.
    """

    per_minute: int = 60
    at_once: int = MOST_AT_ONCE
    waiting: int = 32
    per_client: int = 8
    body: int = 1_000_000


class Service:
    """Questions, searches, articles and verdicts, for concurrent clients."""

    def __init__(self, library: Library, limits: Limits | None = None) -> None:
        self.library = library
        self.limits = limits or Limits()
        self.gate = Gate(self.limits.at_once, self.limits.waiting, self.limits.per_client)
        self.metrics = Metrics(self.gate)
        # Whether the server is shutting down: it finishes running work and accepts no more.
        self.draining = False

    @property
    def home(self) -> Home:
        return self.library.home

    @cached_property
    def _verifier(self) -> LocalVerifier:
        return LocalVerifier()

    async def checked(self, filters: Filters) -> Filters:
        """Return the filters after checking that the index has their values.

        Raises:
            BadInput: no article has a value; suggests existing ones.
            NoIndex, Damaged: there is no readable index.
        """
        await anyio.to_thread.run_sync(check_filters, self.home, filters)
        return filters

    # Questions

    def ask(
        self, question: str, filters: Filters, history: Sequence[str], client: str
    ) -> QueuedRun[Step]:
        """Start a run for a question, which waits for its turn.

        Args:
            history: earlier questions of the conversation, latest last.
            client: the client that asks.

        Raises:
            BadQuestion: the question is empty or too long.
            TooMany: there are too many questions, of this client or in total.
        """
        checked = check_question(question)
        earlier = tuple(_questions(history))[-_MOST_HISTORY:]

        def produce(watch: Watch) -> Iterator[Step]:
            assistant = self.library.assistant()
            for step in assistant.stream(checked, filters, watch=watch, history=earlier):
                self.metrics.step(step)
                yield step

        return QueuedRun(produce, self.gate.enter(client))

    def ask_locally(
        self, question: str, filters: Filters, encoder: str, flagged: Flagged, *, client: str
    ) -> QueuedRun[Step] | None:
        """Start a run for a question as a separate process would answer it, without a language
        model; None if the index was built with another encoder. Requires `readiness` to be "".

        Raises:
            BadQuestion, TooMany: see `ask`.
        """
        checked = check_question(question)
        assistant = self.library.assistant().without_model(flagged)
        if assistant.searcher.version.manifest.encoder.name != encoder:
            return None

        def produce(watch: Watch) -> Iterator[Step]:
            for step in assistant.stream(checked, filters, watch=watch):
                self.metrics.step(step)
                yield step

        return QueuedRun(produce, self.gate.enter(client))

    def generate(self, request: Request, client: str) -> QueuedRun[Piece | Generation]:
        """Let the language model write from memory; nothing is searched or checked.

        Raises:
            TooMany: see `ask`.
            ModelNotFound: there is no language model; raised by the run.
        """

        def produce(watch: Watch) -> Iterator[Piece | Generation]:
            yield from WatchedModel(_model(self.library.assistant()), watch).stream(request)

        return QueuedRun(produce, self.gate.enter(client))

    async def model_name(self) -> str | None:
        """Return the name of the language model in use, if any."""
        assistant = await anyio.to_thread.run_sync(self.library.assistant)
        return assistant.model.name if assistant.model else None

    # The literature

    async def search(self, query: str, filters: Filters, k: int, client: str) -> list[Evidence]:
        """Return at most `k` articles, best first, each with its most similar passage."""
        checked = check_question(query)

        def work() -> list[Evidence]:
            searcher = self.library.assistant().searcher
            return searcher.search([SearchQuery(checked, filters)], k)[0]

        return await self._placed(work, client)

    async def articles(self, identifiers: Sequence[str]) -> list[Article | None]:
        """Return the article of each PMID, DOI or PMCID, in order, None if there is none."""

        def work() -> list[Article | None]:
            with open_corpus(self.home.corpus) as store:
                return [store.identified(identifier_of(text)) for text in identifiers]

        return await anyio.to_thread.run_sync(work)

    async def article(self, identifier: str) -> Article:
        """Return the article with an identifier.

        Raises:
            NoArticle: there is none.
        """
        (article,) = await self.articles([identifier])
        if article is None:
            raise NoArticle(
                "No article in the corpus has this identifier.",
                "Give a PMID, doi:… or PMC…; import missing articles with `medcite corpus add`.",
            )
        return article

    async def related(self, identifier: str, k: int, client: str) -> list[tuple[Article, float]]:
        """Return the articles most similar in meaning, with their cosine, except retracted ones.

        Raises:
            NoArticle: no article has this identifier.
        """
        await self.article(identifier)

        def work() -> list[tuple[Article, float]]:
            searcher = self.library.assistant().searcher
            with open_corpus(self.home.corpus) as store:
                match = store.find(identifier_of(identifier))
                # Twice as many, because some may be retracted or deleted.
                neighbours = similar(searcher.version, match[0], 2 * k) if match else []
                articles = store.by_id([number for number, _ in neighbours])
            existing = [(articles[n], score) for n, score in neighbours if n in articles]
            return [(article, score) for article, score in existing if not article.retracted][:k]

        return await self._placed(work, client)

    async def cited_as(
        self, *, journal: str, year: int, volume: str, page: str, author: str
    ) -> list[Article]:
        """Return the articles that match a printed citation; see `ArticleStore.cited_as`."""

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
        """Build an evidence table of at most `k` studies, for a question or a Boolean query.

        Args:
            own: questions to add as columns; in a query's table, only `fill` answers them.
            fill: let the language model fill empty cells.

        Raises:
            BadQuestion, BadQuery: the question or query is invalid.
            ModelNotFound: there is no language model to fill cells.
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
        """Return one verdict per sentence, and the cited articles by the identifier used.

        Raises:
            BadInput: the text contains no sentences.
        """

        def work() -> tuple[list[Verdict], dict[str, Article]]:
            claims = claims_of(text)
            if not claims:
                raise BadInput(
                    "The text contains no sentences.",
                    "Send a text with citations such as [33301246].",
                )
            with open_corpus(self.home.corpus) as store:
                evidence = evidence_of(claims, store)
            cited = {e.passage.id: e.article for e in evidence}
            verdicts = verdicts_of(self._verifier, claims, evidence)
            return [noticed(verdict, cited) for verdict in verdicts], cited

        return await self._placed(work, client)

    async def verify_pairs(
        self, pairs: Sequence[tuple[str, Sequence[str]]], client: str
    ) -> list[Verdict]:
        """Return a verdict for each pair of a claim and the texts cited for it."""
        claims = [PlainClaim(str(n), claim, tuple(texts)) for n, (claim, texts) in enumerate(pairs)]
        return await self._placed(lambda: list(verify_plain(self._verifier, claims)), client)

    # State

    async def index(self) -> dict[str, Any]:
        """Describe the corpus and the index in use.

        Raises:
            NoCorpus, NoIndex, Damaged: corpus or index is missing or unusable.
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
        """Return why no question can be asked now; "" if one can."""
        if self.draining:
            return "the server is shutting down"
        try:
            self.library.check()
        except MedciteError as error:
            return str(error)
        if self.library.ready:
            return ""
        # Retry a failed load here: a server that is not ready gets no question that would.
        self.library.warm()
        return "the models are loading"

    async def _placed(self, work: Callable[[], T], client: str) -> T:
        """Run work in a thread, subject to the limit on concurrent questions."""

        def produce(_: Watch) -> Iterator[T]:
            yield work()

        return await self._produced(produce, client)

    async def _produced(self, produce: Callable[[Watch], Iterator[T]], client: str) -> T:
        """Return the first item of a producer that can be cancelled."""
        async with QueuedRun(produce, self.gate.enter(client)) as run:
            async for result in run.items():
                return result
        raise RuntimeError("work ended without a result")


async def answer_of(steps: AsyncIterator[Step]) -> Answer:
    """Return the answer at the end of a run."""
    answer: Answer | None = None
    async for step in steps:
        answer = step.update.get("answer", answer)
    if answer is None:
        raise RuntimeError("the graph ended without an answer")
    return answer


def plain_verdicts(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return verdicts on a text or on pairs as JSON; quotes name their evidence only by key."""
    return [verdict_dict(verdict, {}) for verdict in verdicts]


def identifier_of(text: str) -> str:
    """Normalise an identifier to the form used by the store."""
    stripped = text.strip()
    if pmid := pmid_of(stripped):
        return pmid
    if doi := doi_of(stripped):
        return f"doi:{doi.lower()}"
    if stripped.casefold().startswith("pmc") and (pmcid := pmcid_of(stripped)):
        return pmcid
    return stripped


def _questions(history: Sequence[str]) -> Iterator[str]:
    """Yield only valid questions, skipping for instance a pasted document."""
    for text in history:
        try:
            yield check_question(text)
        except BadInput:
            continue


def _model(assistant: Assistant) -> LanguageModel:
    if assistant.model is None:
        raise ModelNotFound(
            "This server has no language model.",
            "Start the server with one: medcite serve --model NAME; see `medcite models`.",
        )
    return assistant.model
