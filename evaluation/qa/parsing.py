"""Parse the option chosen in a free-text reply.

Rules are tried in order; all but the last two match explicit statements of a choice. A reply that
names two options where it should name one chooses none, rather than guessing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """The option's letter, None if none can be parsed, and the rule that matched."""

    letter: str | None
    rule: str = "none"


Options = Mapping[str, str]
Rule = Callable[[str, Options], str | None]

_MARKUP = re.compile(r"\\text(?:bf)?\{([^{}]*)\}|[*`$]+|(?<!\w)_+|_+(?!\w)")
_DENIED = re.compile(r"\b(?:incorrect|wrong|not (?:the|an?)(?: \w+)?)\s+$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
# Shorter option texts, such as “no”, occur by chance.
_SHORTEST_TEXT = 5


def parse_choice(reply: str, options: Options) -> ParsedReply:
    """The option that a reply chooses. `options` are texts by letter."""
    text = _MARKUP.sub(lambda match: match[1] or "", unicodedata.normalize("NFKC", reply)).strip()
    for name, rule in _RULES:
        if letter := rule(text, options):
            return ParsedReply(None if letter == _SEVERAL else letter, name)
    return ParsedReply(None)


_SEVERAL = "several"


@cache
def _patterns(letters: str) -> dict[str, re.Pattern[str]]:
    # A and I are also words: “the answer is a beta blocker”, “Answer: I think …”.
    word = r"(?<![A-Za-z])(?![AI]\s+[a-z])"
    bare = rf"{word}(?P<letter>[{letters}])(?![\w'’])"
    closed = rf"[(\[{{]\s*(?P<closed>[{letters}{letters.lower()}])\s*[)\]}}]"
    lone = rf"(?P<lone>[{letters.lower()}])\s*[.)]?\s*(?:\n|$)"
    choice = rf"(?:(?:option|choice|letter)\s+)?(?:{closed}|{bare}|{lone})"
    verb = r"(?:is|was|would be|should be|must be)?"
    link = rf"\s*(?:(?:choice|option|letter)\b\s*)?{verb}\s*[:=\-–—]*\s*"
    named = r"(?:correct|best|right|most likely|most appropriate)\s+(?:option|choice|one)"
    chosen = r"\b(?:I\s+(?:would\s+)?(?:choose|pick|select|go with|answer))"
    return {
        "json": re.compile(rf'"(?:final_)?(?:answer|choice)"\s*:\s*"?\(?(?P<letter>[{letters}])\b'),
        "boxed": re.compile(rf"\\boxed\{{\s*\(?(?P<letter>[{letters}])\b"),
        "final": re.compile(rf"(?i:\bfinal\s+answer{link}){choice}"),
        "stated": re.compile(rf"(?i:\banswer{link}|\b{named}{link}|{chosen}\s+){choice}"),
        "alone": re.compile(rf"\A[(\[]?(?P<letter>[{letters}])[)\].:]*\Z"),
        "alone, small": re.compile(rf"\A[(\[]?(?P<letter>[{letters.lower()}])[)\].:]*\Z"),
        "line": re.compile(
            rf"^\s*(?:[(\[]\s*(?P<letter>[{letters}])\s*[)\]]|(?P<closed>[{letters}])[).:])(?:\s+|$)"
            r"(?P<rest>.*)$",
            re.MULTILINE,
        ),
        "words": re.compile(rf"(?i:\bfinal\s+answer{link}|\banswer{link})(?P<rest>[^\n]*)"),
        "mention": re.compile(
            rf"\((?P<letter>[{letters}])\)|\b[Oo]ption\s+(?P<closed>[{letters}])\b"
        ),
        "more": re.compile(
            rf"\s*[)\]]?\s*(?:,|/|&|or\b|and\b)+\s*(?:option\s+)?[(\[]?[{letters}](?![\w'’])"
        ),
    }


def _pattern(name: str, options: Options) -> re.Pattern[str]:
    return _patterns("".join(options))[name]


def _letter(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return str(
        next(groups[name] for name in ("letter", "closed", "lone") if groups.get(name))
    ).upper()


def _stated(name: str) -> Rule:
    """The last statement of this form; one that names two options chooses none."""

    def rule(text: str, options: Options) -> str | None:
        stated = [
            match
            for match in _pattern(name, options).finditer(text)
            if not _DENIED.search(text[: match.start()])
        ]
        if not stated:
            return None
        last = stated[-1]
        more = _pattern("more", options).match(text, last.end())
        return _SEVERAL if more else _letter(last)

    return rule


def _alone(text: str, options: Options) -> str | None:
    match = _pattern("alone", options).match(text) or _pattern("alone, small", options).match(text)
    return _letter(match) if match else None


def _line(text: str, options: Options) -> str | None:
    """The only option that a line begins with: “B. Aspirin”; a list of options chooses none, nor
    does a line that continues as a sentence: “(A) is not given”.
    """
    letters = set()
    for match in _pattern("line", options).finditer(text):
        letter, rest = _letter(match), match["rest"]
        if not rest[:1].islower() or _plain(rest).startswith(_plain(options[letter])):
            letters.add(letter)
    return letters.pop() if len(letters) == 1 else None


def _stated_text(text: str, options: Options) -> str | None:
    """The option whose text the last statement gives instead of a letter: “Answer: yes”."""
    stated = [match["rest"] for match in _pattern("words", options).finditer(text)]
    return _option_text(stated[-1], options) if stated else None


def _last_line(text: str, options: Options) -> str | None:
    return _alone(text.rsplit("\n", 1)[-1].strip(), options) if "\n" in text else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _option_text(text: str, options: Options) -> str | None:
    """The option whose text is the whole reply, or its beginning up to punctuation."""
    beginning = _plain(re.split(r"[,.;:\n]", text, maxsplit=1)[0])
    for words in (_plain(text), beginning):
        same = [letter for letter, option in options.items() if words and _plain(option) == words]
        if len(same) == 1:
            return same[0]
    return None


def _text_at_end(text: str, options: Options) -> str | None:
    """The only option whose text is in the last sentence; of nested texts, the longer."""
    sentences = [part for part in _SENTENCE_END.split(text) if part.strip()]
    last = f" {_plain(sentences[-1])} " if sentences else ""
    contained = {
        letter: plain
        for letter, option in options.items()
        if len(plain := _plain(option)) >= _SHORTEST_TEXT and f" {plain} " in last
    }
    longest = [
        letter
        for letter, plain in contained.items()
        if not any(plain in other and plain != other for other in contained.values())
    ]
    return longest[0] if len(longest) == 1 else None


def _only_mention(text: str, options: Options) -> str | None:
    letters = {_letter(match) for match in _pattern("mention", options).finditer(text)}
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
