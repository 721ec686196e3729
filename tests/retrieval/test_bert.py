"""BERT encoders in plain torch: the same vectors as sentence-transformers, where they are read."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from corpora.article import Article
from corpora.readers.registry import open_literature
from retrieval.bert import PlainBert, is_plain
from retrieval.encoder import load_encoder

pytestmark = pytest.mark.encoder

_ODD = ["", "x", "β-blocker α naïve 中文 é\x00", "a  b\n\nc [MASK] [SEP] d", "word " * 400]


@pytest.fixture(scope="module")
def texts(sample: Path) -> list[str]:
    with open_literature(sample / "invented-1.xml") as (kind, stream):
        read = [record for record in kind.read(stream) if isinstance(record, Article)]
    return [*(each.title for each in read), *(each.text for each in read), *_ODD]


@pytest.mark.parametrize("number_type", [torch.float32, torch.bfloat16])
def test_the_vectors_are_those_of_sentence_transformers(
    folder: Path, texts: list[str], number_type: torch.dtype
) -> None:
    reference = SentenceTransformer(
        str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": number_type}
    )
    theirs = reference.encode(texts, batch_size=16, normalize_embeddings=True)
    ours = PlainBert(folder, "cpu", number_type).encode(texts, 16)
    assert np.array_equal(ours, np.asarray(theirs, np.float32))


@pytest.mark.parametrize("number_type", [torch.float32, torch.bfloat16])
def test_packed_texts_have_the_vectors_of_padded_ones(
    folder: Path, texts: list[str], number_type: torch.dtype
) -> None:
    own = PlainBert(folder, "cpu", number_type)
    packed = own.encode_packed(texts)
    # In bfloat16, padded ones are rounded: their length is 1 to within 0.005.
    least = 1 - (1e-6 if number_type is torch.float32 else 6e-3)
    assert ((packed * own.encode(texts, 16)).sum(axis=1) > least).all()
    assert np.allclose(np.linalg.norm(packed, axis=1), 1, atol=1e-5)
    assert own.encode_packed([]).shape == (0, own.dimension)


def test_tokens_are_counted_as_by_sentence_transformers(folder: Path, texts: list[str]) -> None:
    reference = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    counted = [
        len(reference.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
        for text in texts
    ]
    own = load_encoder()
    assert own.count_tokens(texts) == counted
    assert own.count_tokens(["word " * 400]) == [400]


def test_no_text_has_no_vectors(folder: Path) -> None:
    own = PlainBert(folder, "cpu", torch.float32)
    assert own.encode([], 16).shape == (0, own.dimension)
    assert own.count_tokens([]) == []


def test_the_default_encoder_is_plain(folder: Path, tmp_path: Path) -> None:
    assert is_plain(folder)
    assert not is_plain(tmp_path)


def _set(**fields: Any) -> Callable[[Any], Any]:
    return lambda known: {**known, **fields}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("modules.json", lambda modules: modules[:2]),
        ("modules.json", lambda modules: [*modules, {"type": "own.Dense", "path": "3"}]),
        ("1_Pooling/config.json", _set(pooling_mode_cls_token=True)),
        ("1_Pooling/config.json", _set(pooling_mode_mean_tokens=False)),
        ("config_sentence_transformers.json", _set(prompts={"query": "query: "})),
        ("config.json", _set(model_type="mpnet")),
        ("config.json", _set(hidden_act="relu")),
        ("config.json", _set(position_embedding_type="relative_key")),
        ("sentence_bert_config.json", _set(do_lower_case=True)),
        ("tokenizer_config.json", _set(do_lower_case=False)),
        ("tokenizer_config.json", _set(tokenizer_class="RobertaTokenizer")),
    ],
)
def test_any_other_folder_is_left_to_sentence_transformers(
    folder: Path, tmp_path: Path, name: str, change: Callable[[Any], Any]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert is_plain(copy)
    path = copy / name
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    assert not is_plain(copy)
