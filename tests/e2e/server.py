"""A real server, and a real browser on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom

from playwright.sync_api import BrowserContext, Page, sync_playwright

# Debian's, Ubuntu's and Google's names; Playwright's own download is not needed.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = (1280, 800), (390, 844)


def find_browser() -> str | None:
    """The path of a browser on this machine."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def serving(home: Path, *arguments: str, port: int = 0, **environment: str) -> Iterator[str]:
    """The address of the application on a data directory, as `medcite ui` starts it."""
    port = port or SystemRandom().randrange(20_000, 32_000)
    medcite = [sys.executable, "-c", "from ui.cli.main import main; main()"]
    process = subprocess.Popen(
        [*medcite, "ui", "--no-browser", "--home", str(home), "--port", str(port), *arguments],
        env=dict(os.environ, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "URL:" in line:
                break
        else:
            raise RuntimeError("the server did not start:\n" + "".join(said))
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=60)


@contextmanager
def browsing(
    executable: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False
) -> Iterator[BrowserContext]:
    """A fresh browser that remembers nothing; its `browser` makes further ones beside it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_QUIET)
        try:
            yield browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme="dark" if dark else "light",
            )
        finally:
            browser.close()


def downloaded(page: Page, label: str) -> str:
    """What a download button brings.

    Chromium does not always tell Playwright of a download; it always asks the server for it.
    """
    with page.expect_response(lambda response: "/media/" in response.url) as answered:
        page.get_by_role("button", name=label, exact=True).click()
    return page.request.get(answered.value.url).text()
