"""Planner and writer on a language model, and what happens in the graph when it fails."""

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from agent import prompts
from agent.answer import Check, Claim, Confidence, Label, Status, Verdict
from agent.assistant import Assistant
from agent.models.base import Role
from agent.models.gemma import ChatModel
from agent.planning.local import LocalPlanner
from agent.planning.model import ModelPlanner
from agent.reading.reader import Reading
from agent.state import Fallback
from agent.writing.local import LocalWriter
from agent.writing.model import ModelWriter
from corpora.errors import BadModelOutput, ModelUnavailable, PromptTooLong
from retrieval.passage import Evidence, Filters, SearchQuery
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.model import ScriptedBackend
from ui.render import answer_markdown

_QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
# A writer on a language model reads the evidence itself.
_UNREAD = Reading((), (), 0.0, Confidence.NEAREST)
_DIED = ModelUnavailable("The server died.", "Try again.")
_SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "answer.schema.json").read_text())


def _draft(*sentences: tuple[str, list[int]], answerable: bool = True) -> list[str]:
    claims = [{"text": text, "sources": sources} for text, sources in sentences]
    return [json.dumps({"answerable": answerable, "claims": claims})]


def _searches(*searches: str, population: str = "") -> list[str]:
    parts = dict.fromkeys(("intervention", "comparison", "outcome"), "")
    return [json.dumps({"population": population, **parts, "searches": list(searches)})]


@pytest.fixture
def evidence(searcher: Searcher) -> list[Evidence]:
    return searcher.search([SearchQuery(_QUESTION)], 6)[0]


def test_sentences_come_with_the_passages_they_cite(evidence: list[Evidence]) -> None:
    backend = ScriptedBackend(_draft(("It  lowers\nmortality.", [2, 1, 2]), ("Twice.", [99])))
    claims = ModelWriter(ChatModel(backend)).write(_QUESTION, evidence, _UNREAD)
    keys = [each.passage.id for each in evidence]
    assert claims == [Claim("It lowers mortality.", (keys[1], keys[0])), Claim("Twice.", ())]
    schema = backend.requests[0].schema
    assert schema is not None
    sources = schema["properties"]["claims"]["items"]["properties"]["sources"]
    assert sources["items"]["enum"] == list(range(1, len(evidence) + 1))


@pytest.mark.parametrize(
    "draft",
    [
        _draft(("It helps.", [1]), answerable=False),
        _draft((prompts.NO_ANSWER, [1])),
        _draft(("...", [1])),
        _draft(("one sentence", [1])),
        _draft(),
    ],
)
def test_a_refusal_is_no_claim(draft: list[str], evidence: list[Evidence]) -> None:
    assert ModelWriter(ChatModel(ScriptedBackend(draft))).write(_QUESTION, evidence, _UNREAD) == []


def test_write_and_revise_begin_with_the_same_bytes(evidence: list[Evidence]) -> None:
    backend = ScriptedBackend(_draft(("It helps.", [1])))
    writer = ModelWriter(ChatModel(backend))
    claims = writer.write(_QUESTION, evidence, _UNREAD)
    finding = Check("numbers", "not in the source: 50")
    verdicts = [Verdict(claims[0], Label.CONTRADICTED, checks=(finding,))]
    writer.revise("Another question?", evidence, verdicts)
    wrote, revised = (request.messages[0].text for request in backend.requests)
    opening = ChatModel(backend)._turns(prompts.opening(evidence), thinking=False)[0].text
    assert wrote.startswith(opening)
    assert revised.startswith(opening)
    assert "It helps. [1] Check: contradicted (numbers, not in the source: 50)" in revised
    assert all(each.passage.text.strip() in opening for each in evidence)


def test_evidence_that_does_not_fit_is_dropped_from_the_lowest_rank(
    evidence: list[Evidence],
) -> None:
    whole = ChatModel(ScriptedBackend(_draft(), window=100_000))
    needed = whole.count_tokens(prompts.opening(evidence))
    small = ChatModel(ScriptedBackend(_draft(), window=2 * (needed - 5)))
    kept = prompts.fitting(small, list(reversed(evidence)))
    assert 0 < len(kept) < len(evidence)
    best = sorted(evidence, key=lambda each: each.rank)[: len(kept)]
    assert {e.passage.id for e in kept} == {e.passage.id for e in best}
    assert [e.rank for e in kept] == sorted((e.rank for e in kept), reverse=True)
    with pytest.raises(PromptTooLong):
        prompts.fitting(ChatModel(ScriptedBackend(_draft(), window=40)), evidence)


def test_broken_json_is_repaired_once_and_then_fails(evidence: list[Evidence]) -> None:
    good = _draft(("It helps.", [1]))
    mended = ScriptedBackend(['{"answerable": true, "claims": [{"te'], good)
    assert len(ModelWriter(ChatModel(mended)).write(_QUESTION, evidence, _UNREAD)) == 1
    repair = mended.requests[1].messages
    assert [m.role for m in repair] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert "not the JSON" in repair[-1].text
    fenced = ScriptedBackend([f"Here it is:\n```json\n{good[0]}\n```"])
    assert len(ModelWriter(ChatModel(fenced)).write(_QUESTION, evidence, _UNREAD)) == 1
    assert len(fenced.requests) == 1
    broken = ScriptedBackend(["__import__('os').getcwd()"])
    with pytest.raises(BadModelOutput, match="broke it again"):
        ModelWriter(ChatModel(broken)).write(_QUESTION, evidence, _UNREAD)
    assert len(broken.requests) == 2


def test_the_models_searches_stand_beside_the_rules_own(searcher: Searcher) -> None:
    backend = ScriptedBackend(_searches("navorelimab mortality", _QUESTION, population="adults"))
    planner = ModelPlanner(ChatModel(backend))
    asked = f"{_QUESTION[:-1]} since 2020?"
    plan = planner.plan(asked, planner.draft(asked, Filters(), searcher), searcher)
    assert plan.filters.first_year == 2020
    assert all(query.filters == plan.filters for query in plan.queries)
    texts = [query.text for query in plan.latest]
    rules = LocalPlanner().draft(asked, Filters(), searcher)
    assert texts[: len(rules.latest)] == [query.text for query in rules.latest]
    assert texts.count("navorelimab mortality") == 1
    assert any("population: adults" in note for note in plan.notes)
    wider = ModelPlanner(ChatModel(ScriptedBackend(_searches("antiviral antibody trial")))).widen(
        _QUESTION, plan, searcher
    )
    assert wider is not None
    assert [query.text for query in wider.latest] == ["antiviral antibody trial"]


def test_searches_that_were_made_already_are_not_made_again(searcher: Searcher) -> None:
    plan = LocalPlanner().draft(_QUESTION, Filters(), searcher)
    again = ScriptedBackend(_searches(*(query.text.upper() for query in plan.queries)))
    wider = ModelPlanner(ChatModel(again)).widen(_QUESTION, plan, searcher)
    assert wider == LocalPlanner().widen(_QUESTION, plan, searcher)


Make = Callable[..., Assistant]


@pytest.fixture
def make(searcher: Searcher) -> Make:
    """An assistant on a scripted model: one script for the planner, the rest for the writer."""

    def assistant(plan: list[object], *drafts: list[object], fallback: bool) -> Assistant:
        planner = ModelPlanner(ChatModel(ScriptedBackend(plan)))  # type: ignore[arg-type]
        writer = ModelWriter(ChatModel(ScriptedBackend(*drafts)))  # type: ignore[arg-type]
        local = Fallback(LocalPlanner(), LocalWriter())
        return local_assistant(
            searcher, planner=planner, writer=writer, fallback=local if fallback else None
        )

    return assistant


def test_a_model_answers_and_the_verifier_has_the_last_word(make: Make, searcher: Searcher) -> None:
    quoted = local_assistant(searcher).ask(_QUESTION).verdicts[0].claim.text
    first = _draft((quoted, [1]), ("Navorelimab cures asthma in dogs.", [1]))
    answer = make(_searches("x y"), first, _draft((quoted, [1])), fallback=False).ask(_QUESTION)
    assert answer.status is Status.ANSWERED
    assert [v.claim.text for v in answer.verdicts] == [quoted]
    assert answer.provenance.fallbacks == ()


@pytest.mark.parametrize("failing", ["plan", "write", "revise"])
def test_where_the_model_fails_the_local_forms_take_over_and_the_answer_says_so(
    make: Make, failing: str
) -> None:
    plan = [_DIED] if failing == "plan" else _searches("x y")
    wrong = _draft(("Navorelimab cures asthma in dogs.", [1]))
    drafts = {"plan": [[_DIED]], "write": [[_DIED]], "revise": [wrong, [_DIED]]}[failing]
    steps = list(make(plan, *drafts, fallback=True).stream(_QUESTION))
    answer = steps[-1].update["answer"]
    assert answer.provenance.fallbacks == ("The server died.",)
    assert "rules took over" in answer_markdown(answer)
    jsonschema.validate(json.loads(answer.to_json()), _SCHEMA)
    expected = Status.ABSTAINED if failing == "revise" else Status.ANSWERED
    assert answer.status is expected


def test_without_a_fallback_the_question_fails(make: Make) -> None:
    with pytest.raises(ModelUnavailable):
        make(_searches("x y"), [_DIED], fallback=False).ask(_QUESTION)


def test_prompts_have_a_fingerprint() -> None:
    assert len(prompts.fingerprint()) == 16
