"""Planner and writer on a language model, and what happens in the graph when it fails."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from agent import prompts
from agent.addresses import Addresses
from agent.answer import Check, Claim, Confidence, Label, Quote, Status, Verdict
from agent.assistant import Assistant
from agent.models.base import Role
from agent.models.chat_model import ChatModel
from agent.planning.llm import ModelPlanner
from agent.planning.rule_based import LocalPlanner
from agent.reading.reader import Reading
from agent.state import Fallback
from agent.verification.llm import ModelVerifier
from agent.writing.extractive import LocalWriter
from agent.writing.llm import ModelWriter, has_few_answers
from corpora.article import Section
from corpora.errors import BadModelOutput, ModelUnavailable, PromptTooLong
from retrieval.filters import Filters
from retrieval.passage import Evidence, Passage, SearchQuery
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.literature import article
from tests.fakes.model import ScriptedBackend
from ui.render.answer_text import answer_markdown

_QUESTION = "Does navorelimab lower mortality in severe viral pneumonia?"
# A writer on a language model reads the evidence itself.
_UNREAD = Reading((), (), 0.0, Confidence.NEAREST)
_DIED = ModelUnavailable("The server died.", "Try again.")
_SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "answer.schema.json").read_text())


def _draft(
    *sentences: tuple[str, list[str]], answerable: bool = True, short: str = ""
) -> list[str]:
    claims = [{"sources": sources, "text": text} for text, sources in sentences]
    return [json.dumps({"claims": claims, "answerable": answerable, "short": short})]


def _revision(*sentences: tuple[int, str, list[str]]) -> list[str]:
    claims = [{"claim": n, "sources": sources, "text": text} for n, text, sources in sentences]
    return [json.dumps({"claims": claims})]


def _searches(*searches: str, population: str = "") -> list[str]:
    parts = dict.fromkeys(("intervention", "comparison", "outcome"), "")
    return [json.dumps({"population": population, **parts, "searches": list(searches)})]


@pytest.fixture
def evidence(searcher: Searcher) -> list[Evidence]:
    return searcher.search([SearchQuery(_QUESTION)], 6)[0]


def test_sentences_come_with_the_addresses_they_cite(evidence: list[Evidence]) -> None:
    drafted = _draft(("It  lowers\nmortality.", ["2.1", "1.1", "2.1"]), ("Twice.", ["99.1"]))
    backend = ScriptedBackend(drafted)
    claims = ModelWriter(ChatModel(backend)).write(_QUESTION, evidence, _UNREAD).claims
    articles = Addresses.of(evidence).articles
    cited = (articles[1].lines[0].quote, articles[0].lines[0].quote)
    assert claims == (
        Claim("It lowers mortality.", tuple(q.key for q in cited), cited),
        Claim("Twice.", ()),
    )
    texts = {e.passage.id: e.article.text for e in evidence}
    assert all(texts[q.key][q.start : q.end] == q.text for q in cited)
    schema = backend.requests[0].schema
    assert schema is not None
    sources = schema["properties"]["claims"]["items"]["properties"]["sources"]
    assert sources["items"]["enum"] == list(Addresses.of(evidence).lines)


def test_pieces_of_an_article_are_numbered_as_one() -> None:
    sections = (Section("AIM", "One is here. Two is here."), Section("RESULTS", "Three is here."))
    read = replace(article("7", "A title"), sections=sections)
    spans = read.section_spans()
    pieces = [
        Evidence(Passage(f"7:{i}", "7", "", a, b, read.text[a:b]), read, 1, 1.0)
        for i, (a, b, _) in enumerate(spans)
    ]
    (numbered,) = Addresses.of(pieces).articles
    assert [(line.address, line.section) for line in numbered.lines] == [
        ("1.1", "AIM"), ("1.2", ""), ("1.3", "RESULTS")
    ]  # fmt: skip
    assert numbered.lines[2].quote == Quote("7:1", spans[1][0], spans[1][1], "Three is here.")
    found = Addresses.of(pieces)
    assert found.cited([numbered.lines[1].quote], ("7:0", "7:1")) == ["1.2", "1.3"]
    assert found.quotes(["[1.3]", "1.9", "nothing"]) == (numbered.lines[2].quote,)


@pytest.mark.parametrize(
    "draft",
    [
        _draft(("It helps.", ["1.1"]), answerable=False),
        _draft((prompts.NO_ANSWER, ["1.1"])),
        _draft(("...", ["1.1"])),
        _draft(("one sentence", ["1.1"])),
        _draft(),
    ],
)
def test_a_refusal_is_no_claim(draft: list[str], evidence: list[Evidence]) -> None:
    writer = ModelWriter(ChatModel(ScriptedBackend(draft)))
    assert writer.write(_QUESTION, evidence, _UNREAD).claims == ()


def test_write_verify_and_revise_begin_with_the_same_bytes_and_ask_the_same(
    evidence: list[Evidence],
) -> None:
    verdicts = [{"claim": 1, "sentence": "1.1", "stance": "does not say", "differs": "helps"}]
    backend = ScriptedBackend(
        _draft(("It helps.", ["1.1"]), ("It harms.", ["2.1"])),
        [json.dumps({"verdicts": verdicts})],
        _revision((1, "It may help.", ["1.2"])),
    )
    model = ChatModel(backend)
    writer = ModelWriter(model)
    claims = writer.write(_QUESTION, evidence, _UNREAD).claims
    ModelVerifier(model).verify(claims[:1], evidence)
    finding = Check("numbers", "not in the source: 50")
    flagged = [
        Verdict(claims[0], Label.CONTRADICTED, checks=(finding,)),
        Verdict(claims[1], Label.SUPPORTED),
    ]
    mended = writer.revise(_QUESTION, evidence, flagged)
    sent = [request.messages[0].text for request in backend.requests]
    opening = model._turns(prompts.opening(evidence), thinking=False)[0].text
    assert [text.startswith(opening) for text in sent] == [True, True, True]
    assert f"Question: {_QUESTION}" in sent[0]
    assert f"Question: {_QUESTION}" in sent[2]
    assert "1. It helps. [1.1] Check: contradicted (not in the source: 50)" in sent[2]
    assert "It harms." not in sent[2]  # it stands, and is no question any more
    assert [claim.text for claim in mended] == ["It may help.", "It harms."]
    for line in Addresses.of(evidence).lines.values():
        assert f"[{line.address}] " in opening
        assert " ".join(line.quote.text.split()) in opening


def test_a_sentence_that_the_revision_leaves_out_is_dropped(evidence: list[Evidence]) -> None:
    writer = ModelWriter(ChatModel(ScriptedBackend(_revision())))
    verdicts = [
        Verdict(Claim("It helps.", ()), Label.UNSUPPORTED),
        Verdict(Claim("It harms.", ()), Label.QUOTED),
    ]
    assert writer.revise(_QUESTION, evidence, verdicts) == [Claim("It harms.", ())]


def test_the_most_frequent_of_several_drafts_counts_where_few_answers_are_possible(
    evidence: list[Evidence],
) -> None:
    drafts = [
        _draft(("It harms.", ["1.1"]), short="No"),
        _draft(("It helps.", ["1.1"]), short="yes."),
        ["broken"],
        _draft(("It does help.", ["1.1"]), short="Yes"),
    ]
    backend = ScriptedBackend(*drafts)
    draft = ModelWriter(ChatModel(backend), samples=4).write(_QUESTION, evidence, _UNREAD)
    assert [claim.text for claim in draft.claims] == ["It helps."]
    assert draft.note == "2 of 3 drafts of the language model say “yes”"
    assert len({request.seed for request in backend.requests}) == 4
    assert not any(r.sampling is None or r.sampling.greedy for r in backend.requests)
    once = ScriptedBackend(drafts[0])
    open_ = "Which drugs lower mortality in viral pneumonia?"
    ModelWriter(ChatModel(once), samples=4).write(open_, evidence, _UNREAD)
    assert len(once.requests) == 1
    assert has_few_answers("Aspirin or heparin after surgery?")


def test_evidence_that_does_not_fit_is_dropped_from_the_lowest_rank(
    evidence: list[Evidence],
) -> None:
    whole = ChatModel(ScriptedBackend(_draft(), window=100_000))
    needed = whole.count_tokens(prompts.opening(evidence))
    small = ChatModel(ScriptedBackend(_draft(), window=2 * (needed - 5)))
    kept = prompts.fitting(small, list(reversed(evidence)))
    assert 0 < len(kept) < len(evidence)
    ranked = list(dict.fromkeys(e.article.pmid for e in sorted(evidence, key=lambda e: e.rank)))
    articles = list(dict.fromkeys(e.article.pmid for e in kept))
    assert set(articles) == set(ranked[: len(articles)])
    assert kept == [e for e in reversed(evidence) if e.article.pmid in articles]
    with pytest.raises(PromptTooLong):
        prompts.fitting(ChatModel(ScriptedBackend(_draft(), window=40)), evidence)


def test_broken_json_is_repaired_once_and_then_fails(evidence: list[Evidence]) -> None:
    good = _draft(("It helps.", ["1.1"]))
    mended = ScriptedBackend(['{"answerable": true, "claims": [{"te'], good)
    assert len(ModelWriter(ChatModel(mended)).write(_QUESTION, evidence, _UNREAD).claims) == 1
    repair = mended.requests[1].messages
    assert [m.role for m in repair] == [Role.USER, Role.ASSISTANT, Role.USER]
    assert "not the JSON" in repair[-1].text
    fenced = ScriptedBackend([f"Here it is:\n```json\n{good[0]}\n```"])
    assert len(ModelWriter(ChatModel(fenced)).write(_QUESTION, evidence, _UNREAD).claims) == 1
    assert len(fenced.requests) == 1
    broken = ScriptedBackend(["__import__('os').getcwd()"])
    with pytest.raises(BadModelOutput, match="again when asked to repair"):
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
    first = _draft((quoted, ["1.1"]), ("Navorelimab cures asthma in dogs.", ["1.1"]))
    answer = make(_searches("x y"), first, _revision(), fallback=False).ask(_QUESTION)
    assert answer.status is Status.ANSWERED
    assert [v.claim.text for v in answer.verdicts] == [quoted]
    assert answer.provenance.fallbacks == ()


@pytest.mark.parametrize("failing", ["plan", "write", "revise"])
def test_where_the_model_fails_the_local_forms_take_over_and_the_answer_says_so(
    make: Make, failing: str
) -> None:
    plan = [_DIED] if failing == "plan" else _searches("x y")
    wrong = _draft(("Navorelimab cures asthma in dogs.", ["1.1"]))
    drafts = {"plan": [[_DIED]], "write": [[_DIED]], "revise": [wrong, [_DIED]]}[failing]
    steps = list(make(plan, *drafts, fallback=True).stream(_QUESTION))
    answer = steps[-1].update["answer"]
    assert answer.provenance.fallbacks == ("The server died.",)
    assert "rules were used" in answer_markdown(answer)
    jsonschema.validate(json.loads(answer.to_json()), _SCHEMA)
    assert answer.status is Status.ANSWERED


def test_what_cannot_be_read_is_made_up_for_by_the_local_forms(
    make: Make, searcher: Searcher
) -> None:
    answer = make(["no JSON"], ["nor this"], fallback=False).ask(_QUESTION)
    assert answer.text == local_assistant(searcher).ask(_QUESTION).text
    assert len(answer.provenance.fallbacks) == 2


def test_without_a_fallback_the_question_fails(make: Make) -> None:
    with pytest.raises(ModelUnavailable):
        make(_searches("x y"), [_DIED], fallback=False).ask(_QUESTION)


def test_prompts_have_a_fingerprint() -> None:
    assert len(prompts.fingerprint()) == 16
