"""Trips that are asked for, whether or not there is a vessel for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.fleet.world.kinds import KINDS
from tambo.sources.fleet.world.vessels import BASES, Fleet
from tambo.sources.sample.draws import Draws, Floats, Ints, ids

CANCELLED_SHARE = 0.06
"""Of all trips, those that their guests cancel."""
SURGE, SURGE_DAYS = 0.7, 14
"""Standard deviation of the logarithm of a base's demand about its season, and the days that it
keeps: what is booked ahead tells of quiet weeks and of busy ones."""
PLACES = (*BASES, "Arequipa", "Iquitos", "Tumbes", "Ancon")


@dataclass(frozen=True)
class Trips:
    """All trips of a world, in order of the day on which they leave; arrays have one row a trip.

    Attributes:
        number: of the trip.
        kind, base: what vessel is wanted, and where.
        day: on which it leaves.
        booked: day on which it is booked; may lie before the world.
        minute: of the day at which it leaves.
        hours: of use.
        days: on which the vessel is away.
        revenue: USD.
        cancelled: day on which its guests cancel it; -1: they do not.
        destination: number of the place.
    """

    number: Ints
    kind: Ints
    base: Ints
    day: Ints
    booked: Ints
    minute: Ints
    hours: Floats
    days: Ints
    revenue: Floats
    cancelled: Ints
    destination: Ints

    @property
    def first_of_day(self) -> Ints:
        """Position of the first trip of each day, and the number of trips at the end."""
        return np.searchsorted(self.day, np.arange(int(self.day.max(initial=0)) + 2))


def expected(fleet: Fleet, weekday: Ints, day_of_year: Ints) -> Floats:
    """Trips that are expected to be asked for [base, kind, day]."""
    found = np.zeros((len(fleet.bases), len(KINDS), len(weekday)))
    for number, kind in enumerate(KINDS):
        angle = 2 * np.pi * (day_of_year - kind.peak) / 365.25
        season = np.exp(kind.amplitude * np.cos(angle))
        week = np.where(weekday >= 4, kind.weekend, 1.0)
        for base in range(len(fleet.bases)):
            here = int(((fleet.kind == number) & (fleet.base == base)).sum())
            found[base, number] = here * kind.trips * season / season.mean() * week / week.mean()
    return found


def surges(draws: Draws, fleet: Fleet, days: int) -> Floats:
    """Factors of demand about its season, of mean 1 [base, kind, day].

    Between two knots that lie some days apart the logarithm goes over along half a wave, scaled so
    that its variance is the same on all days.
    """
    knots = np.indices((len(fleet.bases), len(KINDS), days // SURGE_DAYS + 2))
    drawn = draws.normal("demand/surge", ids(*knots))
    place = np.arange(days) / SURGE_DAYS
    before, part = place.astype(np.int64), np.cos(np.pi * (place % 1.0)) / 2 + 0.5
    mixed = part * drawn[..., before] + (1 - part) * drawn[..., before + 1]
    spread = SURGE * mixed / np.hypot(part, 1 - part)
    return np.asarray(np.exp(spread - SURGE**2 / 2))


def trips(draws: Draws, fleet: Fleet, weekday: Ints, day_of_year: Ints) -> Trips:
    """Draw all trips of some days.

    Args:
        draws: the world's random numbers.
        fleet: of the world.
        weekday: of each day.
        day_of_year: of each day.
    """
    mean = expected(fleet, weekday, day_of_year) * surges(draws, fleet, len(weekday))
    bases, kinds, days = np.indices(mean.shape)
    cell = ids(bases, kinds, days)
    count = draws.poisson("trips", cell, mean)
    order = np.repeat(np.arange(count.size), count.reshape(-1))
    place = np.concatenate([np.arange(n) for n in count.reshape(-1).tolist()] or [np.zeros(0, int)])
    base, kind, day = (one.reshape(-1)[order] for one in (bases, kinds, days))
    of = ids(base, kind, day, place)
    sort = np.argsort(day, kind="stable")
    base, kind, day, of = base[sort], kind[sort], day[sort], of[sort]

    def figure(name: str) -> Floats:
        return np.array([float(getattr(one, name)) for one in KINDS])[kind]

    spread = figure("trip_spread")
    hours = figure("trip_hours") * np.exp(spread * draws.normal("trip/hours", of))
    hours = np.clip(np.round(hours, 1), 0.5, 60.0)
    price = figure("hour_revenue") * np.exp(0.2 * draws.normal("trip/price", of))
    ahead = np.rint(-figure("ahead") * np.log(draws.uniform("trip/ahead", of))).astype(np.int64)
    gone = draws.uniform("trip/cancelled", of) < CANCELLED_SHARE
    when = np.floor(draws.uniform("trip/cancelled when", of) * (ahead + 1)).astype(np.int64)
    longest = figure("trip_days").astype(np.int64)
    return Trips(
        number=np.arange(len(day)),
        kind=kind,
        base=base,
        day=day,
        booked=day - ahead,
        minute=draws.whole("trip/minute", of, 6 * 60, 17 * 60),
        hours=hours,
        days=np.clip(np.ceil(hours / 8).astype(np.int64), 1, longest),
        revenue=np.round(hours * price, 2),
        cancelled=np.where(gone, day - when, -1),
        destination=draws.whole("trip/destination", of, 0, len(PLACES) - 1),
    )
