"""Gemma 3 itself, tiny and random: its folder and its files through the code that loads the 27B."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import gguf
import pytest

from agent.models.base import GREEDY, Finish, Message, Request, Role
from agent.models.chat_model import ChatModel
from agent.models.llama_backend import LlamaBackend, LlamaSettings
from agent.models.transformers_backend import TransformersBackend
from agent.models.transformers_loading import load
from corpora.errors import BadModelOutput, ModelDamaged, ModelNotFound
from tests.fakes import tiny_gemma

pytestmark = [pytest.mark.enable_socket, pytest.mark.model]

_TYPES = gguf.GGMLQuantizationType
_MESSAGES = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello there."))
_REQUEST = Request((Message(Role.USER, "Be brief.\n\nHello there."),), 20, GREEDY)


@pytest.fixture(scope="module")
def from_folder(tiny_folder: Path) -> TransformersBackend:
    return load(str(tiny_folder))


def _text(backend: TransformersBackend | LlamaBackend, request: Request = _REQUEST) -> str:
    return "".join(raw.text for raw in backend.complete(request, Event()))


def test_the_template_is_gemmas(from_folder: TransformersBackend) -> None:
    ids = from_folder._ids((*_MESSAGES, Message(Role.ASSISTANT, "Hi."), Message(Role.USER, "So?")))
    text = from_folder._tokenizer.decode(ids)
    assert text == (
        "<bos><start_of_turn>user\nBe brief.\n\nHello there.<end_of_turn>\n"
        "<start_of_turn>model\nHi.<end_of_turn>\n<start_of_turn>user\nSo?<end_of_turn>\n"
        "<start_of_turn>model\n"
    )
    # Folding the system text into the user's turn ourselves changes no token.
    assert ChatModel(from_folder).count_tokens(_MESSAGES) == len(from_folder._ids(_MESSAGES))


def test_a_folder_without_a_template_gets_gemmas(tmp_path: Path) -> None:
    bare = load(str(tiny_gemma.save_folder(tmp_path, template=False)))
    assert bare._tokenizer.decode(bare._ids(_MESSAGES)).startswith("<bos><start_of_turn>user\nBe")


def test_a_file_without_a_template_gets_gemmas(
    tmp_path: Path, from_folder: TransformersBackend
) -> None:
    path = tiny_gemma.save_gguf(tmp_path / "bare.gguf", _TYPES.F16, template=False)
    backend = LlamaBackend(path, LlamaSettings(window=512))
    assert backend.count_tokens(_MESSAGES) == len(from_folder._ids(_MESSAGES))
    backend.close()


def test_beyond_the_window_of_local_layers_cached_and_uncached_agree(
    from_folder: TransformersBackend,
) -> None:
    import torch

    long = Request((Message(Role.USER, "abc " * tiny_gemma.WINDOW),), 12, GREEDY)
    ids = from_folder._ids(long.messages)
    assert len(ids) > 3 * tiny_gemma.WINDOW
    model = from_folder._model
    assert model is not None
    with torch.inference_mode():
        for _ in range(12):
            ids.append(int(model(torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    expected = from_folder._tokenizer.decode(ids[-12:])
    assert _text(from_folder, long) == expected


def test_batches_of_unlike_lengths_give_what_each_gives_alone(
    from_folder: TransformersBackend,
) -> None:
    requests = [Request((Message(Role.USER, "word " * count),), 10, GREEDY) for count in (1, 30, 7)]
    alone = [_text(from_folder, request) for request in requests]
    together = from_folder.complete_many(requests, Event())
    assert ["".join(raw.text for raw in raws) for raws in together] == alone
    assert all(raws[-1].finish is Finish.LENGTH for raws in together)


@pytest.mark.parametrize("kind", [_TYPES.F32, _TYPES.BF16, _TYPES.Q8_0], ids=lambda k: k.name)
def test_a_gguf_file_says_the_same_in_both_backends_as_the_folder_it_came_from(
    kind: _TYPES, from_folder: TransformersBackend, tmp_path: Path
) -> None:
    path = tiny_gemma.save_gguf(tmp_path / "tiny.gguf", kind)
    expected = _text(from_folder)[:8]
    llama = LlamaBackend(path, LlamaSettings(window=512))
    assert _text(llama)[:8] == expected
    assert llama.count_tokens(_REQUEST.messages) == from_folder.count_tokens(_REQUEST.messages)
    llama.close()
    assert _text(load(str(tmp_path), gguf=path.name))[:8] == expected


_QUICK = (_TYPES.Q4_K, _TYPES.IQ2_XXS)
_SLOW = (
    *(_TYPES.F16, _TYPES.Q4_0, _TYPES.Q4_1, _TYPES.Q5_0, _TYPES.Q5_1, _TYPES.Q2_K, _TYPES.Q3_K),
    *(_TYPES.Q5_K, _TYPES.Q6_K, _TYPES.IQ1_S, _TYPES.IQ1_M, _TYPES.IQ2_XS, _TYPES.IQ2_S),
    *(_TYPES.IQ3_XXS, _TYPES.IQ3_S, _TYPES.IQ4_NL, _TYPES.IQ4_XS),
)


@pytest.mark.parametrize(
    "kind",
    [*_QUICK, *(pytest.param(kind, marks=pytest.mark.slow) for kind in _SLOW)],
    ids=lambda kind: kind.name,
)
def test_every_tensor_type_of_the_published_files_loads_in_both_backends(
    kind: _TYPES, tmp_path: Path
) -> None:
    path = tiny_gemma.save_gguf(tmp_path / "tiny.gguf", kind)
    llama = LlamaBackend(path, LlamaSettings(window=512))
    last = list(llama.complete(_REQUEST, Event()))[-1]
    llama.close()
    assert last.usage.generated > 0
    backend = load(str(tmp_path), gguf=path.name)
    assert list(backend.complete(_REQUEST, Event()))[-1].usage.generated > 0


@pytest.fixture(params=["transformers", "llama.cpp"])
def scripted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., ChatModel]]:
    """Makes a model that says a chain of tokens, in either backend."""
    with ExitStack() as opened:

        def make(*chain: str) -> ChatModel:
            weights = tiny_gemma.scripted(*chain)
            if request.param == "transformers":
                return ChatModel(load(str(tiny_gemma.save_folder(tmp_path, weights))))
            path = tiny_gemma.save_gguf(tmp_path / "tiny.gguf", _TYPES.F16, weights)
            model = ChatModel(LlamaBackend(path, LlamaSettings(window=512)))
            opened.callback(model.close)
            return model

        yield make


def test_marks_that_come_as_tokens_split_thinking_from_the_answer(
    scripted: Callable[..., ChatModel],
) -> None:
    model = scripted("\n", "<unused94>", "H", "m", "<unused95>", "Y", "e", "s", "<end_of_turn>")
    made = model.generate(Request(_MESSAGES, 60, GREEDY))
    assert (made.thinking, made.text, made.finish) == ("Hm", "Yes", Finish.STOP)


def test_a_model_that_only_emits_newlines_is_stopped_and_said(
    scripted: Callable[..., ChatModel],
) -> None:
    with pytest.raises(BadModelOutput, match="nothing but newlines"):
        scripted("\n", "\n").generate(Request(_MESSAGES, 400, GREEDY))


def test_damaged_and_missing_folders_are_said(tiny_folder: Path, tmp_path: Path) -> None:
    for file in tiny_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(ModelDamaged):
        load(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises((ModelDamaged, ModelNotFound)):
        load(str(tmp_path))
    with pytest.raises(ModelNotFound):
        load(str(tmp_path / "nothing"))
