"""The tools as an agent meets them, through the official SDK's client."""

import sys
import threading
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from corpora.home import Home
from tests.fakes.assistant import HeldWriter
from tests.fakes.served import served
from tests.ui.server.conftest import QUESTION, library_of
from ui.server.app import create_app
from ui.server.mcp import create_mcp
from ui.server.service import Limits, Service

TOOLS = {
    "search_articles", "get_article_metadata", "get_full_text_article", "find_related_articles",
    "lookup_article_by_citation", "convert_article_ids", "answer_question", "verify_text",
    "format_citations", "evidence_table",
}  # fmt: skip


def call(service: Service, name: str, **arguments: Any) -> tuple[str, dict[str, Any], bool]:
    """(text, structured content, whether it failed)."""

    async def ask() -> tuple[str, dict[str, Any], bool]:
        async with Client(create_mcp(service)) as client:
            result = await client.call_tool(name, arguments)
            text = "\n".join(part.text for part in result.content)
            return text, result.structured_content or {}, bool(result.is_error)

    return anyio.run(ask)


def test_the_tools_say_what_they_take(service: Service) -> None:
    async def ask() -> list[Any]:
        async with Client(create_mcp(service)) as client:
            return (await client.list_tools()).tools

    tools = anyio.run(ask)
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.description
        assert tool.annotations.read_only_hint
        assert tool.input_schema["type"] == "object"


def test_identifiers_stand_in_the_text(service: Service) -> None:
    text, data, failed = call(service, "search_articles", query="navorelimab pneumonia")
    assert not failed
    assert "PMID 101" in text
    assert data["results"][0]["pmid"] == "101"
    text, _, _ = call(service, "get_article_metadata", pmids=["101", "9"])
    assert "PMID 101" in text
    assert "9: not in the corpus" in text
    text, _, _ = call(service, "find_related_articles", pmids=["101"], max_results=1)
    assert "PMID 104" in text


def test_an_empty_optional_is_absent(service: Service) -> None:
    _, data, failed = call(
        service, "search_articles", query="navorelimab", max_results="", date_from="", date_to="",
        designs="",
    )  # fmt: skip
    assert not failed
    assert data["results"]
    _, data, _ = call(service, "search_articles", query="navorelimab", date_from="2022/01/01")
    assert data["results"] == []


def test_no_full_text_is_said(service: Service) -> None:
    text, data, _ = call(service, "get_full_text_article", pmc_ids=["PMC101"])
    assert text.startswith("The corpus has no full text of this article")
    assert data["articles"] == [{"pmid": "101", "full_text": False}]


def test_citations_are_found_and_written(service: Service) -> None:
    given = [
        {"journal": "archives of invented trials", "author_name": "Muster E", "key": "a"},
        {"journal": "Lancet", "year": "", "key": "b"},
    ]
    text, _, _ = call(service, "lookup_article_by_citation", citations=given)
    assert text == "a: PMID 101\nb: not in the corpus"
    text, _, _ = call(service, "format_citations", ids=["101"], style="")
    assert "Muster E, Doe J. Navorelimab in severe pneumonia" in text
    text, _, _ = call(service, "format_citations", ids=["101"], style="bibtex")
    assert text.startswith("@article")
    _, _, failed = call(service, "format_citations", ids=["101"], style="harvard")
    assert failed


def test_identifiers_are_converted(service: Service) -> None:
    ids = ["PMC101", "10.99999/101", "doi:10.1/none"]
    text, _, _ = call(service, "convert_article_ids", ids=ids)
    known = "PMID 101, PMCID PMC101, DOI 10.99999/101"
    assert text.splitlines()[0].startswith(f"PMC101: {known}")
    assert text.splitlines()[1].startswith(f"10.99999/101: {known}")
    assert text.splitlines()[2] == "doi:10.1/none: not in the corpus"


def test_a_text_is_verified(service: Service) -> None:
    text, data, _ = call(service, "verify_text", text="Navorelimab cures measles [101]. So [102].")
    assert "102 IS RETRACTED" in text
    assert data["verdicts"][0]["label"] not in ("QUOTED", "SUPPORTED")


def test_an_answer_tells_how_far_it_is(service: Service) -> None:
    told: list[str | None] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async def ask() -> Any:
        async with Client(create_mcp(service)) as client:
            asked = {"question": QUESTION}
            return await client.call_tool("answer_question", asked, progress_callback=progress)

    result = anyio.run(ask)
    assert "PMID 101" in result.content[0].text
    assert result.structured_content["answer"]["status"] == "ANSWERED"
    assert len(told) >= 5
    assert told[0] == "Planning…"
    assert told[2].startswith("Searching")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("answer_question", {"question": "x" * 5_000}),
        ("answer_question", {"question": "why " * 600}),
        ("search_articles", {"query": "?"}),
        ("search_articles", {"query": "sepsis", "date_from": "soon"}),
        ("search_articles", {"query": "sepsis", "max_results": 10**9}),
        ("get_article_metadata", {"pmids": ["1"] * 1_000}),
        ("find_related_articles", {"pmids": ["http://169.254.169.254/"]}),
        ("verify_text", {"text": "x" * 300_000}),
        ("lookup_article_by_citation", {"citations": [{}]}),
    ],
)
def test_bad_input_is_told_to_the_agent(
    service: Service, name: str, arguments: dict[str, Any]
) -> None:
    text, _, failed = call(service, name, **arguments)
    assert failed
    assert name in text


def test_a_call_that_is_given_up_frees_its_place(home: Home, held: HeldWriter) -> None:
    service = Service(library_of(home, writer=held), Limits(at_once=1))

    async def ask() -> None:
        async with Client(create_mcp(service)) as client:
            # In one process the client's own call ends with the step that is at work.
            threading.Timer(2, held.go.set).start()
            with anyio.move_on_after(1) as scope:
                await client.call_tool("answer_question", {"question": QUESTION})
            assert scope.cancelled_caught
            with anyio.fail_after(60):
                while service.gate.running:
                    await anyio.sleep(0.01)

    anyio.run(ask)


@pytest.mark.enable_socket
def test_over_http(service: Service) -> None:
    async def ask(url: str) -> Any:
        async with Client(streamable_http_client(url)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            return names, await client.call_tool("answer_question", {"question": QUESTION})

    with served(create_app(service)) as running:
        names, result = anyio.run(ask, f"{running.url}/mcp")
    assert names == TOOLS
    assert "PMID 101" in result.content[0].text


def test_over_stdio(home: Home) -> None:
    async def ask() -> Any:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "tests.fakes.mcp_stdio", str(home.root)]
        )
        async with Client(stdio_client(command)) as client:
            return await client.call_tool("search_articles", {"query": "navorelimab"})

    assert "PMID 101" in anyio.run(ask).content[0].text


def test_a_table_of_studies(service: Service) -> None:
    text, data, failed = call(
        service, "evidence_table", question=QUESTION, columns=["adverse events?"], designs=""
    )
    assert not failed
    assert "| 101 |" in text
    rows = {row["pmid"]: row["cells"] for row in data["table"]["rows"]}
    assert rows["101"]["effect"]["spans"][0]["value"] == "risk ratio 0.74"
    assert "adverse events?" in rows["101"]
    _, _, failed = call(service, "evidence_table", question=QUESTION, columns=["design"])
    assert failed
