"""How soon the application shows itself, and ten people at once: python -m tests.e2e.start_up --help

Seconds, in a real browser. "Painted" is the browser's first contentful paint of the running
server's page, "drawn" when the page's own first text is there; "from the start" counts from the
command `medcite ui`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Page

from tests.e2e.server import browsing, find_browser, serving

_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"
_QUESTIONS = (
    "Do statins reduce mortality in COVID-19?",
    "Does tocilizumab lower mortality in severe COVID-19?",
    "Does tranexamic acid reduce blood loss in surgery?",
    "Do SGLT2 inhibitors reduce heart failure hospitalisation?",
    "Does metformin reduce mortality in diabetes?",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a data directory with an index")
    parser.add_argument("--people", type=int, default=10)
    options = parser.parse_args()
    browser = find_browser()
    if browser is None:
        raise SystemExit("No browser was found: install chromium.")
    with browsing(browser) as context:
        begun = time.perf_counter()
        with serving(options.home) as address:
            told: dict[str, object] = {"server": round(time.perf_counter() - begun, 2)}
            drawn, painted = _open(context, address)
            told |= {
                "first page drawn, from the start": round(time.perf_counter() - begun, 2),
                "first page drawn": drawn,
                "first page painted": painted,
            }
            again = [_open(context, address) for _ in range(5)]
            told |= {
                "further pages drawn, median": median(d for d, _ in again),
                "further pages painted, median": median(p for _, p in again),
            }
            told |= _together(context, address, options.people)
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def _open(context: BrowserContext, address: str) -> tuple[float, float]:
    """(seconds until the page's own text is there, until the first contentful paint)."""
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".greeting").wait_for()
    drawn = time.perf_counter() - begun
    painted = page.evaluate(_PAINTED)
    page.close()
    return round(drawn, 2), round(painted or 0.0, 2)


def _together(context: BrowserContext, address: str, people: int) -> dict[str, object]:
    """People who each ask at once, while one more looks at another page."""
    assert context.browser
    warm = context.new_page()
    _ask(warm, address, 0)
    begun = time.perf_counter()
    _answered(warm)
    first = time.perf_counter() - begun
    pages = [context.browser.new_context().new_page() for _ in range(people)]
    begun = time.perf_counter()
    for number, page in enumerate(pages):
        _ask(page, address, number)
    looker = context.browser.new_context().new_page()
    looked = time.perf_counter()
    looker.goto(f"{address}/index", wait_until="commit")
    looker.locator("table").first.wait_for(timeout=120_000)
    looked = time.perf_counter() - looked
    for page in pages:
        _answered(page)
    return {
        "first answer, with what was still loading": round(first, 2),
        f"{people} answers at once, the last": round(time.perf_counter() - begun, 2),
        "the Literature page meanwhile": round(looked, 2),
    }


def _ask(page: Page, address: str, number: int) -> None:
    question = _QUESTIONS[number % len(_QUESTIONS)]
    page.goto(f"{address}/?q={question}", wait_until="commit")


def _answered(page: Page) -> None:
    page.locator(".summary, .box").first.wait_for(timeout=240_000)


if __name__ == "__main__":
    main()
