"""Index and Settings pages in a real browser: literature in, progress, the way back, settings."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from corpora.home import Home
from tests.e2e.server import serving
from tests.fakes.nlm import nlm_server
from tests.fakes.pubmed import pubmed_xml, record

pytestmark = [pytest.mark.e2e, pytest.mark.encoder]

LONG = 180_000  # an import and a build, with the encoder loaded
NEW = record(
    "77000001",
    "Quorbizine for hiccups in astronauts",
    abstract="<AbstractText>Quorbizine stopped hiccups in 12 of 14 astronauts.</AbstractText>",
)


def panel(page: Page) -> object:
    return page.locator(".st-key-job-panel")


def test_an_uploaded_file_is_imported_indexed_found_and_rolled_back(
    context: BrowserContext, own_home: Home, tmp_path: Path
) -> None:
    upload = tmp_path / "new.xml"
    upload.write_bytes(pubmed_xml(NEW, record("")))
    assert context.browser
    page, other = context.new_page(), context.browser.new_context().new_page()
    with serving(own_home.root) as address:
        other.goto(f"{address}/index")  # open before anything was started
        expect(other.get_by_role("heading", name="Versions")).to_be_visible()
        page.goto(f"{address}/index")
        page.locator("input[type=file]").set_input_files(upload)
        page.get_by_role("button", name="Import", exact=True).first.click()
        expect(panel(page)).to_contain_text("Import new.xml")
        page.reload()
        expect(panel(page)).to_contain_text("Import new.xml")
        expect(panel(other)).to_contain_text("Import new.xml", timeout=10_000)
        for each in (page, other):
            done = each.locator(".st-key-job-ended")
            expect(done).to_contain_text("1 new", timeout=LONG)
            expect(done).to_contain_text("1 passage newly encoded")
            expect(done).to_contain_text("no PMID")
        new, old = page.locator("td", has_text=re.compile(r"^20\d{6}-")).all_inner_texts()

        other.goto(f"{address}/sources?q=quorbizine hiccups")
        expect(
            other.get_by_role("button", name=re.compile(r"^\d+\. Quorbizine for hiccups"))
        ).to_be_visible(timeout=LONG)
        page.get_by_role("button", name="Roll back…").click()
        page.get_by_role("button", name="Use this version").click()
        expect(page.locator(".st-key-job-ended")).to_contain_text(f"instead of {new}", timeout=LONG)
        used = page.get_by_role("cell", name="in use", exact=True)
        expect(page.get_by_role("row").filter(has=used)).to_contain_text(old)
        expect(page.get_by_text("The corpus has changed")).to_be_visible()
        other.goto(f"{address}/sources?q=quorbizine hiccups")
        expect(other.locator(".hit").or_(other.get_by_role("alert")).first).to_be_visible(
            timeout=LONG
        )
        expect(
            other.get_by_role("button", name=re.compile(r"^\d+\. Quorbizine for hiccups"))
        ).to_have_count(0)


def test_work_outlives_the_server_and_is_cancelled(page: Page, own_home: Home) -> None:
    pipe = own_home.root / "endless.jsonl"
    os.mkfifo(pipe)  # an import that waits for ever
    with serving(own_home.root) as address:
        page.goto(f"{address}/index")
        page.get_by_role("tab", name="Files on this computer").click()
        page.get_by_label("Files, folders or patterns").fill(str(pipe))
        page.get_by_role("button", name="Import", exact=True).last.click()
        expect(panel(page)).to_contain_text("endless.jsonl")
    with serving(own_home.root) as address:
        page.goto(f"{address}/index")
        expect(panel(page)).to_contain_text("endless.jsonl")
        expect(page.get_by_role("button", name="Verify")).to_be_disabled()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator(".st-key-job-ended")).to_contain_text("cancelled", timeout=LONG)
        expect(page.get_by_role("button", name="Verify")).to_be_enabled()
        expect(page.locator("tr", has_text="Stopped; finished work is kept.")).to_be_visible()


def test_verify_and_a_build_that_is_cancelled_leave_the_index(page: Page, own_home: Home) -> None:
    with serving(own_home.root) as address:
        page.goto(f"{address}/index")
        page.get_by_role("button", name="Verify").click()
        ended = page.locator(".st-key-job-ended")
        expect(ended).to_contain_text("The index is unchanged since it was built.", timeout=LONG)
        expect(ended).to_contain_text("✓ sample")
        page.get_by_role("button", name="Rebuild…").click()
        page.get_by_text("Rebuild even if nothing has changed").click()
        page.get_by_role("button", name="Rebuild", exact=True).click()
        expect(panel(page)).to_contain_text("Rebuild the index")
        page.get_by_role("button", name="Cancel").click()
        expect(ended).to_contain_text("Rebuild the index: cancelled", timeout=LONG)
        assert page.locator("td", has_text=re.compile(r"^20\d{6}-")).count() == 1


@pytest.mark.enable_socket
def test_a_query_is_fetched_and_a_bad_one_is_told(page: Page, own_home: Home) -> None:
    with nlm_server() as fake, serving(own_home.root, MEDCITE_EUTILS=fake.url) as address:
        fake.entered = {"81": "2021/01/01", "82": "2021/01/02"}
        page.goto(f"{address}/settings")
        page.get_by_label("E-mail address").fill("erika@example.org")
        page.get_by_label("E-mail address").press("Enter")
        expect(page.get_by_text("Saved")).to_be_visible()
        page.goto(f"{address}/index")
        for query, said in (("sepsis -x", "Articles: 2 new."), ("(sepsis", "parenthesis")):
            page.get_by_role("tab", name="PubMed query").click()
            page.get_by_label("Query in PubMed's syntax").fill(query)
            page.get_by_text("Update the index afterwards").last.click()
            page.get_by_role("button", name="Fetch").click()
            expect(page.locator(".st-key-job-ended")).to_contain_text(said, timeout=LONG)
        forms = fake.asked("esearch")
        assert {form["email"] for form in forms} == {"erika@example.org"}
        assert forms[0]["term"] == "sepsis -x"


def test_one_click_to_the_demo(page: Page, tmp_path: Path) -> None:
    # pip is told to stay offline: the click is real, the download fails, and that is said.
    with serving(tmp_path / "home", PIP_NO_INDEX="1") as address:
        page.goto(address)
        page.get_by_role("button", name="Get the demo literature").click()
        expect(page.get_by_text("pip could not download").first).to_be_visible(timeout=LONG)
        expect(page.get_by_role("button", name="Get the demo literature")).to_be_enabled()
        page.get_by_role("link", name="Literature").click()
        expect(page.locator("tr", has_text="Fetch the demo literature")).to_contain_text("failed")


def test_settings_hold_and_say_what_is_the_matter(page: Page, own_home: Home) -> None:
    with serving(own_home.root, MEDCITE_MODEL="") as address:
        page.goto(f"{address}/settings")
        expect(page.get_by_text("none (the default)")).to_be_visible()
        page.get_by_text("Leave them out of answers").click()
        expect(page.get_by_text("Saved")).to_be_visible()
        _use(page, "http://localhost:9/v1#nothing")
        expect(page.get_by_text("(chosen here)")).to_be_visible()
        expect(page.get_by_text("stay on this computer")).to_be_visible()
        _use(page, "http://models.example.org/v1#m")
        expect(page.get_by_text("sent to models.example.org").first).to_be_visible()
        _use(page, "medgemma-27b:Q9")
        expect(page.get_by_role("alert")).to_contain_text("no file Q9")
        page.reload()
        expect(page.get_by_label("Leave them out of answers")).to_be_checked()
        page.get_by_role("button", name="Run the checks").click()
        expect(page.get_by_text("ok  encoder")).to_be_visible(timeout=LONG)
    with serving(own_home.root, "--model", "none") as address:
        page.goto(f"{address}/settings")
        expect(page.get_by_text("none (--model or MEDCITE_MODEL)")).to_be_visible()
        expect(page.get_by_role("button", name="Use", exact=True)).to_be_disabled()


def _use(page: Page, model: str) -> None:
    box = page.get_by_role("combobox", name="Model")
    box.click()
    box.fill(model)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Use", exact=True).click()
