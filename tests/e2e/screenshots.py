"""Pictures of every page, light and dark, for the README: python -m tests.e2e.screenshots --help

A page more is a line more in SHOTS.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.server import DESKTOP, PHONE, browsing, find_browser, serving

QUESTION = "Do statins reduce mortality in COVID-19?"
FOLLOW_UP = "and in diabetes?"
NEAREST = "Does ketamine help treatment-resistant depression?"
POSSIBLE = "Which steroid regimen prevents BPD in preterm infants?"
UNANSWERED = "Does zolvaprexin prevent migraine?"
# As an assistant might answer; the last two are wrong.
TEXT = """\
In-hospital use of statins was associated with lower mortality in COVID-19 [33608850].
The use of statins was significantly associated with decreased mortality and the need for IMV (OR = 0.81) [34096808].
Pre-admission use of statins was associated with mortality [33608850].
Statin use lowered the need for intensive care [34096808].
"""
SEARCH = "heart failure"
MATCHED = '(statin* OR "beta block*") AND cardio*[tiab]'
REVIEWED = "COVID-19 drugs"
SCREENING = "Statins in COVID-19"
SCREENED = "statin*[tiab] AND (covid*[tiab] OR cardiovascular[tiab] OR cholesterol[tiab])"
# An answer waits for the encoder once.
_PATIENCE = 90_000
_MOST_BYTES = 250_000


def _first_article(page: Page) -> None:
    page.locator('[class*="-open-"] button').first.click()
    page.locator(".passages, .facts").first.wait_for()


def _follow_up(page: Page) -> None:
    box = page.get_by_placeholder("Ask a follow-up")
    box.fill(FOLLOW_UP)
    box.press("Enter")
    page.get_by_role("heading", name=FOLLOW_UP).wait_for()
    page.locator(".summary, .box").first.wait_for(timeout=_PATIENCE)


def _open_source(page: Page) -> None:
    page.get_by_role("button", name="[1]").first.click()
    page.locator(".st-key-sheet mark").first.wait_for()


def _table(page: Page) -> None:
    """The evidence table, a cell of which was clicked."""
    page.get_by_role("radio", name="Evidence table").click()
    frame = page.locator('[data-testid="stDataFrame"]')
    frame.wait_for()
    page.wait_for_timeout(2_000)
    frame.click(position={"x": 480, "y": 60})
    page.locator(".st-key-table-article").wait_for()


def _charts(page: Page) -> None:
    page.get_by_role("radio", name="Charts").click()
    page.locator('[data-testid="stVegaLiteChart"] svg').nth(1).wait_for()


def _map(page: Page) -> None:
    page.get_by_role("radio", name="Map").click()
    page.locator('[data-testid="stVegaLiteChart"] svg').first.wait_for()


def _reading_list(page: Page) -> None:
    """Articles set aside; those of the picture before are on the list already."""
    add = page.get_by_role("button", name=re.compile("^Add to the reading list"))
    taken = page.get_by_role("button", name=re.compile("^Remove from the reading list"))
    expect(add.or_(taken)).to_have_count(20)
    for wanted in range(taken.count(), 4):
        add.first.click()
        expect(taken).to_have_count(wanted + 1)
    page.get_by_role("link", name="Reading lists").click()
    page.locator('[class*="st-key-reading-open-"]').first.wait_for()
    if page.locator(".st-key-reading-tag").count() == 0:
        for tag in ("biomarkers", "to discuss"):
            page.get_by_role("combobox", name="Tags").first.fill(tag)
            page.keyboard.press("Enter")
            page.keyboard.press("Escape")
            page.locator(".st-key-reading-tag").get_by_text(tag).wait_for()


def _select(page: Page) -> None:
    """All of the result selected, for the reading list or to export."""
    page.get_by_role("button", name="Select all").click()
    page.get_by_text("selected", exact=False).first.wait_for()


def _outcome(page: Page) -> None:
    """The screening of docs/review/review.sh, as both reviewers have finished it."""
    _choose(page, "Screening", REVIEWED)
    _choose(page, "You are", "ann")
    page.get_by_text("Agreement").wait_for()


def _choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option).click()


def _screening(page: Page) -> None:
    """A screening of statins, some records in; begun where the home has none yet."""
    page.wait_for_timeout(3_000)
    chooser, begun = page.get_by_role("combobox", name="Screening"), False
    if chooser.count():
        chooser.click()
        option = page.get_by_role("option", name=SCREENING)
        if begun := option.count() > 0:
            option.click()
        else:
            page.keyboard.press("Escape")
            page.get_by_text("Start a screening").click()
    if not begun:
        page.get_by_role("textbox", name="Name", exact=True).fill(SCREENING)
        page.get_by_role("textbox", name="Query in PubMed's syntax").fill(SCREENED)
        page.get_by_role("button", name="Start").click()
        page.get_by_role("progressbar").first.wait_for()
        for decided, key in enumerate("iiee", start=1):
            page.wait_for_timeout(2_000)
            page.keyboard.press(key)
            page.get_by_text(f"{decided} of ").first.wait_for()
            # What is pressed before the next record is there does not count.
            page.locator('[data-testid="stStatusWidget"]').wait_for(state="hidden")
            page.wait_for_timeout(500)


def _checked_text(page: Page) -> None:
    page.get_by_role("textbox", name="Text").fill(TEXT)
    page.get_by_role("button", name="Check").click()
    page.locator(".summary").wait_for(timeout=_PATIENCE)


@dataclass(frozen=True)
class Shot:
    """A picture: its name, the path to go to, what shows that it is drawn, and what to do then."""

    name: str
    path: str
    drawn: str
    act: Callable[[Page], None] = lambda page: None


SHOTS = (
    Shot("start", "/", ".greeting"),
    Shot("ask", f"/?q={QUESTION}", ".summary"),
    Shot("table", f"/?q={QUESTION}", ".summary", _table),
    Shot("conversation", f"/?q={QUESTION}", ".summary", _follow_up),
    Shot("history", "/history", '[class*="st-key-change-"]'),
    Shot("possible", f"/?q={POSSIBLE}", ".summary"),
    Shot("nearest", f"/?q={NEAREST}", ".summary"),
    Shot("abstained", f"/?q={UNANSWERED}", ".box"),
    Shot("sources", f"/sources?q={SEARCH}", ".hit"),
    Shot("selection", f"/sources?q={MATCHED}", ".hit", _select),
    Shot("charts", f"/sources?q={SEARCH}", ".hit", _charts),
    Shot("map", "/sources", ".hit", _map),
    Shot("article", f"/sources?q={SEARCH}", ".hit", _first_article),
    Shot("reading-list", f"/sources?q={SEARCH}", ".hit", _reading_list),
    Shot("screening", "/screening", '[class*="st-key-screening-start"]', _screening),
    Shot("verify", "/verify", "textarea", _checked_text),
    Shot("index", "/index", "table"),
    Shot("settings", "/settings", ".facts"),
)
# In one theme, each in a window of its own size. The last needs what docs/review/review.sh makes.
LIGHT = (
    (Shot("phone", f"/?q={QUESTION}", ".summary", _open_source), PHONE),
    (Shot("phone-sources", f"/sources?q={SEARCH}", ".hit"), PHONE),
    (
        Shot("screening-outcome", "/screening", '[class*="st-key-screening"]', _outcome),
        (1280, 1150),
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a data directory with an index")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--only", nargs="*", help="names of pictures; else all")
    options = parser.parse_args()
    browser = find_browser()
    if browser is None:
        raise SystemExit("No browser was found: install chromium.")
    options.out.mkdir(parents=True, exist_ok=True)
    wanted = [s for s in SHOTS if not options.only or s.name in options.only]
    with serving(options.home) as address:
        for theme in ("light", "dark"):
            with browsing(browser, dark=theme == "dark", size=DESKTOP) as context:
                for shot in wanted:
                    _take(context, address, shot, options.out / f"{shot.name}-{theme}.png")
        for shot, size in LIGHT:
            if not options.only or shot.name in options.only:
                with browsing(browser, size=size) as context:
                    _take(context, address, shot, options.out / f"{shot.name}.png")


def _take(context: BrowserContext, address: str, shot: Shot, path: Path) -> None:
    page = context.new_page()
    page.goto(address + shot.path)
    page.locator(shot.drawn).first.wait_for(timeout=_PATIENCE)
    shot.act(page)
    # Streamlit fades elements in.
    page.wait_for_timeout(1_000)
    page.screenshot(path=path)
    page.close()
    # A third of the size, and no difference that one sees.
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
    size = path.stat().st_size
    sys.stdout.write(f"{path} {size / 1e3:.0f} kB\n")
    if size > _MOST_BYTES:
        raise SystemExit(f"{path} is larger than {_MOST_BYTES / 1e3:.0f} kB.")


if __name__ == "__main__":
    main()
