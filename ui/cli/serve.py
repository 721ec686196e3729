"""`medcite serve`, `medcite mcp` and `medcite keys`: serve Medcite to programs and agents."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home

PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 picks a free one.")]
AddressOption = Annotated[
    str,
    typer.Option(help="Address to listen on; 127.0.0.1 is this machine only."),
]
HostsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host", help="An additional host name of the server; repeatable.",
        show_default=False,
    ),
]  # fmt: skip
OriginsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-origin",
        help="A web origin that may call it, such as https://chat.example.org; repeatable.",
        show_default=False,
    ),
]
OpenOption = Annotated[bool, typer.Option("--open-to-all", help="Allow others in without a key.")]
ServerModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", envvar="MEDCITE_MODEL", help="Language model; default: the one chosen in the"
        " application.", show_default=False,
    ),
]  # fmt: skip

keys = typer.Typer(no_args_is_help=True)


def serve(
    home: HomeOption = None,
    port: PortOption = 8600,
    address: AddressOption = "127.0.0.1",
    model: ServerModelOption = None,
    per_minute: Annotated[
        int, typer.Option(min=0, help="Requests per minute and client; 0: no limit.")
    ] = 60,
    at_once: Annotated[
        int | None,
        typer.Option(min=1, help="Questions answered in parallel; default: one per processor."),
    ] = None,
    waiting: Annotated[
        int, typer.Option(min=0, help="Questions that may wait; the rest are refused (429).")
    ] = 32,
    per_client: Annotated[
        int, typer.Option(min=1, help="Questions per client, waiting or in progress.")
    ] = 8,
    hosts: HostsOption = None,
    origins: OriginsOption = None,
    open_to_all: OpenOption = False,
) -> None:
    """Serve HTTP: Medcite's own endpoints, OpenAI-compatible ones, and MCP at /mcp.

    Other machines can reach it only at another --address, and then need a key: see docs/serving.md.

    Example: medcite serve --port 8600

    Example: medcite keys add open-webui && medcite serve --address 0.0.0.0
    """
    place = _prepared(home, model)
    from ui.server.run import Address
    from ui.server.run import serve as run
    from ui.server.service import Limits

    limits = Limits(per_minute=per_minute, waiting=waiting, per_client=per_client)
    if at_once:
        limits = replace(limits, at_once=at_once)
    run(place, Address(address, port, hosts or (), origins or (), open_to_all), limits)


def mcp(
    home: HomeOption = None,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP at /mcp instead of stdio.")
    ] = False,
    port: PortOption = 8600,
    address: AddressOption = "127.0.0.1",
    model: ServerModelOption = None,
    hosts: HostsOption = None,
    origins: OriginsOption = None,
    open_to_all: OpenOption = False,
) -> None:
    """Serve Medcite's tools to agents over the Model Context Protocol.

    Uses stdio, for an agent that starts it; with --http it does the same as `medcite serve`.

    Example: claude mcp add medcite -- medcite mcp

    Example: medcite mcp --http --port 8600
    """
    if http:
        serve(home, port, address, model, hosts=hosts, origins=origins, open_to_all=open_to_all)
        return
    place = _prepared(home, model)
    from ui.server import logs
    from ui.server.mcp import create_mcp
    from ui.server.service import Service
    from ui.server.shared import Library

    library = Library(place)
    library.check()
    # Standard output belongs to the protocol: logs go elsewhere.
    tools = create_mcp(Service(library))
    logs.configure()
    library.warm()
    tools.run("stdio")


@keys.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name for its user, such as open-webui.")],
    home: HomeOption = None,
    per_minute: Annotated[
        int, typer.Option(min=0, help="Its own limit per minute; 0: the server's limit.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Create a key and print it once; only its hash is stored.

    Example: medcite keys add open-webui
    """
    from ui.cli.output import errors, print_json
    from ui.server.keys import Keys

    secret = Keys(_home(home)).add(name, per_minute)
    if as_json:
        print_json({"name": name, "key": secret})
        return
    print(secret)
    errors.print("Store it now: it cannot be shown again.", highlight=False)


@keys.command("list")
def list_(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the keys by name; the keys themselves are not stored.

    Example: medcite keys list
    """
    from ui.cli.output import console, print_json
    from ui.server.keys import Keys

    issued = Keys(_home(home)).all()
    if as_json:
        print_json(
            [{"name": k.name, "created": k.created, "per_minute": k.per_minute} for k in issued]
        )
        return
    for key in issued:
        limit = f", {key.per_minute} requests per minute" if key.per_minute else ""
        console.print(f"{key.name} (created {key.created}{limit})", highlight=False, markup=False)
    if not issued:
        console.print("There are no keys; access from this machine needs none.")


@keys.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Its name; see `medcite keys list`.")],
    home: HomeOption = None,
) -> None:
    """Revoke a key; a running server refuses it from then on.

    Example: medcite keys remove open-webui
    """
    from ui.cli.output import console
    from ui.server.keys import Keys

    Keys(_home(home)).remove(name)
    console.print(f"The key of {name} is revoked.", highlight=False, markup=False)


def _home(home: object) -> Home:
    from pathlib import Path

    from corpora.home import Home

    return Home.locate(home if isinstance(home, Path) else None)


def _prepared(home: object, model: str | None) -> Home:
    """Return the data directory, after checks that run before anything is loaded.

    Raises:
        BadInput: the server's packages are not installed, or `model` is not a valid model.
    """
    from importlib.util import find_spec

    from agent.models.choice import parse_model
    from corpora.errors import BadInput
    from ui.cli.output import errors

    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "mcp", "prometheus_client")):
        raise BadInput("The server is not installed.", "Install it: pip install 'medcite[serve]'")
    place = _home(home)
    if model is not None:
        chosen = parse_model(model, place)
        os.environ["MEDCITE_MODEL"] = model
        if host := chosen.leaves_machine:
            errors.print(
                f"[bold yellow]Note:[/] questions and the passages that may answer them are sent"
                f" to {host}, which is not this machine.",
                highlight=False,
            )
    return place
