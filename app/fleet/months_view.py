"""Figures of the fleet on the page: boxes, charts and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from app import look
from app.fleet import month_charts, reliability
from app.fleet.reliability import Told

Good = Literal["normal", "inverse", "off"]


@dataclass(frozen=True)
class Figure:
    """How a figure is written.

    Attributes:
        name: see `reliability.figures`.
        title: in words.
        digits: behind the point.
        unit: behind the number; "%": a share; "money": with the currency.
        good: whether more is better (normal), worse (inverse) or neither (off).
        about: what it says.
    """

    name: str
    title: str
    digits: int
    unit: str
    good: Good
    about: str

    def written(self, value: float | None, currency: str) -> str:
        """A value in words."""
        if value is None:
            return "not known"
        if self.unit == "money":
            return look.money(value, self.digits, currency)
        if self.unit == "%":
            return look.percent(value, self.digits)
        return f"{value:,.{self.digits}f} {self.unit}".strip()

    def change(self, now: float | None, before: float | None) -> str | None:
        """How it changed, with its sign; None: not known."""
        if now is None or before is None:
            return None
        if self.unit == "%":
            return f"{100 * (now - before):+.{self.digits}f} points"
        return None if not before else f"{100 * (now / before - 1):+.0f} %"


FIGURES = (
    Figure("availability", "Availability", 1, "%", "normal",
           "share of the vessels' time in service in which they could be used"),
    Figure("failure_rate", "Failures per 1,000 h", 2, "", "inverse",
           "unscheduled maintenances begun per 1,000 flight hours"),
    Figure("hours_between", "Hours between failures", 0, "h", "normal",
           "flight hours per unscheduled maintenance"),
    Figure("unscheduled_share", "Not planned", 0, "%", "inverse",
           "share of the maintenances begun that were unscheduled"),
    Figure("hours", "Hours flown", 0, "h", "off", "flown or cruised; by arrival"),
    Figure("revenue", "Revenue", 0, "money", "normal", "of flights, by arrival"),
    Figure("cost", "Maintenance cost", 0, "money", "inverse",
           "of maintenances that ended; what a vessel that stands still loses is not in it"),
    Figure("cost_per_hour", "Cost per flight hour", 0, "money", "inverse",
           "maintenance cost over hours flown"),
)  # fmt: skip
"""In the order of the page."""


def boxes(
    now: Mapping[str, float | None], before: Mapping[str, float | None] | None, currency: str
) -> None:
    """Draw figures, and how they changed since an equal time before; None: it is not told of."""
    half = len(FIGURES) // 2
    for some in (FIGURES[:half], FIGURES[half:]):
        for place, one in zip(st.columns(len(some)), some, strict=True):
            delta = None if before is None else one.change(now[one.name], before[one.name])
            place.metric(
                one.title,
                one.written(now[one.name], currency),
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
