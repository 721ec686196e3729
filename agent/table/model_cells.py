"""Fill cells that rules, tagger and reader leave empty with quotations chosen by a language model.

The model is asked for quotations under a schema, and each is looked up: a quotation that is not in
title or abstract, or is given for several cells, is dropped. So a model can choose words badly but
cannot invent any; cells that are filled stay unchanged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Event

from pydantic import RootModel

from agent import prompts
from agent.models.base import JsonSchema, LanguageModel, Message, Request, Role
from agent.models.structured import ask_json
from agent.table.abstract import Abstract, verbatim
from agent.table.table import Cell, EvidenceTable, TableRow
from corpora.article import Article
from corpora.article_kind import ArticleKind, article_kind
from corpora.errors import BadModelOutput

# The columns that the model is asked for; effects and numbers are left to the rules.
ASKED: Mapping[str, str] = {
    "population": "the people, animals or samples that were studied",
    "intervention": "the treatment, test or exposure that was studied",
    "comparator": "what it was compared with",
    "outcome": "the main outcome that was measured",
}
_LONGEST_QUOTE = 300
_TOKENS_A_QUOTE, _TOKENS_AROUND = 100, 50


class _Quotes(RootModel[dict[str, str | None]]):
    """A model's reply: key → the words of a cell."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A table with a model's cells.

    `filled` counts these cells, `dropped` the quotations that are not verbatim or were given for
    several cells, `failed` the articles for which the reply was unusable.
    """

    table: EvidenceTable
    filled: int = 0
    dropped: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ModelCells:
    """Fills empty cells by asking a language model, one article at a time."""

    model: LanguageModel

    def fill(
        self,
        table: EvidenceTable,
        cancel: Event | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Outcome:
        """The table with its empty cells filled where the model found a quotation.

        Args:
            cancel: stops the work when set; cells filled by then are kept.
            progress: called with the number of articles done.

        Raises:
            ModelError: the model cannot be reached or used; see `corpora.errors`.
        """
        questions = {c.name: c.name if c.own else ASKED.get(c.name, "") for c in table.columns}
        rows: list[TableRow] = []
        filled = dropped = failed = 0
        for number, row in enumerate(table.rows, start=1):
            empty = {name: q for name, q in questions.items() if q and not row.cells[name].text}
            if empty and not (cancel and cancel.is_set()):
                try:
                    quotes = self.quotes(row.article, empty, cancel)
                except BadModelOutput:
                    quotes, failed = {}, failed + 1
                cells = self._checked(row.article, quotes)
                filled, dropped = filled + len(cells), dropped + len(quotes) - len(cells)
                row = replace(row, cells={**row.cells, **cells})  # noqa: PLW2901
            rows.append(row)
            if progress:
                progress(number)
        return Outcome(replace(table, rows=tuple(rows)), filled, dropped, failed)

    def quotes(
        self, article: Article, questions: Mapping[str, str], cancel: Event | None = None
    ) -> dict[str, str]:
        """The model's quotation for each of these columns, unchecked; empty ones are omitted.

        Args:
            questions: column name → what the column asks for.

        Raises:
            BadModelOutput: the reply does not follow the schema, or the article exceeds the window.
            ModelError: the model failed; see `corpora.errors`.
        """
        abstract = Abstract(article)
        if not abstract.sentences or article_kind(article) is ArticleKind.NOTICE:
            return {}
        # An own column is a whole question, which a model would misspell as a key.
        own = [name for name in questions if name not in ASKED]
        keys = {name: name for name in questions if name in ASKED}
        keys |= {f"q{number}": name for number, name in enumerate(own, start=1)}
        messages = _messages(abstract, {key: questions[name] for key, name in keys.items()})
        room = _TOKENS_A_QUOTE * len(keys) + _TOKENS_AROUND
        if self.model.count_tokens(messages) + room > self.model.window:
            raise BadModelOutput(
                f"The window of {self.model.name} does not hold the article {article.pmid}.",
                "Give the model a longer window (`--model NAME@16k`).",
            )
        request = Request(messages, max_tokens=room, schema=_schema(list(keys)))
        reply = ask_json(self.model, request, _Quotes, cancel).root
        return {
            keys[key]: quote.strip()
            for key, quote in reply.items()
            if key in keys and quote and quote.strip()
        }

    def _checked(self, article: Article, quotes: Mapping[str, str]) -> dict[str, Cell]:
        """The cells whose quotation is in the article and was given for no other cell."""
        counts = Counter(quotes.values())
        spans = {n: verbatim(article, q) for n, q in quotes.items() if counts[q] == 1}
        return {name: Cell((span,), model=self.model.name) for name, span in spans.items() if span}


def _messages(abstract: Abstract, questions: Mapping[str, str]) -> tuple[Message, Message]:
    lines = [f"{p.section}: {p.text}" if p.section else p.text for p in abstract.sentences]
    task = prompts.CELLS.format(
        title=abstract.title.text,
        abstract="\n".join(" ".join(line.split()) for line in lines),
        cells="\n".join(f"- {key}: {question}" for key, question in questions.items()),
        keys=", ".join(f'"{key}"' for key in questions),
    )
    return Message(Role.SYSTEM, prompts.SYSTEM), Message(Role.USER, task)


def _schema(keys: list[str]) -> JsonSchema:
    return {
        "type": "object",
        "properties": {key: {"type": "string", "maxLength": _LONGEST_QUOTE} for key in keys},
        "required": keys,
        "additionalProperties": False,
    }
