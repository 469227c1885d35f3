"""Where one vessel stands this morning, by its features and what a request tells of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from bentos.fleet.asked import VesselNow
from bentos.fleet.maintenance_alerts.urgency import HOURS, HOURS_LIMIT, PLANNED, SINCE, USED
from bentos.fleet.outlook import IN_MAINTENANCE, SCORE, WAITING
from tambo.planning.fleet.parameters import Parameters, Upkeep

Values = Mapping[str, object]


@dataclass(frozen=True)
class Known:
    """One vessel that can be scheduled.

    Attributes:
        name: tail or hull number.
        kind: its number in the schedules.
        base: its name.
        values: features, by full name.
        told: what the request says of it.
    """

    name: str
    kind: int
    base: str
    values: Values
    told: VesselNow | None

    def number(self, name: str) -> float | None:
        """A feature that is a number."""
        found = self.values.get(name)
        return float(found) if isinstance(found, int | float) and np.isfinite(found) else None


@dataclass(frozen=True)
class At:
    """Where a vessel stands; see `tambo.planning.fleet.look.Standing`."""

    score: float
    hours: float
    days: float
    failed: bool
    hangar: bool
    back_in: int


def at_of(one: Known, parameters: Parameters, now: datetime, warnings: list[str]) -> At:
    """Where a vessel stands this morning.

    Args:
        one: the vessel.
        parameters: of the world.
        now: instant of the request.
        warnings: what is taken for granted is added.
    """
    upkeep, told = parameters.upkeep[one.kind], one.told
    failed = one.values.get(WAITING) is not None
    if told is not None and told.failed is not None:
        failed = told.failed
    back_at = None if told is None else told.back_at
    away_until = None if told is None else told.away_until
    hangar = back_at is not None or (one.values.get(IN_MAINTENANCE) is True and away_until is None)
    back_in = 0
    if back_at is not None or away_until is not None:
        back_in = _mornings(back_at or away_until or now, now)
    elif hangar:
        back_in = max(1, round(upkeep.failed_days if failed else upkeep.days))
        back = now.astimezone(UTC).date() + timedelta(days=back_in)
        warnings.append(
            f"{one.name} is in its hangar, and no end is told: it is taken to be back on {back}"
        )
    since = one.number(SINCE)
    if since is None and not hangar and np.isfinite(upkeep.days_limit):
        warnings.append(f"when {one.name} was maintained last is not known: no legal days count")
    # What nobody has flown since the last maintenance is not counted.
    hours, days = one.number(HOURS) or 0.0, max(0.0, since or 0.0)
    score = _score(one, upkeep, parameters, (hours, days), warnings)
    if hangar:
        # What is known of it is of before; it comes back as vessels do.
        left = float(np.mean(upkeep.left)) * parameters.wear(np.array(score))
        score = float(parameters.score(left))
    return At(
        score=score,
        hours=0.0 if hangar else hours / upkeep.hours_limit,
        days=0.0 if hangar else days / upkeep.days_limit,
        failed=failed and not hangar,
        hangar=hangar,
        back_in=back_in,
    )


def _score(
    one: Known,
    upkeep: Upkeep,
    parameters: Parameters,
    used: tuple[float, float],
    warnings: list[str],
) -> float:
    """What its sensors say, or what its use since the last maintenance lets expect."""
    found = one.number(SCORE)
    if found is not None:
        return min(100.0, max(0.0, found))
    wear = upkeep.wear_hour * used[0] + upkeep.wear_day * used[1]
    score = float(parameters.score(np.array(wear)))
    warnings.append(
        f"no reading of the engines of {one.name} is known: a health score of {score:.0f} is"
        f" taken for granted, as is usual {used[0]:.0f} hours and {used[1]:.0f} days after a"
        " maintenance"
    )
    return score


def hours_end(one: Known) -> float:
    """Days until legal hours end at the use of the newest 30 days; infinite: they do not."""
    limit, flown, used = (one.number(name) for name in (HOURS_LIMIT, HOURS, USED))
    if limit is None or flown is None or used is None or used <= 0:
        return math.inf
    return max(0.0, limit - flown) / (used / 30.0)


def planned_in(one: Known, now: datetime, warnings: list[str]) -> int:
    """Days to the planned date of the features; one that is overdue is today."""
    ahead = one.number(PLANNED)
    # What a vessel is in its hangar for was planned too.
    if ahead is None or one.values.get(IN_MAINTENANCE) is True:
        return -1
    planned = (now + timedelta(days=ahead)).astimezone(UTC).date()
    days = (planned - now.astimezone(UTC).date()).days
    if days < 0:
        warnings.append(
            f"maintenance of {one.name} was planned {-days} days ago and has not begun: the current"
            " plan is taken to begin it as soon as there is a slot"
        )
    return max(0, days)


def _mornings(at: datetime, now: datetime) -> int:
    """Mornings from today's on that begin before an instant: it is back on the next."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return max(1, -((midnight - at) // timedelta(days=1)))
