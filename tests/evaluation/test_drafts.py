"""Exporting prompts, step by step, and answers on recorded replies through a real endpoint."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from agent.answer import Answer, Label, Provenance, Status
from agent.judging import Judging
from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from corpora.errors import BadInput
from evaluation.drafts.export import DraftQuestion, Export, export
from evaluation.drafts.recordings import prompt_hash, read_judged, read_replies
from evaluation.drafts.score import graded, score
from evaluation.reading.questions import GradedQuestion, Part
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.replay import replay_server

_QUESTION = DraftQuestion("q1", "Does navorelimab lower mortality in severe viral pneumonia?")
_SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "answer.schema.json").read_text())
_AWAY = DraftQuestion("q2", "What is the capital of France?")


def _reply(line: dict[str, Any]) -> dict[str, Any]:
    """What a writer would say: one sentence as it stands, and one that is false."""
    text = line["messages"][-1]["content"]
    address, sentence = (
        re.findall(r"^\[(\d+\.\d+)\] (.*)$", text, re.MULTILINE)[0] if "[1.1]" in text else ("", "")
    )
    match line["role"]:
        case "plan":
            parts = dict.fromkeys(("population", "intervention", "comparison", "outcome"), "")
            return parts | {"searches": ["navorelimab mortality", "viral pneumonia antibody"]}
        case "write":
            true, false = (
                {"sources": [address], "text": text}
                for text in (sentence, "Navorelimab cures asthma in dogs.")
            )
            return {"claims": [true, false], "answerable": True}
        case "verify":
            verdict = {"claim": 1, "sentence": address, "stance": "does not say", "differs": "dogs"}
            return {"verdicts": [verdict]}
    return {"claims": []}


def _until_done(
    searcher: Searcher, reply: Callable[[dict[str, Any]], object] = _reply
) -> tuple[Export, dict[str, str], list[str]]:
    replies: dict[str, str] = {}
    roles: list[str] = []
    while True:
        found = export(local_assistant(searcher), [_QUESTION, _AWAY], replies)
        if not found.pending:
            return found, replies, roles
        for line in found.lines():
            roles.append(line["role"])
            assert line["question_id"] == "q1"
            assert line["hash"] == prompt_hash(m["content"] for m in line["messages"])
            replies[line["hash"]] = json.dumps(reply(line))


def _same(answer: Answer) -> Answer:
    return replace(answer, id="", provenance=Provenance())


@pytest.mark.enable_socket
def test_an_export_goes_on_with_each_reply_and_a_server_replays_it(
    searcher: Searcher,
) -> None:
    found, replies, roles = _until_done(searcher)
    assert roles == ["plan", "write", "verify", "revise"]
    answered, away = found.answers
    assert (answered.id, away.id) == ("q1", "q2")
    assert answered.status is Status.ANSWERED
    assert [v.label for v in answered.verdicts] == [Label.QUOTED]
    with replay_server(replies) as server:
        model = ChatModel(EndpointBackend(server.url))
        replayed = local_assistant(searcher).on(model).ask(_QUESTION.question)
        model.close()
    assert _same(replayed) == _same(answered)
    assert len(server.asked) == len(roles)


@pytest.mark.parametrize("judging", Judging)
def test_a_recorded_model_is_taken_for_what_it_is_said_to_be(
    searcher: Searcher, judging: Judging
) -> None:
    _, replies, _ = _until_done(searcher)
    found = export(local_assistant(searcher), [_QUESTION], replies, judging=judging)
    (answer,) = found.answers
    assert answer.provenance.judging is judging
    jsonschema.validate(json.loads(answer.to_json()), _SCHEMA)


def test_replies_are_read_from_all_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "replies-1.jsonl").write_text('{"hash": "a", "reply": {"claims": []}}\n\n')
    (tmp_path / "replies-2.jsonl").write_text('{"hash": "b", "reply": "as text"}')
    (tmp_path / "pending.jsonl").write_text("not read")
    assert read_replies(tmp_path) == {"a": '{"claims":[]}', "b": "as text"}
    (tmp_path / "replies-3.jsonl").write_text('{"hash": "c"}')
    with pytest.raises(BadInput, match="line 1"):
        read_replies(tmp_path)


def test_a_prompts_hash_does_not_depend_on_who_says_the_system_text() -> None:
    apart = prompt_hash(iter(["You are brief.", "Hello. "]))
    assert apart == prompt_hash(iter(["You are brief.\n\nHello."]))
    assert apart != prompt_hash(iter(["You are brief.", "Hello!"]))


def _stubborn(line: dict[str, Any]) -> object:
    """A writer that keeps its false claim, and whose first plan is no JSON."""
    if line["role"] == "plan":
        return "no plan"
    if line["role"] == "repair":
        return _reply(line | {"role": "plan"})
    if line["role"] == "revise":
        text = line["messages"][-1]["content"]
        address = re.findall(r"^\[(\d+\.\d+)\]", text, re.MULTILINE)[0]
        return {"claims": [{"claim": 1, "sources": [address], "text": "It cures asthma in dogs."}]}
    return _reply(line)


def _graded(answer: Answer, grade: int) -> GradedQuestion:
    """The question, with a grade for the sentence that the answer's first claim cites."""
    (quote,) = answer.verdicts[0].claim.sentences
    pmid = next(e.article.pmid for e in answer.evidence if e.passage.id == quote.key)
    key = (pmid, quote.start, quote.end)
    grades = {key: grade} if grade > 0 else {}
    misleading = frozenset({key} if grade < 0 else ())
    asked = (_QUESTION.id, _QUESTION.question)
    return GradedQuestion(*asked, "", "", "", Part.BLIND, (pmid,), grades, misleading)


def test_claims_are_scored_by_the_sentences_that_they_cite(searcher: Searcher) -> None:
    found, replies, _ = _until_done(searcher, _stubborn)
    answered = found.answers[0]
    assert [v.label.flagged for v in answered.verdicts] == [False, True]

    def figures(grade: int) -> dict[str, float | int | None]:
        return score(local_assistant(searcher), [_graded(answered, grade)], replies).figures()

    good = figures(3)
    assert good["claims of the model"] == 2
    assert good["shown unflagged"] == 1
    assert good["of these on a sentence graded 2 or 3"] == 1.0
    assert good["flagged"] == 0.5
    assert good["clinical score with the model"] == 1.0
    assert good["refused with the model, answered without"] == 0
    assert (good["repairs asked for"], good["valid after one repair"]) == (1, 1.0)
    bad = figures(-1)
    assert bad["of these on a sentence graded 2 or 3"] == 0.0
    assert bad["of these on misleading sentences"] == 1.0
    assert bad["flagged of those on no graded sentence"] == 0.5


def test_claims_that_a_reader_judged_are_counted(searcher: Searcher, tmp_path: Path) -> None:
    found, replies, _ = _until_done(searcher, _stubborn)
    stands, flagged = (verdict.claim.text for verdict in found.answers[0].verdicts)
    assert read_judged(tmp_path) == {}
    lines = [
        {"id": "q1", "claim": stands, "judged": "right"},
        {"id": "q1", "claim": flagged, "judged": "wrong"},
    ]
    (tmp_path / "claims.jsonl").write_text("\n".join(map(json.dumps, lines)))
    judged = read_judged(tmp_path)
    question = _graded(found.answers[0], 3)
    figures = score(local_assistant(searcher), [question], replies, judged=judged).figures()
    assert (figures["claims judged right"], figures["… flagged, of right"]) == (1, 0.0)
    assert (figures["claims judged wrong"], figures["… flagged, of wrong"]) == (1, 1.0)
    assert figures["claims judged in part"] == 0
    assert figures["shown unflagged, judged right"] == 1.0
    (tmp_path / "claims.jsonl").write_text('{"id": "q1", "claim": "x", "judged": "perhaps"}')
    with pytest.raises(BadInput, match=r"claims\.jsonl"):
        read_judged(tmp_path)


def test_questions_without_all_replies_or_grades_are_told(searcher: Searcher) -> None:
    answered = _until_done(searcher)[0].answers[0]
    question = _graded(answered, 3)
    told = score(local_assistant(searcher), [question], {})
    assert told.unfinished == ["q1"]
    assert told.figures()["valid after one repair"] is None
    assert graded([question], ["q1"]) == [question]
    with pytest.raises(BadInput, match="q9"):
        graded([question], ["q1", "q9"])
