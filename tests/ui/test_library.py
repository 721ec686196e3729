"""Loading once, behind the page, and again after a failure."""

import threading
from pathlib import Path

import pytest

from corpora.errors import NoIndex
from corpora.home import Home
from ui.library import Library


def test_loads_once_for_all_and_only_when_asked(tmp_path: Path) -> None:
    opened: list[Home] = []
    go_on = threading.Event()

    def opener(home: Home) -> object:
        opened.append(home)
        assert go_on.wait(10)
        return object()

    library = Library(Home(tmp_path), opener)  # type: ignore[arg-type]
    assert not opened
    library.warm()
    library.warm()
    assert not library.ready
    go_on.set()
    assert library.assistant() is library.assistant()
    assert library.ready
    assert len(opened) == 1


def test_a_load_that_failed_is_tried_again(tmp_path: Path) -> None:
    tries: list[int] = []

    def opener(home: Home) -> object:
        tries.append(1)
        if len(tries) == 1:
            raise NoIndex("None yet.", "Build it.")
        return object()

    library = Library(Home(tmp_path), opener)  # type: ignore[arg-type]
    with pytest.raises(NoIndex):
        library.assistant()
    assert not library.ready
    assert library.assistant()
