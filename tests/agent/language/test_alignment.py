"""The alignment network, its vectors and its trees: computed in batches, they say what each alone says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from agent.language.alignment import Aligner, Relation, new_network
from agent.language.tokens import TokenVectors, joined, shipped_encoder
from agent.trees import Trees
from agent.verification.classifier import JudgeTrees
from agent.verification.features import Case, features
from corpora.errors import EncoderError

_TEXTS = ["Aspirin lowered fever.", "Aspirin lowered fever in 120 adults.", "Pain rose.", "x"]


def _vectors(tokens: int, seed: int) -> TokenVectors:
    rng = np.random.default_rng(seed)
    spans = tuple((2 * i, 2 * i + 1) for i in range(tokens))
    return TokenVectors(
        rng.integers(1, 9, tokens), spans, rng.normal(size=(tokens, 768)).astype(np.float16)
    )


def test_vectors_are_of_the_texts_tokens_and_do_not_depend_on_company() -> None:
    encoder = shipped_encoder()
    together = encoder.encode(_TEXTS)
    for text, found in zip(_TEXTS, together, strict=True):
        assert "".join(text[a:b] for a, b in found.spans) == text.replace(" ", "")
        (alone,) = encoder.encode([text])
        assert alone is found
    whole = joined(together[:2])
    text = " ".join(_TEXTS[:2])
    assert "".join(text[a:b] for a, b in whole.spans) == text.replace(" ", "")
    assert whole.vectors.shape == (len(whole.spans), 768)


def test_a_reading_does_not_depend_on_padding_and_survives_a_file(tmp_path: Path) -> None:
    torch.manual_seed(0)
    aligner = Aligner([new_network(), new_network()])
    pairs = [(_vectors(n, n), _vectors(3 * n, -n % 97)) for n in (2, 5, 30, 1)]
    together = aligner.read(pairs)
    aligner.save(tmp_path / "a.safetensors")
    again = Aligner.load(tmp_path / "a.safetensors")
    for pair, found in zip(pairs, together, strict=True):
        (alone,) = aligner.read([pair])
        np.testing.assert_allclose(found.relation, alone.relation, atol=1e-4)
        assert found.relation.shape == (len(Relation),)
        assert (len(found.claim), len(found.evidence)) == (len(pair[0].ids), len(pair[1].ids))
        np.testing.assert_allclose(again.read([pair])[0].relation, alone.relation, atol=0.05)


def test_what_is_no_file_of_networks_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("no")
    for read in (Aligner.load, JudgeTrees.load):
        for name in ("a", "none"):
            with pytest.raises(EncoderError, match="cannot be loaded"):
                read(tmp_path / name)


def test_trees_go_left_for_what_is_small_and_as_they_were_told_for_what_is_missing(
    tmp_path: Path,
) -> None:
    trees = Trees(
        feature=np.array([1, -1, -1], np.int32),
        threshold=np.array([2.0, 0, 0]),
        left=np.array([1, 0, 0], np.int32),
        right=np.array([2, 0, 0], np.int32),
        value=np.array([0, -1.0, 3.0]),
        roots=np.array([0], np.int32),
        base=0.5,
    )
    left = replace(trees, missing_left=np.array([True, False, False]))
    JudgeTrees(("a", "b"), trees, left).save(tmp_path / "t.npz")
    again = JudgeTrees.load(tmp_path / "t.npz")
    rows = np.array([[9, 2.0], [9, 2.1], [9, np.nan]])
    assert again.names == ("a", "b")
    assert again.carried(rows).tolist() == [-0.5, 3.5, 3.5]
    assert again.refuted(rows).tolist() == [-0.5, 3.5, -0.5]


def test_features_see_numbers_and_words_that_are_not_there() -> None:
    encoder = shipped_encoder()
    torch.manual_seed(0)
    aligner = Aligner([new_network()])

    def of(claim: str, *sentences: str) -> dict[str, float]:
        tokens = encoder.encode([claim, *sentences])
        pair = tokens[0], joined(tokens[1:])
        return features(Case(claim, sentences, pair, aligner.read([pair])[0]))

    same = of("Aspirin lowered fever in 120 adults.", "Aspirin lowered fever in 120 adults.")
    other = of("Ibuprofen lowered fever in 130 adults.", "Aspirin lowered fever in 120 adults.")
    assert (same["missing"], same["strange numbers"], same["in order"]) == (0, 0, 1)
    assert other["missing"] == 2
    assert other["strange numbers"] == 1
    assert of("72% survived.", "28% died.")["derived numbers"] == 1
    assert same.keys() == other.keys()
    fell = "Mortality fell in both groups, and weight did not increase."
    agreeing, opposed = of("Weight decreased.", fell), of("Mortality increased.", fell)
    assert (agreeing["poles agree"], agreeing["poles opposed"]) == (1, 0)
    assert (opposed["poles agree"], opposed["poles opposed"]) == (0, 1)
    assert of("He took it daily.", "He took it weekly.")["classes"] == 1
