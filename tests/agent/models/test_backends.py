"""The three ways of running a model, each with the real weights of SmolLM2-135M."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer

import jsonschema
import pytest

from agent.answer import Status
from agent.models.base import Finish, Message, Piece, Request, Role, Sampling
from agent.models.chat_model import ChatModel
from agent.models.llama_backend import LlamaBackend, LlamaSettings
from agent.planning.llm import ModelPlanner
from agent.writing.llm import ModelWriter
from corpora.errors import ModelDamaged, ModelNotFound, PromptTooLong
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant

pytestmark = [pytest.mark.enable_socket, pytest.mark.model]

_QUICK = ["llama", "endpoint"]
_ALL = [*_QUICK, pytest.param("in_process", marks=pytest.mark.slow)]
_REQUEST = Request(
    (Message(Role.SYSTEM, "You are brief."), Message(Role.USER, "Name three colours.")), 24
)
_STORY = Request((Message(Role.USER, "Write a long story about a cat."),), 2_000)
_SCHEMA = {
    "type": "object",
    "properties": {
        "answerable": {"type": "boolean"},
        "claims": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", "minLength": 1, "maxLength": 40},
                    "sources": {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 1, "maxItems": 2},
                },
                "required": ["text", "sources"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["answerable", "claims"],
    "additionalProperties": False,
}  # fmt: skip


@pytest.fixture(params=_ALL)
def model(request: pytest.FixtureRequest) -> ChatModel:
    found: ChatModel = request.getfixturevalue(request.param)
    return found


def test_greedy_is_the_same_twice_and_streamed(model: ChatModel) -> None:
    first, second = model.generate(_REQUEST), model.generate(_REQUEST)
    items = list(model.stream(_REQUEST))
    assert first.text == second.text != ""
    assert first.finish is Finish.LENGTH
    assert first.usage.generated == 24
    assert first.usage.prompt == model.count_tokens(_REQUEST.messages)
    pieces = [item.text for item in items if isinstance(item, Piece)]
    assert len(pieces) > 5
    assert "".join(pieces) == first.text


def test_a_seed_gives_the_same_text_again_and_another_another(model: ChatModel) -> None:
    warm = replace(_REQUEST, sampling=Sampling(1.0, 0.95, 64))
    texts = [model.generate(replace(warm, seed=seed)).text for seed in (5, 5, 6)]
    assert texts[0] == texts[1] != texts[2]


def test_several_at_once_are_answered_as_one_by_one(model: ChatModel) -> None:
    requests = [
        replace(_REQUEST, messages=(Message(Role.USER, f"Name a {thing}."),), max_tokens=8)
        for thing in ("colour", "city in France", "very common disease of the lungs")
    ]
    alone = [model.generate(request).text for request in requests]
    assert [made.text for made in model.generate_many(requests)] == alone


def test_json_under_a_schema_is_valid(model: ChatModel) -> None:
    _valid_json(model, 4)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["llama", "endpoint", "in_process"], indirect=True)
def test_json_under_a_schema_is_valid_over_20_prompts(model: ChatModel) -> None:
    _valid_json(model, 20)


def _valid_json(model: ChatModel, prompts: int) -> None:
    """Half of them greedy, half sampled; in batches where the backend has any."""
    requests = [
        Request(
            (Message(Role.USER, f"Drug {number}: does it help? Reply with JSON."),),
            200,
            schema=_SCHEMA,
            sampling=None if number < prompts // 2 else Sampling(1.0, 0.95, 64),
            seed=number,
        )
        for number in range(prompts)
    ]
    for made in model.generate_many(requests):
        assert made.finish is Finish.STOP, made
        jsonschema.validate(json.loads(made.text), _SCHEMA)


def test_cancelling_takes_less_than_a_second(model: ChatModel) -> None:
    cancel = Event()
    began: list[float] = []
    timer = Timer(1.0, lambda: (began.append(time.monotonic()), cancel.set()))
    timer.start()
    made = model.generate(_STORY, cancel)
    assert made.finish is Finish.CANCELLED
    assert time.monotonic() - began[0] < 1.0
    assert made.text


def test_a_prompt_that_is_too_long_is_said(model: ChatModel) -> None:
    with pytest.raises(PromptTooLong):
        model.generate(replace(_REQUEST, messages=(Message(Role.USER, "word " * 5_000),)))


@pytest.mark.parametrize("model", _QUICK, indirect=True)
def test_a_second_task_over_the_same_evidence_reads_only_what_is_new(model: ChatModel) -> None:
    # The two share a server, so each brings evidence of its own.
    evidence = f"Seen by {model.name}. " + " ".join(
        f"[{i}] Drug {i} lowered mortality in {i * 7} adults." for i in range(40)
    )
    tasks = [f"{evidence}\n\n{task}" for task in ("Write an answer.", "Check this: drug 3 helps.")]
    first, second = (
        model.generate(Request((Message(Role.USER, task),), 4)).usage for task in tasks
    )
    assert second.prompt > 400
    assert second.reused is not None
    assert second.prompt - second.reused < 20
    assert (first.reused or 0) < first.prompt / 2


def test_a_damaged_file_is_said_and_leaves_no_process(smollm: Path, tmp_path: Path) -> None:
    whole = smollm.read_bytes()
    header = whole[: len(whole) // 2]
    flipped = bytearray(whole[: 3 * 2**20])
    flipped[24:400] = b"\xff" * 376
    for name, content in (("half", header), ("bits", bytes(flipped)), ("text", b"hello " * 99)):
        path = tmp_path / f"{name}.gguf"
        path.write_bytes(content)
        with pytest.raises(ModelDamaged) as caught:
            LlamaBackend(path)
        assert not caught.value.retryable
        from agent.models.transformers_loading import load

        with pytest.raises(ModelDamaged):
            load(str(tmp_path), gguf=path.name)
    with pytest.raises(ModelNotFound):
        LlamaBackend(tmp_path / "none.gguf")


def test_a_file_that_only_llama_cpp_can_find_fault_with_is_said(tmp_path: Path) -> None:
    import gguf

    path = tmp_path / "empty.gguf"
    writer = gguf.GGUFWriter(path, "no-such-architecture")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(ModelDamaged, match="no-such-architecture"):
        LlamaBackend(path)


def test_the_server_ends_with_its_owner_and_needs_its_key(smollm: Path) -> None:
    import httpx

    backend = LlamaBackend(smollm, LlamaSettings(window=512))
    assert backend.url.startswith("http://127.0.0.1:")
    refused = httpx.post(f"{backend.url}/chat/completions", json={"messages": []})
    assert refused.status_code == 401
    process = backend._process
    backend.close()
    assert process.poll() is not None
    backend.close()


def test_a_server_that_dies_is_said(smollm: Path) -> None:
    from corpora.errors import ModelUnavailable

    backend = LlamaBackend(smollm, LlamaSettings(window=512))
    items = ChatModel(backend).stream(replace(_STORY, max_tokens=400))
    next(items)
    backend._process.kill()
    with pytest.raises(ModelUnavailable) as caught:
        list(items)
    assert caught.value.retryable
    backend.close()


def test_no_thread_outlives_its_stream(llama: ChatModel) -> None:
    for _ in llama.stream(_STORY):
        break
    deadline = time.monotonic() + 2
    while any(t.name == "model" for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(thread.name == "model" for thread in threading.enumerate())


@pytest.mark.slow
@pytest.mark.parametrize("model", ["llama", "endpoint", "in_process"], indirect=True)
def test_a_question_is_answered_with_verdicts_end_to_end(
    model: ChatModel, searcher: Searcher
) -> None:
    """SmolLM2 is too small to answer well; what is shown is that all of the way is gone."""
    assistant = local_assistant(
        searcher, planner=ModelPlanner(model), writer=ModelWriter(model, most=2), articles=2
    )
    steps = list(assistant.stream("Does navorelimab lower mortality in severe viral pneumonia?"))
    answer = steps[-1].update["answer"]
    assert any("write" in step.node for step in steps)
    assert answer.status in (Status.ANSWERED, Status.ABSTAINED)
    drafts = [step.update["claims"] for step in steps if "claims" in step.update]
    known = {each.passage.id for step in steps for each in step.update.get("pool", ())}
    assert all(set(claim.keys) <= known for draft in drafts for claim in draft)
    verdicts = [step.update["verdicts"] for step in steps if "verdicts" in step.update]
    assert [len(v) for v in verdicts] == [len(draft) for draft in drafts if draft]
