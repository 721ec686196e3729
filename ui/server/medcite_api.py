"""Medcite's own endpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from agent.assistant import Step
from corpora.errors import BadInput, MedciteError
from ui.server.errors import error_body
from ui.server.forms import (
    AnswerForm,
    ArticleRecord,
    ErrorReply,
    IndexRecord,
    SearchForm,
    SearchRecord,
    TableForm,
    TableRecord,
    VerdictsRecord,
    VerifyForm,
)
from ui.server.records import article_record, found_record, step_event
from ui.server.running import QueuedRun
from ui.server.service import Service, answer_of, plain_verdicts
from ui.server.streams import BEAT, RunStream, event, paced, unless_left

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": description}
    for status, description in (
        (400, "Invalid input."),
        (401, "An API key is required."),
        (403, "Sent by another website."),
        (413, "Too large."),
        (421, "Addressed to another host."),
        (422, "Does not match the schema."),
        (429, "Too many requests; Retry-After says when to try again."),
        (503, "Not ready: no corpus, no index, or shutting down."),
    )
}
_MISSING: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorReply, "description": "Not found."}
}
_ANSWER = {
    "type": "object",
    "description": "See docs/answer.schema.json.",
    "required": ["schema_version", "id", "question", "status", "reason", "text", "verdicts"],
}
# One event of a stream, as OpenAPI 3.2 describes streams.
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
_EVENTS = (
    "Events named plan, evidence, claims and verdicts as work progresses (each may be repeated);"
    " then one named answer, as in docs/answer.schema.json, or one named error."
)

router = APIRouter(prefix="/v1", tags=["Medcite"], responses=ERRORS)


def service_of(request: Request) -> Service:
    """Return the server's service."""
    service: Service = request.app.state.service
    return service


def client_of(request: Request) -> str:
    """Return the client that sent a request."""
    return str(getattr(request.state, "client", "local"))


@router.post(
    "/answers",
    response_class=Response,
    responses={
        200: {
            "description": _EVENTS,
            "content": {
                "text/event-stream": {"schema": EVENT},
                "application/json": {"schema": _ANSWER},
            },
        }
    },
)
async def answers(form: AnswerForm, request: Request) -> Response:
    """Answer a question, sentence by sentence, each with its source and a verdict."""
    service = service_of(request)
    filters = await service.checked(form.filters.filters())
    run = service.ask(form.question, filters, form.history, client_of(request))
    if form.stream:
        return RunStream(run, _events(run, request))
    async with run:
        answer = await unless_left(request, lambda: answer_of(run.items()))
    request.state.answer = answer.id
    return JSONResponse(answer.to_dict())


async def _events(run: QueuedRun[Step], request: Request) -> AsyncIterator[bytes]:
    try:
        async for step in paced(run.items()):
            if step is None:
                yield BEAT
            elif named := step_event(step):
                name, data = named
                if name == "answer":
                    request.state.answer = data["id"]
                yield event(data, name)
    except MedciteError as error:
        yield event(error_body(error), "error")


@router.post("/search")
async def search(form: SearchForm, request: Request) -> SearchRecord:
    """Search the index: articles, best first, each with the passage most similar to the query."""
    service = service_of(request)
    filters = await service.checked(form.filters.filters())
    hits = await service.search(form.query, filters, form.k, client_of(request))
    return SearchRecord(query=form.query, results=[found_record(hit) for hit in hits])


@router.post(
    "/tables",
    responses={404: {"model": ErrorReply, "description": "No language model to fill it."}},
)
async def tables(form: TableForm, request: Request) -> TableRecord:
    """Build an evidence table: one row per study, each cell a verbatim span of its abstract, or
    empty.
    """
    if (form.question is None) == (form.query is None):
        raise BadInput("Give either a question or a query.", "See this server's /docs.")
    if form.query is not None and form.columns and not form.fill:
        raise BadInput("Custom columns need a question, or fill.", "Omit them, or ask a question.")
    service = service_of(request)
    filters = await service.checked(form.filters.filters())
    table = await service.table(
        form.question, form.query, filters, form.k, form.columns, client_of(request), fill=form.fill
    )
    return TableRecord.model_validate(table.to_dict())


@router.get("/articles/{identifier:path}", responses=_MISSING)
async def article(
    request: Request,
    identifier: str = Path(min_length=1, max_length=300, examples=["33301246", "doi:10.1000/x"]),
) -> ArticleRecord:
    """Get an article by PMID, DOI or PMCID, with its abstract and, if available, full text."""
    return article_record(await service_of(request).article(identifier))


@router.post("/verify")
async def verify(form: VerifyForm, request: Request) -> VerdictsRecord:
    """Check the sentences of a text against the articles they cite, or claims against texts."""
    if (form.text is None) == (form.claims is None):
        raise BadInput("Give either text or claims.", "See this server's /docs.")
    service, client = service_of(request), client_of(request)
    if form.text is not None:
        verdicts, cited = await service.verify_text(form.text, client)
        retracted = [key for key, article in cited.items() if article.retracted]
        return VerdictsRecord(verdicts=plain_verdicts(verdicts), retracted=retracted)
    pairs = [(pair.claim, pair.evidence) for pair in form.claims or ()]
    verdicts = await service.verify_pairs(pairs, client)
    return VerdictsRecord(verdicts=plain_verdicts(verdicts), retracted=[])


@router.get("/index")
async def index(request: Request) -> IndexRecord:
    """Describe the corpus and the index in use."""
    return IndexRecord(**await service_of(request).index())
