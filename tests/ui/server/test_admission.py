"""Who comes in, and how much of it: keys, hosts, origins, sizes, rates, places."""

import asyncio
import json
import stat
import time

import pytest
from starlette.testclient import TestClient

from corpora.errors import BadInput, Damaged
from corpora.home import Home
from tests.fakes.assistant import HeldWriter
from tests.fakes.served import served
from tests.ui.server.conftest import QUESTION, library_of
from ui.server.app import AccessPolicy, create_app
from ui.server.guard import LOOPBACK_NAMES
from ui.server.keys import Keys
from ui.server.limits import Gate, RateLimit, TooMany
from ui.server.run import Address, access_policy
from ui.server.service import Limits, Service


def test_a_key_is_kept_as_its_hash_alone(home: Home) -> None:
    secret = Keys(home).add("open-webui")
    kept = home.server_keys.read_bytes()
    assert secret.encode() not in kept
    assert secret.removeprefix("mc-").encode() not in kept
    assert stat.S_IMODE(home.server_keys.stat().st_mode) == 0o600
    assert Keys(home).find(secret).name == "open-webui"
    assert Keys(home).find(secret + "x") is None


def test_names_are_given_once_and_taken_back(home: Home) -> None:
    keys = Keys(home)
    keys.add("a")
    with pytest.raises(BadInput):
        keys.add("a")
    for name in ("", "\n", "x" * 100):
        with pytest.raises(BadInput):
            keys.add(name)
    keys.remove("a")
    with pytest.raises(BadInput):
        keys.remove("a")
    assert keys.all() == []


def test_with_keys_nobody_comes_in_without_one(client: TestClient, home: Home) -> None:
    assert client.get("/v1/index").status_code == 200
    secret = Keys(home).add("a")
    paths = ("/v1/index", "/v1/models", "/metrics", "/docs", "/openapi.json", "/mcp")
    for path in paths:
        for header in (None, "Bearer mc-wrong", f"Basic {secret}", "Bearer"):
            reply = client.get(path, headers={"authorization": header} if header else {})
            assert (path, reply.status_code) == (path, 401)
    assert client.get("/health").status_code == 200
    own = {"authorization": f"Bearer {secret}"}
    assert client.get("/v1/index", headers=own).status_code == 200
    Keys(home).remove("a")
    Keys(home).add("b")
    assert client.get("/v1/index", headers=own).status_code == 401


def test_a_damaged_file_of_keys_lets_nobody_in(client: TestClient, home: Home) -> None:
    home.server_keys.write_text("{")
    with pytest.raises(Damaged):
        Keys(home).all()
    reply = client.get("/v1/index")
    assert reply.status_code == 500
    assert reply.json()["error"]["type"] == "Damaged"


def test_others_need_a_key(home: Home) -> None:
    assert access_policy(home, Address()) == AccessPolicy(LOOPBACK_NAMES)
    with pytest.raises(BadInput, match="there is no key"):
        access_policy(home, Address("0.0.0.0"))
    assert not access_policy(home, Address("0.0.0.0", open_to_all=True)).keys_required
    Keys(home).add("a")
    assert access_policy(home, Address("0.0.0.0")).keys_required


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost"}, 200),
        ({"host": "127.0.0.1:8600"}, 200),
        ({"host": "[::1]:8600"}, 200),
        ({"host": "LOCALHOST:1"}, 200),
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"host": "evil.example:8600"}, 421),
        ({"host": "127.0.0.1.nip.io"}, 421),
        ({"host": "127.0.0.1@evil.example"}, 421),
        ({"host": "evil.example@127.0.0.1"}, 421),
        ({"host": "localhost/evil"}, 421),
        ({"host": "[::1"}, 421),
        ({"host": "localhost:port"}, 421),
        ({"host": ""}, 421),
        ({"host": "0.0.0.0"}, 421),
        ({"host": "169.254.169.254"}, 421),
        ({"host": "localhost", "origin": "http://localhost"}, 200),
        ({"host": "localhost:8600", "origin": "http://localhost:8600"}, 200),
        ({"host": "localhost", "origin": "https://evil.example"}, 403),
        ({"host": "localhost", "origin": "null"}, 403),
        ({"host": "localhost", "origin": "http://localhost.evil.example"}, 403),
        ({"host": "localhost:8600", "origin": "http://localhost:3000"}, 403),
        ({"host": "localhost", "origin": "file://localhost"}, 403),
        ({"host": "localhost", "origin": ""}, 403),
        ({"host": "localhost", "sec-fetch-site": "cross-site"}, 403),
        ({"host": "localhost", "sec-fetch-site": "same-site"}, 403),
        ({"host": "localhost", "sec-fetch-site": "same-origin"}, 200),
    ],
)
@pytest.mark.parametrize("path", ["/v1/index", "/health", "/metrics"])
def test_hosts_and_origins(
    shared: TestClient, path: str, headers: dict[str, str], status: int
) -> None:
    assert shared.get(path, headers=headers).status_code == status


def test_mcp_is_behind_the_same_doors(shared: TestClient) -> None:
    for headers, status in (
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
    ):
        assert shared.post("/mcp", json={}, headers=headers).status_code == status


def test_a_site_that_is_allowed(service: Service) -> None:
    policy = AccessPolicy(origins=("https://chat.example",))
    with TestClient(create_app(service, policy), base_url="http://localhost") as client:
        own = {"origin": "https://chat.example", "sec-fetch-site": "cross-site"}
        reply = client.get("/v1/index", headers=own)
        assert reply.headers["access-control-allow-origin"] == "https://chat.example"
        other = {"origin": "https://evil.example"}
        assert client.get("/v1/index", headers=other).status_code == 403


@pytest.mark.parametrize("path", ["/v1/answers", "/v1/chat/completions", "/mcp"])
def test_what_is_too_large_is_refused(shared: TestClient, path: str) -> None:
    def endless():
        for _ in range(100):
            yield b" " * 100_000

    assert shared.post(path, content=b" " * 1_000_001).status_code == 413
    assert shared.post(path, content=endless()).status_code == 413


def test_json_too_deep_is_bad_input(shared: TestClient) -> None:
    deep = "[" * 200_000
    reply = shared.post("/v1/answers", content=deep, headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)


def test_a_rate_refills_evenly() -> None:
    now = [0.0]
    rate = RateLimit(6, lambda: now[0])
    for _ in range(6):
        rate.take("a")
    with pytest.raises(TooMany) as refused:
        rate.take("a")
    assert refused.value.after == 10
    rate.take("b")
    now[0] = 10.0
    rate.take("a")
    with pytest.raises(TooMany):
        rate.take("a")
    for _ in range(60):
        rate.take("c", per_minute=60)


def test_a_rate_is_told_with_the_time_to_wait(home: Home) -> None:
    service = Service(library_of(home), Limits(per_minute=2))
    with TestClient(create_app(service), base_url="http://localhost") as client:
        replies = [client.get("/v1/index") for _ in range(3)]
        assert [reply.status_code for reply in replies] == [200, 200, 429]
        assert int(replies[2].headers["retry-after"]) in range(1, 31)
        assert client.get("/health").status_code == 200
        Keys(home).add("a")
        fast = Keys(home).add("b", per_minute=100)
        own = {"authorization": f"Bearer {fast}"}
        assert {client.get("/v1/index", headers=own).status_code for _ in range(9)} == {200}


def test_places_go_to_those_who_came_first() -> None:
    async def scene() -> None:
        gate = Gate(most=1, waiting=2, per_client=2)
        first, second, third = gate.enter("a"), gate.enter("a"), gate.enter("b")
        with pytest.raises(TooMany, match="of your questions"):
            gate.enter("a")
        with pytest.raises(TooMany, match="are waiting"):
            gate.enter("c")
        assert [p.turn.is_set() for p in (first, second, third)] == [True, False, False]
        second.leave()
        first.leave()
        first.leave()
        assert third.turn.is_set()
        third.leave()
        assert (gate.running, gate.waiting) == (0, 0)

    asyncio.run(scene())


# Clients that leave, and a server that ends


def _until(true) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.enable_socket
@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_frees_its_place(home: Home, held: HeldWriter, stream: bool) -> None:
    import socket

    service = Service(library_of(home, writer=held), Limits(at_once=1, waiting=1))
    with served(create_app(service)) as running:
        host, port = running.url.removeprefix("http://").split(":")
        body = json.dumps({"question": QUESTION, "stream": stream})
        head = (
            f"POST /v1/answers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port))) as leaving:
            leaving.sendall((head + body).encode())
            _until(lambda: held.waiting == 1)
        # Its thread is still at work, so the place is not free yet.
        assert service.gate.running == 1
        held.go.set()
        _until(lambda: service.gate.running == 0)
        assert held.calls == 1


@pytest.mark.enable_socket
def test_a_full_line_is_told_and_a_server_that_ends_finishes_its_answers(
    home: Home, held: HeldWriter
) -> None:
    import threading

    import httpx

    service = Service(library_of(home, writer=held), Limits(at_once=1, waiting=0))
    replies: list[httpx.Response] = []
    with served(create_app(service)) as running:
        asked = {"question": QUESTION, "stream": False}

        def ask() -> None:
            replies.append(httpx.post(f"{running.url}/v1/answers", json=asked, timeout=60))

        asking = threading.Thread(target=ask)
        asking.start()
        _until(lambda: held.waiting == 1)
        full = httpx.post(f"{running.url}/v1/answers", json=asked)
        assert (full.status_code, "retry-after" in full.headers) == (429, True)
        running.end()
        assert service.readiness() == "the server is shutting down"
        _until(lambda: _refused(running.url))
        held.go.set()
        asking.join(60)
        running.thread.join(60)
        assert not running.thread.is_alive()
    assert replies[0].json()["status"] == "ANSWERED"


def _refused(url: str) -> bool:
    import httpx

    try:
        httpx.get(f"{url}/health")
    except httpx.TransportError:
        return True
    return False
