"""What the service sees of a fleet is what the training saw of simulated ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import served_schedule

from bentos.fleet.maintenance_alerts.urgency import HOURS, HOURS_LIMIT, SINCE
from bentos.fleet.maintenance_schedule.demand import FROM, REVENUE, Booked
from bentos.fleet.maintenance_schedule.fleet import fleet_of, schedulable
from bentos.fleet.maintenance_schedule.schemas import MaintenanceScheduleRequest
from bentos.fleet.operations_plan.fleet import BASE, DAYS_LIMIT, SLOTS
from bentos.fleet.outlook import IN_MAINTENANCE, KIND, SCORE
from tambo.planning.fleet.demand import ANY, usual_revenue
from tambo.planning.fleet.look import AHEAD, NAMES, look
from tambo.planning.fleet.parameters import Roster
from tambo.planning.fleet.policies import Threshold
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing

MADE = served_schedule.schedules()
WORLD = MADE.horizon.parameters
FIRST = datetime(2026, 1, 1, 6, tzinfo=UTC)
BASES = ("Cusco", "Lima")
LIVED = 250


@pytest.fixture(scope="module")
def lived() -> Fleets:
    roster = Roster(np.array([0, 0, 1, 1, 0, 1]), np.array([0, 0, 0, 1, 1, 1]), np.array([1, 2]))
    fleets = Fleets(WORLD, roster, 1, LIVED, 11, (0, FIRST.weekday()))
    for _ in range(LIVED - 1):
        fleets.live(Threshold(70.0)(standing(fleets)))
        morning = fleets.morning
        if fleets.day > 60 and morning.hangar.any() and (morning.back > fleets.day).sum() > 2:
            break
    return fleets


def features(fleets: Fleets, vessel: int) -> dict[str, object]:
    """What marts would tell of a simulated vessel."""
    roster, morning = fleets.roster, fleets.morning
    return {
        KIND: served_schedule.VESSELS[roster.kind[vessel]],
        BASE: BASES[roster.base[vessel]],
        SLOTS: int(roster.slots[roster.base[vessel]]),
        HOURS_LIMIT: float(fleets.of("hours_limit")[vessel]),
        DAYS_LIMIT: float(fleets.of("days_limit")[vessel]),
        HOURS: float(morning.hours[0, vessel]),
        SINCE: float(morning.days[0, vessel]),
        SCORE: float(fleets.shown[0, vessel]),
        IN_MAINTENANCE: bool(morning.hangar[0, vessel]),
    }


def booked(fleets: Fleets, today: datetime) -> Booked:
    """Revenue by day whose windows are those that the simulation tells."""
    stored = {}
    for (base, kind, here), shares in zip(
        fleets.roster.cells, standing(fleets).booked[0], strict=True
    ):
        by_day = np.zeros(30)
        for (first, last), share in zip(AHEAD, shares, strict=True):
            by_day[first : last + 1] = share * len(here) * usual_revenue(WORLD.demand[kind])
        names = BASES[base], served_schedule.VESSELS[kind]
        stored[names] = {REVENUE: by_day.tolist(), FROM: today.replace(hour=0)}
    return Booked(stored, served_schedule.VESSELS)


def test_the_network_reads_the_same_of_a_fleet_that_is_simulated_and_one_that_is_told(lived):
    seen, today = standing(lived), FIRST + timedelta(days=lived.day)
    told = [
        {
            "aircraft_id": str(vessel),
            "failed": bool(lived.morning.failed[0, vessel]),
            **(
                {("back_at" if hangar else "away_until"): f"{back:%Y-%m-%dT%H:%M:%SZ}"}
                if (back := today.replace(hour=0) + timedelta(days=int(days))) > today
                else {}
            ),
        }
        for vessel, (hangar, days) in enumerate(zip(seen.hangar[0], seen.back_in[0], strict=True))
    ]
    request = MaintenanceScheduleRequest.model_validate({"vessels": told})
    found = [(str(vessel), features(lived, vessel)) for vessel in range(lived.roster.count)]
    warnings: list[str] = []
    vessels = schedulable(found, request, served_schedule.VESSELS, warnings)
    fleet = fleet_of(vessels, request, MADE, booked(lived, today), today, warnings)
    assert seen.hangar.any()
    assert warnings == []
    ours, theirs = look(fleet.standing)[0], look(seen)[0]
    for at, name in enumerate(NAMES):
        # What sensors said of one that is in its hangar is of before.
        same = ~seen.hangar[0] if name == "health" else np.ones(len(ours), bool)
        assert ours[same, at] == pytest.approx(theirs[same, at], rel=1e-4, abs=1e-5), name


def test_what_names_no_kind_is_shared_by_the_vessels_of_its_base(lived):
    """A vessel's part is told under its kind, under any kind, or under both."""
    today, unnamed = FIRST + timedelta(days=lived.day), np.full(30, 1_000.0)
    told, roster = booked(lived, today), lived.roster
    begins = {FROM: today.replace(hour=0)}
    both = {
        (name, ANY): {REVENUE: unnamed * len(here), **begins}
        for name, here in zip(BASES, roster.homes, strict=True)
    }
    for base, kind, here in roster.cells:
        cell = BASES[base], served_schedule.VESSELS[kind]
        own = np.asarray(told.stored[cell][REVENUE])
        both[cell] = {REVENUE: own - unnamed * len(here), **begins}

    def seen(stored, warnings):
        one = Booked(stored, served_schedule.VESSELS)
        return one.of(roster, BASES, WORLD, today.date(), 1, warnings).booked

    warnings: list[str] = []
    assert seen(both, warnings) == pytest.approx(seen(told.stored, warnings))
    one_kind = {cell: values for cell, values in both.items() if cell[1] == ANY}
    usual = [usual_revenue(WORLD.demand[kind]) for _, kind, _ in roster.cells]
    assert seen(one_kind, warnings) == pytest.approx(1_000 / np.array(usual)[:, None].repeat(3, 1))
    assert warnings == []
