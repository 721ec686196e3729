"""Render records as short texts shared by all renderers: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.answer import Label, Verdict
from agent.judging import JUDGING_CHECK
from corpora.article import Article, NoticeKind
from corpora.sample_size import shown_size
from ui.render.inline import inline_markdown

if TYPE_CHECKING:
    from agent.assistant import Step
    from retrieval.filters import Filters

DISCLAIMER = "For research. Not for decisions about anyone's diagnosis or treatment."

_MOST_AUTHORS = 3


def reference(article: Article) -> str:
    """Return authors, journal, year and identifier on one line."""
    names = [author.short for author in article.authors[:_MOST_AUTHORS]]
    if len(article.authors) > _MOST_AUTHORS:
        names.append("et al")
    parts = [", ".join(names), article.journal_abbreviation or article.journal]
    parts.append(str(article.year) if article.year else "year unknown")
    parts.append(article.named)
    return ". ".join(part.rstrip(".") for part in parts if part)


def years_spanned(years: tuple[int, int]) -> str:
    """Format first and last year: "2011–2021", or "2021" if equal."""
    return "–".join(dict.fromkeys(map(str, years)))


def name_and_year(article: Article) -> str:
    """Return the short name of an article: "Kow 2021"."""
    first = article.authors[0] if article.authors else None
    name = (first.collective or first.last) if first else ""
    return f"{name or article.named or article.title[:40]} {article.year or ''}".strip()


def notice_line(article: Article) -> str:
    """Return the article's editorial notices, "" if there are none."""
    notices = []
    for kind, words in (
        (NoticeKind.RETRACTED, "RETRACTED"),
        (NoticeKind.CONCERN, "EXPRESSION OF CONCERN"),
        (NoticeKind.CORRECTED, "CORRECTED"),
    ):
        for notice in article.own_notices:
            if notice.kind is kind:
                place = f"PMID {notice.pmid}" if notice.pmid else ""
                place = place or (f"doi:{notice.doi}" if notice.doi else "")
                notices.append(words + (f" ({place})" if place else ""))
    return "; ".join(notices)


def study_line(article: Article) -> str:
    """Return design, size and year of a study: "Randomised trial, n = 204, 2021"."""
    size = shown_size(article)
    parts = [article.design.level.label, size.label if size else "", str(article.year or "")]
    return ", ".join(part for part in parts if part)


def tally(labels: Sequence[Label]) -> str:
    """Count the labels, best first: "2 quoted, 1 contradicted"."""
    return ", ".join(f"{labels.count(label)} {label.word}" for label in Label if label in labels)


def marked(label: Label, sentence: str) -> str:
    """Prefix a sentence with the sign of its label; put a quotation in quotation marks."""
    return f"“{sentence}”" if label is Label.QUOTED else f"{label.sign} {sentence}"


def describe_step(step: Step) -> str:
    """Describe a completed step of the graph in a line."""
    update = step.update
    if "evidence" in update and step.node == "retrieve":
        return f"Found {len(update.get('seen', ()))} articles; reading…"
    if "reading" in update:
        return f"{len(update['reading'].sentences)} sentences read; writing…"
    if update.get("quoted"):
        return "Quoting the articles…"
    if "claims" in update:
        return f"Checking {len(update['claims'])} sentences…"
    if update.get("turned_away"):
        return "Not a question for the literature…"
    if "plan" in update:
        return f"Searching with {len(update['plan'].latest)} queries…"
    return "Planning…" if step.node in {"rewrite", "triage"} else "Finishing…"


def filters_line(filters: Filters) -> str:
    """Describe the filters that are set: "2019–2021, Randomised trial"; "" if none is."""
    first, last = filters.first_year, filters.last_year
    years = ""
    if first is not None and last is not None:
        years = years_spanned((first, last))
    elif first is not None:
        years = f"since {first}"
    elif last is not None:
        years = f"until {last}"
    parts = [
        years,
        *(level.label for level in filters.designs),
        *filters.publication_types,
        *filters.journals,
        *map(language_name, filters.languages),
        *filters.mesh,
        "studies in people" if filters.people_only else "",
        "with retracted articles" if filters.include_retracted else "",
    ]
    return ", ".join(part for part in parts if part)


_LANGUAGES = {
    "eng": "English", "fre": "French", "ger": "German", "spa": "Spanish", "por": "Portuguese",
    "ita": "Italian", "rus": "Russian", "jpn": "Japanese", "chi": "Chinese", "pol": "Polish",
    "dut": "Dutch", "cze": "Czech", "dan": "Danish", "swe": "Swedish", "nor": "Norwegian",
    "fin": "Finnish", "hun": "Hungarian", "tur": "Turkish", "kor": "Korean", "heb": "Hebrew",
    "gre": "Greek", "rum": "Romanian", "ukr": "Ukrainian", "bul": "Bulgarian", "hrv": "Croatian",
    "scr": "Croatian", "srp": "Serbian", "slo": "Slovak", "slv": "Slovenian", "per": "Persian",
    "ara": "Arabic", "lit": "Lithuanian", "cat": "Catalan", "vie": "Vietnamese", "tha": "Thai",
    "und": "language unknown", "mul": "several languages",
}  # fmt: skip


def language_name(code: str) -> str:
    """Return the English name of a MEDLINE language code; rare codes are returned as they are."""
    return _LANGUAGES.get(code.casefold(), code)


def markdown_text(text: str) -> str:
    """Render text as Markdown; Markdown, HTML and LaTeX in it are inert (`ui.render.inline`)."""
    return inline_markdown(text)


def findings_of(verdict: Verdict) -> str:
    """Return the findings of a verdict's checks: "numbers: 5 against 6; …".

    A discounted judgement of the language model is omitted; it is in the notes on the answer.
    """
    shown = (check for check in verdict.checks if check.name != JUDGING_CHECK)
    return "; ".join(f"{check.name}: {check.finding}" for check in shown)


def reason_of(verdict: Verdict) -> str:
    """Return why a sentence is flagged, as its label in words with findings; "" if it is not."""
    if verdict.label.carries:
        return ""
    return ": ".join(filter(None, (verdict.label.word, findings_of(verdict))))
