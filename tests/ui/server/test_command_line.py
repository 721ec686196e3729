"""The socket of a running server, which the command line of the same user asks."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pytest
import typer.testing

from agent.answer import Answer, Flagged
from agent.run_monitor import Watch
from corpora.home import Home
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.assistant import HeldWriter, local_assistant
from tests.ui.conftest import encoder
from tests.ui.server.conftest import QUESTION, library_of
from ui.cli.main import app
from ui.cli.start import plain_question
from ui.server.command_line import local_socket
from ui.server.service import Limits, Service
from ui.services import local_socket as client
from ui.services.local_socket import NoServer, socket_path

NAME = encoder().identity.name


@pytest.fixture
def home(served_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One of a test's own, at a path that is short enough for a socket."""
    import shutil

    return Home(shutil.copytree(served_home.root, tmp_path_factory.mktemp("s") / "h"))


@contextmanager
def listening(service: Service) -> Iterator[None]:
    """The socket of a server, in a thread of its own."""
    ready, end = threading.Event(), threading.Event()

    async def serve() -> None:
        async with local_socket(service):
            ready.set()
            await asyncio.to_thread(end.wait)

    service.library.assistant()
    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        end.set()
        thread.join(20)
        assert not thread.is_alive()


def asked(home: Home, question: str = QUESTION, name: str = NAME) -> Answer:
    steps = list(client.ask_server(home, question, Filters(), name, Flagged.SHOW))
    answer: Answer = steps[-1].update["answer"]
    return answer


def lasting(answer: Answer) -> dict[str, object]:
    """What does not change from one time to the next."""
    provenance = replace(answer.provenance, created="", timings={})
    return asdict(replace(answer, id="", provenance=provenance))


def test_a_server_with_another_judge_is_not_asked(
    service: Service, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = client.question_line(QUESTION, {}, NAME, Flagged.SHOW)
    monkeypatch.setenv("MEDCITE_JUDGE", "large")
    other = client.question_line(QUESTION, {}, NAME, Flagged.SHOW)
    monkeypatch.delenv("MEDCITE_JUDGE")
    replies = []
    with listening(service):
        for each in (line, other):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(20)
                connection.connect(str(socket_path(home)))
                connection.sendall(each + b"\n")
                replies.append(connection.makefile("rb").readline().strip())
    assert replies == [b'{"taken":true}', b'{"taken":false}']


def test_the_answer_is_the_one_of_a_process_alone(service: Service, home: Home) -> None:
    with listening(service):
        helped = asked(home)
    with local_assistant(Searcher(home, encoder()), reader=service.library.assistant().reader) as a:
        assert lasting(helped) == lasting(a.ask(QUESTION))


def test_the_command_asks_a_server_and_works_alone_without_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_alone(*_: object) -> object:
        opened.append(1)
        return local_assistant(Searcher(home, encoder()))

    monkeypatch.setattr("ui.cli.ask._open", open_alone)
    command = ["ask", QUESTION, "--home", str(home.root), "--encoder", NAME]
    run = typer.testing.CliRunner().invoke
    service = Service(library_of(home, reader=local_assistant(Searcher(home, encoder())).reader))
    with listening(service):
        with_one = run(app, command)
        assert (with_one.exit_code, opened) == (0, [])
        assert run(app, [*command, "--thread", "mine"]).exit_code == 0
        assert opened, "a conversation is kept by the process that asks"
    opened.clear()
    alone = run(app, command)
    assert (alone.exit_code, opened) == (0, [1])
    assert with_one.stdout == alone.stdout
    from ui.services.search_log import SearchLog

    assert len(SearchLog(home).entries()) == 3, "the log has each question, whoever answered it"


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The requests that were sent."""
    lines: list[bytes] = []
    send = client._sent

    def recorded(line: bytes, path: Path) -> socket.socket:
        lines.append(line)
        return send(line, path)

    monkeypatch.setattr(client, "_sent", recorded)
    return lines


def test_a_request_sent_ahead_is_not_sent_again(
    service: Service, home: Home, requests: list[bytes]
) -> None:
    with listening(service):
        expected = asked(home)
        client.send_ahead(home, QUESTION, NAME, "show")
        assert lasting(asked(home)) == lasting(expected)
        assert len(requests) == 2
        client.send_ahead(home, "Is anything else known?", NAME, "show")
        assert lasting(asked(home)) == lasting(expected), "another request is sent anew"
        assert len(requests) == 4
        assert asked(home, "Is anything else known?").question == "Is anything else known?"
        assert len(requests) == 4
    client.send_ahead(home, QUESTION, NAME, "show")
    with pytest.raises(NoServer):
        asked(home)


@pytest.mark.parametrize(
    ("arguments", "model", "home"),
    [
        (["ask", "Why?"], None, None),
        (["ask", "--json", "Why?"], "none", None),
        (["ask", "Why?", "--home", "/h", "--json"], "", Path("/h")),
    ],
)
def test_a_plain_question_is_recognised(
    arguments: list[str], model: str | None, home: Path | None
) -> None:
    environment = {} if model is None else {"MEDCITE_MODEL": model}
    assert plain_question(arguments, environment) == ("Why?", home)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["search", "Why?"],
        ["ask"],
        ["ask", "Why?", "Where?"],
        ["ask", "Why?", "--continue"],
        ["ask", "Why?", "--model", "none"],
        ["ask", "Why?", "--since=2020"],
        ["ask", "Why?", "-h"],
    ],
)
def test_anything_else_is_parsed_first(arguments: list[str]) -> None:
    assert plain_question(arguments, {}) is None
    assert plain_question(["ask", "Why?"], {"MEDCITE_MODEL": "smollm2"}) is None


SEND_AND_REPORT = """
import sys
import ui.cli.defaults
ui.cli.defaults.DEFAULT_ENCODER = sys.argv.pop()
from ui.services import local_socket
def recorded(*request, send=local_socket._sent):
    print("sent", *(name for name in ("typer", "agent") if name in sys.modules), file=sys.stderr)
    return send(*request)
local_socket._sent = recorded
from ui.cli.start import main
main()
"""


def test_the_installed_command_sends_a_plain_question_before_it_imports_the_rest(
    service: Service, home: Home
) -> None:
    command = [sys.executable, "-c", SEND_AND_REPORT, "ask", QUESTION, "--json"]
    with listening(service):
        process = subprocess.run(
            [*command, "--home", str(home.root), NAME], capture_output=True, text=True, check=True
        )
        expected = asked(home)
    assert process.stderr.strip() == "sent"
    answer = orjson.loads(process.stdout)
    assert answer["verdicts"] == orjson.loads(expected.to_json())["verdicts"]


# What takes longer to import than a server takes to answer, or leads to what does.
HEAVY = {
    "faiss", "httpx", "langgraph", "numpy", "sentence_transformers", "structlog", "tantivy",
    "torch", "transformers",
}  # fmt: skip
ASK_AND_LIST_MODULES = """
import sys
from ui.cli.main import app
app(standalone_mode=False)
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


@pytest.mark.parametrize("shown_as", [[], ["--json"]], ids=["text", "json"])
def test_a_helped_question_imports_nothing_heavy(
    service: Service, home: Home, shown_as: list[str]
) -> None:
    command = ["ask", QUESTION, "--since", "2000", "--encoder", NAME, *shown_as]
    with listening(service):
        process = subprocess.run(
            [sys.executable, "-c", ASK_AND_LIST_MODULES, *command],
            env=os.environ | {"MEDCITE_HOME": str(home.root)},
            capture_output=True,
            text=True,
            check=True,
        )
    assert "PMID" in process.stdout or '"pmid"' in process.stdout
    modules = set(process.stderr.split())
    assert "rich" in modules
    assert not HEAVY & modules


def test_what_might_be_answered_otherwise_is_not_taken(
    service: Service, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(service):
        with pytest.raises(NoServer):
            asked(home, name="another-encoder")
        with pytest.raises(NoServer):
            asked(home, question="?")
        monkeypatch.setattr(client, "version", lambda _: "another")
        with pytest.raises(NoServer):
            asked(home)
    with pytest.raises(NoServer):
        asked(home)


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b'{"version": 1}\n', b"x" * 99_999 + b"\n", b""])
def test_nonsense_on_the_socket_ends_that_connection_alone(
    service: Service, home: Home, line: bytes
) -> None:
    with listening(service):
        with socket.socket(socket.AF_UNIX) as wild:
            wild.settimeout(10)
            wild.connect(str(socket_path(home)))
            wild.sendall(line)
            wild.shutdown(socket.SHUT_WR)
            assert b'"taken":true' not in wild.recv(100)
        assert asked(home).verdicts


def test_only_its_user_can_reach_it(
    service: Service, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = socket_path(home)
    with listening(service):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        if hasattr(socket, "SO_PEERCRED"):
            monkeypatch.setattr(os, "getuid", lambda: 12_345)
            with pytest.raises(NoServer):
                asked(home)
    assert not path.exists()


def test_a_socket_that_a_killed_server_left_is_replaced(service: Service, home: Home) -> None:
    path = socket_path(home)
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NoServer):
        asked(home)
    with listening(service):
        assert asked(home).verdicts


def test_a_second_server_of_a_home_leaves_the_first_its_socket(
    service: Service, home: Home
) -> None:
    with listening(service):
        with listening(Service(library_of(home))):
            assert asked(home).verdicts
        assert asked(home).verdicts


def test_a_home_too_deep_for_a_socket_is_served_without(home: Home, tmp_path: Path) -> None:
    deep = Home(tmp_path / ("d" * 120))
    home.root.rename(deep.root)
    with listening(Service(library_of(deep))):
        assert not socket_path(deep).exists()
        with pytest.raises(NoServer):
            asked(deep)


def test_a_client_that_leaves_frees_its_place(home: Home, held: HeldWriter) -> None:
    service = Service(library_of(home, writer=held), Limits(per_minute=0, at_once=1))
    with listening(service):
        steps = client.ask_server(home, QUESTION, Filters(), NAME, Flagged.SHOW)
        next(steps)
        assert service.gate.running == 1
        steps.close()
        held.go.set()
        assert asked(home).verdicts
    assert service.gate.running == 0


def test_a_server_that_ends_leaves_the_question_to_the_client(
    home: Home, held: HeldWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LetGoWhenStopped(Watch):
        """The writer goes on once the ending server has stopped its run, and not before."""

        def stop(self) -> None:
            super().stop()
            held.go.set()

    monkeypatch.setattr("ui.server.running.Watch", LetGoWhenStopped)
    service = Service(library_of(home, writer=held))
    with pytest.raises(NoServer):  # noqa: PT012 - it ends in the midst of the steps
        with listening(service):
            steps = client.ask_server(home, QUESTION, Filters(), NAME, Flagged.SHOW)
            next(steps)
        list(steps)
