"""The past of a sample world's fleet as a training would read it from the lake, without a lake."""

from __future__ import annotations

from datetime import date

import numpy as np

from tambo.planning.fleet.parameters import Floats, Roster
from tambo.sources.fleet.world.kinds import KINDS
from tambo.sources.fleet.world.operations import DIVERTED_SHARE
from tambo.sources.fleet.world.sensors import HOURS, readings
from tambo.sources.fleet.world.truth import Truth
from training.fleet.schedule.history import Bookings, Flights, History, Maintenances


def past(truth: Truth) -> History:
    """All that a world's files say of its fleet."""
    days, first = truth.calendar.world_days, _first(truth)
    fleet, trips = truth.fleet, truth.trips
    inside = trips.day < days
    return History(
        vessels=tuple(one.name for one in fleet.vessels),
        kinds=tuple(kind.name for kind in KINDS),
        bases=tuple(base.name for base in fleet.bases),
        roster=Roster(fleet.kind, fleet.base, fleet.slots),
        limits=np.array([[kind.hours_limit, kind.days_limit] for kind in KINDS], float),
        first=first,
        last=first + days,
        score=np.stack([_score(truth, vessel) for vessel in range(fleet.count)]),
        flights=_flights(truth),
        maintenances=_maintenances(truth),
        bookings=Bookings(
            base=trips.base[inside],
            kind=trips.kind[inside],
            booked=np.asarray(first + trips.booked[inside] + 0.5),
            departs=np.asarray(first + trips.day[inside] + 0.5),
            cancelled=np.where(trips.cancelled < 0, np.nan, first + trips.cancelled + 0.2)[inside],
            hours=trips.hours[inside],
            revenue=trips.revenue[inside],
        ),
    )


def _first(truth: Truth) -> int:
    """Days since 1970 of the first day."""
    return (truth.calendar.first - date(1970, 1, 1)).days


def _score(truth: Truth, vessel: int) -> Floats:
    told = readings(
        truth.draws,
        truth.fleet,
        vessel,
        truth.history.wear[:, vessel],
        truth.history.maintained(vessel),
    )
    score = np.where(told.sent, told.score, np.nan).reshape(-1, len(HOURS))
    empty = np.isnan(score).all(axis=1)
    score[empty] = 0.0
    return np.where(empty, np.nan, np.nanmedian(score, axis=1))


def _flights(truth: Truth) -> Flights:
    rows = []
    for day in truth.history.days:
        for trip, vessel, failed in day.flown:
            revenue = float(truth.trips.revenue[trip]) * (DIVERTED_SHARE if failed else 1.0)
            away = int(truth.trips.days[trip]) - 1
            hours = float(truth.trips.hours[trip])
            rows.append((vessel, day.day + 0.4, day.day + away + 0.7, hours, revenue, failed))
    rows.sort(key=lambda row: (row[0], row[2]))
    told = np.array(rows)
    return Flights(
        vessel=told[:, 0].astype(np.int64),
        departed=_first(truth) + told[:, 1],
        day=_first(truth) + told[:, 2],
        hours=told[:, 3],
        revenue=told[:, 4],
        diverted=told[:, 5] == 1,
    )


def _maintenances(truth: Truth) -> Maintenances:
    rows = []
    for day in truth.history.days:
        told = zip(day.entered, day.until, day.cost, day.unscheduled, strict=True)
        rows += [
            (vessel, day.day + 0.3, until - 0.3, cost, bad) for vessel, until, cost, bad in told
        ]
    rows.sort()
    all_told = np.array(rows)
    return Maintenances(
        vessel=all_told[:, 0].astype(np.int64),
        day=_first(truth) + all_told[:, 1],
        finished=_first(truth) + all_told[:, 2],
        cost=all_told[:, 3],
        failed=all_told[:, 4] == 1,
    )
