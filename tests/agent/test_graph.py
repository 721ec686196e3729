"""The graph from question to answer, on the invented sample."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from agent.answer import Claim, Confidence, Flagged, Label, Quote, Status, Verdict
from agent.assistant import Assistant
from agent.plan import Scope
from agent.planning.rule_based import LocalPlanner
from agent.question import LONGEST_QUESTION
from agent.reading.reader import LocalReader
from agent.verification.local_verifier import LocalVerifier
from agent.writing.protocol import Draft
from corpora.errors import BadQuestion
from corpora.home import Home
from retrieval.chunking import sentences
from retrieval.filters import Filters
from retrieval.passage import SearchQuery
from retrieval.search import Searcher
from tests.fakes.assistant import BrokenVerifier, ScriptedWriter, SureReader, local_assistant
from tests.fakes.encoder import HashingEncoder

_SCHEMA = Path(__file__).parents[2] / "docs" / "answer.schema.json"
_QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"


def test_an_answer_quotes_its_sources_word_for_word(assistant: Assistant) -> None:
    answer = assistant.ask(_QUESTION)
    assert answer.status is Status.ANSWERED
    assert answer.verdicts
    articles = {e.passage.id: e.article for e in answer.evidence}
    for verdict in answer.verdicts:
        assert verdict.label is Label.QUOTED
        (quote,) = verdict.quotes
        assert articles[quote.key].text[quote.start : quote.end] == quote.text == verdict.claim.text
    assert "navorelimab" in answer.text.lower()
    assert " [1]" in answer.text


def test_retracted_articles_are_never_cited(assistant: Assistant) -> None:
    answer = assistant.ask("Does high-dose navorelimab halve mortality in viral pneumonia?")
    assert not any(e.article.retracted for e in answer.evidence)
    shown = assistant.ask(
        "Does high-dose navorelimab halve mortality in viral pneumonia?",
        Filters(include_retracted=True),
    )
    assert any(e.article.retracted for e in shown.evidence)


@pytest.mark.parametrize(
    "question",
    [
        "Does zolaprexib improve survival in glioma?",
        "Is navorelimab safe with zolaprexib?",
    ],
)
def test_what_the_literature_does_not_hold_ends_in_abstention(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert answer.status is Status.ABSTAINED
    assert answer.reason
    assert not answer.verdicts
    assert answer.plan.queries
    assert answer.text == ""


@pytest.mark.parametrize(
    ("question", "scope", "said"),
    [
        ("My father has crushing chest pain", Scope.EMERGENCY, "emergency number"),
        ("What dose of navorelimab should I give my son?", Scope.PERSONAL, "doctor"),
        ("What is the capital of France?", Scope.OUTSIDE, "biomedical"),
    ],
)
def test_questions_for_somebody_else_end_at_once_and_say_what_to_do(
    assistant: Assistant, question: str, scope: Scope, said: str
) -> None:
    steps = list(assistant.stream(question))
    assert [step.node for step in steps] == ["rewrite", "triage", "abstain"]
    answer = steps[-1].update["answer"]
    assert (answer.status, answer.plan.scope) == (Status.ABSTAINED, scope)
    assert said in answer.reason
    assert answer.articles_seen == 0
    assert answer.evidence == answer.plan.queries == ()


def test_a_condition_of_the_question_that_leaves_nothing_is_relaxed_and_said(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("Does navorelimab lower mortality in viral pneumonia since 2099?")
    assert answer.status is Status.ANSWERED
    assert answer.plan.filters == Filters()
    assert any("became a filter" in note for note in answer.plan.notes)
    assert any("all years were searched" in note for note in answer.plan.notes)


def test_steps_stream_in_order_with_the_answer_last(assistant: Assistant) -> None:
    steps = list(assistant.stream(_QUESTION))
    nodes = [step.node for step in steps]
    assert nodes == ["rewrite", "triage", "plan", "retrieve", "read", "write", "verify", "finish"]
    answer = steps[-1].update["answer"]
    assert set(answer.provenance.timings) == set(nodes)
    assert answer.provenance.encoder == "hashing"
    assert answer.provenance.model == "none"


def test_each_query_is_encoded_once_however_often_it_is_searched(sample_home: Home) -> None:
    encoder = HashingEncoder(dimension=512, window=256)
    searcher = Searcher(sample_home, encoder)
    reader = LocalReader(HashingEncoder(dimension=512, window=256))
    question = "Does navorelimab lower mortality in viral pneumonia since 2099?"
    steps = list(local_assistant(searcher, reader=reader).stream(question))
    assert [step.node for step in steps].count("retrieve") == 2
    plan = steps[-1].update["answer"].plan
    assert len(plan.rounds) == 2
    assert encoder.queries == [query.text for query in plan.rounds[0]]
    searcher.close()


def test_filters_of_the_user_hold(assistant: Assistant) -> None:
    answer = assistant.ask(_QUESTION, Filters(first_year=2100))
    assert answer.status is Status.ABSTAINED
    assert answer.evidence == ()


def test_a_broken_verifier_is_neither_pass_nor_fail(searcher: Searcher) -> None:
    answer = local_assistant(searcher, verifier=BrokenVerifier()).ask(_QUESTION)
    assert answer.status is Status.ANSWERED
    assert {v.label for v in answer.verdicts} == {Label.UNVERIFIED}
    assert "the verifier broke" in answer.verdicts[0].checks[0].finding


_FALSE = "Bananas cure 97% of gout."


def test_a_draft_that_does_not_stand_is_revised_once_and_then_quoted_over(
    searcher: Searcher,
) -> None:
    local = local_assistant(searcher).ask(_QUESTION)
    writer = ScriptedWriter([_FALSE], ["Bananas cure 96% of gout."])
    answer = local_assistant(searcher, writer=writer).ask(_QUESTION)
    assert writer.revisions == 1
    assert answer.status is Status.ANSWERED
    assert answer.text == local.text
    assert answer.confidence == local.confidence
    assert [v.claim.text for v in answer.draft] == ["Bananas cure 96% of gout."]
    assert answer.draft[0].label.flagged
    assert any("quoted instead" in note for note in answer.plan.notes)
    told = json.loads(answer.to_json())
    jsonschema.validate(told, json.loads(_SCHEMA.read_text(encoding="utf-8")))
    assert "Bananas" not in told["text"]


def test_a_draft_without_a_claim_is_no_reason_to_refuse(searcher: Searcher) -> None:
    answer = local_assistant(searcher, writer=ScriptedWriter([], [])).ask(_QUESTION)
    assert answer.text == local_assistant(searcher).ask(_QUESTION).text
    assert not answer.draft
    assert any("found no answer" in note for note in answer.plan.notes)


def test_the_heading_follows_a_writer_that_read_the_articles(searcher: Searcher) -> None:
    class Carried(LocalVerifier):
        def verify(self, claims, evidence):  # type: ignore[no-untyped-def]
            return [Verdict(claim, Label.SUPPORTED) for claim in claims]

    def ask(
        confidence: Confidence, drafted: list[str], verifier: LocalVerifier | None = None
    ) -> Confidence | None:
        changes = {"reader": SureReader(confidence), "writer": ScriptedWriter(drafted, drafted)}
        verifier = verifier or LocalVerifier()
        return local_assistant(searcher, verifier=verifier, **changes).ask(_QUESTION).confidence

    assert ask(Confidence.LIKELY, []) is Confidence.NEAREST
    assert ask(Confidence.POSSIBLE, []) is Confidence.NEAREST
    assert ask(Confidence.POSSIBLE, [_FALSE]) is Confidence.POSSIBLE
    assert ask(Confidence.NEAREST, [_FALSE]) is Confidence.NEAREST
    assert ask(Confidence.NEAREST, [_FALSE], Carried()) is Confidence.POSSIBLE
    assert ask(Confidence.LIKELY, [_FALSE], Carried()) is Confidence.LIKELY


def test_searches_that_find_nothing_near_leave_what_was_nearest(searcher: Searcher) -> None:
    class OnceNear(SureReader):
        """Finds something near at first, and nothing later."""

        calls = 0

        def read(self, question, evidence, retriever):  # type: ignore[no-untyped-def]
            self.calls += 1
            reading = super().read(question, evidence, retriever)
            return reading if self.calls == 1 else replace(reading, sentences=(), articles=())

    class Widening(LocalPlanner):
        def widen(self, question, plan, retriever):  # type: ignore[no-untyped-def]
            other = SearchQuery("asthma in dogs", plan.filters)
            return replace(plan, rounds=(*plan.rounds, (other,)))

    reader = OnceNear(Confidence.NEAREST)
    answer = local_assistant(searcher, reader=reader, planner=Widening()).ask(_QUESTION)
    assert reader.calls > 1
    assert answer.status is Status.ANSWERED
    assert answer.text


def test_an_answer_about_other_people_is_not_called_likely(searcher: Searcher) -> None:
    sure = local_assistant(searcher, reader=SureReader(Confidence.LIKELY))
    assert sure.ask(_QUESTION).confidence is Confidence.LIKELY
    answer = sure.ask(_QUESTION.replace("?", " in pregnancy?"))
    assert answer.confidence is Confidence.POSSIBLE
    assert answer.plan.notes[0] == "no article cited here says that it is about pregnancy"


def test_flagged_sentences_are_shown_quoted_over_or_dropped_as_set(searcher: Searcher) -> None:
    found = local_assistant(searcher).ask(_QUESTION)
    first = found.verdicts[0]
    other = next(e for e in found.evidence if e.passage.id != first.claim.keys[0])
    span = sentences(other.passage.text, other.passage.start)[0]
    cited = Quote(other.passage.id, span.start, span.end, other.article.text[span.start : span.end])
    claims = (first.claim, Claim(_FALSE, (cited.key,), (cited,)))

    class Citing(ScriptedWriter):
        def write(self, question, evidence, reading):  # type: ignore[no-untyped-def]
            return Draft(claims)

        def revise(self, question, evidence, verdicts):  # type: ignore[no-untyped-def]
            return list(claims)

    def ask(flagged: Flagged) -> list[tuple[Label, str, str]]:
        citing = Citing([], [])
        answer = local_assistant(searcher, writer=citing, flagged=flagged).ask(_QUESTION)
        return [(v.label, v.claim.text, v.replaces) for v in answer.verdicts]

    stands = (Label.QUOTED, first.claim.text, "")
    assert ask(Flagged.SHOW) == [stands, (Label.UNSUPPORTED, _FALSE, "")]
    assert ask(Flagged.QUOTE) == [stands, (Label.QUOTED, cited.text, _FALSE)]
    assert ask(Flagged.DROP) == [stands]


@pytest.mark.parametrize("question", ["", "   ", "?!", "x" * (LONGEST_QUESTION + 1), "y" * 50_000])
def test_questions_that_are_none_are_refused(assistant: Assistant, question: str) -> None:
    with pytest.raises(BadQuestion):
        assistant.ask(question)


def test_json_follows_the_documented_schema(assistant: Assistant) -> None:
    schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    nothing, outside = "Does zolaprexib improve survival in glioma?", "Who won the world cup?"
    for question in (_QUESTION, nothing, outside):
        told = json.loads(assistant.ask(question).to_json())
        jsonschema.validate(told, schema)
    failed = assistant.failed("", BadQuestion("Empty.", "Ask."))
    jsonschema.validate(json.loads(failed.to_json()), schema)


def test_a_bound_graph_needs_neither_context_nor_filters(assistant: Assistant) -> None:
    state = assistant.bound_graph().invoke({"question": _QUESTION})  # type: ignore[call-overload]
    assert state["answer"].status is Status.ANSWERED
