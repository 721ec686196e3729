"""Start the server, and shut it down gracefully: finish running answers, refuse new ones."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from corpora.errors import BadInput
from corpora.home import Home
from ui.server import logs
from ui.server.app import AccessPolicy, create_app
from ui.server.guard import LOOPBACK_NAMES
from ui.server.keys import Keys
from ui.server.service import Limits, Service
from ui.server.shared import Library, is_loopback

log = structlog.get_logger()

# Time to finish running answers on shutdown; a language model on a CPU takes minutes.
GRACE_SECONDS = 180
# Further connections are refused immediately; questions have their own queue.
_MOST_CONNECTIONS = 512
_IDLE_SECONDS = 15
_LONGEST_HEAD = 32_768


@dataclass(frozen=True, slots=True)
class Address:
    """The address the server listens on, and whom it serves there.

    `hosts` and `origins` are additional host names and web origins to accept; `open_to_all` admits
    other machines without a key.
    """

    name: str = "127.0.0.1"
    port: int = 8600
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    open_to_all: bool = False


def access_policy(home: Home, address: Address) -> AccessPolicy:
    """Return the access policy for an address.

    Raises:
        BadInput: other machines can reach the address, and there is no key.
    """
    keys = Keys(home).all()
    loopback = is_loopback(address.name)
    if not loopback and not keys and not address.open_to_all:
        raise BadInput(
            f"At {address.name} everyone on the network could ask: there is no key.",
            "Create one (medcite keys add NAME), omit --address, or add --open-to-all if a"
            " reverse proxy controls access.",
        )
    extra = {host.casefold() for host in address.hosts}
    hosts: frozenset[str] | None
    if loopback:
        hosts = LOOPBACK_NAMES | extra
    else:
        # Any name without --allow-host: other websites cannot send requests with a key.
        hosts = frozenset(extra | {address.name} | LOOPBACK_NAMES) if extra else None
    return AccessPolicy(
        hosts, tuple(address.origins), keys_required=not loopback and not address.open_to_all
    )


def serve(home: Home, address: Address, limits: Limits) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        BadInput: other machines could reach it without a key, or the port is taken.
        NoCorpus, NoIndex, Damaged, StorageError: there is no usable corpus or index.
    """
    policy = access_policy(home, address)
    library = Library(home)
    library.check()
    logs.configure()
    service = Service(library, limits)
    server = Server(create_app(service, policy, local=True), _drain(service))
    with _listening(address) as listener:
        log.info("listening", address=address.name, port=listener.getsockname()[1])
        asyncio.run(server.serve(sockets=[listener]))
    log.info("ended")


def _drain(service: Service) -> Callable[[], None]:
    def drain() -> None:
        service.draining = True

    return drain


class Server(uvicorn.Server):
    """uvicorn with a shutdown hook: readiness turns false before connections are refused.

    Args:
        ending: called when shutdown begins.
        grace: seconds to wait for running answers.
    """

    def __init__(
        self, app: ASGIApp, ending: Callable[[], None], grace: float = GRACE_SECONDS
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=int(grace),
                h11_max_incomplete_event_size=_LONGEST_HEAD,
                # Clients are identified by their connection, not by a proxy's headers.
                proxy_headers=False,
                http="h11",
                ws="none",
            )
        )
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._ending()
        super().handle_exit(sig, frame)


def _listening(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.name else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address.name, address.port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"{address.name}:{address.port} cannot be used ({os.strerror(error.errno or 0)}).",
            "Choose another --port, or stop the program that uses this one.",
        ) from error
    return listener
