"""The Sources page and the reading list in a real browser, on a small real index."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from corpora.article import Notice, NoticeKind
from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from retrieval.encoder import load_encoder
from tests.e2e.server import PHONE, browsing, downloaded, serving
from tests.fakes.literature import article, put
from tests.fakes.progress import Recorded
from tests.fakes.pubmed import pubmed_xml
from tests.ui.conftest import HOSTILE, SET

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]

SLOW = 180_000


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory, sample: Path, browser: str) -> Iterator[str]:
    """The invented sample, a hostile record, a retracted one, one with italics, 30 of three years."""
    home = Home(tmp_path_factory.mktemp("sources") / "home")
    made = [
        article(
            str(880 + i),
            f"Zorblimab in asthma, part {i}",
            f"Zorblimab was given to {i + 10} people with asthma.",
            year=2018 + i % 3,
            published=str(2018 + i % 3),
            mesh=("Asthma", "Humans"),
            publication_types=("Randomized Controlled Trial",) if i % 3 == 0 else (),
        )
        for i in range(30)
    ]
    put(
        home,
        [
            *made,
            article("666", HOSTILE, "Zorblimab did not lower fever <img src=x onerror=alert(3)>."),
            article("777", "Zorblimab cures all", "Zorblimab cured asthma.",
                    notices=(Notice(NoticeKind.RETRACTED, "778"),)),
        ],
    )  # fmt: skip
    (italics := home.root / "italics.xml").write_bytes(pubmed_xml(SET))
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([sample, italics]))
    build_index(home, load_encoder(), Recorded())
    with serving(home.root) as running:
        yield running


def _count(page: Page) -> int:
    """The number of articles that the page says there are."""
    said = page.locator(".found strong").inner_text()
    return int(said.split()[0].replace(",", ""))


def _value(page: Page, facet: str, name: str):
    return page.locator(f".st-key-facet-{facet} button").filter(has_text=name)


def test_a_facet_shows_as_many_as_it_said(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=zorblimab asthma")
    trials = _value(page, "design", "Randomised trial")
    expect(trials).to_be_visible(timeout=SLOW)
    before, said = _count(page), int(trials.inner_text().split()[-1])
    assert 0 < said < before
    trials.click()
    expect(page.locator(".found")).to_contain_text(f"{said} of {before} articles")
    expect(trials).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".hit")).to_have_count(min(said, 20))
    expect(page.locator(".hit").filter(has_text="Design not stated")).to_have_count(0)
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator(".found")).to_contain_text(f"{before} articles")


def test_sorts_turns_pages_and_comes_back_to_the_same_place(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources")
    titles = page.locator('[class*="st-key-hit-open-"] button')
    expect(titles).to_have_count(20, timeout=SLOW)
    page.get_by_role("button", name="Next").click()
    expect(titles.first).to_contain_text("21.")
    second = titles.first.inner_text()
    titles.first.click()
    expect(page.locator("h3.title")).to_contain_text(second.split(". ", 1)[1])
    assert "pmid=" in page.url
    page.get_by_role("button", name="Back to the search").click()
    expect(titles.first).to_have_text(second)
    page.get_by_placeholder("Search titles and abstracts").fill("zorblimab asthma")
    page.keyboard.press("Enter")
    expect(titles.first).to_contain_text("1. Zorblimab")
    page.locator(".st-key-sources-sort").get_by_role("combobox").click()
    page.get_by_role("option", name="Strongest design first").click()
    designs = page.locator(".hit .design")
    expect(designs.first).to_have_text("Randomised trial")
    shown = designs.all_inner_texts()
    assert shown.index("Randomised trial") < shown.index("Design not stated")


def test_a_hostile_title_and_a_retraction(page: Page, shelves: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"{shelves}/sources?q=zorblimab")
    expect(page.locator(".hit").first).to_be_visible(timeout=SLOW)
    expect(
        page.get_by_role("button", name=re.compile(r"^\d+\. Zorblimab cures all"))
    ).to_have_count(0)
    page.get_by_text(re.compile(r"^Include retracted articles \(\d\)")).click()
    _value(page, "year", "2021").click()
    banner = page.locator(".st-key-hit-777 .notice", has_text="Retracted.")
    expect(banner).to_be_visible()
    expect(page.locator(".hit").filter(has=page.locator("img"))).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"^\d+\. <script>alert")).click()
    expect(page.locator("h3.title")).to_contain_text("<script>alert(1)</script> **Navorelimab**")
    page.goto(f"{shelves}/?pmid=777")
    expect(page.locator(".article .notice")).to_contain_text("Do not rely on this article.")


def test_titles_and_passages_are_set_as_they_were_printed(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=eradication raised adults")
    title = page.locator(".st-key-hit-open-201 button")
    expect(title).to_contain_text("Helicobacter pylori on Vmax and CO₂", timeout=SLOW)
    expect(title.locator("em")).to_have_text("Helicobacter pylori")
    expect(page.locator(".st-key-hit-201 .snippet sub")).to_have_text("max")
    title.click()
    expect(page.locator("h3.title i")).to_have_text("Helicobacter pylori")
    expect(page.locator("h3.title sub")).to_have_text("max")
    expect(page.locator(".article section i").last).to_have_css("font-style", "italic")


def test_where_nothing_is_left_the_filter_to_relax_is_offered(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=zorblimab")
    expect(page.locator(".hit").first).to_be_visible(timeout=SLOW)
    page.get_by_label("From year").fill("2050")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No articles were found.")).to_be_visible()
    page.get_by_role("button", name="Any Years").click()
    expect(page.locator(".hit").first).to_be_visible()


def test_charts_and_a_map_that_opens_an_article(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=zorblimab")
    expect(page.locator(".hit").first).to_be_visible(timeout=SLOW)
    page.get_by_role("radio", name="Charts").click()
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(2)
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("cell", name="2020").first).to_be_visible()
    page.get_by_role("radio", name="Map").click()
    point = page.locator('[data-testid="stVegaLiteChart"] path[aria-roledescription="point"]').first
    expect(point).to_be_visible()
    point.click(force=True)
    expect(page.locator("h3.title")).to_be_visible()
    assert "pmid=" in page.url
    # Back means back: the click of before does not open the article again.
    page.get_by_role("button", name="Back to the search").click()
    expect(page.locator(".found")).to_be_visible()
    expect(page.locator("h3.title")).to_have_count(0)


def test_the_reading_list_is_there_in_another_session_and_exports(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=zorblimab asthma part")
    add = page.get_by_role("button", name=re.compile("^Add to the reading list: Zorblimab"))
    expect(add.first).to_be_visible(timeout=SLOW)
    add.first.click()
    expect(
        page.get_by_role("button", name=re.compile("^Remove from the reading list"))
    ).to_have_count(1)
    again = page.context.new_page()
    again.goto(f"{shelves}/reading")
    expect(again.get_by_text("1 article, latest first")).to_be_visible(timeout=SLOW)
    note = again.get_by_label("Note")
    note.fill("=read this")
    note.press("Enter")
    wanted = {"BibTeX": "@misc{", "RIS": "TY  - JOUR", "NBIB": "PMID- 8", "Vancouver": "1. Zorblimab", "CSV": "'=read this"}  # fmt: skip
    for label, content in wanted.items():
        assert content in downloaded(again, label)
    again.get_by_role("button", name=re.compile("^Remove: Zorblimab")).click()
    expect(again.get_by_text("This list is empty")).to_be_visible()
    again.get_by_role("button", name="Undo").click()
    expect(again.get_by_label("Note")).to_have_value("=read this")
    again.get_by_role("button", name=re.compile("^Remove: Zorblimab")).click()
    expect(again.get_by_text("This list is empty")).to_be_visible()


def test_on_a_phone_filters_stand_folded_above_the_list_and_pages_are_one_touch_away(
    browser: str, shelves: str
) -> None:
    with browsing(browser, size=PHONE) as context:
        page = context.new_page()
        page.goto(f"{shelves}/sources?q=zorblimab")
        expect(page.locator(".hit").first).to_be_visible(timeout=SLOW)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        facet = page.locator(".st-key-facet-design")
        expect(facet).to_be_hidden()
        page.locator(".st-key-facets-open label").click()
        expect(facet).to_be_visible()
        hit, shown = page.locator(".hit").first.bounding_box(), facet.bounding_box()
        assert hit is not None
        assert shown is not None
        assert shown["y"] < hit["y"]
        links = page.locator(".st-key-phone-nav").get_by_role("link")
        expect(links.filter(has_text="Reading lists")).to_be_in_viewport()
        links.filter(has_text="Settings").click()
        expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=SLOW)


def test_by_keyboard_alone(page: Page, shelves: str) -> None:
    page.goto(f"{shelves}/sources?q=zorblimab asthma")
    trials = _value(page, "design", "Randomised trial")
    expect(trials).to_be_visible(timeout=SLOW)
    trials.focus()
    page.keyboard.press("Space")
    expect(page.locator(".found")).to_contain_text(" of ")
    page.locator('[class*="st-key-hit-open-"] button').first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h3.title")).to_be_visible()
