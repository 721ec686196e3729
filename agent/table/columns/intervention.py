"""Intervention: what was given or done, or the exposure that was studied."""

from __future__ import annotations

from agent.table.abstract import Abstract, Span
from agent.table.columns.compared import comparison


def find(abstract: Abstract) -> list[Span]:
    """What a title or aim says that the effect is of."""
    given = comparison(abstract).given
    return [given] if given else []
