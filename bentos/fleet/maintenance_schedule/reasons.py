"""Why a vessel enters on a day, or does not, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bentos.fleet.maintenance_schedule.drivers import USD
from bentos.fleet.maintenance_schedule.fleet import Fleet
from tambo.planning.fleet.course import Course, Hindrance, Missed
from tambo.planning.fleet.policies import FIRST, SECOND
from tambo.planning.fleet.schedules import (
    HOURS,
    INTERVAL,
    NETWORK,
    OPTIMISER,
    THRESHOLD,
    Schedules,
)

_LIMITS = {"hours_between_overhauls": "hours", "days_between_overhauls": "days"}


def hindered(hindrance: Hindrance, base: str) -> str:
    """What keeps a vessel from entering on a day that is told beside it."""
    words: Mapping[Hindrance, str] = {
        "no_slots": f"the hangar of {base} has no slots",
        "closed": "nobody may enter",
        "away": "it is not there",
        "taken": f"all slots of {base} are taken",
    }
    return words[hindrance]


def missed(one: Missed, plan: Course, fleet: Fleet) -> str:
    """Which legal limit is reached, why the vessel does not enter, and until when that lasts."""
    base = fleet.bases[int(fleet.standing.roster.base[one.vessel])]
    day = fleet.day(one.day)
    reached = "have been used up" if one.day == 0 else f"are used up by {day}"
    enters = fleet.day(int(plan.enters[one.vessel]))
    until = f"it stands still until {enters}" if enters else "it stands still to the horizon's end"
    if one.hindrance is None:
        why = "the plan does not let it enter then"
    elif one.hindrance == "no_slots":
        why = hindered("no_slots", base)
    else:
        why = f"on {day} {hindered(one.hindrance, base)}"
    return f"the {_LIMITS[one.limit]} that the law allows {reached}, and {why}: {until}"


def why(name: str, plan: Course, vessel: int, fleet: Fleet, schedules: Schedules) -> str:
    """Why a vessel enters when it does.

    Args:
        name: of the schedule.
        plan: what it made.
        vessel: number.
        fleet: of the plan.
        schedules: as they were tuned.
    """
    if fleet.standing.hangar[0, vessel]:
        return f"is in its hangar, and expected back on {fleet.day(int(plan.back[vessel]))}"
    if plan.enters[vessel] < 0:
        return _waits(plan, vessel, fleet)
    urgency = plan.urgency[vessel]
    if urgency >= FIRST:
        return "has failed, and cannot be used until it is maintained"
    if urgency >= SECOND:
        limit = "hours" if plan.hours[vessel] >= 1 else "days"
        return f"has used the {limit} that the law allows by then, and must be maintained"
    return _chosen(name, plan, vessel, schedules)


def _chosen(name: str, plan: Course, vessel: int, schedules: Schedules) -> str:
    score, hours, days = plan.score[vessel], plan.hours[vessel], plan.days[vessel]
    used = f"{hours:.0%} of its legal hours and {days:.0%} of its legal days are used by then"
    if name == THRESHOLD:
        return f"its health score is {score:.1f} by then, below {schedules.threshold.score:.1f}"
    if name == INTERVAL:
        of = schedules.interval
        return f"{used}; it enters at {of.hours:.0%} of the hours or {of.days:.0%} of the days"
    if name == HOURS:
        return f"{used}; it enters at {schedules.hours.share:.0%} of the hours"
    if name == NETWORK:
        gain = plan.urgency[vessel] * USD
        return (
            f"by the network, entering then is worth {gain:,.0f} USD more than staying: its health"
            f" score is {score:.0f}, and {used}"
        )
    if name == OPTIMISER:
        return (
            f"the plan of least expected cost that was found has it enter then: its health score is"
            f" {score:.0f}, and {used}"
        )
    raise ValueError(f"{name} lets nobody enter who need not")


def _waits(plan: Course, vessel: int, fleet: Fleet) -> str:
    end = fleet.today + timedelta(days=fleet.horizon.days)
    waiting = plan.waiting.get(vessel)
    if waiting is not None:
        base = fleet.bases[int(fleet.standing.roster.base[vessel])]
        what = "is to enter"
        if fleet.standing.failed[0, vessel]:
            what = "has failed, and is to enter"
        elif any(one.vessel == vessel for one in plan.missed):
            what = "reaches a legal limit (see limits), and is to enter"
        first = fleet.day(waiting.day)
        kept = f"{hindered(waiting.hindrance, base)}, and " if waiting.hindrance else ""
        return f"{what} from {first} on: {kept}no other day is found before {end}"
    return (
        f"is not asked to enter before {end}: its health score is {plan.score[vessel]:.0f} by then,"
        f" and {plan.hours[vessel]:.0%} of its legal hours and {plan.days[vessel]:.0%} of its legal"
        " days are used"
    )
