"""One vessel whose wear is seen, as a Markov decision process on a grid: it has an exact optimum.

The days are those of `fleets.Fleets` with one jet, one slot, no season, no surges, nothing booked
ahead and no legal limits: what the network sees of such a vessel is its wear and the weekday. A day
is a transition from one wear to another; a stay in the hangar is one transition of several days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.parameters import Floats, Parameters, Roster
from training.fleet.schedule.rewards import ENDLESS

MOST_WEAR, BINS = 2.0, 160
DRAWS = 20_000


def simplified(parameters: Parameters, kind: int) -> tuple[Parameters, Roster]:
    """The world of one vessel of a kind, with all that the module leaves out left out."""
    upkeep = replace(
        parameters.upkeep[kind],
        hours_limit=ENDLESS,
        days_limit=ENDLESS,
        quality=0.0,
        days_spread=0.0,
        cost_spread=0.0,
        left=(float(np.mean(parameters.upkeep[kind].left)),) * 2,
    )
    demand = replace(
        parameters.demand[kind],
        weekday=(1.0,) * 7,
        season=(0.0, 0.0),
        surge=0.0,
        most_days=1,
        ahead=0.0,
        cancelled=0.0,
    )
    world = replace(parameters, upkeep=(upkeep,), demand=(demand,), score_noise=0.0)
    return world, Roster(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.int64))


@dataclass(frozen=True)
class OneVessel:
    """The process; a state is a wear, of a vessel that works or of one that has failed.

    Attributes:
        wear: of each bin.
        stay: chance of each wear tomorrow [bin, bin].
        fails: chance of failing today [bin].
        earned: expected USD of a day on which it is there, less what a failure diverts [bin].
        planned, failed: expected USD of a stay in the hangar, lost trips with it [bin].
        days, failed_days: of a stay.
        after: bins that a stay leads to [bin, bin].
        gamma: of the discount, a day.
    """

    wear: Floats
    stay: Floats
    fails: Floats
    earned: Floats
    planned: Floats
    failed: Floats
    days: int
    failed_days: int
    after: Floats
    gamma: float

    @classmethod
    def of(
        cls, world: Parameters, gamma: float, seed: int = 0, day_worth: float | None = None
    ) -> OneVessel:
        """The process of a simplified world.

        Args:
            world: of `simplified`.
            gamma: of the discount, a day.
            seed: of the drawn days.
            day_worth: USD that a day of absence loses, where others stand in; None: all that the
                vessel would have earned, and its compensation.
        """
        rng = np.random.default_rng(seed)
        upkeep = world.upkeep[0]
        wear = np.linspace(0.0, MOST_WEAR, BINS)
        hours, flown, lost = _days(rng, world)
        rough = rng.gamma(upkeep.wear_shape, size=len(hours)) / upkeep.wear_shape
        added = (hours * upkeep.wear_hour + upkeep.wear_day) * rough
        hazard = upkeep.hazard * np.exp(upkeep.steepness * wear)
        chance = 1 - np.exp(-np.outer(hazard, hours))
        diverted = (1 - world.diverted) * (chance * flown).mean(axis=1)
        here = float((flown - world.compensation * lost).mean())
        away = -world.compensation * float((flown + lost).mean())
        if day_worth is not None:
            here, away = 0.0, -day_worth
        days = max(1, round(upkeep.days)), max(1, round(upkeep.failed_days))
        cost = upkeep.cost * (1 + upkeep.cost_by_wear * wear)
        # What is lost in the hangar comes day by day, as what is earned outside does.
        worth = [away * (1 - gamma**n) / (1 - gamma) for n in days]
        return cls(
            wear=wear,
            stay=np.stack([_spread(wear, one + added) for one in wear]),
            fails=chance.mean(axis=1),
            earned=here - diverted,
            planned=worth[0] - cost,
            failed=worth[1] - upkeep.failed_cost * cost,
            days=days[0],
            failed_days=days[1],
            after=np.stack([_spread(wear, np.array([one * upkeep.left[0]])) for one in wear]),
            gamma=gamma,
        )

    def optimum(self, close: float = 1.0) -> tuple[Floats, NDArray[np.bool_]]:
        """Value iteration (Bellman 1957) until no value moves by `close` USD.

        Returns:
            Value of each wear, and whether to enter a hangar at it.
        """
        value = np.zeros(len(self.wear))
        while True:
            stay, enter = self._worth(value)
            better = np.maximum(stay, enter)
            if np.abs(better - value).max() < close * (1 - self.gamma):
                return better, enter > stay
            value = better

    def value(self, enter: NDArray[np.bool_]) -> Floats:
        """Exact value of a policy, of each wear: the solution of its linear equations.

        Args:
            enter: whether it enters a hangar [bin].
        """
        gone = self.gamma**self.failed_days
        broken = self.fails[:, None] * self.gamma * gone * (self.stay @ self.after)
        works = (1 - self.fails)[:, None] * self.gamma * self.stay
        move = np.where(enter[:, None], self.gamma**self.days * self.after, works + broken)
        paid = self.earned + self.fails * self.gamma * (self.stay @ self.failed)
        reward = np.where(enter, self.planned, paid)
        return np.asarray(np.linalg.solve(np.eye(len(self.wear)) - move, reward))

    def _worth(self, value: Floats) -> tuple[Floats, Floats]:
        """Worth of staying and of entering, if it goes on with a value."""
        broken = self.failed + self.gamma**self.failed_days * (self.after @ value)
        later = (1 - self.fails) * (self.stay @ value) + self.fails * (self.stay @ broken)
        enter = self.planned + self.gamma**self.days * (self.after @ value)
        return self.earned + self.gamma * later, enter


def seen_of(wear: Floats, world: Parameters, weekday: int) -> NDArray[np.float32]:
    """What the network sees of such a vessel: float32 [bin, feature]."""
    found = np.zeros((len(wear), len(NAMES)), np.float32)
    angle = 2 * np.pi * weekday / 7
    columns = {
        "health": -np.log(np.clip(world.score(wear), 5.0, 100) / 100),
        "free_slots": 1.0,
        "ready_vessels": 1.0,
        "season": 1.0,
        "slots_a_vessel": 1.0,
        "weekday_sin": np.sin(angle),
        "weekday_cos": np.cos(angle),
    }
    columns["health_of_cell"] = columns["health"]
    for name, value in columns.items():
        found[:, NAMES.index(name)] = value
    return found


def _days(rng: np.random.Generator, world: Parameters) -> tuple[Floats, Floats, Floats]:
    """Hours and revenue of the trip that is flown on drawn days, and the revenue of the others."""
    from training.fleet.schedule.trips import draw

    roster = Roster(np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1, np.int64))
    days = np.arange(DRAWS)
    trips = draw(rng, world, roster, 1, days % 7, days % 365)[0]
    count = trips.booked_ahead.shape[1]
    flown = trips.revenue[0, :count, 0]
    hours = np.where(flown > 0, trips.hours[0, :count, 0], 0.0)
    return hours, flown, trips.revenue[0, :count].sum(axis=1) - flown


def _spread(wear: Floats, values: Floats) -> Floats:
    """Share out values to the bins on both sides of them [bin]."""
    place = np.clip(values / (wear[1] - wear[0]), 0, len(wear) - 1.001)
    low = place.astype(np.int64)
    part = place - low
    found = np.bincount(low, weights=1 - part, minlength=len(wear))
    found += np.bincount(low + 1, weights=part, minlength=len(wear))
    return np.asarray(found / len(values))
