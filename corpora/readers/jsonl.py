"""JSON: Medcite's own plain fields, CSL-JSON and ClinicalTrials.gov's records.

The simplest format for own literature is one object per line, `{"pmid", "title", "abstract", …}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from corpora.article import BadRecord, Record
from corpora.readers.csl import is_csl, read_csl
from corpora.readers.fields import read_fields
from corpora.readers.json_stream import read_objects
from corpora.readers.trials import is_trial, read_trial


def read_jsonl(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of JSON: one object per line, or an array of them.

    `abstract` is a string or a list of `{"label", "text"}`. A title or an abstract is required; a
    record without `pmid` is identified by its DOI, else by its title and year.

    Raises:
        UnreadableFile: an array is malformed or too large.
    """
    for position, (line, value) in enumerate(read_objects(stream), start=1):
        if isinstance(value, str):
            yield BadRecord(position, "", value, line)
        elif is_trial(value):
            yield from read_trial(value, position, line)
        elif is_csl(value):
            yield from read_csl(value, position, line)
        else:
            yield from read_fields(value, position, line)
