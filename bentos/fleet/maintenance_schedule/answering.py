"""What is answered of a plan, of each vessel in it, and of what it is worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np

from bentos.fleet.maintenance_schedule.fleet import Fleet
from bentos.fleet.maintenance_schedule.reasons import hindered, missed, why
from bentos.fleet.maintenance_schedule.schemas import (
    Alternative,
    NetworkSays,
    PlanFigures,
    ScheduledVessel,
    ScheduleEarned,
    Split,
)
from bentos.fleet.operations_plan.schemas import LimitReached
from tambo.planning.fleet.course import Course
from tambo.planning.fleet.expected import Expectation, Expected
from tambo.planning.fleet.moves import Move, Moves
from tambo.planning.fleet.schedules import Schedules


@dataclass(frozen=True)
class Made:
    """A plan that was made for a fleet.

    Attributes:
        schedule: that decided.
        fleet: of the plan.
        plan: what was decided.
        current: what it is held against.
        expectation: what plans cost.
        allowed: days from today on which vessels may enter.
        now: instant of the request.
    """

    schedule: str
    fleet: Fleet
    plan: Course
    current: Course
    expectation: Expectation
    allowed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    now: datetime


def scheduled(
    made: Made, schedules: Schedules, network: list[NetworkSays | None]
) -> list[ScheduledVessel]:
    """Each vessel of a plan, in the order of its priority."""
    fleet, plan = made.fleet, made.plan
    moves = Moves(
        fleet.standing,
        made.expectation,
        plan.enters,
        made.current.enters,
        made.allowed,
        fleet.horizon.parameters,
    )
    found = []
    for rank, vessel in enumerate(_order(made), 1):
        base = fleet.bases[int(fleet.standing.roster.base[vessel])]
        option, at = made.expectation.options[vessel], int(plan.enters[vessel])
        found.append(
            ScheduledVessel(
                priority=rank,
                aircraft_id=fleet.names[vessel],
                base=base,
                enters=fleet.day(at),
                back=fleet.day(int(plan.back[vessel])),
                planned=fleet.day(int(made.current.enters[vessel])),
                planned_back=_back(made, vessel),
                why=why(made.schedule, plan, vessel, fleet, schedules),
                cost=_usd(option.maintenance[at]) if at >= 0 else 0.0,
                chance_of_failure=round(float(option.chance[at]), 4),
                alternatives=[_alternative(one, base, fleet) for one in moves.of(vessel)],
                network=network[vessel],
            )
        )
    return found


def figures(one: Expected, maintenances: int) -> PlanFigures:
    """What a plan is expected to cost and to earn, as answers show it."""
    return PlanFigures(
        **vars(split(one)),
        maintenances=maintenances,
        downtime_days=round(one.downtime, 2) + 0.0,
        earned=_usd(one.earned),
    )


def split(one: Expected) -> Split:
    """USD of a plan by what they are for."""
    return Split(
        cost=_usd(one.cost),
        maintenance=_usd(one.maintenance),
        failures=_usd(one.failures),
        absence=_usd(one.absence),
        worth=_usd(one.worth),
    )


def limits(plan: Course, made: Made) -> Iterator[LimitReached]:
    """Legal limits that a plan of the fleet does not meet."""
    fleet = made.fleet
    for one in plan.missed:
        day = fleet.day(one.day)
        assert day is not None  # noqa: S101 - it is no earlier than today
        since = made.now if one.day == 0 else datetime.combine(day, time(), UTC)
        yield LimitReached(
            aircraft_id=fleet.names[one.vessel],
            limit=one.limit,
            since=since,
            says=missed(one, plan, fleet),
        )


def earned(schedules: Schedules) -> list[ScheduleEarned]:
    """What simulated fleets made of a year by each schedule, the most first."""
    found = [
        ScheduleEarned(
            name=name,
            serves=name == schedules.best,
            earned=one.usd,
            low=one.low,
            high=one.high,
            maintenances=one.maintenances,
            failures=one.failures,
        )
        for name, one in schedules.earned.items()
    ]
    return sorted(found, key=lambda one: (-one.earned, one.name))


def _order(made: Made) -> list[int]:
    """Vessels by the day on which they enter and how urgent that is; then by what they risk."""
    plan, options = made.plan, made.expectation.options

    def key(vessel: int) -> tuple[bool, bool, float, float, str]:
        enters = int(plan.enters[vessel])
        first = made.expectation.options[vessel].still == 0
        urgent = plan.urgency[vessel] if enters >= 0 else options[vessel].chance[-1]
        return (
            bool(made.fleet.standing.hangar[0, vessel]),
            enters < 0 and not first,
            float(enters),
            -float(urgent),
            made.fleet.names[vessel],
        )

    return sorted(range(len(options)), key=key)


def _back(made: Made, vessel: int) -> date | None:
    """When a vessel that enters by the current plan is back."""
    current = made.current
    return made.fleet.day(int(current.back[vessel])) if current.enters[vessel] >= 0 else None


def _alternative(one: Move, base: str, fleet: Fleet) -> Alternative:
    return Alternative(
        kind=one.kind,
        enters=fleet.day(one.day),
        possible=one.hindrance is None,
        why_not=None if one.hindrance is None else hindered(one.hindrance, base),
        limit=None
        if one.lapses < 0
        else f"a legal limit is reached by {fleet.day(one.lapses)}: it stands still from then on",
        more=split(one.more),
    )


def _usd(amount: float) -> float:
    # Plus nothing: none of them reads -0.0.
    return round(float(amount), 2) + 0.0
