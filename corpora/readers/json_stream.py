"""Read JSON objects from a file: one per line, an array, or objects spanning several lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from corpora.errors import UnreadableFile
from corpora.lines import Lines

# An array is read into memory; one object per line is not.
_LARGEST = 400_000_000
# Keys under which exporters put their list: ClinicalTrials.gov, Zotero, Europe PMC and others.
_LISTS = ("studies", "items", "articles", "records", "references", "results", "data")
_SPACE = re.compile(r"[\s,;]*")


def read_objects(stream: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """(line, object) of each record, or (line, error message) of a malformed one.

    Raises:
        UnreadableFile: an array or a multi-line object is malformed or too large for memory.
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
            yield lines.number, "this line is not a JSON object"
            break
        yield from _whole(lines, line)
        return
    for line in lines:
        if text := line.strip():
            yield from _unpacked(lines.number, _parsed(text.rstrip(",")))


def _parsed(text: str) -> Any | str:  # noqa: ANN401 - whatever JSON holds
    """A JSON value; NaN and the like, which Python and R write, become null."""
    try:
        return orjson.loads(text.encode("utf-8", "replace"))
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            return f"not JSON: {error}"


def _unpacked(line: int, value: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:  # noqa: ANN401
    if isinstance(value, dict):
        listed = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if listed is not None and "title" not in value and "pmid" not in value:
            for item in listed:
                yield from _unpacked(line, item)
        else:
            yield line, value
    elif isinstance(value, list):
        for item in value:
            yield from _unpacked(line, item)
    elif isinstance(value, str) and value.startswith("not JSON"):
        yield line, value
    else:
        yield line, "this is not a JSON object"


def _whole(lines: Lines, first: str) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Values that span several lines."""
    start, size, texts = lines.number, 0, [first]
    for line in lines:
        size += len(line)
        if size > _LARGEST:
            raise UnreadableFile(
                f"This JSON array is larger than {_LARGEST // 1_000_000} MB.",
                "Write one object per line (JSON Lines): `jq -c '.[]' FILE > FILE.jsonl`.",
            )
        texts.append(line)
    text = "\n".join(texts)
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    at = _SPACE.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            if any(part.startswith("{") and part.endswith("}") for part in texts[1:3]):
                # One object per line, the first of them malformed.
                for number, part in enumerate(texts, start=start):
                    if part.strip():
                        yield from _unpacked(number, _parsed(part.strip()))
                return
            place = start + text.count("\n", 0, getattr(error, "pos", at))
            reason = getattr(error, "msg", "nested too deeply")
            raise UnreadableFile(
                f"The JSON is malformed at line {place}: {reason}.",
                "Check the file, or write one object per line; nothing was imported from it.",
            ) from error
        yield from _unpacked(start + text.count("\n", 0, at), value)
        at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
