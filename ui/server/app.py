"""The server's application: its layers, its endpoints, and MCP beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mcp.server.transport_security import TransportSecuritySettings
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, Response

from corpora.errors import MedciteError
from ui.server import native, openai
from ui.server.access import KeyGuard
from ui.server.errors import error_body, failure, headers_of, status_of
from ui.server.guard import LOOPBACK_NAMES, BodyLimit, HostGuard
from ui.server.keys import Keys
from ui.server.limits import RateLimit
from ui.server.local import local_socket
from ui.server.mcp import create_mcp
from ui.server.observe import Observe
from ui.server.reference import reference_page
from ui.server.service import Service

_ABOUT = (
    "Answers clinical questions from the indexed literature, sentence by sentence, with citations"
    " that are checked. For research. Not for decisions about anyone's diagnosis or treatment."
)
# Kept out of the text of the page: nothing on it is to run or to be loaded.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Doors:
    """Who may come in.

    `hosts` are the names that requests may be addressed to (None: any), `origins` the sites whose
    pages may use the server, `keys_required` refuses everybody while there is no key.
    """

    hosts: Collection[str] | None = LOOPBACK_NAMES
    origins: tuple[str, ...] = ()
    keys_required: bool = False


def create_app(service: Service, doors: Doors | None = None, *, local: bool = False) -> FastAPI:
    """The application over a service.

    Args:
        local: listen for this user's command line too; see `ui.server.local`.
    """
    doors = doors or Doors()
    tools = create_mcp(service)
    # This application's own layers check Host, Origin and size for all of it.
    unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    mcp_app = tools.streamable_http_app(
        stateless_http=True,
        transport_security=unchecked,
        max_request_body_size=service.limits.body,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.library.warm()
        async with tools.session_manager.run(), local_socket(service) if local else nullcontext():
            yield

    limits = service.limits
    layers = [
        Middleware(Observe, metrics=service.metrics),
        Middleware(HostGuard, hosts=doors.hosts, origins=doors.origins),
        *([_cors(doors.origins)] if doors.origins else []),
        Middleware(
            KeyGuard,
            keys=Keys(service.home),
            rate=RateLimit(limits.per_minute),
            required=doors.keys_required,
        ),
        Middleware(BodyLimit, most=limits.body),
    ]
    app = FastAPI(
        title="Medcite",
        version=version("medcite"),
        description=_ABOUT,
        lifespan=lifespan,
        middleware=layers,
        # Their pages load scripts from elsewhere; `/docs` is a page of our own.
        docs_url=None,
        redoc_url=None,
        # Spans and logs would hold what was asked.
        telemetry={
            "tracing": False, "metrics": False, "logs": False, "operation_spans": False,
            "auto_configure": False,
        },
    )  # fmt: skip
    app.state.service = service
    app.include_router(native.router)
    app.include_router(openai.router)
    app.router.routes.extend(mcp_app.routes)
    _add_state(app, service)
    _add_errors(app, service)
    return app


def _cors(origins: tuple[str, ...]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type"),
    )


def _add_state(app: FastAPI, service: Service) -> None:
    @app.get("/health", tags=["State"])
    async def health() -> dict[str, str]:
        """Whether the server is there."""
        return {"status": "ok"}

    @app.get("/ready", tags=["State"], responses={503: {"description": "Not yet, or no more."}})
    async def ready() -> JSONResponse:
        """Whether a question can be asked just now, and why not."""
        why = service.readiness()
        return JSONResponse(
            {"status": "not ready" if why else "ready", "reason": why}, 503 if why else 200
        )

    @app.get(
        "/metrics",
        tags=["State"],
        response_class=PlainTextResponse,
        responses={401: {"description": "A key is needed."}},
    )
    async def metrics() -> PlainTextResponse:
        """Numbers for Prometheus."""
        return PlainTextResponse(
            service.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        page = reference_page(app.openapi())
        return Response(page, media_type="text/html", headers=_PAGE_HEADERS)


def _add_errors(app: FastAPI, service: Service) -> None:
    @app.exception_handler(MedciteError)
    async def failed(_: Request, error: MedciteError) -> JSONResponse:
        body = error_body(error)
        # Where things lie on this machine is nobody else's business.
        message = body["error"]["message"].replace(str(service.home.root), "the data directory")
        body["error"]["message"] = message
        return JSONResponse(body, status_of(error), headers_of(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        first: dict[str, Any] = dict(error.errors()[0])
        where = ".".join(str(part) for part in first["loc"][1:])
        body = failure(
            "Malformed",
            f"{where or 'The request'}: {first['msg']}.",
            "See this server's /docs for what it takes.",
            param=where or None,
        )
        return JSONResponse(body, 422)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        body = failure("HTTPError", f"{error.detail}.", "See this server's /docs.")
        return JSONResponse(body, error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def left(_: Request, __: ClientDisconnect) -> Response:
        # Nobody reads it; the log does.
        return Response(status_code=499)
