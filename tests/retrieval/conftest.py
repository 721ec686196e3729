"""The default encoder's files."""

from pathlib import Path

import pytest

from retrieval.encoder import DEFAULT_ENCODER, model_folder


@pytest.fixture(scope="session")
def folder() -> Path:
    return model_folder(DEFAULT_ENCODER)
