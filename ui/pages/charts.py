"""Charts of result sets; the only module that imports altair.

Each chart's numbers are also available as a table, for accessibility.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import streamlit as st

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from retrieval.projection import Atlas
from ui.render import markup
from ui.render.inline import inline_plain
from ui.render.text import name_and_year

_BLUE = "#3d86b5"
# Legible on both themes.
_GREY = "#7f8790"
# Distinguishable with most forms of colour vision, on white and on near black (after Okabe and Ito,
# 2008); the table lists the groups too, so colour is never the only cue.
_COLOURS = ("#3d86b5", "#d98200", "#109470", "#c06aa8", "#8a7d00", "#cf5b3a", "#7a74d6", "#7f8790")


def years_chart(counts: Mapping[int, int]) -> None:
    """Draw papers per year; years without papers appear as gaps."""
    if not counts:
        return
    years = range(min(counts), max(counts) + 1)
    data = [{"year": str(year), "papers": counts.get(year, 0)} for year in years]
    shown = [str(year) for year in years[:: max(1, len(years) // 12)]]
    chart = (
        alt.Chart(_data(data), height=220)
        .mark_bar(color=_BLUE)
        .encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, values=shown)),
            y=alt.Y("papers:Q", title="papers", axis=alt.Axis(tickMinStep=1, format=",d")),
            tooltip=[alt.Tooltip("year:O", title="Year"), alt.Tooltip("papers:Q", title="Papers")],
        )
    )
    _drawn(chart, "Papers per year, as bars; the table has the same numbers")
    rows = [(str(year), f"{counts[year]:,}") for year in sorted(counts, reverse=True)]
    _as_table(("Year", "Papers"), rows, "Papers per year")


def pyramid(counts: Mapping[EvidenceLevel, int]) -> None:
    """Draw the evidence pyramid: one layer per study design, the strongest on top."""
    levels = [level for level in EvidenceLevel if level is not EvidenceLevel.UNSTATED]
    data = [
        {"design": level.label, "papers": counts.get(level, 0), "half": counts.get(level, 0) / 2}
        for level in levels
    ]
    base = alt.Chart(_data(data), height=26 * len(levels)).encode(
        y=alt.Y(
            "design:N",
            sort=[level.label for level in levels],
            title=None,
            axis=alt.Axis(labelLimit=220, ticks=False, domain=False, labelPadding=8),
        ),
        tooltip=[
            alt.Tooltip("design:N", title="Study design"),
            alt.Tooltip("papers:Q", title="Papers", format=",d"),
        ],
    )
    axis = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    widest = max(1, *(counts.get(level, 0) for level in levels))
    scale = alt.Scale(domain=[-0.55 * widest, 0.7 * widest])  # room for the numbers
    bars = (
        base.transform_calculate(low="-datum.half")
        .mark_bar(color=_BLUE)
        .encode(x=alt.X("low:Q", title=None, axis=axis, scale=scale), x2="half:Q")
    )
    numbers = base.mark_text(align="left", dx=5, color=_GREY).encode(
        x=alt.X("half:Q", axis=axis, scale=scale), text=alt.Text("papers:Q", format=",d")
    )
    _drawn(bars + numbers, "Papers by study design, the strongest on top")
    unstated = counts.get(EvidenceLevel.UNSTATED, 0)
    if unstated:
        st.caption(f"{unstated:,} more do not state a design.")
    rows = [(level.label, f"{counts[level]:,}") for level in EvidenceLevel if counts.get(level)]
    _as_table(("Study design", "Papers"), rows, "Papers by study design")


def atlas_map(atlas: Atlas, articles: Sequence[Article], key: str) -> str | None:
    """Draw articles as points, similar ones close together; return the PMID of the one clicked."""
    data = [
        {
            "x": float(x), "y": float(y), "group": atlas.names[group], "pmid": article.pmid,
            "title": inline_plain(article.title), "who": name_and_year(article),
            "design": article.design.level.label,
            "state": "Retracted" if article.retracted else "",
        }
        for (x, y), group, article in zip(
            atlas.places.tolist(), atlas.groups.tolist(), articles, strict=True
        )
    ]  # fmt: skip
    chosen = alt.selection_point(name="opened", fields=["pmid"], on="click", empty=False)
    blank = alt.Axis(labels=False, ticks=False, grid=False, domain=False)
    points = (
        alt.Chart(_data(data), height=460)
        .mark_point(filled=True, size=55, opacity=0.75, cursor="pointer")
        .encode(
            x=alt.X("x:Q", title=None, axis=blank),
            y=alt.Y("y:Q", title=None, axis=blank),
            color=alt.Color(
                "group:N",
                sort=list(atlas.names),
                scale=alt.Scale(domain=list(atlas.names), range=list(_COLOURS)),
                legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=340),
            ),
            shape=alt.condition(
                "datum.state == 'Retracted'", alt.value("cross"), alt.value("circle")
            ),
            tooltip=[
                alt.Tooltip("title:N", title="Title"), alt.Tooltip("who:N", title="By"),
                alt.Tooltip("design:N", title="Design"), alt.Tooltip("state:N", title="Notice"),
            ],
        )
        .add_params(chosen)
    )  # fmt: skip
    event = st.altair_chart(
        points,
        key=key,
        on_select="rerun",
        selection_mode="opened",
        alt="A map of the articles; the table lists them by group",
    )
    rows = [
        (name, f"{sum(row['group'] == name for row in data):,}", _examples(data, name))
        for name in atlas.names
    ]
    _as_table(("Group", "Articles", "Such as"), rows, "The groups of the map")
    picked = event["selection"].get("opened") or []
    return str(picked[0]["pmid"]) if picked else None


def _data(rows: Sequence[Mapping[str, object]]) -> alt.Data:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _examples(data: Sequence[Mapping[str, object]], name: str) -> str:
    return "; ".join([str(row["title"]) for row in data if row["group"] == name][:2])


def _drawn(chart: alt.Chart | alt.LayerChart, words: str) -> None:
    st.altair_chart(chart.configure_view(strokeWidth=0), alt=words)


def _as_table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> None:
    with st.expander("As a table"):
        st.html(markup.table_html(head, rows, caption))
