"""Answers against experts': the measures on answers whose quality is known beforehand."""

from pathlib import Path
from threading import Event

import orjson
import pytest

from agent.answer import Label
from agent.models.base import Generation, Request
from agent.models.chat_model import ChatModel
from agent.models.choice import parse_model
from agent.models.llama_backend import LlamaBackend, LlamaSettings
from agent.planning.llm import ModelPlanner
from agent.verification.llm import ModelVerifier
from agent.writing.llm import ModelWriter
from corpora.errors import BadInput, ModelUnavailable
from evaluation.answers import pubmedqa
from evaluation.answers.benchmark import (
    Expert,
    about_nothing,
    evaluate,
    read_experts,
    report,
    rouge,
    snippets_as_evidence,
    spread,
)
from retrieval.encoder import load_encoder
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article, indexed
from tests.fakes.model import ScriptedBackend
from tests.fakes.progress import Recorded

_FINDING = "Aspirin lowered the risk of a second stroke in adults by a third."
_EXPERTS = [
    Expert(
        "q1", "Does aspirin lower the risk of stroke?", "summary", (_FINDING,), (("1", _FINDING),)
    ),
    Expert("q2", "Does heparin prevent thrombosis?", "yesno", ("Yes.",), (("2", "Heparin"),)),
]


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    encoder = load_encoder()
    articles = [
        article("1", "Aspirin after stroke", _FINDING),
        article(
            "2",
            "Heparin and thrombosis",
            "Heparin prevented thrombosis after surgery in most of the patients.",
        ),
        article("3", "Gardening", "Roses need water and sunlight every day in summer."),
    ]
    return Searcher(indexed(tmp_path / "home", articles, encoder), encoder)


def test_a_perfect_corpus_is_measured_as_such(searcher: Searcher) -> None:
    seen: list[tuple[int, int]] = []
    quality = evaluate(local_assistant(searcher), _EXPERTS, lambda *at: seen.append(at))
    assert seen == [(1, 2), (2, 2)]
    assert quality.answered == 1
    assert quality.abstained_invented == quality.doubted_invented == 1
    assert quality.cited_recall == 1
    assert quality.rouge_f == pytest.approx(1)
    assert quality.rouge_f_given_snippets == pytest.approx(1)
    assert quality.unsupported == 0
    assert quality.citation_recall == quality.citation_precision == 1


class _Counted(ChatModel):
    """Counts what it is asked."""

    calls = 0

    def generate(self, request: Request, cancel: Event | None = None) -> Generation:
        self.calls += 1
        return super().generate(request, cancel)


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.enable_socket
def test_a_language_model_is_measured_in_the_same_way(searcher: Searcher) -> None:
    """SmolLM2 answers badly; what is shown is that its answers are asked for, judged and counted."""
    model = _Counted(
        LlamaBackend(Path(parse_model("smollm2", searcher.home).where), LlamaSettings(window=4096))
    )
    assistant = local_assistant(
        searcher,
        planner=ModelPlanner(model),
        writer=ModelWriter(model, most=2),
        verifier=ModelVerifier(model),
    )
    quality = evaluate(assistant, _EXPERTS, lambda *_: None)
    model.close()
    assert quality.questions == 2
    assert quality.answered + quality.failed <= 1
    assert quality.abstained_invented == quality.doubted_invented == 1
    # A plan and a draft of each question, a plan of the invented one, a draft of the snippets.
    assert model.calls >= 6


def test_a_model_that_fails_is_counted_and_the_others_are_asked_on(searcher: Searcher) -> None:
    found = "Heparin prevented thrombosis after surgery in most of the patients."
    claims = [{"text": found, "sources": ["1.1", "2.1"]}]
    written = orjson.dumps({"answerable": True, "claims": claims}).decode()
    backend = ScriptedBackend([ModelUnavailable("The server died.", "Try again.")], [written])
    assistant = local_assistant(searcher, writer=ModelWriter(ChatModel(backend)))
    quality = evaluate(assistant, _EXPERTS, lambda *_: None)
    assert (quality.failed, quality.answered) == (0.5, 0.5)
    assert (quality.citation_recall, quality.citation_precision) == (1, 0.5)
    assert report(quality).find("the language model failed").value == 0.5


def test_a_limit_takes_questions_from_all_over_the_file() -> None:
    experts = [Expert(str(n), "Is it so?", "yesno", (), ()) for n in range(10)]
    assert [each.id for each in spread(experts, 3)] == ["0", "3", "6"]
    assert spread(experts, None) == spread(experts, 20) == experts


def test_rouge_takes_the_nearest_ideal_and_nothing_for_silence() -> None:
    assert rouge("aspirin lowered risk", ("something else here", "aspirin lowered risk"))[0] == 1
    assert rouge("", ("aspirin lowered risk",)) == (0.0, 0.0)
    f, recall = rouge("aspirin lowered risk of stroke", ("aspirin lowered risk",))
    assert recall == 1
    assert f < 1


def test_a_question_about_nothing_names_what_no_article_holds(searcher: Searcher) -> None:
    invented = about_nothing("Does aspirin lower the risk of stroke?", searcher, 0)
    assert invented is not None
    assert "zolvaprexin" in invented
    assert about_nothing("Is it so?", searcher, 0) is None


def test_snippets_become_evidence_with_true_offsets() -> None:
    (evidence,) = snippets_as_evidence(_EXPERTS[0])
    passage = evidence.passage
    assert evidence.article.text[passage.start : passage.end] == passage.text == _FINDING


def test_files_of_another_shape_are_refused(tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text('{"id": "1"}\n')
    with pytest.raises(BadInput, match=r"answers\.jsonl"):
        read_experts(tmp_path)
    (tmp_path / "pqa.json").write_text('{"1": {}}')
    with pytest.raises(BadInput, match=r"pqa\.json"):
        pubmedqa.read(tmp_path / "pqa.json")


def test_pubmedqa_finds_a_questions_own_abstract(tmp_path: Path) -> None:
    from corpora.home import Home

    records = {
        "11": {
            "QUESTION": "Does aspirin lower the risk of stroke?",
            "CONTEXTS": ["We studied aspirin in adults after stroke."],
            "LABELS": ["METHODS"],
            "LONG_ANSWER": _FINDING,
            "YEAR": "2001",
        },
        "12": {
            "QUESTION": "Do roses need water?",
            "CONTEXTS": ["Roses were watered or not."],
            "LABELS": ["METHODS"],
            "LONG_ANSWER": "Roses need water and sunlight every day in summer.",
        },
    }
    path = tmp_path / "pqa.json"
    path.write_bytes(orjson.dumps(records))
    home = Home(tmp_path / "pubmedqa")
    encoder = load_encoder()
    pubmedqa.prepare(pubmedqa.read(path), home, encoder, Recorded())
    assistant = local_assistant(Searcher(home, encoder))
    found = pubmedqa.evaluate(assistant, pubmedqa.read(path), lambda *_: None)
    assert (found.questions, found.answered, found.own_cited_first) == (2, 1, 1)
    assert found.conclusion_recall == pytest.approx(1)
    answer = assistant.ask("Does aspirin lower the risk of stroke?")
    assert [verdict.label for verdict in answer.verdicts] == [Label.QUOTED]
