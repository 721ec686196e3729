"""What axe-core finds on a page, as it is drawn in a real browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_GRAVE = ("serious", "critical")


def serious_findings(page: Page) -> list[str]:
    """Serious and critical violations, a line for each element: rule, element, what is wrong."""
    # Streamlit fades elements in; half-faded text has half the contrast.
    page.wait_for_timeout(600)
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
    ]
