"""The server's application: its middleware, its endpoints, and MCP."""

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
from ui.server import medcite_api, openai
from ui.server.access import KeyGuard
from ui.server.command_line import local_socket
from ui.server.docs_page import reference_page
from ui.server.errors import error_body, failure, headers_of, status_of
from ui.server.guard import LOOPBACK_NAMES, BodyLimit, HostGuard
from ui.server.keys import Keys
from ui.server.limits import RateLimit
from ui.server.mcp import create_mcp
from ui.server.observe import Observe
from ui.server.service import Service

_ABOUT = (
    "Answers clinical questions from the indexed literature, sentence by sentence, with checked"
    " citations. For research. Not for decisions about anyone's diagnosis or treatment."
)
# The reference page must not run or load anything.
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Which requests are admitted.

    `hosts` are the allowed Host names (None: any), `origins` the web origins that may use the
    server; `keys_required` refuses all requests while there is no key.
    """

    hosts: Collection[str] | None = LOOPBACK_NAMES
    origins: tuple[str, ...] = ()
    keys_required: bool = False


def create_app(
    service: Service, policy: AccessPolicy | None = None, *, local: bool = False
) -> FastAPI:
    """Create the application for a service.

    Args:
        policy: which requests are admitted; by default those from this machine.
        local: also serve this user's command line; see `ui.server.command_line`.
    """
    policy = policy or AccessPolicy()
    tools = create_mcp(service)
    # This application's own middleware checks Host, Origin and size for MCP too.
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
        Middleware(HostGuard, hosts=policy.hosts, origins=policy.origins),
        *([_cors(policy.origins)] if policy.origins else []),
        Middleware(
            KeyGuard,
            keys=Keys(service.home),
            rate=RateLimit(limits.per_minute),
            required=policy.keys_required,
        ),
        Middleware(BodyLimit, most=limits.body),
    ]
    app = FastAPI(
        title="Medcite",
        version=version("medcite"),
        description=_ABOUT,
        lifespan=lifespan,
        middleware=layers,
        # FastAPI's pages load remote scripts; `/docs` below does not.
        docs_url=None,
        redoc_url=None,
        # Spans and logs would contain the questions.
        telemetry={
            "tracing": False, "metrics": False, "logs": False, "operation_spans": False,
            "auto_configure": False,
        },
    )  # fmt: skip
    app.state.service = service
    app.include_router(medcite_api.router)
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
        """Whether the server is running."""
        return {"status": "ok"}

    @app.get("/ready", tags=["State"], responses={503: {"description": "Starting or stopping."}})
    async def ready() -> JSONResponse:
        """Whether a question can be asked now and, if not, why."""
        reason = service.readiness()
        return JSONResponse(
            {"status": "not ready" if reason else "ready", "reason": reason}, 503 if reason else 200
        )

    @app.get(
        "/metrics",
        tags=["State"],
        response_class=PlainTextResponse,
        responses={401: {"description": "An API key is required."}},
    )
    async def metrics() -> PlainTextResponse:
        """Metrics for Prometheus."""
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
        # Do not reveal paths on this machine to clients.
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
            "See this server's /docs for the accepted fields.",
            param=where or None,
        )
        return JSONResponse(body, 422)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        body = failure("HTTPError", f"{error.detail}.", "See this server's /docs.")
        return JSONResponse(body, error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def left(_: Request, __: ClientDisconnect) -> Response:
        # No client receives this status; it is logged.
        return Response(status_code=499)
