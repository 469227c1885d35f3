"""What a fleet is expected to be asked for, and to lose by absence, in the days ahead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import comb
from statistics import NormalDist

import numpy as np

from tambo.planning.fleet.demand import usual, usual_revenue
from tambo.planning.fleet.look import AHEAD, Standing
from tambo.planning.fleet.parameters import Demand, Floats, Parameters

SURE = 2.0
"""How much a base's bookings say of its surge: as much as this many usual vessel-days of them."""
MOST_BUSY = 60
QUANTILES = 40
SURGES = 10
ABSENT = 0.1
"""Share of a vessel's like that are absent on a usual day."""


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
        later: that would be booked from now on if all were booked on the day itself; those with
            them that their guests will cancel.
    """

    booked: Floats
    later: Floats


def _ahead(
    standing: Standing, parameters: Parameters, fleet: int, cell: int, lead: Floats
) -> _Ahead:
    _, kind, here = standing.roster.cells[cell]
    demand = parameters.demand[kind]
    asked = len(here) * demand.trips * float(standing.season[cell])
    stands = _stands(demand, lead, lead)
    booked, busier = asked * stands, np.ones(len(lead))
    for (first, last), share in zip(AHEAD, standing.booked[fleet, cell], strict=True):
        of = (lead >= first) & (lead <= last)
        days = last - first + 1
        known = len(here) * float(share) * usual_revenue(demand) / trip_revenue(demand)
        seen = asked * float(stands[of].mean()) * days if of.any() else 0.0
        booked[of] = known
        busier[of] = (known * days + SURE) / (seen + SURE)
    return _Ahead(booked, asked * busier)


def _stands(demand: Demand, lead: Floats, since: Floats) -> Floats:
    """Share of the trips that is booked so many days ahead and not cancelled yet [day].

    Bookings come as they are simulated: exponentially ahead, in whole days; a guest who cancels
    does so on any day until the trip.

    Args:
        demand: of the kind.
        lead: days ahead on whose morning the booking stands.
        since: days ahead on whose morning it was made already; no less than `lead`.
    """
    made = np.exp(-np.maximum(0.0, since - 0.5) / max(demand.ahead, 1e-9))
    at = -np.log(1 - (np.arange(QUANTILES) + 0.5) / QUANTILES)
    ahead = np.rint(np.maximum(0.0, since - 0.5)[:, None] + demand.ahead * at)
    not_yet = np.minimum(1.0, lead[:, None] / (ahead + 1)).mean(axis=1)
    return np.asarray(made * (1 - demand.cancelled * (1 - not_yet)))


def expected_trips(
    standing: Standing, parameters: Parameters, fleet: int, days: int
) -> list[Floats]:
    """Trips that are expected on each day from tomorrow on, of each cell [day].

    What is booked comes, but for what is still cancelled; of what is not, the season and the share
    that is booked later than so many days ahead, raised or lowered by how the bookings compare with
    the usual ones.
    """
    found, lead = [], np.arange(1, days + 1).astype(float)
    for cell in range(len(standing.roster.cells)):
        ahead = _ahead(standing, parameters, fleet, cell, lead)
        demand = parameters.demand[standing.roster.cells[cell][1]]
        found.append(_then(ahead, demand, lead, np.zeros(days)))
    return found


def _then(ahead: _Ahead, demand: Demand, since: Floats, lead: Floats) -> Floats:
    """Trips that will stand so many days ahead, of what is known `since` days ahead [day]."""
    from_now = _stands(demand, lead, since)
    kept = from_now / np.maximum(_stands(demand, since, since), 1e-300)
    return np.asarray(ahead.booked * kept + ahead.later * (_stands(demand, lead, lead) - from_now))


def expected_bookings(standing: Standing, parameters: Parameters, fleet: int, days: int) -> Floats:
    """What is expected to be seen booked on the mornings ahead, as `Standing.booked` tells it.

    The first is what is seen today. Until a later one, those trips are booked that come between,
    and some are cancelled.

    Returns:
        [day, cell, window].
    """
    cells = standing.roster.cells
    found = np.zeros((days, len(cells), len(AHEAD)))
    since = np.arange(1, days + AHEAD[-1][1] + 1).astype(float)
    for cell, (_, kind, here) in enumerate(cells):
        demand = parameters.demand[kind]
        ahead = _ahead(standing, parameters, fleet, cell, since)
        measure = trip_revenue(demand) / (len(here) * usual_revenue(demand))
        for day in range(days):
            at = slice(day, day + AHEAD[-1][1])
            of = _Ahead(ahead.booked[at], ahead.later[at])
            trips = _then(of, demand, since[at], since[at] - day)
            for window, (first, last) in enumerate(AHEAD):
                found[day, cell, window] = trips[first - 1 : last].mean() * measure
    return found


def usual_bookings(demand: Demand) -> Floats:
    """What is booked ahead on an average morning, as `Standing.booked` tells it [window]."""
    lead = np.arange(1, AHEAD[-1][1] + 1.0)
    by_day = _stands(demand, lead, lead) * demand.trips * trip_revenue(demand)
    return np.array([by_day[first - 1 : last].mean() for first, last in AHEAD]) / usual_revenue(
        demand
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

    Each vessel-day that is missing loses a day of a mean trip and its compensation.
    """
    return (1 + compensation) * _vessel_day(demand) * _missing(trips, demand, vessels)


def _vessel_day(demand: Demand) -> float:
    """Mean USD that a vessel on a trip earns a day."""
    return trip_revenue(demand) / busy_days(demand)


def served(demand: Demand, vessels: int) -> float:
    """Share of the trips of a year that the vessels of a cell can fly if none of them is absent."""
    wanted, missing = _year(demand, vessels)
    return 1 - float(missing[0] / wanted)


def absence(demand: Demand, vessels: int, compensation: float, share: float = ABSENT) -> float:
    """USD that a day of absence of one vessel of a cell loses, on average over a year.

    Args:
        demand: of the kind.
        vessels: of the cell.
        compensation: share of a trip's revenue that is paid where there is no vessel.
        share: of the other vessels that are absent too, each by itself.
    """
    more = np.diff(_year(demand, vessels)[1])
    others = range(vessels)
    chance = [comb(vessels - 1, n) * share**n * (1 - share) ** (vessels - 1 - n) for n in others]
    return float((1 + compensation) * _vessel_day(demand) * (np.array(chance) @ more))


@cache
def _year(demand: Demand, vessels: int) -> tuple[float, Floats]:
    """Vessel-days that are wanted of a cell and those that are missing [absent], of a mean day.

    More trips come on some days than on others: by weekday, season and surge. A mean day's would
    hardly ever need the last vessel.
    """
    year = np.arange(364)
    normal = NormalDist(-(demand.surge**2) / 2, max(demand.surge, 1e-9))
    surges = np.exp([normal.inv_cdf((n + 0.5) / SURGES) for n in range(SURGES)])
    trips = np.outer(usual(demand, year % 7, year), surges).ravel()
    wanted = vessels * (1 - demand.cancelled) * trips
    missing = _missing(wanted, demand, vessels).mean(axis=0)
    return float(wanted.mean()) * busy_days(demand), missing


def kept_trips(demand: Demand) -> float:
    """Trips a day and vessel that are asked for and not cancelled, on average over a year."""
    return demand.trips * (1 - demand.cancelled)


def _missing(trips: Floats, demand: Demand, vessels: int) -> Floats:
    """Vessel-days that are wanted and not there [day, absent]; vessels wanted are Poisson."""
    wanted = np.arange(MOST_BUSY)
    log_factorial = np.log(np.maximum(wanted, 1)).cumsum()
    load = np.maximum(trips * busy_days(demand), 1e-9)[:, None]
    chance = np.exp(wanted * np.log(load) - load - log_factorial)
    here = vessels - np.arange(vessels + 1)
    return np.asarray(chance @ np.maximum(wanted[:, None] - here, 0))
