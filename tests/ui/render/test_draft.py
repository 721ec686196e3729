"""A draft is seen as it is written, and each verdict as soon as it is known."""

import json
from collections.abc import Iterator

import pytest
from rich.console import Console

from agent.answer import Confidence, Label
from agent.assistant import Step
from agent.models.chat_model import ChatModel
from agent.run_monitor import Watch
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import SureReader, local_assistant
from tests.fakes.model import ScriptedBackend
from tests.ui.conftest import encoder
from ui.render.console import progress_console
from ui.render.draft import DraftedSentence, draft_console, draft_html, draft_of, sentences_in

_QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"
_TRUE = "Fewer people with severe pneumonia died when given navorelimab."
_FALSE = "Navorelimab cures asthma in dogs."


def test_a_draft_is_read_while_it_is_written() -> None:
    whole = json.dumps({"answerable": True, "claims": [{"text": 'It "helps" — β 𝛽.', "sources": [1]}, {"text": "Twice", "sources": [2]}]})  # fmt: skip
    assert sentences_in(whole) == ['It "helps" — β 𝛽.', "Twice"]
    for end in range(len(whole)):
        for sentence, full in zip(sentences_in(whole[:end]), sentences_in(whole), strict=False):
            assert full.startswith(sentence)
    assert sentences_in("") == []


@pytest.fixture
def searcher(small_home: Home) -> Iterator[Searcher]:
    searcher = Searcher(small_home, encoder())
    yield searcher
    searcher.close()


class _Looking:
    """A reply in small pieces, before each of which somebody looks at the draft."""

    def __init__(self, reply: object, steps: list[Step], watch: Watch) -> None:
        self._reply, self._steps, self._watch = json.dumps(reply), steps, watch
        self.seen: list[list[DraftedSentence]] = []

    def __iter__(self) -> Iterator[str]:
        for at in range(0, len(self._reply), 5):
            self.seen.append(draft_of(self._steps, self._watch))
            yield self._reply[at : at + 5]


def test_claims_appear_one_by_one_and_so_do_their_verdicts(searcher: Searcher) -> None:
    steps: list[Step] = []
    watch = Watch()

    def reply(content: object) -> _Looking:
        return _Looking(content, steps, watch)

    parts = dict.fromkeys(("population", "intervention", "comparison", "outcome"), "")
    plan = reply(parts | {"searches": ["navorelimab mortality", "pneumonia antibody"]})
    draft = reply({
        "claims": [{"sources": ["1.1"], "text": _TRUE}, {"sources": ["1.1"], "text": _FALSE}],
        "answerable": True,
    })  # fmt: skip
    verdicts = reply({
        "verdicts": [
            {"claim": 1, "sentence": "1.1", "stance": "supports", "differs": ""},
            {"claim": 2, "sentence": "1.1", "stance": "does not say", "differs": "dogs"},
        ]
    })  # fmt: skip
    revision = reply({"claims": []})
    model = ChatModel(ScriptedBackend(plan, draft, verdicts, revision))
    assistant = local_assistant(searcher, reader=SureReader(Confidence.LIKELY)).on(model)
    for step in assistant.stream(_QUESTION, watch=watch):
        steps.append(step)

    assert not any(plan.seen)
    counts = [len(seen) for seen in draft.seen]
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2}
    assert all(each.label is None for seen in draft.seen for each in seen)
    judged = [[each.label for each in seen] for seen in verdicts.seen]
    assert judged[0] == [None, None]
    first = judged[-1][0]
    assert first is not None
    assert judged[-1][1] is None
    last = [each.label for each in revision.seen[0]]
    assert last[0] is first
    assert last[1] is Label.UNSUPPORTED
    assert [each.text for each in revision.seen[0]] == [_TRUE, _FALSE]


def test_the_terminal_shows_the_step_and_the_draft_as_it_grows() -> None:
    watch = Watch()
    console = Console(width=60, force_terminal=False)
    now = progress_console([], watch)

    def shown() -> str:
        with console.capture() as captured:
            console.print(now())
        return captured.get()

    assert "Planning…" in shown()
    watch.text = '{"claims": [{"sources": ["1.1"], "text": "It hel'
    assert " · It hel" in shown()


def test_a_drafts_marks_are_words_too_and_its_text_is_text() -> None:
    sentences = [DraftedSentence("<b>It helps.", Label.SUPPORTED), DraftedSentence("Twice.")]
    page = draft_html(sentences)
    assert "&lt;b&gt;It helps." in page
    assert 'aria-label="supported"' in page
    assert 'aria-label="not checked yet"' in page
    assert "Draft, 1 of 2 checked" in page
    lines = draft_console(sentences)
    assert [line.plain for line in lines] == [
        "Draft, 1 of 2 checked",
        " ✓ <b>It helps.",
        " · Twice.",
    ]
    assert draft_console([]) == []
