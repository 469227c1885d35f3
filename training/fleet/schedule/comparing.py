"""Schedules side by side: tuned on the world as estimated, judged on the one that is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from tambo.planning.fleet.parameters import Floats, Parameters, Roster
from tambo.planning.fleet.policies import Hours, Interval, Policy, Threshold, run_to_failure
from tambo.planning.fleet.schedules import HOURS, INTERVAL, RUN_TO_FAILURE, THRESHOLD, Earned
from training.fleet.schedule.choosing import YEARS, Validation
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.morning import standing

SCORES = tuple(float(score) for score in range(40, 100, 5))
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DAYS = (0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Rules:
    """Schedules without learning."""

    interval: Interval
    hours: Hours
    threshold: Threshold

    def policies(self) -> dict[str, Policy]:
        """They and the one that has nothing to tune, by name."""
        return {
            RUN_TO_FAILURE: run_to_failure,
            INTERVAL: self.interval,
            HOURS: self.hours,
            THRESHOLD: self.threshold,
        }


def tuned(validation: Validation) -> Rules:
    """The rules, each as good as it can be on some fleets."""
    intervals = [Interval(hours, days) for hours, days in product(SHARES[::2], DAYS)]
    return Rules(
        interval=max(intervals, key=validation.earned),
        hours=max((Hours(share) for share in SHARES), key=validation.earned),
        threshold=max((Threshold(score) for score in SCORES), key=validation.earned),
    )


@dataclass(frozen=True)
class Judged:
    """What fleets made of their days by one schedule.

    Attributes:
        earned: revenue less all that was paid, USD a year of a fleet [luck].
        maintenances, failures: in a year of a fleet [luck].
        seconds: CPU of one decision for one fleet.
    """

    earned: Floats
    maintenances: Floats
    failures: Floats
    seconds: float


@dataclass(frozen=True)
class Judging:
    """The fleets that schedules are judged on: each seed is a luck of its own.

    Attributes:
        parameters: of the world that is true.
        roster: of each fleet.
        seeds: how many, and of each so many fleets.
        fleets: of a seed.
        days: that they live.
    """

    parameters: Parameters
    roster: Roster
    seeds: Sequence[int]
    fleets: int = 8
    days: int = YEARS

    def judge(self, schedule: Callable[[int], Policy]) -> Judged:
        """Live by a schedule.

        Args:
            schedule: the policy of a seed: one that is learned is learned anew for each.
        """
        lived = [live(schedule(seed), self._fleets(seed)) for seed in self.seeds]
        return Judged(
            earned=np.array([one.earned.mean() for one in lived]),
            maintenances=np.array([one.maintenances.mean() for one in lived]),
            failures=np.array([one.failures.mean() for one in lived]),
            seconds=float(np.mean([one.seconds for one in lived])),
        )

    def by(self, policy: Policy) -> Judged:
        """Live by a policy that is the same for all seeds."""
        return self.judge(lambda seed: policy)

    def _fleets(self, seed: int) -> Fleets:
        return Fleets(self.parameters, self.roster, self.fleets, self.days, 20_000 + seed)


def live(policy: Policy, fleets: Fleets) -> Judged:
    """Let fleets live through all their days by a schedule; each has a luck of its own."""
    earned, maintenances, failures = (np.zeros(fleets.fleets) for _ in range(3))
    decided = 0.0
    for _ in range(fleets.days):
        today = standing(fleets)
        begin = time.process_time()
        urgency = policy(today)
        decided += time.process_time() - begin
        told = fleets.live(urgency)
        earned += told.earned(fleets.parameters, fleets.roster).sum(axis=1)
        maintenances += told.entered.sum(axis=1)
        failures += told.unscheduled.sum(axis=1)
    years = fleets.days / 365
    seconds = decided / fleets.days / fleets.fleets
    return Judged(earned / years, maintenances / years, failures / years, seconds)


@dataclass(frozen=True)
class Gain:
    """How much more one schedule earns than another, as a share of that; 95 % interval."""

    mean: float
    low: float
    high: float


def gain(one: Judged, other: Judged) -> Gain:
    """Compare seed by seed: Student's t on the differences, since both had the same luck."""
    share = (one.earned - other.earned) / other.earned.mean()
    middle, error = _mean(share)
    half = _student(len(share)) * error
    return Gain(middle, middle - half, middle + half)


def earned(judged: Judged) -> Earned:
    """Means, and the interval of the mean by Student's t."""
    middle, error = _mean(judged.earned)
    half = _student(len(judged.earned)) * error
    return Earned(
        usd=middle,
        low=middle - half,
        high=middle + half,
        maintenances=float(judged.maintenances.mean()),
        failures=float(judged.failures.mean()),
    )


def carried(few: Judged, other: Judged, every: Judged) -> Earned:
    """What many fleets would make of their days by a schedule that only few others lived by.

    It is what they make of them by another schedule, and by how much more the few earn by this one
    than by that, with the same luck: so what few fleets had of luck falls out.

    Args:
        few: the schedule, on few fleets.
        other: another one, on the same.
        every: that other one, on many.
    """
    middle, error = _mean(every.earned)
    more, of_more = _mean(few.earned - other.earned)
    # The fewer fleets are most of the error, so their degrees of freedom count.
    half = _student(len(few.earned)) * (error**2 + of_more**2) ** 0.5
    return Earned(
        usd=middle + more,
        low=middle + more - half,
        high=middle + more + half,
        maintenances=_moved(few.maintenances, other.maintenances, every.maintenances),
        failures=_moved(few.failures, other.failures, every.failures),
    )


def _moved(few: Floats, other: Floats, every: Floats) -> float:
    return float(every.mean() + (few - other).mean())


def _mean(values: Floats) -> tuple[float, float]:
    """Mean, and its standard error."""
    return float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5


def _student(count: int) -> float:
    """Half an interval of 95 % of a mean of so many, in standard errors."""
    from scipy import stats

    return float(stats.t.ppf(0.975, count - 1))


def best_of(judged: Mapping[str, Judged]) -> str:
    """Name of the schedule that earns most."""
    return max(judged, key=lambda name: float(judged[name].earned.mean()))
