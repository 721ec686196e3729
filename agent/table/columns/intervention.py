"""Intervention: what was given or done, or the exposure studied."""

from __future__ import annotations

from agent.table.abstract import Abstract, TextSpan
from agent.table.columns.compared import comparison


def find(abstract: Abstract) -> list[TextSpan]:
    """The intervention that the title or aim names in a comparison or an effect."""
    given = comparison(abstract).given
    return [given] if given else []
