"""What a flight costs: the factors of a fare and how they multiply.

fare = base(route) · class · agency · season(from, to, travel day) · weekday(travel day)
       · lead(days from booking to travel) · drift(route, booking day) · noise

The expected fare leaves the noise out; the noise is lognormal with median 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints, ids
from tambo.sources.travel.world.places import AGENCY_MARKUP, CLASS_FACTOR, PLACES, distances_km
from tambo.sources.travel.world.seasons import Calendar, Seasons

BASE_BRL, BASE_BRL_PER_KM, BASE_SPREAD = 90.0, 0.42, 0.15
LEAD_FLOOR, LEAD_RISE, LEAD_DAYS = 0.86, 0.70, 11.0
SEASON_POWER = 0.3
WEEKDAY_FACTOR = (1.03, 0.97, 0.96, 1.0, 1.08, 0.98, 1.06)
DRIFT_A_YEAR, DRIFT_SPREAD_A_MONTH = 0.04, 0.012
NOISE = 0.05
CRUISE_KM_PER_HOUR, GROUND_HOURS = 780.0, 0.5


def lead_factor(days: Ints | Floats) -> Floats:
    """Price factor of booking this many days before the flight: late is dear."""
    return np.asarray(LEAD_FLOOR + LEAD_RISE * np.exp(-np.asarray(days) / LEAD_DAYS))


@dataclass(frozen=True)
class Fares:
    """Fares of all routes; indices are those of PLACES, CLASSES and AGENCIES.

    Args:
        calendar: the world's calendar.
        distance: km [from, to].
        hours: flight time [from, to], hours.
        base: economic fare [from, to], BRL, at the start of the world and season 1.
        log_drift: logarithm of the drift at the first day of each month [from, to, month].
        season: leisure demand level [place, day].
    """

    calendar: Calendar
    distance: Floats
    hours: Floats
    base: Floats
    log_drift: Floats
    season: Floats

    @classmethod
    def draw(cls, draws: Draws, calendar: Calendar, seasons: Seasons) -> Fares:
        """Draw the route parameters of one world."""
        distance = distances_km()
        place = np.arange(len(PLACES))
        route = ids(place[:, None], place[None, :])
        spread = np.exp(BASE_SPREAD * draws.normal("route base", route))
        months = np.arange(1, calendar.months + 1) + 12 * calendar.first.year
        walk = DRIFT_SPREAD_A_MONTH * draws.normal("drift", ids(route[..., None], months))
        steps = np.cumsum(walk + DRIFT_A_YEAR / 12, axis=-1)
        return cls(
            calendar=calendar,
            distance=distance,
            hours=np.round(GROUND_HOURS + distance / CRUISE_KM_PER_HOUR, 2),
            base=(BASE_BRL + BASE_BRL_PER_KM * distance) * spread,
            log_drift=np.concatenate([np.zeros((*distance.shape, 1)), steps], axis=-1),
            season=seasons.level,
        )

    def drift(self, origin: Ints, to: Ints, booked: Ints) -> Floats:
        """Drift factor, between the first days of two months in proportion."""
        months = range(self.calendar.months + 1)
        starts = np.array([self.calendar.month_days(month)[0] for month in months])
        month = np.clip(np.searchsorted(starts, booked, side="right") - 1, 0, len(starts) - 2)
        share = (booked - starts[month]) / (starts[month + 1] - starts[month])
        low, high = self.log_drift[origin, to, month], self.log_drift[origin, to, month + 1]
        return np.asarray(np.exp(low + share * (high - low)))

    def expected(
        self, origin: Ints, to: Ints, flight_class: Ints, agency: Ints, day: Ints, booked: Ints
    ) -> Floats:
        """Fare without noise, BRL; `day` and `booked` are day numbers of the calendar."""
        season = (self.season[origin, day] * self.season[to, day]) ** SEASON_POWER
        weekday = np.array(WEEKDAY_FACTOR)[(day + self.calendar.first.weekday()) % 7]
        return np.asarray(
            self.base[origin, to]
            * np.array(CLASS_FACTOR)[flight_class]
            * np.array(AGENCY_MARKUP)[agency]
            * season
            * weekday
            * lead_factor(day - booked)
            * self.drift(origin, to, booked)
        )
