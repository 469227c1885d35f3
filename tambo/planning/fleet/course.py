"""How a fleet is expected to fare under a schedule: a dated plan, from how it stands this morning.

A day is that of simulated fleets without its luck: vessels wear as they did, nobody fails, each
stays in its hangar as long as is usual, and as much is booked as is expected to be. A vessel enters
once at most, and one that is in its hangar now does not; what comes after is for a later plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tambo.planning.fleet.look import Standing
from tambo.planning.fleet.options import FAR, Horizon, pace, usual_use
from tambo.planning.fleet.outlook import expected_bookings
from tambo.planning.fleet.parameters import Flags, Floats, Ints, Parameters
from tambo.planning.fleet.policies import Policy, forced
from tambo.planning.fleet.usage import LimitKind

Decide = Callable[[Standing, int], Floats]
"""A morning, and how many days it lies ahead, to urgencies as a `Policy` has them."""
Hindrance = Literal["no_slots", "closed", "away", "taken"]


@dataclass(frozen=True)
class Missed:
    """A legal limit that a vessel reaches and does not enter: it then cannot be used.

    Attributes:
        vessel: number.
        limit: which one.
        day: from today on, on whose morning it was found reached.
        hindrance: why it does not enter on that morning: its base has no slots, nobody may enter
            on the day, it is away itself, others take the slots; None: nothing hinders it.
    """

    vessel: int
    limit: LimitKind
    day: int
    hindrance: Hindrance | None


@dataclass(frozen=True)
class Waiting:
    """Since when a vessel is to enter, and why it does not on that morning.

    Attributes:
        day: from today on.
        hindrance: likewise as of `Missed`.
    """

    day: int
    hindrance: Hindrance | None


@dataclass(frozen=True)
class Course:
    """A dated plan of one fleet, and how it comes about; arrays are [vessel].

    Attributes:
        enters: days from today on which each enters; -1: not within the horizon.
        back: days from today on which it is back from its hangar, one that is there now too; -1:
            it goes to none.
        urgency: with which it entered; not a number where it does not.
        score, hours, days: as in `Standing`, on the morning on which it enters; of those that do
            not, on the last.
        missed: legal limits, in the order of days.
        waiting: those that are to enter and do not at once, by number.
        proven: False: the optimiser ran out of time, and a better plan may exist.
    """

    enters: Ints
    back: Ints
    urgency: Floats
    score: Floats
    hours: Floats
    days: Floats
    missed: tuple[Missed, ...]
    waiting: Mapping[int, Waiting]
    proven: bool = True


def by(policy: Policy) -> Decide:
    """Decide as a schedule does."""
    return lambda today, _: policy(today)


def planned(enters: Ints) -> Decide:
    """Decide as a dated plan says, as soon as there is a slot; who waits longest comes first."""

    def decide(today: Standing, day: int) -> Floats:
        due = (enters >= 0) & (enters <= day)
        return forced(today, np.where(due, 1.0 + day - enters, np.nan)[None])

    return decide


def course(
    decide: Decide,
    standing: Standing,
    horizon: Horizon,
    allowed: Flags | None = None,
    seasons: Floats | None = None,
) -> Course:
    """The mean course of one fleet under a schedule, or by a dated plan.

    Args:
        decide: who is to enter.
        standing: of one fleet, this morning.
        horizon: what is known of the world, and the days that are looked ahead.
        allowed: days from today on which vessels may enter; None: all of them [day].
        seasons: as `Standing.season` on each morning [day, cell]; None: as today.
    """
    ahead = _Ahead(standing, horizon.parameters, horizon.days, seasons)
    for day in range(horizon.days):
        ahead.live(decide, day, allowed is None or bool(allowed[day]))
    return ahead.told()


class _Ahead:
    """One fleet, a day at a time."""

    def __init__(
        self, standing: Standing, parameters: Parameters, days: int, seasons: Floats | None
    ) -> None:
        self._today, self._parameters, self._seasons = standing, parameters, seasons
        self._weekday = standing.weekday
        self._booked = expected_bookings(standing, parameters, 0, days)
        self._pace = pace(standing, parameters)
        self._use = usual_use(parameters, standing.roster)
        self._wear = parameters.wear(standing.score)
        count = standing.roster.count
        self._inside = standing.hangar[0]
        self._enters, self._back = np.full(count, -1), np.full(count, -1)
        self._back[standing.hangar[0]] = standing.back_in[0, standing.hangar[0]]
        self._urgency = np.full(count, np.nan)
        self._seen = [figure[0].copy() for figure in _figures(standing)]
        self._missed: list[Missed] = []
        self._over: set[tuple[int, LimitKind]] = set()
        self._waiting: dict[int, Waiting] = {}

    def of(self, name: str) -> Floats:
        """A figure of each vessel's kind [vessel]."""
        figures = np.array([float(getattr(one, name)) for one in self._parameters.upkeep])
        return np.asarray(figures[self._today.roster.kind])

    def live(self, decide: Decide, day: int, is_open: bool) -> None:
        """Live through a day, and wake up on the next."""
        today, waits = self._today, (self._enters < 0) & ~self._inside
        for kept, figure in zip(self._seen, _figures(today), strict=True):
            kept[waits] = figure[0][waits]
        urgency = np.where(waits, decide(today, day)[0], np.nan)
        entered = _chosen(today, urgency) & is_open
        self._note(day, entered, is_open)
        for vessel in np.flatnonzero(~np.isnan(urgency) & ~entered).tolist():
            why = self._hindrance(vessel, entered, is_open)
            self._waiting.setdefault(vessel, Waiting(day, why))
        self._enters[entered] = day
        self._urgency[entered] = urgency[entered]
        self._wake(day, entered)

    def _note(self, day: int, entered: Flags, is_open: bool) -> None:
        """Keep who reached a legal limit and does not enter."""
        today = self._today
        reached: dict[LimitKind, Flags] = {
            "hours_between_overhauls": today.hours[0] >= 1,
            "days_between_overhauls": today.days[0] > 1,
        }
        for limit, of in reached.items():
            for vessel in np.flatnonzero(of & ~entered & ~today.hangar[0]).tolist():
                if (vessel, limit) not in self._over:
                    self._over.add((vessel, limit))
                    why = self._hindrance(vessel, entered, is_open)
                    self._missed.append(Missed(vessel, limit, day, why))

    def _hindrance(self, vessel: int, entered: Flags, is_open: bool) -> Hindrance | None:
        today = self._today
        base = int(today.roster.base[vessel])
        taken = (today.hangar[0] | entered)[today.roster.homes[base]].sum()
        if today.roster.slots[base] <= 0:
            return "no_slots"
        if not is_open:
            return "closed"
        if not today.may_enter[0, vessel]:
            return "away"
        return "taken" if taken >= today.roster.slots[base] else None

    def _wake(self, day: int, entered: Flags) -> None:
        today = self._today
        failed = today.failed[0] & ~entered
        stay = np.where(today.failed[0], self.of("failed_days"), self.of("days"))
        back_in = np.where(entered, np.maximum(1, np.rint(stay)), today.back_in[0])
        self._back[entered] = day + back_in[entered]
        hangar = today.hangar[0] | entered
        use = np.where(today.usable[0] & ~entered, self._use, 0.0)
        left = np.array([np.mean(one.left) for one in self._parameters.upkeep])
        wear = np.where(entered, left[today.roster.kind] * self._wear[0], self._wear[0])
        added = self._pace[0] * (self.of("wear_hour") * use + self.of("wear_day"))
        self._wear = np.where(hangar, wear, wear + added)[None]
        hours = today.hours[0] + use / np.minimum(self.of("hours_limit"), FAR)
        days = today.days[0] + 1 / np.minimum(self.of("days_limit"), FAR)
        back_in = np.maximum(0.0, back_in - 1)
        later = min(day + 1, len(self._booked) - 1)
        self._today = replace(
            today,
            score=self._parameters.score(self._wear),
            # Sums of fractions: 365 days of 365 are within the law.
            hours=np.where(hangar, 0.0, hours).round(9)[None],
            days=np.where(hangar, 0.0, days).round(9)[None],
            failed=failed[None],
            hangar=(hangar & (back_in > 0))[None],
            back_in=back_in[None],
            booked=self._booked[later][None],
            season=today.season if self._seasons is None else self._seasons[later],
            weekday=(self._weekday + day + 1) % 7,
        )

    def told(self) -> Course:
        """What came of it."""
        score, hours, days = self._seen
        return Course(
            enters=self._enters,
            back=self._back,
            urgency=self._urgency,
            score=score,
            hours=hours,
            days=days,
            missed=tuple(self._missed),
            waiting=self._waiting,
        )


def _figures(standing: Standing) -> tuple[Floats, Floats, Floats]:
    return standing.score, standing.hours, standing.days


def _chosen(today: Standing, urgency: Floats) -> Flags:
    """Who enters: the most urgent of each base, as far as there are slots [vessel]."""
    wanted = np.where(today.may_enter[0], urgency, np.nan)
    entered = np.zeros(len(wanted), bool)
    for left, here in zip(today.slots_left[0], today.roster.homes, strict=True):
        order = here[np.argsort(-np.nan_to_num(wanted[here], nan=-np.inf), kind="stable")]
        willing = order[~np.isnan(wanted[order])]
        entered[willing[: max(0, int(left))]] = True
    return entered
