"""Which option a reply in free words chooses.

Rules are tried in their order; each but the last two reads something that was said on purpose. A
reply that names two options where it should name one chooses none: it is not guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Parsed:
    """The option's letter, None where none can be told, and the rule that told it."""

    letter: str | None
    rule: str = "none"


Options = Mapping[str, str]
Rule = Callable[[str, Options], str | None]

_MARKUP = re.compile(r"\\text(?:bf)?\{([^{}]*)\}|[*`$]+|(?<!\w)_+|_+(?!\w)")
_DENIED = re.compile(r"\b(?:incorrect|wrong|not (?:the|an?)(?: \w+)?)\s+$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
# Text of an option that is shorter is met by chance, as “no” is.
_SHORTEST_TEXT = 5


def parse_choice(reply: str, options: Options) -> Parsed:
    """The option that a reply chooses. `options` are texts by letter."""
    text = _MARKUP.sub(lambda found: found[1] or "", unicodedata.normalize("NFKC", reply)).strip()
    for name, rule in _RULES:
        if letter := rule(text, options):
            return Parsed(None if letter == _SEVERAL else letter, name)
    return Parsed(None)


_SEVERAL = "several"


@cache
def _patterns(letters: str) -> dict[str, re.Pattern[str]]:
    # A and I are words, too: “the answer is a beta blocker”, “Answer: I think …”.
    word = r"(?<![A-Za-z])(?![AI]\s+[a-z])"
    bare = rf"{word}(?P<letter>[{letters}])(?![\w'’])"
    closed = rf"[(\[{{]\s*(?P<closed>[{letters}{letters.lower()}])\s*[)\]}}]"
    lone = rf"(?P<lone>[{letters.lower()}])\s*[.)]?\s*(?:\n|$)"
    choice = rf"(?:(?:option|choice|letter)\s+)?(?:{closed}|{bare}|{lone})"
    verb = r"(?:is|was|would be|should be|must be)?"
    said = rf"\s*(?:(?:choice|option|letter)\b\s*)?{verb}\s*[:=\-–—]*\s*"
    named = r"(?:correct|best|right|most likely|most appropriate)\s+(?:option|choice|one)"
    chosen = r"\b(?:I\s+(?:would\s+)?(?:choose|pick|select|go with|answer))"
    return {
        "json": re.compile(rf'"(?:final_)?(?:answer|choice)"\s*:\s*"?\(?(?P<letter>[{letters}])\b'),
        "boxed": re.compile(rf"\\boxed\{{\s*\(?(?P<letter>[{letters}])\b"),
        "final": re.compile(rf"(?i:\bfinal\s+answer{said}){choice}"),
        "stated": re.compile(rf"(?i:\banswer{said}|\b{named}{said}|{chosen}\s+){choice}"),
        "alone": re.compile(rf"\A[(\[]?(?P<letter>[{letters}])[)\].:]*\Z"),
        "alone, small": re.compile(rf"\A[(\[]?(?P<letter>[{letters.lower()}])[)\].:]*\Z"),
        "line": re.compile(
            rf"^\s*(?:[(\[]\s*(?P<letter>[{letters}])\s*[)\]]|(?P<closed>[{letters}])[).:])(?:\s+|$)"
            r"(?P<rest>.*)$",
            re.MULTILINE,
        ),
        "words": re.compile(rf"(?i:\bfinal\s+answer{said}|\banswer{said})(?P<rest>[^\n]*)"),
        "mention": re.compile(
            rf"\((?P<letter>[{letters}])\)|\b[Oo]ption\s+(?P<closed>[{letters}])\b"
        ),
        "more": re.compile(
            rf"\s*[)\]]?\s*(?:,|/|&|or\b|and\b)+\s*(?:option\s+)?[(\[]?[{letters}](?![\w'’])"
        ),
    }


def _pattern(name: str, options: Options) -> re.Pattern[str]:
    return _patterns("".join(options))[name]


def _letter(found: re.Match[str]) -> str:
    named = found.groupdict()
    return str(
        next(named[name] for name in ("letter", "closed", "lone") if named.get(name))
    ).upper()


def _stated(name: str) -> Rule:
    """The last statement of this form; one that names two options says none."""

    def rule(text: str, options: Options) -> str | None:
        stated = [
            found
            for found in _pattern(name, options).finditer(text)
            if not _DENIED.search(text[: found.start()])
        ]
        if not stated:
            return None
        last = stated[-1]
        more = _pattern("more", options).match(text, last.end())
        return _SEVERAL if more else _letter(last)

    return rule


def _alone(text: str, options: Options) -> str | None:
    found = _pattern("alone", options).match(text) or _pattern("alone, small", options).match(text)
    return _letter(found) if found else None


def _line(text: str, options: Options) -> str | None:
    """The one option that a line begins with: “B. Aspirin”; a list of options chooses none, and
    neither does what goes on as a sentence: “(A) is not given”.
    """
    letters = set()
    for found in _pattern("line", options).finditer(text):
        letter, rest = _letter(found), found["rest"]
        if not rest[:1].islower() or _plain(rest).startswith(_plain(options[letter])):
            letters.add(letter)
    return letters.pop() if len(letters) == 1 else None


def _stated_text(text: str, options: Options) -> str | None:
    """The option whose text the last statement gives instead of a letter: “Answer: yes”."""
    stated = [each["rest"] for each in _pattern("words", options).finditer(text)]
    return _option_text(stated[-1], options) if stated else None


def _last_line(text: str, options: Options) -> str | None:
    return _alone(text.rsplit("\n", 1)[-1].strip(), options) if "\n" in text else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _option_text(text: str, options: Options) -> str | None:
    """The option whose text is the whole reply, or its beginning up to a comma or an end."""
    beginning = _plain(re.split(r"[,.;:\n]", text, maxsplit=1)[0])
    for said in (_plain(text), beginning):
        same = [letter for letter, option in options.items() if said and _plain(option) == said]
        if len(same) == 1:
            return same[0]
    return None


def _text_at_end(text: str, options: Options) -> str | None:
    """The one option whose text the last sentence holds; of one within another, the longer."""
    sentences = [each for each in _SENTENCE_END.split(text) if each.strip()]
    last = f" {_plain(sentences[-1])} " if sentences else ""
    held = {
        letter: plain
        for letter, option in options.items()
        if len(plain := _plain(option)) >= _SHORTEST_TEXT and f" {plain} " in last
    }
    longest = [
        letter
        for letter, plain in held.items()
        if not any(plain in other and plain != other for other in held.values())
    ]
    return longest[0] if len(longest) == 1 else None


def _only_mention(text: str, options: Options) -> str | None:
    letters = {_letter(found) for found in _pattern("mention", options).finditer(text)}
    return letters.pop() if len(letters) == 1 else None


_RULES: tuple[tuple[str, Rule], ...] = (
    ("json", _stated("json")),
    ("boxed", _stated("boxed")),
    ("final answer", _stated("final")),
    ("stated answer", _stated("stated")),
    ("stated text", _stated_text),
    ("letter alone", _alone),
    ("last line", _last_line),
    ("line begins with letter", _line),
    ("option's text", _option_text),
    ("text in the last sentence", _text_at_end),
    ("only letter mentioned", _only_mention),
)
