"""Figures of the fleet on the page: boxes, charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import look
from app.fleet import month_charts, reliability
from app.fleet.figures import FIGURES, Figure
from app.fleet.reliability import Told


def boxes(
    now: Mapping[str, float | None],
    before: Mapping[str, float | None] | None,
    told: Told,
    currency: str,
) -> None:
    """Draw figures, and how they changed since an equal time before; None: it is not told of."""
    half = len(FIGURES) // 2
    for some in (FIGURES[:half], FIGURES[half:]):
        for place, one in zip(look.beside(len(some)), some, strict=True):
            delta = None if before is None else one.change(now[one.name], before[one.name])
            place.metric(
                one.title,
                one.written(now[one.name], told, currency),
                delta=delta,
                delta_color=one.good,
                border=True,
                height="stretch",
                help=one.about,
            )


def charts(rows: pd.DataFrame, told: Told, currency: str) -> None:
    """Downtime, reliability and cost by month.

    Args:
        rows: see `months.months`.
        told: what is told of at all.
        currency: of the amounts.
    """
    state = {True: month_charts.WHOLE, False: month_charts.SO_FAR}
    shown = reliability.by(rows, ["month", "kind", "whole"], told)
    shown = shown.assign(
        state=shown["whole"].map(state), down_share=100 * (1 - shown["availability"])
    )
    drawn: list[tuple[str, Callable[[], Any]]] = []
    if told.downtime:
        drawn.append(("Downtime", lambda: month_charts.lines(
            shown, "down_share", "time not usable, %", ".0f")))  # fmt: skip
    if told.flights and told.maintenance:
        drawn.append(("Failures", lambda: month_charts.lines(
            shown, "failure_rate", "failures per 1,000 flight hours", ".1f")))  # fmt: skip
    if told.costs:
        summed = rows.groupby(["month", "whole"], as_index=False)[
            ["scheduled_cost", "unscheduled_cost"]
        ].sum()
        summed = summed.assign(state=summed["whole"].map(state))
        drawn.append(("Cost", lambda: month_charts.costs(summed, currency)))
    for title, make in drawn:
        st.subheader(f"{title} by month")
        look.chart(make(), f"{title} by month", 260)
    if drawn:
        st.caption(
            f"A hollow point or a pale bar is {month_charts.SO_FAR}: the records begin or end "
            "within it. A vessel fails seldom, so a single month says little."
        )


def table(rows: pd.DataFrame, keys: Mapping[str, Any], currency: str) -> None:
    """Figures in rows.

    Args:
        rows: the keys, and the columns of `reliability.figures`.
        keys: how its first columns are named.
        currency: of the amounts.
    """
    shares = [one.name for one in FIGURES if one.unit == "%"]
    amounts = {one.name: 0 for one in FIGURES if one.unit == "money"}
    shown = rows.assign(**{name: 100 * rows[name] for name in shares}).round(amounts)
    columns = {**keys, **{one.name: _column(one, currency) for one in FIGURES}}
    look.table(shown[list(columns)], columns)


def _column(one: Figure, currency: str) -> Any:
    form = {"money": "localized", "%": f"%.{one.digits}f %%"}.get(one.unit, f"%.{one.digits}f")
    title = f"{one.title}, {currency}" if one.unit == "money" else one.title
    return st.column_config.NumberColumn(title, format=form, help=one.about)
