"""What happens to a trip's lines after booking: on time, late, corrected or withdrawn.

The first line of a corrected trip is wrong, its correction is right: the equations of the world
hold for the last version of every line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints
from tambo.sources.travel.world.trips import Trips

ON_TIME, LATE, CORRECTED, WITHDRAWN = range(4)
LATE_SHARE, CORRECTED_SHARE, WITHDRAWN_SHARE = 0.02, 0.01, 0.01
DELAY_MONTHS = (1, 3)
WRONG_FARE, WRONG_DATE, WRONG_BOOKING = range(3)
WRONG_FARE_FACTORS = (0.85, 1.2)
MOVED_DAYS = (1, 10)


@dataclass(frozen=True)
class Fates:
    """One row a trip.

    Args:
        fate: ON_TIME, LATE, CORRECTED or WITHDRAWN.
        delay: months until the correction or withdrawal is sent, with that month's file.
        wrong: what a corrected trip's first line had wrong.
    """

    fate: Ints
    delay: Ints
    wrong: Ints

    def rows(self, fate: int, delay: int | None = None) -> Ints:
        """Positions of the trips with this fate, and this delay if one is given."""
        chosen = self.fate == fate
        return np.flatnonzero(chosen if delay is None else chosen & (self.delay == delay))


def fates(draws: Draws, trips: Trips) -> Fates:
    """Draw what happens to each trip."""
    drawn = draws.uniform("fate", trips.id)
    edges = np.cumsum([LATE_SHARE, CORRECTED_SHARE, WITHDRAWN_SHARE])
    fate = np.select([drawn < edge for edge in edges], [LATE, CORRECTED, WITHDRAWN], ON_TIME)
    return Fates(
        fate=fate,
        delay=draws.whole("delay", trips.id, *DELAY_MONTHS),
        wrong=draws.whole("wrong", trips.id, WRONG_FARE, WRONG_BOOKING),
    )


def as_first_told(draws: Draws, trips: Trips, told: Fates, month_end: int) -> Trips:
    """The trips with the mistakes that corrected ones had at first.

    Args:
        draws: the world's random numbers.
        trips: the trips as they are.
        told: their fates.
        month_end: number of the first day after the month; a wrong booking stays inside it.
    """
    rows = told.rows(CORRECTED)
    trip, wrong = trips.id[rows], told.wrong[rows]
    # A booking told too late lies in the same month and before the travel day.
    room = np.minimum(month_end - 1, trips.day[rows] - 1) - trips.booked[rows]
    wrong = np.where((wrong == WRONG_BOOKING) & (room < 1), WRONG_FARE, wrong)
    later = 1 + np.floor(draws.uniform("later", trip) * np.maximum(room, 1)).astype(np.int64)
    factor = np.array(WRONG_FARE_FACTORS)[draws.whole("up", trip, 0, 1)]
    factor = np.where(wrong == WRONG_FARE, factor, 1.0)
    booked, day = trips.booked.copy(), trips.day.copy()
    booked[rows] += np.where(wrong == WRONG_BOOKING, later, 0)
    day[rows] += np.where(wrong == WRONG_DATE, draws.whole("moved", trip, *MOVED_DAYS), 0)

    def told_price(true: Floats) -> Floats:
        price = true.copy()
        price[rows] = np.round(price[rows] * factor, 2)
        return price

    return replace(
        trips,
        booked=booked,
        day=day,
        fare_out=told_price(trips.fare_out),
        fare_back=told_price(trips.fare_back),
        night_price=told_price(trips.night_price),
    )
