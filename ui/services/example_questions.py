"""Example questions that the indexed literature answers.

For the demo literature they are chosen by hand. Otherwise they are built from the titles of reviews
and trials in the index and asked in the background: only those that get an answer are shown.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import structlog

from agent.answer import Answer, Confidence, Status
from corpora.article import Article
from corpora.errors import MedciteError
from corpora.evidence_level import EvidenceLevel
from corpora.home import Home
from corpora.store import open_corpus
from ui.render.inline import inline_plain
from ui.services import background

if TYPE_CHECKING:
    from agent.assistant import Assistant

log = structlog.get_logger()

DEMO = (
    "Does tocilizumab lower mortality in severe COVID-19?",
    "Do statins reduce mortality in COVID-19?",
    "Do SGLT2 inhibitors reduce heart failure hospitalisation?",
    "Does tranexamic acid reduce blood loss in surgery?",
    "Is nalbuphine or tramadol better for shivering after spinal anaesthesia?",
    "Does cardiac rehabilitation lower mortality in coronary heart disease?",
    "Does thiamidol lighten melasma as well as hydroquinone?",
    "How common is vision loss in nursing homes?",
)
_DEMO_READER = "demo"

_SHOWN, _TRIED, _SAMPLED = 8, 32, 4_000
_SHORTEST, _LONGEST = 25, 100
_SHORT_WORD = 3
_STUDIES = (
    EvidenceLevel.SYSTEMATIC_REVIEW,
    EvidenceLevel.RANDOMISED_TRIAL,
    EvidenceLevel.TRIAL,
    EvidenceLevel.OBSERVATIONAL,
)

# The subject of a study: no comma, colon or quotation mark.
_THING = r"[^,:;?“”\"]{3,60}?"
_WHERE = r"(?:in|for|among|during|after|on)"
_PATTERNS = (
    (r"(?P<whole>(?:does|do|is|are|can|should) [^?:]{15,90}\?)", "{whole}"),
    (
        rf"(?:the )?(?:effects?|impact|influence) of (?P<what>{_THING}) on (?P<on>{_THING})(?:[:.]|$)",
        "What is the effect of {what} on {on}?",
    ),
    (
        rf"(?:the )?(?P<part>efficacy and safety|safety and efficacy|efficacy|effectiveness|safety) of (?P<what>{_THING}) (?P<where>{_WHERE}) (?P<whom>{_THING})(?:[:.]|$)",
        "What is the {part} of {what} {where} {whom}?",
    ),
    (
        rf"(?P<one>{_THING}) (?:versus|vs\.?) (?P<other>{_THING}) (?P<where>in|for) (?P<whom>{_THING})(?:[:.]|$)",
        "Which is better {where} {whom}, {one} or {other}?",
    ),
    (
        rf"(?P<what>{_THING}) (?P<where>for|in) (?P<whom>{_THING}): an? ",
        "What is known about {what} {where} {whom}?",
    ),
)  # fmt: skip


def question_of(title: str) -> str | None:
    """Derive a question from an article's title; None if the title has no known pattern."""
    plain = _lowered(inline_plain(title).strip())
    for pattern, template in _PATTERNS:
        if match := re.match(pattern, plain, re.IGNORECASE):
            parts = {name: _inner(text) for name, text in match.groupdict().items()}
            question = template.format(**parts)
            question = question[:1].upper() + question[1:]
            return question if _SHORTEST <= len(question) <= _LONGEST else None
    return None


def _lowered(title: str) -> str:
    """Convert a title in Title Case to sentence case."""
    words = [word for word in title.split()[1:] if len(word) > _SHORT_WORD]
    if not words or sum(word[0].isupper() for word in words) < len(words) / 2:
        return title
    first, *rest = title.split(" ")
    return " ".join(
        [first, *(w.lower() if w[:1].isupper() and w[1:].islower() else w for w in rest)]
    )


def _inner(text: str) -> str:
    """Lower-case the initial that only marked the start of the title."""
    first, _, rest = text.strip().partition(" ")
    if first[1:].islower() or len(first) == 1:
        first = first.lower()
    return f"{first} {rest}".strip()


def candidates(articles: Iterable[Article]) -> Iterator[str]:
    """Yield questions on distinct subjects, from the strongest and newest articles first."""
    studies = (
        a for a in articles if a.evidence_level in _STUDIES and a.sections and not a.retracted
    )
    used: set[str] = set()
    for article in sorted(studies, key=lambda a: (a.evidence_level, -a.year, a.pmid)):
        question = question_of(article.title)
        if question is None:
            continue
        words = set(re.findall(r"[a-z]{6,}", question.casefold())) - _COMMON
        if words and words.isdisjoint(used):
            used |= words
            yield question


_COMMON = frozenset(
    "effect effects efficacy safety effectiveness better patients treatment children adults"
    " disease therapy outcomes mortality survival clinical between during chronic severe surgery".split()
)


class OpenHome(Protocol):
    """What this module and `ui.services.workspace` need of an open data directory."""

    @property
    def home(self) -> Home: ...

    @property
    def ready(self) -> bool: ...

    def assistant(self) -> Assistant: ...


class Examples:
    """The example questions of a library, computed once per index version."""

    def __init__(self, library: OpenHome) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._by_version: dict[str, tuple[str, ...] | None] = {}

    def now(self) -> tuple[str, ...] | None:
        """Return those of the index in use; None while they are computed."""
        if has_demo(self._library.home):
            return DEMO
        if not self._library.ready:
            return None
        version = self._library.assistant().searcher.version.manifest.version
        with self._lock:
            if version not in self._by_version:
                self._by_version[version] = None
                background.start(self._work, version)
            return self._by_version[version]

    def _work(self, version: str) -> None:
        questions: tuple[str, ...] = ()
        try:
            questions = tuple(self._answered())
        except MedciteError as error:
            log.warning("computing example questions failed", error=str(error))
        with self._lock:
            self._by_version[version] = questions

    def _answered(self) -> Iterator[str]:
        from agent.assistant import Assistant
        from agent.planning.rule_based import LocalPlanner
        from agent.state import Dependencies
        from agent.verification.local_verifier import LocalVerifier
        from agent.writing.extractive import LocalWriter

        opened = self._library.assistant()
        searcher = opened.searcher
        local = Dependencies(
            searcher, LocalPlanner(), opened.reader, LocalWriter(), LocalVerifier()
        )
        assistant = Assistant(searcher, local)
        shown = 0
        with open_corpus(self._library.home.corpus) as store:
            step = max(1, store.last_id // _SAMPLED)
            sample = store.by_id(range(1, store.last_id + 1, step)).values()
        for question, _ in zip(candidates(sample), range(_TRIED), strict=False):
            if background.ending():
                return
            if _presentable(assistant.ask(question)):
                yield question
                shown += 1
            if shown == _SHOWN:
                return


def _presentable(answer: Answer) -> bool:
    """Whether an answer is good enough to show to a new user."""
    return answer.confidence is Confidence.LIKELY and answer.status is Status.ANSWERED


def has_demo(home: Home) -> bool:
    """Whether the demo literature was imported."""
    with open_corpus(home.corpus) as store:
        return any(entry.reader.endswith(_DEMO_READER) for entry in store.journal())
