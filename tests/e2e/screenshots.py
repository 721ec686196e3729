"""Pictures of every page, light and dark, for the README: python -m tests.e2e.screenshots --help"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from tests.e2e.server import DESKTOP, PHONE, browsing, find_browser, serving

QUESTION = "Do statins reduce mortality in COVID-19?"
UNANSWERED = "Does ketamine help treatment-resistant depression?"
SEARCH = "heart failure sacubitril"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a data directory with an index")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    options = parser.parse_args()
    browser = find_browser()
    if browser is None:
        raise SystemExit("No browser was found: install chromium.")
    options.out.mkdir(parents=True, exist_ok=True)
    with serving(options.home) as address:
        for dark in (False, True):
            with browsing(browser, dark=dark, size=DESKTOP) as context:
                _desktop(context, address, options.out, "dark" if dark else "light")
        with browsing(browser, size=PHONE) as context:
            page = _ask(context, address, QUESTION)
            page.get_by_role("button", name="[1]").first.click()
            page.locator(".st-key-sheet mark").wait_for()
            _shot(page, options.out / "phone.png")


def _desktop(context: BrowserContext, address: str, out: Path, theme: str) -> None:
    page = _open(context, address)
    page.get_by_placeholder("Ask a clinical question").wait_for()
    _shot(page, out / f"start-{theme}.png")
    _shot(_ask(context, address, QUESTION), out / f"ask-{theme}.png")
    page = _open(context, f"{address}/?q={UNANSWERED}")
    page.get_by_text("No answer", exact=True).wait_for(timeout=60_000)
    _shot(page, out / f"abstained-{theme}.png")
    page = _open(context, f"{address}/sources?q={SEARCH}")
    page.locator(".hit").first.wait_for(timeout=60_000)
    _shot(page, out / f"sources-{theme}.png")
    page.locator('[class*="-open-"] button').first.click()
    page.locator(".passages, .facts").first.wait_for()
    _shot(page, out / f"article-{theme}.png")
    page = _open(context, f"{address}/index")
    page.locator("table").first.wait_for()
    _shot(page, out / f"index-{theme}.png")


def _open(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(address)
    return page


def _ask(context: BrowserContext, address: str, question: str) -> Page:
    page = _open(context, f"{address}/?q={question}")
    page.locator(".summary").wait_for(timeout=60_000)
    return page


def _shot(page: Page, path: Path) -> None:
    # Streamlit fades elements in.
    page.wait_for_timeout(1_000)
    page.screenshot(path=path)
    # A third of the size, and no difference that one sees.
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
