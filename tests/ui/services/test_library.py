"""Loading once, behind the page, and again after a failure."""

import gc
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.answer import Flagged
from agent.assistant import Assistant
from corpora.errors import NoIndex
from corpora.home import Home
from retrieval.build import build_index
from retrieval.search import Searcher
from retrieval.version import Versions, read_manifest
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded
from ui.services.library import Library
from ui.services.settings import Choices, write_choices


class Opened:
    """As much of an assistant as a library touches."""

    model = None
    flagged = Flagged.SHOW

    def set_thinking(self, thinking: str) -> None:
        """As it was chosen."""

    def read_judging(self) -> None:
        """As it was tested."""


def test_loads_once_for_all_and_only_when_asked(tmp_path: Path) -> None:
    opened: list[Home] = []
    go_on = threading.Event()

    def opener(home: Home) -> object:
        opened.append(home)
        assert go_on.wait(10)
        return Opened()

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
        return Opened()

    library = Library(Home(tmp_path), opener)  # type: ignore[arg-type]
    with pytest.raises(NoIndex):
        library.assistant()
    assert not library.ready
    assert library.assistant()


@dataclass(eq=False)
class Followed:
    """A library that counts what it opened, over a data directory that can change."""

    home: Home
    opened: list[str]
    closed: list[str]

    def opener(self, home: Home) -> Assistant:
        name = read_manifest(Versions(home.indexes).current()).encoder.name
        self.opened.append(name)
        assistant = local_assistant(Searcher(home, HashingEncoder(name=name)))
        assistant.model = ClosingModel(self.closed)  # type: ignore[assignment]
        return assistant


class ClosingModel:
    name = "closing"

    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.append(self.name)


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Followed:
    monkeypatch.delenv("MEDCITE_MODEL", raising=False)
    home = indexed(tmp_path / "home", [article("1", "One")], HashingEncoder(name="first"))
    return Followed(home, [], [])


def test_a_new_version_of_the_same_encoder_loads_nothing(followed: Followed) -> None:
    library = Library(followed.home, followed.opener)
    before = library.assistant()
    put(followed.home, [article("2", "Two")], name="more.jsonl")
    build_index(followed.home, HashingEncoder(name="first"), Recorded())
    assert library.ready
    assert library.assistant() is before
    assert before.searcher.version.manifest.articles == 2
    Versions(followed.home.indexes).rollback()
    assert library.assistant().searcher.version.manifest.articles == 1
    assert followed.opened == ["first"]


def test_another_encoder_loads_another_assistant_and_the_first_is_closed_when_done(
    followed: Followed,
) -> None:
    library = Library(followed.home, followed.opener)
    held = library.assistant()
    build_index(followed.home, HashingEncoder(name="second"), Recorded())
    assert not library.ready
    assert library.assistant() is not held
    assert followed.opened == ["first", "second"]
    assert not followed.closed
    del held
    gc.collect()
    assert followed.closed == ["closing"]


def test_another_model_loads_another_assistant_and_strictness_does_not(followed: Followed) -> None:
    library = Library(followed.home, followed.opener)
    first = library.assistant()
    assert first.flagged is Flagged.SHOW
    write_choices(followed.home, Choices(flagged=Flagged.DROP))
    assert library.assistant() is first
    assert first.flagged is Flagged.DROP
    write_choices(followed.home, Choices(model="smollm2"))
    assert library.assistant() is not first
    assert followed.opened == ["first", "first"]


def test_a_first_index_is_found_after_none(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    library = Library(home, Followed(home, [], []).opener)
    with pytest.raises(NoIndex):
        library.assistant()
    indexed(home.root, [article("1", "One")], HashingEncoder(name="first"))
    assert library.assistant().searcher.version.manifest.articles == 1
