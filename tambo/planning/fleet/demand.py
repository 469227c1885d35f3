"""What the season alone lets expect, and the measure that bookings are told in."""

from __future__ import annotations

import numpy as np

from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.parameters import Demand, Floats, Ints

SEEN = AHEAD[-1][1]
"""Days ahead that a schedule sees bookings of."""

ANY = "any"
"""Kind of vessel of a booking that names none, as `fleet_demand` has it."""


def usual(demand: Demand, weekday: Ints, day_of_year: Ints) -> Floats:
    """Trips that are asked of a vessel on days of which the season alone is known [day].

    Args:
        demand: of the kind.
        weekday: of each day, Monday 0.
        day_of_year: of each, from 0.
    """
    angle = 2 * np.pi * day_of_year / 365.25
    season = np.exp(demand.season[0] * np.cos(angle) + demand.season[1] * np.sin(angle))
    whole = 2 * np.pi * np.arange(366) / 365.25
    mean = np.exp(demand.season[0] * np.cos(whole) + demand.season[1] * np.sin(whole)).mean()
    return np.asarray(demand.trips * season / mean * np.asarray(demand.weekday)[weekday])


def season_ahead(demand: Demand, weekday: Ints, day_of_year: Ints) -> Floats:
    """What the season lets expect of the `SEEN` days after each day, as a share of the average.

    Args:
        demand: of the kind.
        weekday: of each day and of the `SEEN` days after the last.
        day_of_year: likewise.

    Returns:
        [day], without the last `SEEN`.
    """
    mean = np.convolve(usual(demand, weekday, day_of_year), np.ones(SEEN) / SEEN, mode="valid")
    return np.asarray(mean[1:] / demand.trips)


def usual_revenue(demand: Demand) -> float:
    """USD a day and vessel that bookings are told as shares of: usual trips of median hours, fare.

    A measure, less than what is asked for on average: hours and fares are skewed.
    """
    return demand.trips * demand.hours * demand.price
