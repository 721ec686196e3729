"""Questions and conversations as a reader meets them: a real server, a real browser."""

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from corpora.home import Home
from tests.e2e.server import PHONE, browsing, downloaded, serving
from tests.fakes import model_server as fake

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]

QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
SLOW = 180_000


def ask(page: Page, address: str, question: str = QUESTION) -> None:
    page.goto(address)
    box = page.get_by_placeholder("Ask a clinical question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(".summary")).to_be_visible(timeout=SLOW)


def follow(page: Page, question: str) -> None:
    box = page.get_by_placeholder("Ask a follow-up")
    box.fill(question)
    box.press("Enter")
    expect(page.get_by_role("heading", name=question)).to_be_visible(timeout=SLOW)


def test_a_conversation_is_asked_in_reloaded_and_found_again(page: Page, address: str) -> None:
    ask(page, address)
    page.wait_for_url("**?thread=*")
    follow(page, "and in women?")
    expect(page.get_by_text(f"Interpreted as: {QUESTION[:-1]} in women?")).to_be_visible()
    link = page.url
    page.reload()
    expect(page.get_by_role("heading", name="and in women?")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name=re.compile(r"^1\. Does navorelimab")).click()
    expect(page.locator(".summary").first).to_contain_text("quoted")
    page.get_by_role("link", name="History").click()
    page.get_by_placeholder("Search names and questions").fill("women navorelimab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name=QUESTION).first.click()
    expect(page.get_by_role("heading", name="and in women?")).to_be_visible(timeout=SLOW)
    assert page.url.endswith(link.split("?")[1])


def test_history_renames_branches_and_deletes(page: Page, address: str) -> None:
    ask(page, address, "Does navorelimab reduce fever?")
    page.get_by_role("link", name="History").click()
    _menu(page, "Does navorelimab reduce fever?")
    page.get_by_label("Name", exact=True).fill("Fever")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("Renamed to “Fever”.")).to_be_visible()
    _menu(page, "Fever")
    page.get_by_role("button", name="Branch").click()
    expect(page.get_by_role("button", name=re.compile(r"^Fever \(branch"))).to_be_visible()
    _menu(page, "Fever")
    page.get_by_text("Delete permanently").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Fever", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile(r"^Fever \(branch"))).to_be_visible()


def _menu(page: Page, name: str) -> None:
    """The menu of a conversation, open; a change may have closed it or not."""
    page.wait_for_timeout(1_000)
    if not page.get_by_label("Name", exact=True).is_visible():
        page.get_by_role("button", name=f"Change {name}", exact=True).click()
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)


@pytest.mark.enable_socket
def test_a_run_is_watched_reloaded_stopped_and_gone_on_with(page: Page, own_home: Home) -> None:
    parts = dict.fromkeys(("population", "intervention", "comparison", "outcome"), "")
    plan = json.dumps({**parts, "searches": ["navorelimab mortality", "viral pneumonia"]})
    with (
        fake.model_server(fake.says(plan), _drafts_forever) as model,
        serving(own_home.root, "--model", model.url) as address,
    ):
        page.goto(f"{address}/?q={QUESTION}")
        expect(page.get_by_text(re.compile(r"\d+ sentences? read"))).to_be_visible(timeout=SLOW)
        expect(page.get_by_text(re.compile(r"\d+ tokens so far"))).to_be_visible()
        expect(page.locator(".draft")).to_contain_text("Navorelimab lowers number")
        page.reload()
        expect(page.locator(".draft")).to_contain_text("Navorelimab", timeout=SLOW)
        # Another page is served meanwhile.
        other = page.context.new_page()
        other.goto(f"{address}/sources?q=navorelimab")
        expect(other.locator(".hit").first).to_be_visible(timeout=SLOW)
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
        assert model.hung_up.wait(10)
        model.behaviours = (fake.says('{"answerable": false, "claims": []}'),)
        page.get_by_role("button", name="Resume").click()
        expect(page.get_by_text("the writer found no answer").first).to_be_visible(timeout=SLOW)


def _drafts_forever(handler: fake.Handler, body: dict[str, object]) -> None:
    handler.begin()
    handler.piece('{"answerable": true, "claims": [{"text": "Navorelimab lowers')
    number = 0
    while True:
        number += 1
        handler.piece(f" number {number}")
        time.sleep(0.02)


def test_two_browsers_at_once_keep_to_themselves(browser: str, address: str) -> None:
    with browsing(browser) as one:
        first, second = one.new_page(), one.new_page()
        first.goto(f"{address}/?q={QUESTION}")
        second.goto(f"{address}/?q=Does zorblimab lower fever in sepsis?")
        for page in (first, second):
            expect(page.locator(".summary")).to_be_visible(timeout=SLOW)
        expect(first.get_by_role("heading", name=QUESTION)).to_be_visible()
        expect(second.get_by_role("heading", name="zorblimab")).to_be_visible()
        assert first.url != second.url


def test_a_hostile_title_in_an_answer_its_menu_and_its_document(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}/?q=Does zorblimab lower fever in <img src=x onerror=alert(9)> sepsis?")
    expect(page.locator(".title")).to_contain_text("<script>alert(1)</script>", timeout=SLOW)
    page.get_by_role("button", name="Share").click()
    saved = tmp_path / "answer.html"
    saved.write_text(downloaded(page, "Web page"), encoding="utf-8")
    paper = page.context.new_page()
    paper.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    paper.goto(saved.as_uri())
    expect(paper.locator("body")).to_contain_text("<script>alert(1)</script> **Navorelimab**")
    assert paper.locator("script, img").count() == 0
    assert paper.pdf(format="A4")[:5] == b"%PDF-"


def test_an_answer_is_copied_linked_and_printed(
    context: BrowserContext, page: Page, address: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script("window.print = () => { parent.printed = document.title; };")
    ask(page, address)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Copy the answer").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(QUESTION)
    assert "[1]" in copied
    page.get_by_role("button", name="Copy a link to the question").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(2)
    assert "?q=Does%20navorelimab" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Print").click()
    page.wait_for_function("window.printed")
    assert page.evaluate("window.printed") == QUESTION


def test_citations_are_downloaded_in_every_format(page: Page, address: str) -> None:
    ask(page, address)
    page.get_by_role("button", name="Share").click()
    for name, begins in (("BibTeX", "@article{"), ("RIS", "TY  - JOUR"), ("NBIB", "PMID- 99")):
        assert downloaded(page, name).lstrip().startswith(begins)
    assert "navorelimab" in downloaded(page, "Vancouver").lower()


def test_an_unknown_conversation_is_told_so(page: Page, address: str) -> None:
    page.goto(f"{address}/?thread=<script>alert(1)</script>")
    expect(page.get_by_role("alert")).to_contain_text("You have no conversation “<script>")
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_placeholder("Ask a clinical question")).to_be_visible()
    assert "thread" not in page.url


def test_on_a_phone_a_conversation_fits(browser: str, address: str) -> None:
    with browsing(browser, size=PHONE) as context:
        page = context.new_page()
        ask(page, address)
        follow(page, "and in women?")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        # A long one wraps; Streamlit's own container would hide what is wider than the phone.
        right = page.locator(".study").first.evaluate(
            "e => { e.textContent = 'Systematic review or meta-analysis, 28 studies, n = 63,537, 2021';"
            " return e.getBoundingClientRect().right; }"
        )
        assert right <= PHONE[0]
        page.get_by_role("button", name="Share").click()
        expect(page.get_by_role("button", name="Copy the answer")).to_be_in_viewport()
        page.goto(f"{address}/history")
        expect(page.get_by_role("button", name=QUESTION).first).to_be_visible(timeout=SLOW)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
