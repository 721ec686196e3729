"""No page asks anybody but this server for anything: nothing leaves the machine by itself."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.test_accessibility import PLACES, Place

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.path)
def test_a_page_asks_nobody_else(place: Place, page: Page, address: str) -> None:
    asked: list[str] = []

    def remember(request: Request) -> None:
        asked.append(request.url)

    page.on("request", remember)
    page.goto(address + place.path)
    expect(page.locator(place.drawn).first).to_be_visible(timeout=180_000)
    page.wait_for_load_state("networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
