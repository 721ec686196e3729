"""What the server imports from the rest of the application, in one place."""

from __future__ import annotations

from ui.render.answer_text import answer_markdown
from ui.render.bibliography import FORMATS, bibliography
from ui.render.text import (
    DISCLAIMER,
    describe_step,
    notice_line,
    reference,
    study_line,
    tally,
)
from ui.services.access import is_loopback
from ui.services.evidence_tables import table_of_query, table_of_question
from ui.services.filter_check import check_filters
from ui.services.library import Library
from ui.services.local_socket import (
    BEAT_SECONDS,
    SHOWN,
    is_own_peer,
    records,
    settings,
    socket_path,
)
from ui.services.runs import MOST_AT_ONCE
from ui.services.table_export import MARKDOWN as TABLE_MARKDOWN

__all__ = [
    "BEAT_SECONDS",
    "DISCLAIMER",
    "FORMATS",
    "MOST_AT_ONCE",
    "SHOWN",
    "TABLE_MARKDOWN",
    "Library",
    "answer_markdown",
    "bibliography",
    "check_filters",
    "describe_step",
    "is_loopback",
    "is_own_peer",
    "notice_line",
    "records",
    "reference",
    "settings",
    "socket_path",
    "study_line",
    "table_of_query",
    "table_of_question",
    "tally",
]
