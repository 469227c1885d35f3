"""Fleets simulated side by side, a day at a time; what enters a hangar is decided from outside.

The order of a day is that of `tambo.sources.fleet.world.operations`, which judges schedules: those
whose maintenance is over come back, some enter hangars, the trips are shared out, vessels wear and
fail. Nothing else is shared with it: these fleets run on estimated figures.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Self

import numpy as np

from tambo.planning.fleet.demand import SEEN
from tambo.planning.fleet.parameters import Flags, Floats, Ints, Parameters, Roster
from training.fleet.schedule.trips import Trips, draw

FIRST_PART = 0.6
"""Of what a vessel can do between two maintenances, the most that lies behind it at the begin."""
LONGEST, FAR = 1e4, 1e6
"""Hours, or days: the most between two maintenances, and a limit that is none."""


@dataclass
class Morning:
    """Where fleets stand on a morning; arrays are [fleet, vessel].

    Attributes:
        wear: hidden; sensors show it with noise.
        hours, days: since the last maintenance.
        failed: cannot be used until it is maintained.
        hangar: is in maintenance.
        back: day on which it is back from a trip or from the hangar.
    """

    wear: Floats
    hours: Floats
    days: Floats
    failed: Flags
    hangar: Flags
    back: Ints


@dataclass(frozen=True)
class Told:
    """What a day brought, [fleet, vessel] where nothing else is said.

    Attributes:
        entered: began a maintenance.
        unscheduled: which of these had failed.
        cost: of these, USD.
        flown: revenue that was earned.
        lost: revenue of trips for which there was no vessel [fleet, base].
        grounded: failed ones that wait.
        failed: failed on a trip today.
        risk: chance with which each did, by its hidden wear.
    """

    entered: Flags
    unscheduled: Flags
    cost: Floats
    flown: Floats
    lost: Floats
    grounded: Flags
    failed: Flags
    risk: Floats

    def earned(self, parameters: Parameters, roster: Roster) -> Floats:
        """Revenue less what was paid for maintenance, lost trips and waiting, USD [fleet, base]."""
        bases = np.arange(len(roster.slots))
        here = (roster.base[:, None] == bases).astype(float)
        own = self.flown - self.cost - parameters.grounded_day * self.grounded
        return np.asarray(own @ here - parameters.compensation * self.lost)


class Fleets:
    """Some fleets of one roster, each with luck of its own.

    Args:
        parameters: of the world.
        roster: of each fleet.
        fleets: how many.
        days: how many they live.
        seed: of their luck.
        first: day of the year of the first day, from 0, and its weekday.
    """

    def __init__(
        self,
        parameters: Parameters,
        roster: Roster,
        fleets: int,
        days: int,
        seed: int,
        first: tuple[int, int] = (0, 0),
    ) -> None:
        self.parameters, self.roster = parameters, roster
        self.fleets, self.days, self.day = fleets, days, 0
        self._rng = np.random.default_rng(seed)
        # The morning after the last day is looked at too.
        every = np.arange(days + 1 + SEEN)
        self.day_of_year = (first[0] + every) % 365
        self.weekday = (first[1] + every) % 7
        self.trips: tuple[Trips, ...] = draw(
            self._rng, parameters, roster, fleets, self.weekday, self.day_of_year
        )
        shape = (fleets, roster.count)
        spread = self.of("quality")
        self._quality = np.exp(spread * self._rng.standard_normal(shape))
        part = self._rng.random(shape) * FIRST_PART
        worn_out = 1 / np.maximum(self.of("wear_hour"), 1 / LONGEST)
        hours = part * self._within("hours_limit", worn_out)
        self.morning = Morning(
            wear=self._quality * hours * self.of("wear_hour"),
            hours=hours,
            days=np.floor(part * self._within("days_limit", np.full(roster.count, 365.0))),
            failed=np.zeros(shape, bool),
            hangar=np.zeros(shape, bool),
            back=np.zeros(shape, np.int64),
        )
        self.shown = self._read()

    def again(self) -> Self:
        """The same fleets as they are now, to live on by themselves with the same luck."""
        shared = (self.parameters, self.roster, self.trips, self.day_of_year, self.weekday)
        return deepcopy(self, {id(one): one for one in shared})

    def of(self, name: str) -> Floats:
        """A figure of each vessel's kind [vessel]."""
        return np.array([float(getattr(one, name)) for one in self.parameters.upkeep])[
            self.roster.kind
        ]

    def _within(self, limit: str, else_within: Floats) -> Floats:
        """A limit of each vessel's kind, or something else where none is ever reached [vessel]."""
        found = self.of(limit)
        return np.where(found < FAR, found, else_within)

    def _read(self) -> Floats:
        """What the sensors show of each vessel's health [fleet, vessel]."""
        noise = self.parameters.score_noise * self._rng.standard_normal(self.morning.wear.shape)
        return np.asarray(np.clip(self.parameters.score(self.morning.wear) + noise, 0, 100))

    def may_enter(self) -> Flags:
        """Vessels that could enter a hangar today if there is a slot [fleet, vessel]."""
        return np.asarray(~self.morning.hangar & (self.morning.back <= self.day))

    def slots_left(self) -> Ints:
        """Free slots [fleet, base]."""
        bases = np.arange(len(self.roster.slots))
        used = self.morning.hangar @ (self.roster.base[:, None] == bases).astype(np.int64)
        return np.asarray(self.roster.slots - used)

    def legal(self) -> Flags:
        """Vessels that the law lets be used today [fleet, vessel]."""
        morning = self.morning
        return np.asarray(
            (morning.hours < self.of("hours_limit")) & (morning.days <= self.of("days_limit"))
        )

    def live(self, urgency: Floats) -> Told:
        """Live through the day.

        Args:
            urgency: of each vessel to enter a hangar; the highest of each base do, as far as there
                are slots; not a number: it does not [fleet, vessel].
        """
        entered = self.chosen(urgency)
        unscheduled = entered & self.morning.failed
        cost = self._maintain(entered, unscheduled)
        flown, lost, hours, failing, risk = self._fly()
        grounded = self.morning.failed & ~self.morning.hangar
        self._wear(hours, failing)
        self.day += 1
        self.morning.hangar &= self.morning.back > self.day
        self.shown = self._read()
        return Told(entered, unscheduled, cost, flown, lost, grounded, failing, risk)

    def chosen(self, urgency: Floats) -> Flags:
        """Who enters a hangar at some urgency; see `live`."""
        wanted = np.where(self.may_enter(), urgency, np.nan)
        left = self.slots_left()
        entered = np.zeros(wanted.shape, bool)
        for base in range(len(self.roster.slots)):
            here = np.flatnonzero(self.roster.base == base)
            some = wanted[:, here]
            order = np.argsort(-np.where(np.isnan(some), -np.inf, some), axis=1, kind="stable")
            rank = np.argsort(order, axis=1, kind="stable")
            entered[:, here] = (rank < left[:, base, None]) & ~np.isnan(some)
        return entered

    def _maintain(self, entered: Flags, unscheduled: Flags) -> Floats:
        morning, draw_normal = self.morning, self._rng.standard_normal(entered.shape)
        low, high = (
            np.array([one.left[end] for one in self.parameters.upkeep])[self.roster.kind]
            for end in (0, 1)
        )
        usual = np.where(unscheduled, self.of("failed_days"), self.of("days"))
        days = np.maximum(1, np.rint(usual * np.exp(self.of("days_spread") * draw_normal)))
        cost = self.of("cost") * (1 + self.of("cost_by_wear") * morning.wear)
        cost = cost * np.where(unscheduled, self.of("failed_cost"), 1.0)
        cost *= np.exp(self.of("cost_spread") * self._rng.standard_normal(entered.shape))
        left = low + (high - low) * self._rng.random(entered.shape)
        morning.wear = np.where(entered, morning.wear * left, morning.wear)
        morning.hours = np.where(entered, 0.0, morning.hours)
        morning.days = np.where(entered, 0.0, morning.days)
        morning.failed &= ~entered
        morning.hangar |= entered
        morning.back = np.where(entered, self.day + days.astype(np.int64), morning.back)
        return np.where(entered, cost, 0.0)

    def _fly(self) -> tuple[Floats, Floats, Floats, Flags, Floats]:
        """Share the trips out: the dearest first, each to the vessel with most legal hours left."""
        morning, shape = self.morning, self.morning.wear.shape
        flown, hours = np.zeros(shape), np.zeros(shape)
        lost = np.zeros((self.fleets, len(self.roster.slots)))
        spare = self.of("hours_limit") - morning.hours
        free = self.may_enter() & ~morning.failed & self.legal()
        hazard = self.of("hazard") * np.exp(self.of("steepness") * morning.wear)
        luck = self._rng.random(shape)
        failing, risk = np.zeros(shape, bool), np.zeros(shape)
        for (base, _, here), trips in zip(self.roster.cells, self.trips, strict=True):
            order = np.argsort(-np.where(free[:, here], spare[:, here], -np.inf), axis=1)
            ready = np.take_along_axis(free[:, here], order, 1)
            room = np.take_along_axis(spare[:, here], order, 1)
            places = trips.revenue.shape[-1]
            width = min(places, len(here))
            asked = trips.revenue[:, self.day]
            need = trips.hours[:, self.day, :width]
            made = ready[:, :width] & (asked[:, :width] > 0) & (need <= room[:, :width])
            lost[:, base] += asked.sum(axis=1) - (asked[:, :width] * made).sum(axis=1)
            for place in range(width):
                fleet = np.flatnonzero(made[:, place])
                vessel = here[order[fleet, place]]
                used = need[fleet, place]
                chance = 1 - np.exp(-used * hazard[fleet, vessel])
                fails = luck[fleet, vessel] < chance
                revenue = asked[fleet, place]
                flown[fleet, vessel] = revenue * np.where(fails, self.parameters.diverted, 1.0)
                hours[fleet, vessel], failing[fleet, vessel] = used, fails
                risk[fleet, vessel] = chance
                morning.back[fleet, vessel] = self.day + trips.days[fleet, self.day, place]
        return flown, lost, hours, failing, risk

    def _wear(self, hours: Floats, failing: Flags) -> None:
        morning, shape = self.morning, self.of("wear_shape")
        mean = self._quality * (hours * self.of("wear_hour") + self.of("wear_day"))
        added = mean * self._rng.gamma(shape, size=mean.shape) / shape
        idle = ~morning.hangar
        morning.wear = np.where(idle, morning.wear + added, morning.wear)
        morning.hours = np.where(idle, morning.hours + hours, morning.hours)
        morning.days = np.where(idle, morning.days + 1, 0.0)
        morning.failed |= failing
