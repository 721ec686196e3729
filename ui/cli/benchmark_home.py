"""The data directory of a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpora.home import Home


def own_home(home: Path | None) -> Home:
    """Return the benchmark's data directory.

    Raises:
        BadInput: none was given; a benchmark must not write into the user's own.
    """
    from corpora.errors import BadInput
    from corpora.home import Home

    if home is None:
        raise BadInput(
            "A benchmark needs its own data directory.", "Name one: --home /tmp/benchmark."
        )
    return Home.locate(home)
