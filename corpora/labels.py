"""Section labels: their NLM categories, and detection of labels in running text."""

from __future__ import annotations

import re

from corpora.article import Section

_CATEGORIES = {
    "BACKGROUND": ("background", "introduction", "context", "rationale", "importance", "intro"),
    "OBJECTIVE": ("objective", "objectives", "aim", "aims", "purpose", "hypothesis", "goal"),
    "METHODS": (
        "methods", "method", "materials and methods", "methods and materials",
        "patients and methods",
        "design", "study design", "setting", "participants", "patients", "interventions",
        "intervention", "main outcome measures", "main outcomes and measures", "measurements",
        "data sources", "study selection", "data extraction", "statistical analysis",
        "subjects and methods", "design, setting, and participants", "materials|methods",
    ),
    "RESULTS": ("results", "findings", "main results", "result", "outcomes"),
    "CONCLUSIONS": (
        "conclusion", "conclusions", "interpretation", "discussion", "conclusions and relevance",
        "discussion and conclusions", "significance", "implications", "limitations",
    ),
}  # fmt: skip
_CATEGORY_OF = {label: name for name, labels in _CATEGORIES.items() for label in labels}
# A label opens the text or follows a full stop, in capitals, with a colon.
_LABEL = re.compile(r"(?:^|(?<=[.?!)\]] ))([A-Z][A-Z ,/&()-]{2,60}): (?=\S)")


def category_of(label: str) -> str:
    """BACKGROUND, OBJECTIVE, METHODS, RESULTS or CONCLUSIONS; "" for any other label."""
    return _CATEGORY_OF.get(label.strip(" .:").lower(), "")


def labelled_sections(abstract: str) -> tuple[Section, ...]:
    """Split an abstract with labels in its text ("METHODS: We …") into sections.

    An abstract that does not begin with a label is one section.
    """
    marks = list(_LABEL.finditer(abstract))
    if not marks or marks[0].start() != 0:
        return (Section("", abstract),) if abstract else ()
    ends = [mark.start() for mark in marks[1:]] + [len(abstract)]
    return tuple(
        Section(mark[1], text, category_of(mark[1]))
        for mark, end in zip(marks, ends, strict=True)
        if (text := abstract[mark.end() : end].strip())
    )
