"""Fleets that live by the network, mostly, and tell what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import Standing, look
from tambo.planning.fleet.parameters import Flags, Floats, Parameters, Roster
from tambo.planning.fleet.policies import forced
from training.fleet.schedule.morning import standing
from training.fleet.schedule.recipe import Recipe
from training.fleet.schedule.replay import Rows
from training.fleet.schedule.rewards import Judge, judged

Value = Callable[[NDArray[np.float32]], Floats]
"""Features [..., feature] to the worth of staying and of entering [..., 2]."""
THRESHOLDS, ABOUT = (45.0, 85.0), 10.0
"""Health scores at which a fleet of the other kind maintains, and how far its vessels differ."""


@dataclass
class _Begun:
    """A day whose reward is still being summed up, of each base of each fleet [fleet, base]."""

    seen: NDArray[np.float32]
    entered: Flags
    reward: Floats
    worth: float
    days: int
    open: Flags


class Bases:
    """Vessels of a roster by base, in rows of one width, so that bases are learned from alike.

    Args:
        roster: of the fleets.
    """

    def __init__(self, roster: Roster) -> None:
        homes = roster.homes
        width = max(map(len, homes))
        self.place = np.zeros((len(homes), width), np.int64)
        self.real = np.zeros((len(homes), width), bool)
        for base, here in enumerate(homes):
            self.place[base, : len(here)] = here
            self.real[base, : len(here)] = True

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of vessels [fleet, vessel, ...] by base [fleet, base, place, ...]."""
        return values[:, self.place]


class Experience:
    """Fleets side by side that begin anew after an episode.

    Args:
        parameters: of the world.
        roster: of each fleet.
        recipe: how they live.
        value: the network that they live by.
        rng: random numbers.
    """

    def __init__(
        self,
        parameters: Parameters,
        roster: Roster,
        recipe: Recipe,
        value: Value,
        rng: np.random.Generator,
    ) -> None:
        self.parameters, self.roster, self.recipe = parameters, roster, recipe
        self.bases = Bases(roster)
        self.mean = 0.0
        self._value, self._rng = value, rng
        self._days = 0
        self._begin()

    def _begin(self) -> None:
        recipe, shape = self.recipe, (self.recipe.fleets, self.roster.count)
        self._judge: Judge = judged(
            self.parameters, self.roster, recipe.fleets, recipe.episode, self._rng
        )
        low, high = THRESHOLDS
        about = self._rng.uniform(-ABOUT, ABOUT, shape)
        self._threshold = self._rng.uniform(low, high, (recipe.fleets, 1)) + about
        self._by_threshold = self._rng.random((recipe.fleets, 1)) < recipe.thresholds
        self._begun: deque[_Begun] = deque()

    def live(self) -> Rows | None:
        """Live through a day.

        Returns:
            Rows whose rewards are summed up; None: there are none yet.
        """
        fleets = self._judge.fleets
        if fleets.day >= fleets.days:
            self._begin()
            fleets = self._judge.fleets
        today = standing(fleets)
        seen = look(today)
        worth = self._value(seen)
        gain = worth[..., 1] - worth[..., 0]
        greedy = forced(today, np.where(gain > 0, gain, np.nan))
        decided = self._decide(today, gain)
        other = fleets.chosen(greedy) != fleets.chosen(decided)
        rows = self._close(today, seen, np.any(self.bases.of(other) & self.bases.real, axis=2))
        told, reward = self._judge.live(decided)
        self._open(seen, told.entered)
        self._add(reward)
        return rows

    def _decide(self, today: Standing, gain: Floats) -> Floats:
        """Urgency by the network or by a threshold, now and then by neither."""
        shown, rng = today.score, self._rng
        wanted = np.where(self._by_threshold, shown < self._threshold, gain > 0)
        wanted ^= rng.random(gain.shape) < self.recipe.random
        # Above 1 wherever it is wanted, so that the order is that of the gains.
        urgency = np.where(self._by_threshold, 100 - shown, gain - gain.min() + 1)
        return forced(today, np.where(wanted, urgency, np.nan))

    def _close(self, today: Standing, seen: NDArray[np.float32], other: Flags) -> Rows | None:
        """Rows of the days that have all their rewards, or that a decision of others ends."""
        parts = []
        for begun in self._begun:
            done = begun.open & (other | (begun.days >= self.recipe.steps_ahead))
            if done.any():
                begun.open &= ~done
                parts.append(self._rows(begun, today, seen, done))
        while self._begun and not self._begun[0].open.any():
            self._begun.popleft()
        if not parts:
            return None
        fields = [part.fields() for part in parts]
        joined = {name: np.concatenate([one[name] for one in fields]) for name in fields[0]}
        return Rows(**joined)

    def _rows(self, begun: _Begun, today: Standing, seen: NDArray[np.float32], done: Flags) -> Rows:
        real = self.bases.real
        number = int(done.sum())
        return Rows(
            seen=begun.seen[done],
            entered=begun.entered[done],
            reward=begun.reward[done],
            days=np.full(number, begun.days),
            later=self.bases.of(seen)[done],
            may=(self.bases.of(today.may_enter) & real)[done],
            must=(self.bases.of(today.must_enter) & real)[done],
            slots=today.slots_left[done],
            real=np.broadcast_to(real, done.shape + real.shape[1:])[done],
        )

    def _open(self, seen: NDArray[np.float32], entered: Flags) -> None:
        shape = (self.recipe.fleets, len(self.roster.slots))
        self._begun.append(
            _Begun(
                seen=self.bases.of(seen),
                entered=self.bases.of(entered) & self.bases.real,
                reward=np.zeros(shape),
                worth=1.0,
                days=0,
                open=np.ones(shape, bool),
            )
        )

    def _add(self, reward: Floats) -> None:
        """Add a day's reward, to what was begun and to the mean."""
        self._days += 1
        step = max(1 / self._days, 0.002)
        self.mean += step * (float(reward.mean()) - self.mean)
        for begun in self._begun:
            begun.reward += begun.worth * reward
            begun.worth *= self.recipe.gamma
            begun.days += 1
