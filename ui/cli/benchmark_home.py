"""The data directory of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpora.home import Home


def own_home(home: Path | None) -> Home:
    """The benchmark's data directory.

    Raises:
        BadInput: none was named; a benchmark must not fill the user's own.
    """
    from corpora.errors import BadInput
    from corpora.home import Home

    if home is None:
        raise BadInput(
            "A benchmark needs a data directory of its own.", "Name one: --home /tmp/benchmark."
        )
    return Home.locate(home)
