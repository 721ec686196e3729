"""What all tests share. The network is closed in pyproject.toml; processes that tests start are not."""

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
def _logs_as_they_were() -> Iterator[None]:
    """A command run in this process sends the logs to its standard error, which then closes."""
    yield
    structlog.reset_defaults()
