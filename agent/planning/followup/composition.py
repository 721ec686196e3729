"""A follow-up with what it lacks taken from the question that it means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.language.question_words import key_words
from agent.plan import Meanings
from agent.planning.followup.dependence import depends
from agent.planning.followup.exchange import corrected, exchanged_one, narrowed
from agent.planning.followup.questions import advised, asked_of, compared, limited, pointed, reason
from agent.planning.followup.recognition import goes_back, points_back
from agent.planning.followup.wording import (
    ABOUT,
    ASKS,
    FRAME,
    LED,
    NOT,
    NOT_BUT,
    OF_THE,
    OPENS,
    POINTS_TO,
    PREPOSITION,
    SAYS_WRONG,
    TRAILING,
    cut,
    plain_text,
    starts,
    telling_words,
    tidied,
    topic,
)
from agent.planning.parts import Kind, Parts, kind_of, read_parts, span_of
from agent.planning.pico import CHANGE
from agent.planning.replacement import lost, nearest_of

_HOLDS = r"^(?:is|are|does|do|would|will) (?:it|this|that|they|these|the same|those) (?:also |still |be |hold |really )*(?:true|apply|applies|hold|the same|so|valid|the case|different)?(?: also| true| up)? ?(?=(?:in|for|to|with)\b)"
# So few words that are gone can be said behind the rest.
_FEW_GONE = 2
_ASKED_FOR = r"risk factors?|causes?|predictors?|symptoms?|signs|complications?|side effects?|prevalence|incidence|prognosis|diagnosis|guidelines?"


class LocalRewriter:
    """The rules of this module, as a `Rewriter`.

    What they do not recognise as a follow-up, but `depends` does, keeps its words, with the
    question before it in brackets.
    """

    def rewrite(
        self, question: str, previous: Sequence[str], meanings: Meanings | None = None
    ) -> str:
        asked = " ".join(question.split())
        if not previous:
            return asked
        if points_back(asked):
            return tidied(_joined(asked, previous, meanings))
        if meanings and depends(asked, meanings([asked])):
            return tidied(f"{plain_text(asked)} ({topic(previous[-1].rstrip('?!. '))})")
        return asked


def _joined(asked: str, previous: Sequence[str], meanings: Meanings | None) -> str:
    """The follow-up with what it lacks taken from the question that it means."""
    text, base, about = plain_text(asked), previous[-1].rstrip("?!. "), ""
    if found := starts(OF_THE, text):
        done = [e for e in previous if re.search(_PROCEDURE, e, re.IGNORECASE)]
        operated = re.match(r"operation|surgery|procedure", found["noun"], re.IGNORECASE) and done
        base = nearest_of(found["noun"], done if operated else list(previous), meanings)
        base = base.rstrip("?!. ")
        text = text[found.end() :]
    elif goes_back(text):
        text, base, about = _returned(text, [each.rstrip("?!. ") for each in previous])
        if not text:
            return base
    elif len(previous) > 1 and len(telling_words(base)) <= 1 and kind_of(base) is Kind.UNKNOWN:
        # "which device is used most", asked of the question before, says too little by itself.
        base = f"{base} ({topic(previous[-2].rstrip('?!. '))})"
    parts = _parts_of(base)
    if found := starts(SAYS_WRONG, text):
        return corrected(text[found.end() :], base, parts, meanings)
    instead = re.search(NOT, text, re.IGNORECASE)
    if starts(NOT_BUT, text) or (instead and instead["old"].casefold() in base.casefold()):
        return corrected(text, base, parts, meanings)
    text = cut(OPENS, text)
    if found := starts(_HOLDS, text):
        text = cut("^to ", text[found.end() :])
        text = text if starts(rf"{PREPOSITION} ", text) else f"in {text}"
    text = cut("^of ", cut(ABOUT, text)).strip(" ,")
    if about:
        named = span_of(Kind.TREATMENT, base) or parts.intervention or parts.subject
        filled = re.sub(POINTS_TO, lambda _: named, text, count=1, flags=re.IGNORECASE)
        return filled if filled != text else f"{text} with {named}"
    return (
        reason(text, base)
        or compared(text, base, parts, previous)
        or limited(text, base)
        or advised(text, base)
        or _whole(text, base, parts, pointed(text, base, parts))
        or _whole(text, base, parts, asked_of(text, base, parts, previous))
        or narrowed(text, base, parts, meanings)
        or exchanged_one(cut(TRAILING, text), base, parts, meanings)
    )


def _whole(text: str, base: str, parts: Parts, composed: str) -> str:
    """What was composed, or where it lost what the last question was about, the text with that question."""
    if not composed:
        return ""
    gone = set(lost(base, composed))
    own = [each for each in read_parts(text).context if str(each) in text]
    if any(each.kind in {Kind.GROUP, Kind.DISEASE} for each in own):
        gone &= set(parts.intervention.split())
    if kind_of(parts.outcome) is Kind.OUTCOME:
        gone -= set(parts.outcome.split())
    # The verb of the last question may go.
    verb = re.search(rf"{re.escape(parts.intervention or '?')} (\w+)", base)
    gone -= {verb[1] if verb else "", *(word for word in gone if starts(rf"{CHANGE}$", word))}
    gone = {word for word in gone if word.casefold() not in FRAME}
    if starts(rf"(?:what|which|how)?.*(?:{_ASKED_FOR})", parts.outcome):
        gone -= set(parts.outcome.split())
    named = parts.intervention
    # Read as one thing, a whole sentence was not understood.
    whole = starts(ASKS, base) and (base in composed or re.search(rf" {CHANGE} ", named))
    if not gone and not whole:
        return composed
    if not whole and named and named in composed and len(gone) <= _FEW_GONE:
        return f"{composed} ({' '.join(word for word in base.split() if word.strip('?,.;:()') in gone)})"
    return f"{text} ({topic(base)})"


def _parts_of(base: str) -> Parts:
    """The parts of a question that may itself have been made from two: "How long (aspirin in MI)"."""
    head, _, added = base.partition(" (")
    return read_parts(added.rstrip(")") if added and points_back(head) else head)


def _returned(text: str, previous: list[str]) -> tuple[str, str, str]:
    """(what is left of the text, the question that it goes back to, the noun it is about)."""
    found = starts(LED, text)
    assert found is not None
    rest, noun = text[found.end() :].strip(" ,:;-–—"), (found["noun"] or "").casefold()
    base = previous[0]
    rest = re.sub(r"^((?:the )?(?:[\w-]+ ){1,3})again\b[\s,:;–—-]*", r"\1- ", rest)
    if not re.search(r"first|1st|original|earlier|initial|previous|former|other", found.group(), re.IGNORECASE):  # fmt: skip
        named, _, left = rest.partition(",") if "," in rest else _colon(rest)
        words = {word.casefold().rstrip("s")[:5] for word in key_words(named)}
        base = max(previous, key=lambda each: sum(word in each.casefold() for word in words))
        if all(word in base.casefold() for word in words):
            rest = left.strip()
    of_thing = noun in {"drug", "treatment", "test", "med", "medication", "agent", "intervention"}
    return rest, base, noun if of_thing and kind_of(rest) is not Kind.GROUP else ""


def _colon(text: str) -> tuple[str, str, str]:
    pieces = re.split(r"[:;?]\s|\s[-–—]+\s", text, maxsplit=1)
    return pieces[0], "", pieces[1] if len(pieces) > 1 else ""


_PROCEDURE = r"\b(?:surgery|surgical|replacement|operation|repair|transplant\w*|section|resection|bypass|\w+ectomy|\w+plasty|\w+scopy|\w+otomy)\b"
