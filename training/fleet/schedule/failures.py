"""How vessels fail by what they have worn: Poisson events an hour, hazard · exp(steepness · wear).

The log-likelihood is that of a piecewise exponential model with wear as its time-varying covariate:
each flight adds its hours as exposure, each stint that a failure ended adds an event at the wear of
its last flight. Source: Friedman, "Piecewise exponential models for survival data with covariates",
Annals of Statistics 10 (1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.errors import FewLabelsError
from tambo.planning.fleet.parameters import Floats, Ints
from training.fleet.schedule.history import History
from training.fleet.schedule.stints import Stints
from training.fleet.schedule.wear import Wearing

LEAST_FAILURES = 5
STEEPEST = 10.0


@dataclass(frozen=True)
class Uses:
    """Flights within stints: whose, how long, and at what wear."""

    stint: Ints
    hours: Floats
    wear: Floats


@dataclass(frozen=True)
class Failing:
    """What was found.

    Attributes:
        hazard: failures an hour without wear, of each kind.
        steepness: of the growth with wear, one for all kinds.
        failures: how many there were.
    """

    hazard: Floats
    steepness: float
    failures: int


def uses(history: History, stints: Stints, wearing: Wearing) -> Uses:
    """Flights of all stints, in order."""
    flights = history.flights
    day = np.floor(flights.day) - history.first
    found: list[tuple[int, float, float]] = []
    for number in range(stints.count):
        # The last trip before a hangar arrives on the day on which it is entered.
        here = (flights.vessel == stints.vessel[number]) & (day >= stints.begin[number])
        here &= day <= stints.end[number]
        hours = flights.hours[here]
        kind = stints.kind[number]
        use = wearing.hour[kind] * (np.cumsum(hours) - hours)
        use = use + wearing.day[kind] * (day[here] - stints.begin[number])
        wear = wearing.start[number] + wearing.factor[number] * use
        found += zip([number] * len(hours), hours.tolist(), wear.tolist(), strict=True)
    stint, hours, wear = (np.array(column) for column in zip(*found, strict=True))
    return Uses(stint.astype(np.int64), hours.astype(float), wear.astype(float))


def estimate_failing(history: History, stints: Stints, used: Uses) -> Failing:
    """Estimate hazards.

    Raises:
        FewLabelsError: too few failures are known.
    """
    from scipy.optimize import minimize_scalar

    ended = stints.after >= 0
    failed = np.zeros(stints.count, bool)
    failed[ended] = history.maintenances.failed[stints.after[ended]]
    last = np.full(stints.count, -1)
    last[used.stint] = np.arange(len(used.stint))
    events = last[failed & (last >= 0)]
    if len(events) < LEAST_FAILURES:
        raise FewLabelsError(
            f"{len(events)} failures are known, where {LEAST_FAILURES} are needed: how wear makes "
            "vessels fail cannot be told.",
            remedy="load more maintenance: tambo ingest <folder>",
        )
    kind = stints.kind[used.stint]
    kinds = len(history.kinds)
    number = np.bincount(kind[events], minlength=kinds)

    def exposure(steepness: float) -> Floats:
        weights = used.hours * np.exp(steepness * used.wear)
        return np.asarray(np.bincount(kind, weights=weights, minlength=kinds))

    def loss(steepness: float) -> float:
        # The hazard of each kind that is likeliest at this steepness is events over exposure.
        seen = np.maximum(number, 0.5)
        likeliest = (number * np.log(seen / exposure(steepness))).sum()
        return -float(likeliest + steepness * used.wear[events].sum())

    steepness = float(minimize_scalar(loss, bounds=(0.0, STEEPEST), method="bounded").x)
    # A kind of which none failed is taken to have seen half a failure.
    return Failing(np.maximum(number, 0.5) / exposure(steepness), steepness, len(events))
