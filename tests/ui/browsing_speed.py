"""How long the Sources page takes to answer: python -m tests.ui.browsing_speed --home DIR

Each interaction is a whole run of the page in Streamlit's test harness, as the server does it, with
everything that it draws; what the browser adds is not in it. Beside it, in the same run, a bare
search for the same text. Medians and the slowest of the rounds, in milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from corpora.home import Home
from corpora.store import open_corpus
from retrieval.passage import SearchQuery
from tests.ui.pages.test_sources import sources_page
from ui.services.library import Library

TEXTS = ("heart failure", "patients", "covid-19 mortality", "Does exercise lower blood pressure?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a data directory with an index")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    library = Library(Home(options.home))
    searcher = library.assistant().searcher
    with open_corpus(library.home.corpus) as store:
        began = time.perf_counter()
        library.browser.columns(store)
        say("columns made or read", [time.perf_counter() - began])
        sys.stdout.write(f"{len(store):,} articles\n")
    test = AppTest.from_function(sources_page, kwargs={"library": library}, default_timeout=60)
    test.run()
    taken: dict[str, list[float]] = {}
    for number in range(options.rounds):
        for text in TEXTS:
            # Another text each time: what was searched before is remembered.
            asked = f"{text} {'again ' * number}".strip()
            steps: dict[str, Callable[[], object]] = {
                "bare search": lambda a=asked: searcher.search([SearchQuery(a)], 20),
                "type a text": lambda a=asked: test.text_input(key="search").input(a).run(),
                "choose a design": lambda: _choose(test, "design"),
                "choose a year": lambda: _choose(test, "year"),
                "clear": lambda: _press(test, "Clear all"),
                "sort": lambda: test.selectbox(key="sources-sort").select("Newest first").run(),
                "turn the page": lambda: _press(test, "Next"),
                "charts": lambda: _view(test, "Charts"),
                "map": lambda: _view(test, "Map"),
                "list": lambda: _view(test, "List"),
                "browse all": lambda: test.text_input(key="search").input("").run(),
                "filter all": lambda: _choose(test, "design"),
                "clear all": lambda: _press(test, "Clear all"),
            }
            for name, step in steps.items():
                began = time.perf_counter()
                step()
                taken.setdefault(name, []).append(time.perf_counter() - began)
                if test.exception:
                    raise SystemExit(f"{name}: {test.exception[0].message}")
    for name, seconds in taken.items():
        say(name, seconds, taken["bare search"])


def say(name: str, seconds: list[float], reference: list[float] | None = None) -> None:
    middle = statistics.median(seconds)
    against = f"  {middle / statistics.median(reference):5.1f} searches" if reference else ""
    sys.stdout.write(f"{name:22}{middle * 1e3:7.0f}  {max(seconds) * 1e3:7.0f}{against}\n")


def _choose(test: AppTest, facet: str) -> None:
    """Choose the first value that is not chosen yet; of a facet that is not there, none."""
    found = [pills for pills in test.pills if pills.key == f"facet-{facet}"]
    if not found:
        test.run()
        return
    names = [option.content.split(" :gray[")[0] for option in found[0].proto.options]
    left = [name for name in names if name not in found[0].value]
    found[0].set_value([*found[0].value, *left[:1]]).run()


def _press(test: AppTest, label: str) -> None:
    button = next((b for b in test.button if b.label == label and not b.disabled), None)
    (button.click() if button else test).run()


def _view(test: AppTest, name: str) -> None:
    test.segmented_control(key="sources-view").set_value(name).run()


if __name__ == "__main__":
    main()
