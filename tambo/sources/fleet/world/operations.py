"""The fleet day by day: who is in the hangar, who flies what, who fails, and what it costs.

What enters a hangar is decided from outside, so that today's practice, a learned schedule and an
optimiser run in the same world, on the same trips and with the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tambo.sources.fleet.world.demand import Trips
from tambo.sources.fleet.world.vessels import Fleet
from tambo.sources.fleet.world.wear import Wear
from tambo.sources.sample.draws import Flags, Floats, Ints

DIVERTED_SHARE = 0.5
"""Of the revenue of a trip on which the vessel fails, what is earned anyway."""
COMPENSATION_SHARE = 0.3
"""Of the revenue of a trip for which there is no vessel, what the guests are paid."""
GROUNDED_DAY_COST = 400.0
"""USD for each day on which a failed vessel waits for a slot."""


@dataclass
class State:
    """Where the fleet stands on the morning of a day; arrays have one entry a vessel.

    Attributes:
        day: number.
        wear: hidden.
        hours, days: since the last maintenance.
        failed: it cannot be used until it is maintained.
        hangar: it is in maintenance.
        back: day on which it is back from a trip or from the hangar.
    """

    day: int
    wear: Floats
    hours: Floats
    days: Ints
    failed: Flags
    hangar: Flags
    back: Ints

    @classmethod
    def first(cls, fleet: Fleet) -> State:
        """The morning of the first day."""
        count = fleet.count
        return cls(
            day=0,
            wear=fleet.own("wear"),
            hours=fleet.own("hours"),
            days=fleet.own("days").astype(np.int64),
            failed=np.zeros(count, bool),
            hangar=np.zeros(count, bool),
            back=np.zeros(count, np.int64),
        )


@dataclass
class Day:
    """What a day brought.

    Attributes:
        day: number.
        wear: of each vessel in the morning, before the day's use.
        hazard: failures an hour of use, then.
        entered: vessels that began a maintenance.
        unscheduled: which of these had failed.
        until: day on which each of these is back.
        cost: of each of these, USD.
        flown: trips, with the vessel and whether it failed on it.
        lost: trips for which there was no vessel.
        grounded: failed vessels that wait.
    """

    day: int
    wear: Floats
    hazard: Floats
    entered: list[int] = field(default_factory=list)
    unscheduled: list[bool] = field(default_factory=list)
    until: list[int] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    flown: list[tuple[int, int, bool]] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    grounded: list[int] = field(default_factory=list)


class Operations:
    """A fleet that is operated day by day.

    Args:
        fleet: the vessels.
        trips: what is asked for.
        wear: its course.
    """

    def __init__(self, fleet: Fleet, trips: Trips, wear: Wear) -> None:
        self.fleet, self.trips, self.wear = fleet, trips, wear
        self.state = State.first(fleet)
        self._first = trips.first_of_day
        self._hours_limit = fleet.of("hours_limit")
        self._days_limit = fleet.of("days_limit")
        self._kind, self._base, self._slots = fleet.kind, fleet.base, fleet.slots

    def waking(self) -> State:
        """Begin a day: those whose maintenance or trip has ended are back."""
        state = self.state
        state.hangar &= state.back > state.day
        return state

    def may_enter(self) -> Flags:
        """Vessels that could enter a hangar today, if there is a slot [vessel]."""
        return np.asarray(~self.state.hangar & (self.state.back <= self.state.day))

    def slots_left(self) -> Ints:
        """Free slots [base]."""
        used = np.bincount(self._base[self.state.hangar], minlength=len(self._slots))
        return np.asarray(self._slots - used)

    def legal(self, hours: float = 0.0) -> Flags:
        """Vessels that may be used for some hours by law [vessel]."""
        state = self.state
        return np.asarray(
            (state.hours + hours <= self._hours_limit) & (state.days <= self._days_limit)
        )

    def live(self, enter: list[int]) -> Day:
        """Live through the day.

        Args:
            enter: vessels that are to enter a hangar, the most urgent first; those that cannot, or
                for which there is no slot, do not.
        """
        state = self.state
        told = Day(state.day, state.wear.copy(), self.wear.hazard(state.wear))
        self._maintain(enter, told)
        hours = self._fly(told)
        failing = np.zeros(self.fleet.count, bool)
        for _, vessel, fails in told.flown:
            failing[vessel] |= fails
        told.grounded = np.flatnonzero(state.failed & ~state.hangar).tolist()
        idle = ~state.hangar
        state.wear = np.where(idle, state.wear + self.wear.added(state.day, hours), state.wear)
        state.hours = np.where(idle, state.hours + hours, state.hours)
        state.days = np.where(idle, state.days + 1, 0)
        state.failed |= failing
        state.day += 1
        return told

    def _maintain(self, enter: list[int], told: Day) -> None:
        state, day = self.state, self.state.day
        left, may = self.slots_left(), self.may_enter()
        length = self.wear.length(day, state.failed.astype(float))
        cost = self.wear.cost(day, state.wear, state.failed.astype(float))
        after = self.wear.left(day, state.wear)
        for vessel in enter:
            base = int(self._base[vessel])
            if not may[vessel] or left[base] <= 0:
                continue
            left[base] -= 1
            may[vessel] = False
            told.entered.append(vessel)
            told.unscheduled.append(bool(state.failed[vessel]))
            told.until.append(day + int(length[vessel]))
            told.cost.append(float(cost[vessel]))
            state.hangar[vessel], state.back[vessel] = True, day + int(length[vessel])
            state.wear[vessel] = after[vessel]
            state.hours[vessel], state.days[vessel], state.failed[vessel] = 0.0, 0, False

    def _fly(self, told: Day) -> Floats:
        """Share the day's trips out: the dearest first, each to the vessel with most hours left."""
        state, trips, day = self.state, self.trips, self.state.day
        hours = np.zeros(self.fleet.count)
        if day + 1 >= len(self._first):
            return hours
        asked = np.arange(self._first[day], self._first[day + 1])
        gone = (trips.cancelled[asked] >= 0) & (trips.cancelled[asked] <= day)
        for trip in sorted(asked[~gone].tolist(), key=lambda one: -trips.revenue[one]):
            need = float(trips.hours[trip])
            fits = (self._kind == trips.kind[trip]) & (self._base == trips.base[trip])
            free = fits & self.may_enter() & ~state.failed & self.legal(need)
            if not free.any():
                told.lost.append(trip)
                continue
            spare = np.where(free, self._hours_limit - state.hours, -np.inf)
            vessel = int(spare.argmax())
            hours[vessel] = need
            used = np.zeros(self.fleet.count)
            used[vessel] = need
            fails = bool(self.wear.fails(day, state.wear, used)[vessel])
            told.flown.append((trip, vessel, fails))
            state.back[vessel] = day + int(trips.days[trip])
        return hours


def earned(day: Day, trips: Trips) -> float:
    """What a day earned less what it cost, USD."""
    revenue = sum(
        float(trips.revenue[trip]) * (DIVERTED_SHARE if fails else 1.0)
        for trip, _, fails in day.flown
    )
    paid = COMPENSATION_SHARE * sum(float(trips.revenue[trip]) for trip in day.lost)
    return revenue - paid - sum(day.cost) - GROUNDED_DAY_COST * len(day.grounded)
