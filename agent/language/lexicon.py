"""Load the word lists in `lexicons/`: UTF-8 text, one entry per line, "#" starts a comment."""

from __future__ import annotations

from importlib.resources import files

_FOLDER = "lexicons"


def read_lines(name: str) -> tuple[str, ...]:
    """The entries of a list, without comments and blank lines."""
    text = files("agent.language").joinpath(_FOLDER, name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def read_words(name: str) -> frozenset[str]:
    """The words of a list, separated by white space."""
    return frozenset(word for line in read_lines(name) for word in line.split())


def read_pairs(name: str, separator: str) -> tuple[tuple[str, str], ...]:
    """The two sides of each entry, without the white space around them, in order.

    Raises:
        ValueError: an entry does not have two sides.
    """
    pairs = []
    for line in read_lines(name):
        left, right = line.split(separator)
        pairs.append((left.strip(), right.strip()))
    return tuple(pairs)


def read_classes(name: str) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """Named groups of mutually exclusive words: "name: a b; c" becomes (name, ((a, b), (c,)))."""
    classes = []
    for line in read_lines(name):
        label, _, members = line.partition(":")
        classes.append((label, tuple(tuple(member.split()) for member in members.split(";"))))
    return tuple(classes)
