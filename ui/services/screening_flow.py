"""Draw a screening as a PRISMA 2020 flow diagram."""

from __future__ import annotations

from ui.render.flow_chart import FlowStage, flow_chart
from ui.services.screening import Screening
from ui.services.screening_order import FlowNumbers, flow_numbers


def flow_svg(screening: Screening) -> str:
    """Draw the flow diagram of a title and abstract screening, without full texts, as SVG.

    Raises:
        BadInput: there are two reviewers, and one has not finished.
    """
    return flow_chart(_stages(flow_numbers(screening)), f"PRISMA 2020 flow: {screening.name}")


def _stages(numbers: FlowNumbers) -> list[FlowStage]:
    sources = [f"{name} (n = {count:,})" for name, count in numbers.by_source.items()]
    reasons = [f"{reason} (n = {count:,})" for reason, count in numbers.reasons.items()]
    remaining = (
        [f"Not screened, undecided or in conflict (n = {numbers.open:,})"] if numbers.open else []
    )
    return [
        FlowStage(
            "Identification",
            [f"Records identified (n = {numbers.identified:,}):", *sources],
            [
                "Records removed before screening:",
                f"Duplicate records removed (n = {numbers.duplicates:,})",
            ],
        ),
        FlowStage(
            "Screening",
            [f"Records screened (n = {numbers.screened:,})", *remaining],
            [f"Records excluded (n = {numbers.excluded:,}):", *reasons]
            if numbers.excluded
            else ["Records excluded (n = 0)"],
        ),
        FlowStage(
            "Included", [f"Records included on title and abstract (n = {numbers.included:,})"]
        ),
    ]
