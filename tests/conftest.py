"""What all tests share. The network is closed in pyproject.toml; processes that tests start are not."""

from pathlib import Path

import pytest

import corpora


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of invented literature that ships with Medcite."""
    return Path(corpora.__file__).parent / "sample"
