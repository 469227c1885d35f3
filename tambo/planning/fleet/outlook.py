"""What a fleet is expected to be asked for, and to lose by absence, in the days ahead."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from tambo.planning.fleet.look import AHEAD, Standing
from tambo.planning.fleet.parameters import Demand, Floats, Parameters

SURE = 2.0
"""How much a base's bookings say of its surge: as much as this many usual vessel-days of them."""
MOST_BUSY = 60
QUANTILES = 40


def _length(demand: Demand) -> Floats:
    """Hours of trips at equally likely quantiles."""
    normal = NormalDist()
    at = np.array([normal.inv_cdf((n + 0.5) / QUANTILES) for n in range(QUANTILES)])
    return np.clip(demand.hours * np.exp(demand.hours_spread * at), 0.5, demand.most_hours)


@dataclass(frozen=True)
class _Ahead:
    """Trips of one cell on each day from tomorrow on [day].

    Attributes:
        booked: that are booked now.
        later: that would be booked from now on if all were booked on the day itself.
    """

    booked: Floats
    later: Floats


def _ahead(
    standing: Standing, parameters: Parameters, fleet: int, cell: int, lead: Floats
) -> _Ahead:
    _, kind, here = standing.roster.cells[cell]
    demand = parameters.demand[kind]
    usual = len(here) * demand.trips * float(standing.season[cell])
    late = _late(demand, lead)
    booked, busier = np.zeros(len(lead)), np.ones(len(lead))
    for (first, last), share in zip(AHEAD, standing.booked[fleet, cell], strict=True):
        of = (lead >= first) & (lead <= last)
        known = len(here) * demand.trips * float(share)
        seen = usual * float(1 - late[of].mean()) * (last - first + 1) if of.any() else 0.0
        booked[of] = known
        busier[of] = (known * (last - first + 1) + SURE) / (seen + SURE)
    beyond = lead > AHEAD[-1][1]
    booked[beyond] = usual * (1 - late[beyond])
    return _Ahead(booked, usual * busier)


def _late(demand: Demand, lead: Floats) -> Floats:
    """Share of trips that is booked later than so many days ahead."""
    return np.asarray(1 - np.exp(-lead / max(demand.ahead, 1e-9)))


def expected_trips(
    standing: Standing, parameters: Parameters, fleet: int, days: int
) -> list[Floats]:
    """Trips that are expected on each day from tomorrow on, of each cell [day].

    What is booked stands; of what is not, the season and the share that is booked later than so
    many days ahead, raised or lowered by how the bookings compare with the usual ones.
    """
    found, lead = [], np.arange(1, days + 1).astype(float)
    for cell, (_, kind, _) in enumerate(standing.roster.cells):
        ahead = _ahead(standing, parameters, fleet, cell, lead)
        found.append(ahead.booked + ahead.later * _late(parameters.demand[kind], lead))
    return found


def expected_bookings(standing: Standing, parameters: Parameters, fleet: int, days: int) -> Floats:
    """What is expected to be seen booked on the mornings ahead, as `Standing.booked` tells it.

    The first is what is seen today. Until a later one, those trips are booked that come between.

    Returns:
        [day, cell, window].
    """
    cells = standing.roster.cells
    found = np.zeros((days, len(cells), len(AHEAD)))
    lead = np.arange(1, days + AHEAD[-1][1] + 1).astype(float)
    for cell, (_, kind, here) in enumerate(cells):
        demand = parameters.demand[kind]
        ahead = _ahead(standing, parameters, fleet, cell, lead)
        late = _late(demand, lead)
        for day in range(days):
            for window, (first, last) in enumerate(AHEAD):
                at = slice(day + first - 1, day + last)
                known = late[at] - late[first - 1 : last]
                trips = ahead.booked[at] + ahead.later[at] * known
                found[day, cell, window] = trips.mean() / (len(here) * demand.trips)
    return found


def usual_bookings(demand: Demand) -> Floats:
    """What is booked ahead on an average morning, as `Standing.booked` tells it [window]."""
    return np.array(
        [1 - _late(demand, np.arange(first, last + 1.0)).mean() for first, last in AHEAD]
    )


def trip_revenue(demand: Demand) -> float:
    """Mean USD of a trip."""
    return float(mean_hours(demand) * demand.price * np.exp(demand.price_spread**2 / 2))


def busy_days(demand: Demand) -> float:
    """Mean days that a trip takes a vessel away."""
    days = np.ceil(_length(demand) / demand.day_hours)
    return float(np.clip(days, 1, demand.most_days).mean())


def mean_hours(demand: Demand) -> float:
    """Mean hours of a trip."""
    return float(_length(demand).mean())


def losses(trips: Floats, demand: Demand, vessels: int, compensation: float) -> Floats:
    """USD that are expected to be lost on each day if so many vessels are absent [day, absent].

    Vessels that are wanted at once are Poisson; each that is missing loses a day of a mean trip and
    its compensation.
    """
    busy = busy_days(demand)
    worth = trip_revenue(demand) / busy
    wanted = np.arange(MOST_BUSY)
    log_factorial = np.log(np.maximum(wanted, 1)).cumsum()
    load = np.maximum(trips * busy, 1e-9)[:, None]
    chance = np.exp(wanted * np.log(load) - load - log_factorial)
    here = vessels - np.arange(vessels + 1)
    missing = np.maximum(wanted[:, None] - here, 0)
    return np.asarray((1 + compensation) * worth * (chance @ missing))
