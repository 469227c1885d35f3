"""A kept plan beside what happened: who came in its weeks that are over, and who was expected.

Counts of a place tell who came, not why. What came is compared with what was expected without the
plan and with it; the words claim no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from app.tourism import plans
from app.tourism.plans import CELL

PLACE = ["week", "location"]
WITHOUT = ["without", "without_low", "without_high"]
WITH = ["with", "with_low", "with_high"]

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Range:
    """Visitors expected, and the ends of the interval of 80 %."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """What came in the weeks of a plan that are over, and can be compared.

    Attributes:
        cells: one row a week, location and market; see `outcome`.
        over: location-weeks that are over.
        left_out: of those, they that cannot be compared: hours are missing in the counts, or
            nobody counted.
        to_come: location-weeks that are not over yet.
    """

    cells: pd.DataFrame
    over: int
    left_out: int
    to_come: int

    @property
    def actual(self) -> float:
        """Visitors who came."""
        return float(self.cells["actual"].sum())

    @property
    def without(self) -> Range:
        """Who was expected without the plan."""
        return _range(self.cells, WITHOUT)

    @property
    def with_plan(self) -> Range | None:
        """Who was expected with it; None where nothing was promised."""
        return None if self.cells["with"].isna().any() else _range(self.cells, WITH)

    def by(self, column: str) -> pd.DataFrame:
        """One row a week, location or market: the sums of it."""
        names = ["actual", *WITHOUT, *WITH]
        return self.cells.groupby(column, sort=True)[names].sum(min_count=1).reset_index()

    def says(self) -> str:
        """What can be said of it, and what cannot."""
        if self.cells.empty:
            return "No week of the plan that is over can be compared yet."
        base, actual = self.without, self.actual
        if actual > base.high:
            return (
                "More came than the range that was expected without the plan. That fits a plan "
                "that works. It is no proof: whatever else was different in these weeks is in "
                "the count as well."
            )
        if actual < base.low:
            return (
                "Fewer came than the range that was expected even without the plan. Something "
                "else weighed more; what the plan did cannot be told from these counts."
            )
        return (
            "What came lies within the range that was expected without the plan. These counts "
            "neither show an effect of the plan nor rule one out."
        )


def outcome(
    plan: Mapping[str, Any],
    counted: pd.DataFrame,
    until: Mapping[str, date],
    made: date,
    today: date,
) -> Outcome:
    """Hold a plan against what was counted.

    Args:
        plan: as the service answered it.
        counted: week (Monday), location, market, visitors, gaps (days with a gap in the hours).
        until: newest day that was counted, by location.
        made: day on which the plan was made; weeks that were over then are not in it.
        today: weeks that ended before it are over.

    Returns:
        The cells have week (Monday), location, market, actual, without, without_low, without_high,
        with, with_low and with_high; those with NaN where the plan promised nothing. The ends of
        sums are sums of ends: what is wrong about one week is taken to be wrong about all.
    """
    cells = expected(plan)
    # What was over when the plan was made was not expected but known.
    cells = cells[cells["week"] + _WEEK > pd.Timestamp(made)]
    over = cells[cells["week"] + _WEEK <= pd.Timestamp(today)]
    came = counted.assign(week=pd.to_datetime(counted["week"]))
    kept = _can_be_compared(over, came, until)
    found = over[kept].merge(came[[*CELL, "visitors"]], how="left", on=CELL)
    found = found.rename(columns={"visitors": "actual"}).fillna({"actual": 0.0})
    return Outcome(
        cells=found[[*CELL, "actual", *WITHOUT, *WITH]],
        over=_places(over),
        left_out=_places(over) - _places(found),
        to_come=_places(cells) - _places(over),
    )


def _can_be_compared(
    over: pd.DataFrame, came: pd.DataFrame, until: Mapping[str, date]
) -> pd.Series[bool]:
    """Which cells were counted to their week's end, without a gap."""
    # A gap is a location's: no market of that week can be compared.
    gaps = came.groupby(PLACE)["gaps"].max()
    whole = set(gaps[gaps == 0].index)
    found = [
        (one["week"], one["location"]) in whole
        and one["week"] + _WEEK <= pd.Timestamp(until[one["location"]]) + timedelta(days=1)
        for one in over.to_dict("records")
    ]
    return pd.Series(found, index=over.index, dtype=bool)


def expected(plan: Mapping[str, Any]) -> pd.DataFrame:
    """What a plan expects, one row a week, location and market; see `outcome`."""
    found = plans.rows(plan)
    cells = (
        found.groupby(CELL, sort=False)
        .agg(
            without=("visitors", "first"),
            without_low=("visitors_low", "first"),
            without_high=("visitors_high", "first"),
            extra=("extra", _all),
            extra_low=("extra_low", _all),
            extra_high=("extra_high", _all),
        )
        .reset_index()
    )
    for name in ("", "_low", "_high"):
        cells[f"with{name}"] = cells[f"without{name}"] + cells.pop(f"extra{name}")
    return cells.assign(week=pd.to_datetime(cells["week"]))


def _places(cells: pd.DataFrame) -> int:
    """How many location-weeks they are of."""
    return len(cells[PLACE].drop_duplicates())


def _all(values: pd.Series[float]) -> float:
    """Their sum; NaN if one is not known."""
    return float(values.sum(skipna=False))


def _range(cells: pd.DataFrame, names: list[str]) -> Range:
    return Range(*(float(cells[name].sum()) for name in names))
