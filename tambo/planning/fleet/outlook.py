"""What a fleet is expected to be asked for, and to lose by absence, in the days ahead."""

from __future__ import annotations

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


def expected_trips(
    standing: Standing, parameters: Parameters, fleet: int, days: int
) -> list[Floats]:
    """Trips that are expected on each day from tomorrow on, of each cell [day].

    What is booked stands; of what is not, the season and the share that is booked later than so
    many days ahead, raised or lowered by how the bookings compare with the usual ones.
    """
    found = []
    for cell, (_, kind, here) in enumerate(standing.roster.cells):
        demand = parameters.demand[kind]
        usual = len(here) * demand.trips * float(standing.season[cell])
        lead = np.arange(1, days + 1)
        late = 1 - np.exp(-lead / max(demand.ahead, 1e-9))
        booked, busier = np.zeros(days), np.ones(days)
        for (first, last), share in zip(AHEAD, standing.booked[fleet, cell], strict=True):
            of = (lead >= first) & (lead <= last)
            known = len(here) * demand.trips * float(share)
            seen = usual * float(1 - late[of].mean()) * (last - first + 1) if of.any() else 0.0
            booked[of] = known
            busier[of] = (known * (last - first + 1) + SURE) / (seen + SURE)
        beyond = lead > AHEAD[-1][1]
        booked[beyond] = usual * (1 - late[beyond])
        found.append(booked + usual * late * busier)
    return found


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
    worth = mean_hours(demand) * demand.price * np.exp(demand.price_spread**2 / 2) / busy
    wanted = np.arange(MOST_BUSY)
    log_factorial = np.log(np.maximum(wanted, 1)).cumsum()
    load = np.maximum(trips * busy, 1e-9)[:, None]
    chance = np.exp(wanted * np.log(load) - load - log_factorial)
    here = vessels - np.arange(vessels + 1)
    missing = np.maximum(wanted[:, None] - here, 0)
    return np.asarray((1 + compensation) * worth * (chance @ missing))
