"""ClinicalTrials.gov records (JSON of its API, version 2): trials with and without results.

Registered trials have designs of their own: one without results states only what was planned and
cannot answer a question. The layout is described at https://clinicaltrials.gov/data-api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpora.article import Article, Author, BadRecord, Record, Section
from corpora.dates import iso_date
from corpora.evidence_level import REGISTERED, REGISTERED_WITH_RESULTS
from corpora.readers.fields import one_line

_MOST_OUTCOMES = 20


def is_trial(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("protocolSection"), Mapping)


def read_trial(value: Mapping[str, Any], position: int, line: int) -> Iterator[Record]:
    """The record of one trial; its NCT number is its identifier."""
    protocol = _Node(value.get("protocolSection"))
    number = protocol.text("identificationModule", "nctId")
    title = protocol.text("identificationModule", "officialTitle") or protocol.text(
        "identificationModule", "briefTitle"
    )
    if not number:
        yield BadRecord(position, "", "no NCT number", line)
        return
    results = _Node(value.get("resultsSection"))
    reported = bool(results.value)
    status = protocol.node("statusModule")
    published = iso_date(
        status.text("resultsFirstPostDateStruct", "date")
        or status.text("studyFirstPostDateStruct", "date")
        or status.text("startDateStruct", "date")
    )
    revised = iso_date(status.text("lastUpdatePostDateStruct", "date"))
    sponsor = protocol.text("sponsorCollaboratorsModule", "leadSponsor", "name")
    sections = [s for s in (*_planned(protocol), *_results(results)) if s.text]
    yield Article(
        pmid=number,
        title=title,
        sections=tuple(sections),
        journal="ClinicalTrials.gov",
        year=int(published[:4] or 0),
        published=published,
        authors=(Author(collective=sponsor),) if sponsor else (),
        publication_types=(REGISTERED_WITH_RESULTS if reported else REGISTERED,),
        keywords=tuple(
            dict.fromkeys(
                (
                    *protocol.texts("conditionsModule", "conditions"),
                    *protocol.texts("conditionsModule", "keywords"),
                )
            )
        ),
        revised=revised,
        sources=("ClinicalTrials.gov",),
    )


def _planned(protocol: _Node) -> Iterator[Section]:
    yield Section("BRIEF SUMMARY", protocol.text("descriptionModule", "briefSummary"), "BACKGROUND")
    design = protocol.node("designModule")
    kinds = [
        design.text("studyType").capitalize(),
        ", ".join(phase.replace("PHASE", "phase ") for phase in design.texts("phases")),
        design.text("designInfo", "allocation").lower().replace("_", " "),
        design.text("designInfo", "maskingInfo", "masking").lower().replace("_", " ") + " masking"
        if design.text("designInfo", "maskingInfo", "masking")
        else "",
    ]
    count, kind = design.text("enrollmentInfo", "count"), design.text("enrollmentInfo", "type")
    people = f"{count} participants ({kind.lower()})" if count and kind else ""
    summary = ", ".join(part for part in (*kinds, people) if part)
    overall = protocol.text("statusModule", "overallStatus").lower().replace("_", " ")
    yield Section(
        "DESIGN", f"{summary}. Status: {overall}." if summary and overall else summary, "METHODS"
    )
    arms = [
        ": ".join(part for part in (arm.text("name"), arm.text("description")) if part)
        for arm in protocol.nodes("armsInterventionsModule", "interventions")
    ]
    yield Section("INTERVENTIONS", _sentences(arms), "METHODS")
    outcomes = [
        outcome.text("measure")
        + (f" ({outcome.text('timeFrame')})" if outcome.text("timeFrame") else "")
        for outcome in protocol.nodes("outcomesModule", "primaryOutcomes")
    ]
    yield Section("PRIMARY OUTCOMES", _sentences(outcomes), "METHODS")
    yield Section(
        "ELIGIBILITY", protocol.text("eligibilityModule", "eligibilityCriteria"), "METHODS"
    )


def _results(results: _Node) -> Iterator[Section]:
    """One sentence per measured outcome, with the figure of each group."""
    sentences = []
    for outcome in results.nodes("outcomeMeasuresModule", "outcomeMeasures")[:_MOST_OUTCOMES]:
        groups = {group.text("id"): group.text("title") for group in outcome.nodes("groups")}
        unit = outcome.text("unitOfMeasure")
        for classes in outcome.nodes("classes"):
            for category in classes.nodes("categories"):
                figures = [
                    f"{groups.get(value.text('groupId'), '')} {value.text('value')}".strip()
                    + (
                        f" ({value.text('lowerLimit')} to {value.text('upperLimit')})"
                        if value.text("lowerLimit")
                        else ""
                    )
                    for value in category.nodes("measurements")
                ]
                name = ", ".join(
                    filter(
                        None, (outcome.text("title"), classes.text("title"), category.text("title"))
                    )
                )
                if figures:
                    sentences.append(f"{name}: {'; '.join(figures)}" + (f" {unit}" if unit else ""))
    yield Section("RESULTS", _sentences(sentences), "RESULTS")


def _sentences(texts: list[str]) -> str:
    return " ".join(text if text.endswith(".") else f"{text}." for text in texts if text.strip())


class _Node:
    """A JSON value whose fields may all be missing."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401
        self.value = value if isinstance(value, Mapping) else {}

    def _at(self, path: tuple[str, ...]) -> Any:  # noqa: ANN401
        value: Any = self.value
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def node(self, *path: str) -> _Node:
        return _Node(self._at(path))

    def nodes(self, *path: str) -> list[_Node]:
        value = self._at(path)
        return (
            [_Node(item) for item in value if isinstance(item, Mapping)]
            if isinstance(value, list)
            else []
        )

    def text(self, *path: str) -> str:
        value = self._at(path)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return ""
        return one_line(str(value))

    def texts(self, *path: str) -> list[str]:
        value = self._at(path)
        if not isinstance(value, list):
            return []
        return [one_line(item) for item in value if isinstance(item, str)]
