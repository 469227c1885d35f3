"""What a simulated fleet runs on: figures of each kind, estimated from data or declared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tambo.planning.fleet.roster import Roster

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

LEAST_SCORE = 1.0
"""Scores below it say no more of wear."""

__all__ = ["Demand", "Flags", "Floats", "Ints", "Parameters", "Roster", "Upkeep"]


@dataclass(frozen=True)
class Upkeep:
    """How vessels of a kind wear, fail and are maintained.

    Attributes:
        hours_limit, days_limit: legal, between two maintenances.
        wear_hour, wear_day: mean wear of an hour of use and of a day; 1 is worn out.
        wear_shape: of the gamma distribution that a day's wear has about its mean.
        quality: standard deviation of the logarithm of a vessel's own factor of wear.
        hazard, steepness: failures an hour of use are hazard · exp(steepness · wear).
        left: least and greatest share of the wear that a maintenance leaves.
        days, failed_days: usual days of a planned maintenance, and of one after a failure.
        days_spread: standard deviation of the logarithm of both.
        cost, failed_cost: USD of a planned one without wear, and its factor after a failure.
        cost_by_wear: share of the cost that wear of 1 adds.
        cost_spread: standard deviation of the cost's logarithm.
    """

    hours_limit: float
    days_limit: float
    wear_hour: float
    wear_day: float
    wear_shape: float
    quality: float
    hazard: float
    steepness: float
    left: tuple[float, float]
    days: float
    failed_days: float
    days_spread: float
    cost: float
    failed_cost: float
    cost_by_wear: float
    cost_spread: float


@dataclass(frozen=True)
class Demand:
    """What trips are asked of vessels of a kind.

    Attributes:
        trips: a day and vessel, on average over a year.
        weekday: factor of each day of the week, Monday first; of mean 1.
        season: coefficients of cosine and sine of the year in the logarithm of demand.
        surge, surge_days: standard deviation of that logarithm about the season, and the days
            between its knots.
        hours, hours_spread: median hours of a trip, and spread of their logarithm.
        most_hours: of a trip.
        day_hours: hours of a trip that fill a day.
        most_days: of a trip.
        price, price_spread: median USD an hour, and spread of its logarithm.
        ahead: mean days that a trip is booked ahead.
        cancelled: share that its guests cancel.
    """

    trips: float
    weekday: tuple[float, ...]
    season: tuple[float, float]
    surge: float
    surge_days: int
    hours: float
    hours_spread: float
    most_hours: float
    day_hours: float
    most_days: int
    price: float
    price_spread: float
    ahead: float
    cancelled: float


@dataclass(frozen=True)
class Parameters:
    """A fleet's world.

    Attributes:
        upkeep, demand: of each kind.
        diverted: share of a trip's revenue that is earned where the vessel fails on it.
        compensation: share of it that is paid where there is no vessel.
        grounded_day: USD for each day that a failed vessel waits for a slot.
        score_scale, score_power: the health score of wear w is 100 · exp(-scale · w^power).
        score_noise: standard deviation of what sensors show about it, over a day.
    """

    upkeep: tuple[Upkeep, ...]
    demand: tuple[Demand, ...]
    diverted: float
    compensation: float
    grounded_day: float
    score_scale: float
    score_power: float
    score_noise: float

    def score(self, wear: Floats) -> Floats:
        """Health score of wear, 0 to 100."""
        return np.asarray(100 * np.exp(-self.score_scale * wear**self.score_power))

    def wear(self, score: Floats) -> Floats:
        """Wear that shows as a health score."""
        worn = -np.log(np.clip(score, LEAST_SCORE, 99.9) / 100) / self.score_scale
        return np.asarray(worn ** (1 / self.score_power))
