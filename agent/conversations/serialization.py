"""Serialize the agent's records to JSON and back, for storage on disk; no pickle, no module paths.

A record is a frozen dataclass, an enum, or a tuple, set, list or dict of records; plain JSON would
lose the type. Every value that JSON cannot represent becomes `{"$": name, "v": …}`. Only types
registered beforehand are ever instantiated: whoever can write the file can change an answer, but
cannot make Medcite run code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, cast, get_args, get_type_hints, is_typeddict

import orjson

from corpora.errors import Damaged

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_TAG, _VALUE = "$", "v"
_COLLECTIONS: dict[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "frozenset": frozenset}


class Records:
    """Read and write values composed of the root types and the types of their fields."""

    def __init__(self, *roots: type) -> None:
        self._known: dict[str, type] = {}
        for root in roots:
            self._add(root)

    def _add(self, kind: Any) -> None:
        for inner in get_args(kind):
            self._add(inner)
        if not isinstance(kind, type) or self._known.get(kind.__name__) is kind:
            return
        if is_dataclass(kind) or issubclass(kind, Enum):
            if kind.__name__ in self._known:
                raise TypeError(f"two types are named {kind.__name__}")
            self._known[kind.__name__] = kind
        if is_dataclass(kind) or is_typeddict(kind):
            for inner_type in get_type_hints(kind).values():
                self._add(inner_type)

    def dumps(self, value: object) -> bytes:
        """Serialize a value to JSON.

        Raises:
            TypeError: the value contains an object of an unregistered type.
        """
        return orjson.dumps(self._plain(value))

    def loads(self, data: bytes) -> Any:
        """Restore a value equal to the one that was written.

        Raises:
            Damaged: the data is not JSON, or names an unregistered type.
        """
        try:
            return self._restored(orjson.loads(data))
        except (ValueError, TypeError, KeyError) as error:
            raise Damaged(
                f"A stored conversation cannot be read ({error}).",
                "Delete its thread with `medcite threads delete`, and ask again.",
            ) from error

    def _plain(self, value: Any) -> Any:
        if value is None or type(value) in {bool, int, float, str}:
            return value
        if isinstance(value, list):
            return [self._plain(item) for item in value]
        if isinstance(value, dict):
            plain = {str(key): self._plain(item) for key, item in value.items()}
            return {_TAG: "dict", _VALUE: plain} if _TAG in plain else plain
        if isinstance(value, tuple | frozenset):
            return {_TAG: type(value).__name__, _VALUE: [self._plain(item) for item in value]}
        if isinstance(value, BaseException):
            return repr(value)
        name = type(value).__name__
        if self._known.get(name) is not type(value):
            raise TypeError(f"{name} is not a registered type")
        if isinstance(value, Enum):
            return {_TAG: name, _VALUE: value.value}
        record = cast("DataclassInstance", value)
        values = {field.name: self._plain(getattr(value, field.name)) for field in fields(record)}
        return {_TAG: name, _VALUE: values}

    def _restored(self, plain: Any) -> Any:
        if isinstance(plain, list):
            return [self._restored(item) for item in plain]
        if not isinstance(plain, dict):
            return plain
        if _TAG not in plain:
            return {key: self._restored(item) for key, item in plain.items()}
        name, value = plain[_TAG], plain[_VALUE]
        if name == "dict":
            return {key: self._restored(item) for key, item in value.items()}
        if collect := _COLLECTIONS.get(name):
            return collect([self._restored(item) for item in value])
        kind = self._known[name]
        if issubclass(kind, Enum):
            return kind(value)
        return kind(**{key: self._restored(item) for key, item in value.items()})
