"""What all tests share. The network is closed in pyproject.toml; processes that tests start are not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import corpora


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of invented literature that ships with Medcite."""
    return Path(corpora.__file__).parent / "sample"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """A command run in this process sends the logs to its standard error, which then closes; a page
    run in it takes the place of the main module, which processes that are started later would run.
    """
    main = sys.modules["__main__"]
    yield
    structlog.reset_defaults()
    sys.modules["__main__"] = main
