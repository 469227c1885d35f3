"""Faults of the sensors of a location, all its markets at once; each is written down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Flags, Ints, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.seasons import YEAR

SINGLE, RUN, DAY, STUCK, SPIKE = "missing_hour", "missing_hours", "missing_day", "stuck", "spike"
SINGLE_SHARE = 0.003
A_YEAR = {RUN: 6.0, DAY: 1.0, STUCK: 2.0, SPIKE: 3.0}
LENGTH = {RUN: (2, 12), STUCK: (3, 8), SPIKE: (1, 2)}
SPIKE_FACTOR = (8, 40)
BUSY_HOURS = (10, 15)
"""Spikes and stuck sensors begin in these hours, where somebody is there to be counted."""
TWICE_SHARE = 0.0005
"""Of the rows that are sent twice in one file."""


@dataclass(frozen=True)
class Fault:
    """One fault: kind, position of its first hour, how many hours, and the factor of a spike."""

    kind: str
    at: int
    hours: int
    factor: int = 0


@dataclass(frozen=True)
class Faults:
    """What went wrong at a location.

    Args:
        notes: one by one, in order of time.
        missing: hours that are not reported [hour].
        factor: what each hour's counts are multiplied by; 0: stuck at zero [hour].
    """

    notes: tuple[Fault, ...]
    missing: Flags
    factor: Ints


def faults(draws: Draws, calendar: Calendar, place: Place, reported: Flags) -> Faults:
    """Draw the faults of a location.

    Args:
        draws: the world's random numbers.
        calendar: its calendar.
        place: the location.
        reported: hours of the world in which it reports if nothing fails [hour].
    """
    hours = calendar.hours
    free = reported & ~hours.unsafe[: len(reported)]
    missing, factor = np.zeros(len(reported), bool), np.ones(len(reported), np.int64)
    touched = np.zeros(len(reported), bool)
    notes: list[Fault] = []
    busy = (hours.hour >= BUSY_HOURS[0]) & (hours.hour <= BUSY_HOURS[1])
    for kind in (DAY, RUN, STUCK, SPIKE):
        may = free & busy[: len(reported)] if kind in (STUCK, SPIKE) else free
        for n, at in enumerate(_starts(draws, calendar, place, kind, may)):
            fault = _fault(draws, calendar, place, kind, n, at)
            span = slice(fault.at, fault.at + fault.hours)
            # An hour apart, so that two faults never look like one.
            if touched[max(span.start - 1, 0) : span.stop + 1].any():
                continue
            notes.append(fault)
            touched[span] = True
            missing[span] |= kind in (DAY, RUN)
            factor[span] = {STUCK: 0, SPIKE: fault.factor}.get(kind, 1)
    drawn = draws.uniform(SINGLE, ids(place.number, np.arange(len(reported))))
    near = touched | np.roll(touched, 1) | np.roll(touched, -1)
    single = free & (drawn < SINGLE_SHARE) & ~near
    notes += [Fault(SINGLE, at, 1) for at in np.flatnonzero(single).tolist()]
    notes.sort(key=lambda each: each.at)
    unsafe = hours.unsafe[: len(reported)]
    return Faults(tuple(notes), (missing | single) & ~unsafe, np.where(unsafe, 1, factor))


def _starts(draws: Draws, calendar: Calendar, place: Place, kind: str, may: Flags) -> list[int]:
    where = np.flatnonzero(may)
    days = len(np.unique(calendar.hours.day[where]))
    number = round(A_YEAR[kind] * days / YEAR)
    drawn = draws.uniform(kind, ids(place.number, np.arange(number)))
    return sorted(set(where[(drawn * len(where)).astype(np.int64)].tolist()))


def _fault(draws: Draws, calendar: Calendar, place: Place, kind: str, n: int, at: int) -> Fault:
    of, hours = ids(place.number, n), calendar.hours
    if kind == DAY:
        day = np.flatnonzero(hours.day == hours.day[at])
        return Fault(kind, int(day[0]), len(day))
    factor = int(draws.whole("spike factor", of, *SPIKE_FACTOR)) if kind == SPIKE else 0
    return Fault(kind, at, int(draws.whole(f"{kind} hours", of, *LENGTH[kind])), factor)
