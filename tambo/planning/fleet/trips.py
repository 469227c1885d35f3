"""Booked trips, and what keeps a vessel from flying one: its hangar, the law, its other trips.

A vessel is used between its stays in a hangar. Each stay renews what the law allows: the hours
between two overhauls, and the days.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ObstacleKind = Literal["away", "failed", "in_hangar", "legal_days", "legal_hours", "taken"]

_HOUR = 3600
_TINY = 1e-3
"""Seconds that a product of decimal fractions may be off."""


@dataclass(frozen=True)
class Trip:
    """One booked trip, which ends where it begins.

    Attributes:
        booking_id: its number.
        kind: of the vessel that is booked; None: of any kind.
        base: where it leaves from and comes back to.
        departs, returns: instants; the vessel is away from the one until before the other.
        hours: that engines run.
        revenue: USD.
        priority: it counts as so many trips of its revenue.
        promised: vessel that alone may fly it; None: any.
    """

    booking_id: str
    kind: str | None
    base: str
    departs: datetime
    returns: datetime
    hours: float
    revenue: float
    priority: int = 1
    promised: str | None = None

    @property
    def seconds(self) -> int:
        """Whole seconds that engines run, none too few."""
        return math.ceil(self.hours * _HOUR - _TINY)

    def meets(self, begins: datetime, ends: datetime) -> bool:
        """Whether it is away at any time of a span."""
        return self.departs < ends and begins < self.returns


@dataclass(frozen=True)
class Stay:
    """A vessel's planned time in a hangar."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Vessel:
    """A vessel and its maintenance plan.

    Attributes:
        name: tail or hull number.
        kind, base: of it; None: not known.
        stays: in the order of time, none over another; none has ended by now.
        hours_left: legal hours until it must be maintained; None: the law sets no limit.
        hours_limit: that the law allows between two overhauls.
        legal_until: instant at which the days that the law allows end; None: they do not.
        days_limit: days that it allows between two overhauls.
        away_until: when it is back from where it is now; None: it is here.
        failed: it cannot be used before its next stay is over.
    """

    name: str
    kind: str | None
    base: str | None
    stays: tuple[Stay, ...] = ()
    hours_left: float | None = None
    hours_limit: float | None = None
    legal_until: datetime | None = None
    days_limit: float | None = None
    away_until: datetime | None = None
    failed: bool = False

    def span(self, at: datetime) -> int:
        """How many stays are over at an instant: what it flies in one span shares legal hours."""
        return sum(stay.ends <= at for stay in self.stays)

    def hours_of(self, span: int) -> float:
        """Legal hours of a span; infinite where there is no limit."""
        found = self.hours_left if span == 0 else self.hours_limit
        return math.inf if found is None else max(0.0, found)

    def seconds_of(self, span: int) -> int | None:
        """The same in whole seconds, none too many; None where there is no limit."""
        hours = self.hours_of(span)
        return None if math.isinf(hours) else math.floor(hours * _HOUR + _TINY)

    def until(self, span: int) -> datetime | None:
        """Instant at which the legal days of a span end; None where they do not."""
        if span == 0:
            return self.legal_until
        if self.days_limit is None:
            return None
        return self.stays[span - 1].ends + timedelta(days=self.days_limit)

    def is_of(self, trip: Trip) -> bool:
        """Whether it is of the trip's kind; one of no known kind is of none."""
        return self.kind is not None and trip.kind in (None, self.kind)

    def can_serve(self, trip: Trip) -> bool:
        """Whether it is of the trip's kind, at its base, and not another than is promised."""
        here = self.is_of(trip) and self.base == trip.base
        return here and trip.promised in (None, self.name)


@dataclass(frozen=True)
class Obstacle:
    """What keeps a vessel from a trip, in words that follow its name."""

    kind: ObstacleKind
    says: str


def obstacle(vessel: Vessel, trip: Trip) -> Obstacle | None:
    """What keeps a vessel from a trip if it flew no other; None: nothing. Kind and base aside."""
    if vessel.away_until is not None and trip.departs < vessel.away_until:
        return Obstacle("away", f"is away until {_text(vessel.away_until)}")
    for stay in vessel.stays:
        if trip.meets(stay.begins, stay.ends):
            says = f"is in its hangar from {_text(stay.begins)} to {_text(stay.ends)}"
            return Obstacle("in_hangar", says)
    span = vessel.span(trip.departs)
    if vessel.failed and span == 0:
        return Obstacle("failed", "has failed, and no maintenance of it is over by then")
    until = vessel.until(span)
    if until is not None and trip.returns > until:
        return Obstacle("legal_days", f"may by law not be used after {_text(until)}")
    return _short_of_hours(vessel, trip, ())


def conflict(vessel: Vessel, trip: Trip, others: Sequence[Trip]) -> Obstacle | None:
    """The same where it flies others as well."""
    alone = obstacle(vessel, trip)
    if alone is not None:
        return alone
    for other in others:
        if trip.meets(other.departs, other.returns):
            return Obstacle("taken", f"is away for {other.booking_id} until {_text(other.returns)}")
    return _short_of_hours(vessel, trip, others)


def is_flyable(vessel: Vessel, trips: Sequence[Trip]) -> bool:
    """Whether a vessel can fly all of some trips."""
    return all(conflict(vessel, one, trips[:at]) is None for at, one in enumerate(trips))


def flown_in(vessel: Vessel, span: int, trips: Iterable[Trip]) -> int:
    """Seconds that engines run on those of some trips that lie in a span."""
    return sum(one.seconds for one in trips if vessel.span(one.departs) == span)


def _short_of_hours(vessel: Vessel, trip: Trip, others: Sequence[Trip]) -> Obstacle | None:
    span = vessel.span(trip.departs)
    limit = vessel.seconds_of(span)
    if limit is None:
        return None
    left = limit - flown_in(vessel, span, others)
    if trip.seconds <= left:
        return None
    rest = " beside its other trips" if others else ""
    says = f"has {max(0, left) / _HOUR:,.1f} legal hours left{rest}, and the trip takes"
    return Obstacle("legal_hours", f"{says} {trip.hours:,.1f}")


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
