"""Every renderer walks the same view of an answer: what one shows, all show."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from agent.answer import Answer, Check, Claim, Confidence, Label, Quote, Status, Verdict
from agent.plan import Plan, Scope
from agent.verification.document import claims_of
from retrieval.filters import Filters
from retrieval.passage import Evidence, Passage, SearchQuery
from tests.fakes.literature import article
from ui.render.answer_markup import summary_html
from ui.render.answer_text import answer_markdown, answer_text
from ui.render.answer_view import DRAFT_HEADING, NEAREST_NOTE, view_of
from ui.render.console import answer_console
from ui.render.documents import answer_page

Render = Callable[[Answer], str]


def _terminal(answer: Answer) -> str:
    console = Console(width=500, force_terminal=False)
    with console.capture() as capture:
        console.print(answer_console(answer))
    return capture.get()


def _plain_markdown(answer: Answer) -> str:
    return answer_markdown(answer).replace("\\", "")


RENDERERS = (_terminal, answer_text, _plain_markdown, answer_page)


@pytest.fixture(params=RENDERERS, ids=lambda render: render.__name__)
def render(request: pytest.FixtureRequest) -> Render:
    renderer: Render = request.param
    return renderer


def _answer() -> Answer:
    evidence, quotes = [], []
    for rank, pmid in enumerate(("101", "102"), start=1):
        found = article(pmid, f"Trial {pmid}", "Of 40 adults 12 improved.")
        start = len(found.title) + 1
        text = found.text[start:]
        evidence.append(
            Evidence(Passage(f"{pmid}:0", pmid, "", start, len(found.text), text), found, rank, 1.0)
        )
        quotes.append(Quote(f"{pmid}:0", start, len(found.text), text))
    doubted = Verdict(
        Claim("Half of the adults improved.", ("101:0",)),
        Label.UNSUPPORTED,
        (quotes[0],),
        checks=(Check("numbers", "half against 12 of 40"),),
        repair="102:0",
    )
    instead = Verdict(
        Claim(quotes[1].text, ("102:0",)), Label.QUOTED, (quotes[1],), replaces="It cures all."
    )
    lost = Verdict(Claim("It cured every patient.", ("101:0",)), Label.CONTRADICTED)
    plan = Plan(
        rounds=((SearchQuery("does it help adults"),),),
        filters=Filters(first_year=2019),
        notes=("a retracted article was left out",),
        asked="and in adults?",
    )
    return Answer(
        "Does it help adults?",
        Status.ANSWERED,
        plan,
        (doubted, instead),
        tuple(evidence),
        7,
        confidence=Confidence.NEAREST,
        draft=(lost,),
    )


def test_what_one_renderer_shows_all_show(render: Render) -> None:
    shown = render(_answer())
    for part in (
        "and in adults?",
        "Interpreted as: Does it help adults?",
        Confidence.NEAREST.heading,
        NEAREST_NOTE,
        "Half of the adults improved.",
        "half against 12 of 40",
        "supported, but by [2]",
        "It cures all.",
        "1 quoted, 1 not supported",
        DRAFT_HEADING,
        "It cured every patient.",
        "Trial 102",
        "Searched: “does it help adults”",
        "Only: since 2019",
        "Note: a retracted article was left out",
    ):
        assert part in shown, part


def test_an_abstention_says_what_was_looked_at(render: Render) -> None:
    answer = replace(
        _answer(),
        status=Status.ABSTAINED,
        verdicts=(),
        draft=(),
        confidence=None,
        reason="none fits",
    )
    shown = render(answer).replace("<strong>", "").replace("</strong>", "").replace("**", "")
    for part in ("No answer: none fits.", "The closest articles", "7 articles were examined"):
        assert part in shown


def test_what_is_no_question_for_the_literature_gets_its_reason_alone(render: Render) -> None:
    plan = replace(_answer().plan, scope=Scope.EMERGENCY)
    answer = replace(
        _answer(), status=Status.ABSTAINED, plan=plan, verdicts=(), draft=(), confidence=None,
        reason="Call an ambulance.",
    )  # fmt: skip
    shown = render(answer)
    assert "Call an ambulance." in shown
    assert "Trial 101" not in shown or render is answer_page


def test_a_sentence_knows_its_sources_and_their_studies() -> None:
    doubted, instead = view_of(_answer()).sentences
    assert (doubted.marks, instead.marks) == (" [1]", " [2]")
    assert doubted.reason == "not supported: numbers: half against 12 of 40"
    assert instead.reason == ""
    assert [number for number, _ in doubted.quotes] == [1]


def test_a_caution_stands_above_everything_but_the_question(render: Render) -> None:
    caution = "Ask a doctor who knows the person"
    answer = _answer()
    answer = replace(answer, plan=replace(answer.plan, caution=caution))
    shown = render(answer)
    assert shown.count(caution) == 1
    assert shown.index(caution) < shown.index(Confidence.NEAREST.heading)


def test_the_page_cautions_above_the_confidence() -> None:
    answer = _answer()
    plan = replace(answer.plan, caution="If someone is in danger now, call for help")
    shown = summary_html(replace(answer, plan=plan))
    assert shown.index("in danger now") < shown.index(Confidence.NEAREST.heading)
    assert shown.count("in danger now") == 1


@pytest.mark.parametrize("render", [answer_text, answer_markdown])
@pytest.mark.parametrize("label", Label)
@pytest.mark.parametrize("checks", [(), (Check("numbers", "half (0.5) against 12 of 40"),)])
def test_a_pasted_answer_is_read_back_as_its_sentences(
    label: Label, checks: tuple[Check, ...], render: Render
) -> None:
    """Nothing that is printed around a sentence, such as its label, becomes part of a claim."""
    answer = _answer()
    verdict = replace(answer.verdicts[0], label=label, checks=checks)
    again = replace(verdict, replaces="All of them improved.", repair="")
    answer = replace(answer, verdicts=(verdict, again), draft=(), confidence=Confidence.POSSIBLE)
    text, sentence = render(answer), verdict.claim.text
    assert f"2 {label.word}" in text
    # In plain text, the first lines are the question as asked and as interpreted.
    cited = [claim for claim in claims_of(text) if "?" not in claim.text]
    assert [(claim.text, claim.keys) for claim in cited] == [(sentence, ("101",))] * 2
