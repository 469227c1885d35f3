"""Downtime, reliability and cost as figures: ratios of the sums of some months.

A figure that needs what nobody told of is not known, never zero or perfect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from app.fleet.months import SUMS

PER_HOURS = 1_000
"""Flight hours that failures are told for."""


@dataclass(frozen=True)
class Told:
    """What the release holds anything of.

    Attributes:
        downtime, flights, maintenance, costs: whether it does.
    """

    downtime: bool
    flights: bool
    maintenance: bool
    costs: bool


def told(rows: pd.DataFrame) -> Told:
    """What all months together hold; see `months.months`."""
    return Told(
        downtime=bool(rows["down"].any()),
        flights=bool(rows["flights"].any()),
        maintenance=bool(rows["begun"].any()),
        costs=bool(rows["priced"].any()),
    )


def figures(sums: Mapping[str, float], told: Told) -> dict[str, float | None]:
    """Figures of some sums; None: not known, or there was nothing to divide by.

    Args:
        sums: see `months.SUMS`.
        told: what is told of at all.

    Returns:
        availability (share of the vessels' time in which they could be used), failure_rate
        (failures per 1,000 flight hours), hours_between (mean flight hours between failures),
        unscheduled_share (of the maintenances begun), hours, revenue, cost (of maintenances that
        ended), cost_per_hour (flight hour), failures, down_days.
    """
    flown = sums["hours"] if told.flights else None
    failures = sums["failures"] if told.maintenance else None
    begun = sums["begun"] if told.maintenance else None
    cost = sums["scheduled_cost"] + sums["unscheduled_cost"] if told.costs else None
    down = ratio(sums["down"] if told.downtime else None, sums["seconds"])
    rate = ratio(failures, flown)
    return {
        "availability": None if down is None else 1 - down,
        "failure_rate": None if rate is None else PER_HOURS * rate,
        "hours_between": ratio(flown, failures),
        "unscheduled_share": ratio(failures, begun),
        "hours": flown,
        "revenue": sums["revenue"] if told.flights else None,
        "cost": cost,
        "cost_per_hour": ratio(cost, flown),
        "failures": failures,
        "down_days": sums["down"] / 86_400 if told.downtime else None,
    }


def ratio(part: float | None, whole: float | None) -> float | None:
    """A part of a whole.

    >>> ratio(3.0, 4.0), ratio(None, 4.0), ratio(3.0, None), ratio(3.0, 0.0)
    (0.75, None, None, None)
    """
    return None if part is None or not whole else part / whole


def total(rows: pd.DataFrame, told: Told) -> dict[str, float | None]:
    """Figures of some months and kinds together."""
    return figures({name: float(rows[name].sum()) for name in SUMS}, told)


def by(rows: pd.DataFrame, keys: list[str], told: Told) -> pd.DataFrame:
    """Figures by some columns, one row each, in their order."""
    grouped = rows.groupby(keys, as_index=False, sort=True)[list(SUMS)].sum()
    found = [
        {**{key: one[key] for key in keys}, **figures({name: one[name] for name in SUMS}, told)}
        for one in grouped.to_dict("records")
    ]
    names = figures(dict.fromkeys(SUMS, 0.0), told)
    made = pd.DataFrame(found, columns=[*keys, *names])
    return made.astype({name: float for name in made if name not in keys})
