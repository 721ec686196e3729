"""The real encoder: its weights are checked, its spaces kept apart, its ranking that of fp32."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from corpora.article import Article
from corpora.errors import EncoderError
from corpora.readers.registry import open_literature
from retrieval.encoder import load_encoder, weights_of

pytestmark = pytest.mark.encoder

_QUESTIONS = [
    "Does navorelimab lower mortality in severe viral pneumonia?",
    "Is ostrafenide toxic to the liver?",
    "velmorastat potassium",
]


@pytest.fixture(scope="module")
def texts(sample: Path) -> list[str]:
    with open_literature(sample / "invented-1.xml") as (kind, stream):
        return [record.text for record in kind.read(stream) if isinstance(record, Article)]


def test_ranks_as_single_precision_does(folder: Path, texts: list[str]) -> None:
    """Whatever number type this processor computes in."""
    own = load_encoder()
    reference = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
    )
    exact = reference.encode(_QUESTIONS) @ reference.encode(texts).T
    ours = own.encode_queries(_QUESTIONS) @ own.encode_documents(texts).T
    assert np.abs(ours - exact).max() < 0.02
    assert (ours.argmax(axis=1) == exact.argmax(axis=1)).all()
    for row in range(len(_QUESTIONS)):
        assert np.corrcoef(ours[row], exact[row])[0, 1] > 0.999


def test_vectors_have_unit_length_and_the_documented_shape(texts: list[str]) -> None:
    own = load_encoder()
    vectors = own.encode_documents(texts)
    assert vectors.shape == (len(texts), own.identity.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-2)


def test_a_folder_of_the_same_files_is_the_same_space(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert load_encoder(str(copy)).identity.fingerprint == load_encoder().identity.fingerprint
    assert weights_of(str(copy)) == load_encoder().identity.weights


def test_two_models_that_share_a_space_make_a_pair(folder: Path, tmp_path: Path) -> None:
    article = tmp_path / "article"
    shutil.copytree(folder, article)
    pair = load_encoder(f"{folder}+{article}")
    alone = load_encoder(str(folder))
    assert np.allclose(pair.encode_queries(_QUESTIONS), alone.encode_queries(_QUESTIONS))
    assert pair.identity.fingerprint != alone.identity.fingerprint


def test_what_is_no_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no model weights"):
        load_encoder(str(tmp_path))
