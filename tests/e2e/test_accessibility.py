"""axe-core has nothing serious to say of any page, in both themes and on a phone."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accessibility import serious_findings
from tests.e2e.server import DESKTOP, PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]

QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
LOOKS = {
    "light": (DESKTOP, "light"),
    "dark": (DESKTOP, "dark"),
    "phone, dark": (PHONE, "dark"),
    "phone": (PHONE, "light"),
}


@dataclass(frozen=True)
class Place:
    """A page to look at: its path, and what shows that it is drawn whole."""

    path: str
    drawn: str


PLACES = (
    Place("/", ".greeting"),
    Place(f"/?q={QUESTION}", ".summary"),
    Place("/?q=Does yoga cure tinnitus in dogs?", ".searched, .box"),
    # After the questions above, which it shows.
    Place("/history", '[class*="st-key-change-"]'),
    Place("/sources?q=navorelimab", ".hit"),
    Place("/sources", ".hit"),
    Place("/reading", "h1"),
    Place("/screening", '[class*="st-key-screening-start"]'),
    Place("/verify", "textarea"),
    Place("/sources?pmid=99000001", ".facts"),
    Place("/index", "table"),
    Place("/settings", ".facts"),
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.path)
def test_a_page_has_no_serious_finding(place: Place, page: Page, address: str) -> None:
    page.goto(address + place.path)
    expect(page.locator(place.drawn).first).to_be_visible(timeout=180_000)
    found = []
    for name, (size, theme) in LOOKS.items():
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(300)
        shown = page.locator(".stApp").evaluate("e => getComputedStyle(e).colorScheme")
        assert shown == theme
        found += [f"{name}: {each}" for each in serious_findings(page) + _too_wide(page, size[0])]
    assert not found, "\n".join(found)


def _too_wide(page: Page, width: int) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [f"the page is {wide} wide"] if wide > width else []


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.set_content('<html lang="en"><title>x</title><button></button></html>')
    assert any(line.startswith("button-name (critical)") for line in serious_findings(page))
