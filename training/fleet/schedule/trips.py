"""Trips that are asked of simulated fleets, drawn for all of their days at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.planning.fleet.demand import SEEN, season_ahead, usual, usual_revenue
from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.parameters import Demand, Floats, Ints, Parameters, Roster


@dataclass(frozen=True)
class Trips:
    """Trips of one cell, the dearest first; a place without one earns 0 [fleet, day, place].

    Attributes:
        revenue: USD of those not cancelled by the day.
        hours: of use.
        days: on which the vessel is away.
        booked_ahead: revenue a vessel of the cell that is booked in each window of `AHEAD`, as a
            share of what the kind is asked for on average [fleet, day, window].
        usual_ahead: what the season lets expect of the next days, likewise [day].
    """

    revenue: Floats
    hours: Floats
    days: Ints
    booked_ahead: Floats
    usual_ahead: Floats


def draw(
    rng: np.random.Generator,
    parameters: Parameters,
    roster: Roster,
    fleets: int,
    weekday: Ints,
    day_of_year: Ints,
) -> tuple[Trips, ...]:
    """Draw the trips of each cell of a roster.

    Args:
        rng: random numbers.
        parameters: of the world.
        roster: the same for all fleets.
        fleets: how many are simulated side by side.
        weekday: of each day, and of the `SEEN` days after the last.
        day_of_year: likewise.
    """
    return tuple(
        _cell(rng, parameters.demand[kind], len(here), fleets, weekday, day_of_year)
        for _, kind, here in roster.cells
    )


def _cell(
    rng: np.random.Generator,
    demand: Demand,
    vessels: int,
    fleets: int,
    weekday: Ints,
    day_of_year: Ints,
) -> Trips:
    days = len(weekday)
    season = vessels * usual(demand, weekday, day_of_year)
    count = rng.poisson(season * _surges(rng, demand, fleets, days))
    shape = (*count.shape, max(1, int(count.max())))
    hours = demand.hours * np.exp(demand.hours_spread * rng.standard_normal(shape))
    hours = np.clip(hours, 0.5, demand.most_hours)
    price = demand.price * np.exp(demand.price_spread * rng.standard_normal(shape))
    asked = np.arange(shape[-1]) < count[..., None]
    revenue = np.where(asked, hours * price, 0.0)
    ahead = np.rint(rng.exponential(demand.ahead, shape))
    gone = rng.random(shape) < demand.cancelled
    # Days before it leaves on which it is cancelled; -1: it is not.
    taken_back = np.where(gone, np.floor(rng.random(shape) * (ahead + 1)), -1)
    booked = _booked(revenue, ahead, taken_back)
    order = np.argsort(np.where(gone, 0.0, -revenue), axis=-1, kind="stable")
    put = np.take_along_axis(hours, order, -1)
    away = np.clip(np.ceil(put / demand.day_hours), 1, demand.most_days)
    return Trips(
        revenue=np.take_along_axis(np.where(gone, 0.0, revenue), order, -1),
        hours=put,
        days=away.astype(np.int64),
        booked_ahead=booked / (vessels * usual_revenue(demand)),
        usual_ahead=season_ahead(demand, weekday, day_of_year),
    )


def _surges(rng: np.random.Generator, demand: Demand, fleets: int, days: int) -> Floats:
    """Factors of demand about its season, of mean 1 [fleet, day]."""
    knots = rng.standard_normal((fleets, days // demand.surge_days + 2))
    place = np.arange(days) / demand.surge_days
    before, part = place.astype(np.int64), np.cos(np.pi * (place % 1.0)) / 2 + 0.5
    mixed = part * knots[:, before] + (1 - part) * knots[:, before + 1]
    spread = demand.surge * mixed / np.hypot(part, 1 - part)
    return np.asarray(np.exp(spread - demand.surge**2 / 2))


def _booked(revenue: Floats, ahead: Floats, taken_back: Floats) -> Floats:
    """Revenue a day booked in each window ahead, as known in the morning [fleet, day, window]."""
    days = revenue.shape[1] - SEEN
    found = np.zeros((revenue.shape[0], days, len(AHEAD)))
    for window, (first, last) in enumerate(AHEAD):
        for lead in range(first, last + 1):
            at = slice(lead, lead + days)
            stands = (ahead[:, at] >= lead) & (taken_back[:, at] < lead)
            found[..., window] += np.where(stands, revenue[:, at], 0.0).sum(axis=-1)
        found[..., window] /= last - first + 1
    return found
