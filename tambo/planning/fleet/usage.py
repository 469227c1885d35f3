"""How vessels are used over a horizon, and which legal limits their maintenance plan lets lapse."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tambo.planning.fleet.trips import Trip, Vessel, flown_in

LimitKind = Literal["hours_between_overhauls", "days_between_overhauls"]


@dataclass(frozen=True)
class Usage:
    """Use of one vessel.

    Attributes:
        trips: number of them.
        hours: that engines run.
        away, in_hangar: shares of the horizon's time.
        revenue: USD.
        hours_left: legal hours at the horizon's end; None where the law sets no limit.
    """

    trips: int
    hours: float
    away: float
    in_hangar: float
    revenue: float
    hours_left: float | None


@dataclass(frozen=True)
class Lapse:
    """A legal limit that is reached before the vessel is maintained: it then cannot be used."""

    limit: LimitKind
    since: datetime
    says: str


def usage(vessel: Vessel, trips: Sequence[Trip], now: datetime, end: datetime) -> Usage:
    """Use of a vessel that flies some trips, from now to the end of a horizon."""
    whole = (end - now).total_seconds()
    away = sum(_within(one.departs, one.returns, now, end) for one in trips)
    inside = sum(_within(one.begins, one.ends, now, end) for one in vessel.stays)
    last = vessel.span(end)
    left = vessel.hours_of(last) - flown_in(vessel, last, trips) / 3600
    return Usage(
        trips=len(trips),
        hours=sum(one.hours for one in trips),
        away=away / whole,
        in_hangar=inside / whole,
        revenue=sum(one.revenue for one in trips),
        hours_left=None if math.isinf(left) else max(0.0, left),
    )


def lapses(vessel: Vessel, now: datetime, end: datetime) -> Iterator[Lapse]:
    """Limits that are reached within a horizon, and outside of a hangar."""
    for span in range(len(vessel.stays) + 1):
        until = vessel.until(span)
        stay = vessel.stays[span] if span < len(vessel.stays) else None
        free = end if stay is None else min(stay.begins, end)
        begin = now if span == 0 else vessel.stays[span - 1].ends
        if begin >= free:
            continue
        then = (
            f"its maintenance begins on {stay.begins:%Y-%m-%d}"
            if stay is not None
            else "no maintenance is planned after that"
        )
        if until is not None and until < free:
            says = f"the days that the law allows end on {until:%Y-%m-%d}, and {then}"
            yield Lapse("days_between_overhauls", max(until, now), says)
        if vessel.hours_of(span) <= 0:
            says = f"no hours are left of those that the law allows, and {then}"
            yield Lapse("hours_between_overhauls", begin, says)


def _within(begins: datetime, ends: datetime, now: datetime, end: datetime) -> float:
    """Seconds of a span that lie within a horizon."""
    return max(timedelta(0), min(ends, end) - max(begins, now)).total_seconds()
