"""One page in Streamlit's test harness, and what a reader finds on it."""

import re

from streamlit.testing.v1 import AppTest

from ui.services.library import Library


def app(page, library: Library, **params: str) -> AppTest:
    test = AppTest.from_function(page, kwargs={"library": library}, default_timeout=60)
    test.query_params.update(params)
    return test.run()


def html(test: AppTest) -> str:
    """All HTML on the page."""
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if plain(button.label).startswith(label)).click()
    return test.run()


def plain(label: str) -> str:
    """A label without the highlighting of what was matched."""
    return re.sub(r":yellow-background\[(.*?)\]", r"\1", label)


def buttons(test: AppTest) -> list[str]:
    return [button.label for button in test.button]
