"""Screening by keyboard in a real browser: a decision is for the record that was on the page."""

import pytest
from playwright.sync_api import Page, expect

from corpora.home import Home
from corpora.store import open_corpus
from tests.e2e.server import serving
from ui.services.screening import Screenings, ScreeningVerdict

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]


def settled(page: Page) -> None:
    """Wait until the page has run: a key that is pressed while it runs does not count."""
    page.wait_for_timeout(1_000)
    page.locator('[data-test-script-state="notRunning"]').wait_for(timeout=30_000)


def test_keys_decide_and_never_for_a_record_already_decided(own_home: Home, page: Page) -> None:
    with open_corpus(own_home.corpus) as store:
        pmids = [article.pmid for _, article in store.articles()]
    numbers = {"records": len(pmids), "duplicates": 0, "by_source": {"PubMed": len(pmids)}}
    kept = Screenings(own_home).start("keys", "all", pmids, numbers)
    with serving(own_home.root) as address:
        page.goto(f"{address}/screening")
        box = page.locator(".st-key-screening-buttons input").first
        box.wait_for(timeout=90_000)
        box.click()
        page.keyboard.type("Is exclusive, but unread")
        page.keyboard.press("Enter")
        settled(page)
        assert kept.decisions("me") == {}
        page.locator("h1").click()
        settled(page)
        # Pressed at once, before the second record is there: they may arrive together.
        page.keyboard.press("i")
        page.keyboard.press("e")
        one = page.get_by_text("of").filter(has_text="screened, 1 included").first
        expect(one.or_(page.get_by_text("nothing was decided"))).to_be_visible(timeout=30_000)
        page.wait_for_timeout(2_000)
        assert {d.verdict for d in kept.decisions("me").values()} <= {ScreeningVerdict.INCLUDE}
        settled(page)
        page.keyboard.press("i")
        expect(page.get_by_text("of").filter(has_text="included").first).to_be_visible()
        page.wait_for_timeout(2_000)
        assert kept.decisions("me")[pmids[0]].verdict is ScreeningVerdict.INCLUDE
