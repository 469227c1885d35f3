"""Trips booked at the bases of a fleet, as a schedule sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tambo.planning.fleet.demand import ANY, SEEN, season_ahead, usual_revenue
from tambo.planning.fleet.look import AHEAD
from tambo.planning.fleet.outlook import usual_bookings
from tambo.planning.fleet.parameters import Demand, Floats, Ints, Parameters
from tambo.planning.fleet.roster import Roster
from tambo.requesttime.fleet.calendar import instant

REVENUE, FROM = "fleet_demand__booked_revenue", "fleet_demand__booked_from"


@dataclass(frozen=True)
class Seen:
    """What a schedule sees of demand.

    Attributes:
        booked: as `Standing.booked` of one fleet [cell, window].
        seasons: as `Standing.season` on each morning [day, cell].
    """

    booked: Floats
    seasons: Floats


@dataclass(frozen=True)
class Booked:
    """What is stored of bookings.

    Attributes:
        stored: features by name of base and kind, which may be `ANY`.
        kinds: names, by number.
    """

    stored: Mapping[tuple[str, str], Mapping[str, object]]
    kinds: Sequence[str]

    def of(
        self,
        roster: Roster,
        bases: Sequence[str],
        parameters: Parameters,
        today: date,
        days: int,
        warnings: list[str],
    ) -> Seen:
        """What a schedule sees of the cells of a roster.

        Args:
            roster: of the fleet.
            bases: their names.
            parameters: of the world.
            today: the day, UTC.
            days: mornings whose season is asked for.
            warnings: what is taken for granted is added.
        """
        booked, seasons = [], []
        for base, kind, here in roster.cells:
            demand = parameters.demand[kind]
            season = _seasons(demand, today, days)
            sharing = len(here), len(roster.homes[base])
            by_day = self._of_vessel(bases[base], self.kinds[kind], sharing, today)
            if by_day is None or len(by_day) <= SEEN:
                warnings.append(
                    f"what is booked of {self.kinds[kind]} at {bases[base]} is not known: what is"
                    " usual in the season is taken for granted"
                )
                booked.append(usual_bookings(demand) * season[0])
            else:
                share = by_day / usual_revenue(demand)
                booked.append([share[first : last + 1].mean() for first, last in AHEAD])
            seasons.append(season)
        return Seen(np.array(booked), np.stack(seasons, axis=1))

    def _of_vessel(
        self, base: str, kind: str, sharing: tuple[int, int], today: date
    ) -> Floats | None:
        """Revenue booked by day for one vessel: its share of its kind's and of any kind's.

        Args:
            base: of the vessel.
            kind: of the vessel.
            sharing: how many vessels of the kind are there, and how many of all kinds.
            today: the day, UTC.

        Returns:
            [day]; None: neither is known.
        """
        told = [self._by_day(base, one, today) for one in (kind, ANY)]
        parts = [
            days / vessels for days, vessels in zip(told, sharing, strict=True) if days is not None
        ]
        if not parts:
            return None
        length = min(map(len, parts))
        return np.asarray(np.sum([one[:length] for one in parts], axis=0))

    def _by_day(self, base: str, kind: str, today: date) -> Floats | None:
        """Revenue booked for today and the days after it; None: not known."""
        values = self.stored.get((base, kind), {})
        revenue, begins = values.get(REVENUE), instant(values.get(FROM))
        if begins is None or not isinstance(revenue, Sequence | np.ndarray):
            return None
        over = (today - begins.date()).days
        return None if over < 0 else np.array(revenue, float)[over:]


def _seasons(demand: Demand, today: date, days: int) -> Floats:
    every = [today + timedelta(days=n) for n in range(days + SEEN)]
    weekday: Ints = np.array([one.weekday() for one in every])
    day_of_year: Ints = np.array([one.timetuple().tm_yday - 1 for one in every])
    return season_ahead(demand, weekday, day_of_year)
