"""A screening as the flow diagram of PRISMA 2020."""

from __future__ import annotations

from ui.render.flow_chart import Stage, flow_chart
from ui.services.screening import Screening
from ui.services.screening_order import FlowNumbers, flow_numbers


def flow_svg(screening: Screening) -> str:
    """The diagram of a screening of titles and abstracts; full texts are no part of it.

    Raises:
        BadInput: there are two reviewers, of whom one has not finished.
    """
    return flow_chart(_stages(flow_numbers(screening)), f"PRISMA 2020 flow: {screening.name}")


def _stages(numbers: FlowNumbers) -> list[Stage]:
    sources = [f"{name} (n = {count:,})" for name, count in numbers.by_source.items()]
    reasons = [f"{reason} (n = {count:,})" for reason, count in numbers.reasons.items()]
    left = (
        [f"Not screened, undecided or in conflict (n = {numbers.open:,})"] if numbers.open else []
    )
    return [
        Stage(
            "Identification",
            [f"Records identified (n = {numbers.identified:,}):", *sources],
            [
                "Records removed before screening:",
                f"Duplicate records removed (n = {numbers.duplicates:,})",
            ],
        ),
        Stage(
            "Screening",
            [f"Records screened (n = {numbers.screened:,})", *left],
            [f"Records excluded (n = {numbers.excluded:,}):", *reasons]
            if numbers.excluded
            else ["Records excluded (n = 0)"],
        ),
        Stage("Included", [f"Records included on title and abstract (n = {numbers.included:,})"]),
    ]
