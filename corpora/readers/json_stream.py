"""JSON objects out of a file: one a line, an array, or one or several written over many lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from corpora.errors import UnreadableFile
from corpora.lines import Lines

# An array is read whole; one object a line is not.
_LARGEST = 400_000_000
# Where exporters put their list: ClinicalTrials.gov, Zotero, Europe PMC and others.
_LISTS = ("studies", "items", "articles", "records", "references", "results", "data")
_SPACE = re.compile(r"[\s,;]*")


def read_objects(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(line, object) of each record, or (line, what is wrong) of one that is broken.

    Raises:
        UnreadableFile: an array or a long object is broken, or too large to be read whole.
    """
    lines = Lines(stream)
    for line in lines:
        text = line.strip()
        if not text:
            continue
        if text[0] == "{" and text[-1] == "}":
            yield from _unpacked(lines.number, _parsed(text))
            break
        if text[0] not in "[{":
            yield lines.number, "this line is no JSON object"
            break
        yield from _whole(lines, line)
        return
    for line in lines:
        if text := line.strip():
            yield from _unpacked(lines.number, _parsed(text.rstrip(",")))


def _parsed(text: str) -> Any | str:  # noqa: ANN401 - whatever JSON holds
    """A value of JSON; NaN and the like, which Python's and R's writers emit, are null."""
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            return f"no JSON: {error}"


def _unpacked(line: int, value: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:  # noqa: ANN401
    if isinstance(value, dict):
        listed = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if listed is not None and "title" not in value and "pmid" not in value:
            for each in listed:
                yield from _unpacked(line, each)
        else:
            yield line, value
    elif isinstance(value, list):
        for each in value:
            yield from _unpacked(line, each)
    elif isinstance(value, str) and value.startswith("no JSON"):
        yield line, value
    else:
        yield line, "this is no JSON object"


def _whole(lines: Lines, first: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Values that are written over several lines."""
    start, size, held = lines.number, 0, [first]
    for line in lines:
        size += len(line)
        if size > _LARGEST:
            raise UnreadableFile(
                f"This JSON array is larger than {_LARGEST // 1_000_000} MB.",
                "Write one object a line (JSON Lines): `jq -c '.[]' FILE > FILE.jsonl`.",
            )
        held.append(line)
    text = "\n".join(held)
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    at = _SPACE.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if any(each.startswith("{") and each.endswith("}") for each in held[1:3]):
                # One object a line, of which the first is broken.
                for number, each in enumerate(held, start=start):
                    if each.strip():
                        yield from _unpacked(number, _parsed(each.strip()))
                return
            place = start + text.count("\n", 0, getattr(error, "pos", at))
            raise UnreadableFile(
                f"The JSON is broken at line {place}: {getattr(error, 'msg', 'nested too deep')}.",
                "Check the file, or write one object a line; nothing of it has been imported.",
            ) from error
        yield from _unpacked(start + text.count("\n", 0, at), value)
        at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
