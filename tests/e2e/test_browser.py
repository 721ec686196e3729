"""The application as a reader meets it: a real server, a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import PHONE, browsing, serving

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]

QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
SLOW = 180_000


def test_ask_and_read_a_verdict(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_placeholder("Ask a clinical question")
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.locator(".summary").first).to_contain_text("quoted", timeout=SLOW)
    expect(page.locator(".sentence").first).to_contain_text(re.compile("navorelimab", re.I))
    expect(page.get_by_role("img", name="quoted").first).to_be_visible()
    expect(page.get_by_text("For research. Not for decisions")).to_have_count(1)
    assert "thread=" in page.url


def test_a_citation_opens_the_abstract_with_the_words_that_decided(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/?q={QUESTION}")
    expect(page.locator(".summary")).to_be_visible(timeout=SLOW)
    sentence = page.locator(".sentence p").first.inner_text()
    page.get_by_role("button", name=re.compile(r"^\[\d\]")).first.click()
    mark = page.locator(".st-key-sheet mark")
    expect(mark).to_be_in_viewport()
    assert mark.inner_text() in sentence
    link = page.locator(".st-key-sheet").get_by_role("link", name="PubMed")
    expect(link).to_have_attribute("href", re.compile(r"pubmed\.ncbi\.nlm\.nih\.gov/99\d+/"))


def test_an_abstention_shows_what_was_looked_at(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=Does yoga cure tinnitus in dogs?")
    expect(page.get_by_text("No answer")).to_be_visible(timeout=SLOW)
    page.get_by_text("What was searched").click()
    expect(page.locator("q").first).to_contain_text("yoga")


def test_a_hostile_title_is_shown_as_text(page: Page, address: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{address}/sources?q=zorblimab fever sepsis")
    title = page.get_by_role("button", name=re.compile(r"^\d+\. <script>alert"))
    expect(title).to_contain_text(
        "<script>alert(1)</script> **Navorelimab** for $x^2$ [sepsis](javascript:alert(2))",
        timeout=SLOW,
    )
    expect(page.locator('.stApp :is(.hit img, .katex, a[href^="javascript"])')).to_have_count(0)
    title.click()
    expect(page.locator("h3.title")).to_contain_text("<script>alert(1)</script> **Navorelimab**")
    expect(page.locator(".article img")).to_have_count(0)
    assert "pmid=666" in page.url


def test_a_link_to_an_article_opens_it(page: Page, address: str) -> None:
    page.goto(f"{address}/?pmid=99000001")
    expect(page.locator("h3.title")).to_contain_text("Navorelimab in severe viral", timeout=SLOW)
    page.get_by_role("button", name="Back to the search").click()
    expect(page.get_by_placeholder("Search titles and abstracts")).to_be_visible()


def test_the_index_says_what_could_not_be_read(page: Page, address: str) -> None:
    page.goto(f"{address}/index")
    page.get_by_text("Encoder and index").click()
    expect(page.get_by_text("all-MiniLM-L6-v2, 384")).to_be_visible()
    expect(page.get_by_role("heading", name="Records that could not be read")).to_be_visible()


def test_on_a_phone_nothing_is_cut_and_the_source_comes_up_as_a_sheet(
    browser: str, address: str
) -> None:
    with browsing(browser, size=PHONE) as context:
        page = context.new_page()
        page.goto(f"{address}/?q={QUESTION}")
        expect(page.locator(".summary")).to_be_visible(timeout=SLOW)
        for _ in range(2):
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
            page.get_by_role("button", name=re.compile(r"^\[\d\]")).first.click()
            expect(page.locator(".st-key-sheet mark").first).to_be_in_viewport()
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".st-key-sheet")).to_have_count(0)


def test_a_fresh_server_opens_any_page_first_and_says_what_to_do(
    page: Page, tmp_path: Path
) -> None:
    with serving(tmp_path / "nothing") as address:
        page.goto(f"{address}/sources?q=anything")
        expect(page.get_by_role("heading", name="No literature yet")).to_be_visible()
        expect(page.get_by_role("button", name="Get the demo literature")).to_be_visible()
        expect(page.get_by_role("link", name="Literature")).to_be_visible()


def test_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(f"{address}/?q={QUESTION}")
    expect(page.locator(".summary")).to_be_visible(timeout=SLOW)
    citation = page.get_by_role("button", name=re.compile(r"^\[\d\]")).first
    citation.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-sheet mark")).to_be_in_viewport()


def test_a_pasted_text_is_checked_and_leads_to_its_source(page: Page, address: str) -> None:
    page.goto(f"{address}/verify")
    page.get_by_role("textbox", name="Text").fill("Cake is sweet. [99000001]")
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".sentence")).to_contain_text("Cake is sweet.", timeout=SLOW)
    expect(page.locator(".summary").first).to_contain_text("1")
    page.get_by_role("button", name=re.compile(r"^\[99000001\]")).click()
    expect(page.locator("h3.title")).to_be_visible(timeout=SLOW)
    assert "pmid=99000001" in page.url
