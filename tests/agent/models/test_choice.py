"""The model string: what it stands for, and what is said where it stands for nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.models.choice import ModelChoice, ModelEngine, ModelKind, open_model, parse_model
from agent.models.http import Address
from corpora.errors import BadInput, ModelNotFound
from corpora.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_each_form_stands_for_what_it_says(home: Home, tmp_path: Path) -> None:
    file = home.models / "medgemma-27b-text-it-Q4_K_M.gguf"
    hub = ModelChoice(ModelKind.HUB, "google/medgemma-27b-text-it")
    expected = {
        "none": ModelChoice(ModelKind.NONE),
        "": ModelChoice(ModelKind.NONE),
        "medgemma-27b": hub,
        "MedGemma-27B:bf16": hub,
        "medgemma-27b:4bit": ModelChoice(ModelKind.HUB, hub.where, four_bit=True),
        "medgemma-27b:q4_k_m": ModelChoice(ModelKind.GGUF, str(file), pull="Q4_K_M"),
        "medgemma:Q4_K_M@32k": ModelChoice(ModelKind.GGUF, str(file), pull="Q4_K_M", window=32_768),
        "hf:org/name": ModelChoice(ModelKind.HUB, "org/name"),
        "hf:org/name:4bit@4096": ModelChoice(ModelKind.HUB, "org/name", four_bit=True, window=4096),
        "x/y.gguf": ModelChoice(ModelKind.GGUF, "x/y.gguf"),
        "transformers:x/y.GGUF": ModelChoice(
            ModelKind.GGUF, "x/y.GGUF", engine=ModelEngine.TRANSFORMERS
        ),
        str(tmp_path): ModelChoice(ModelKind.FOLDER, str(tmp_path)),
        "http://localhost:8080/v1": ModelChoice(
            ModelKind.ENDPOINT, "http://localhost:8080/v1", engine=ModelEngine.SERVER
        ),
        "https://example.org/v1#org/medgemma:27b": ModelChoice(
            ModelKind.ENDPOINT,
            "https://example.org/v1",
            "org/medgemma:27b",
            engine=ModelEngine.SERVER,
        ),
        "http://a:1/v1*16, http://b/v1#m": ModelChoice(
            ModelKind.ENDPOINT,
            "http://a:1/v1*16, http://b/v1",
            "m",
            engine=ModelEngine.SERVER,
            replicas=(Address("http://a:1/v1", 16), Address("http://b/v1")),
        ),
    }
    assert {text: parse_model(text, home) for text in expected} == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("medgema-27b", "Did you mean medgemma-27b"),
        ("medgemma-27b:Q4_K", "Q4_K_M"),
        ("hf:name", "hf:org/name"),
        ("nowhere/at/all", "not a model, folder"),
        ("http://", "not an address"),
        ("http://a/v1,b/v1", "b/v1 is not an address"),
        ("http://a/v1*0", "not a number of requests"),
        ("http://a/v1,http://a/v1*3", "twice"),
    ],
)
def test_what_stands_for_nothing_is_said_with_what_would(home: Home, text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_model(text, home)
    assert said in str(caught.value)


def test_only_another_machine_is_told_of(home: Home) -> None:
    hosts = {
        "http://localhost:1/v1": None,
        "http://127.0.0.1:1/v1": None,
        "http://[::1]:1/v1": None,
        "http://192.168.1.7:1/v1": "192.168.1.7",
        "https://models.example.org/v1": "models.example.org",
        "http://localhost.example.org/v1": "localhost.example.org",
        "http://127.0.0.1:1/v1,http://gpu2/v1*4,http://gpu1/v1": "gpu1, gpu2",
        "medgemma-27b": None,
    }
    assert {text: parse_model(text, home).leaves_machine for text in hosts} == hosts


def test_a_file_that_is_not_there_says_how_to_get_it(home: Home) -> None:
    with pytest.raises(ModelNotFound, match="medcite models pull Q6_K"):
        open_model(parse_model("medgemma-27b:Q6_K", home))
    assert open_model(parse_model("none", home)) is None


def test_choosing_a_model_loads_no_heavy_library() -> None:
    code = "import sys, agent.models.choice; print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
