"""What is known of past campaigns and of what else moved visitors, as arrays by pair and day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from training.metrics import Floats

NATIONAL, ALL = "national", "all"

Names = tuple[str, ...]
Pair = tuple[str, str]
"""Location and market."""


@dataclass(frozen=True)
class Campaign:
    """What one campaign spends on a pair; days are included.

    Attributes:
        id: shared by the lines of a campaign.
        segment: whom it addresses.
        first, last: days, counted from the history's first.
        daily: USD a day.
    """

    id: str
    segment: str
    first: int
    last: int
    daily: float


@dataclass(frozen=True)
class Place:
    """What moved visitors of one location, by day of the history.

    Attributes:
        name: of the location.
        markets: those counted.
        visitors: NaN where it is not known [market, day].
        weather: temperature and rain, NaN where it is not known [2, day].
        holidays: days of each holiday, by name.
        school: school holidays [day].
        events: days of each kind of event, by number.
        closed: announced closures, those ahead included [day and days ahead].
        campaigns: by market.
    """

    name: str
    markets: Names
    visitors: Floats
    weather: Floats
    holidays: Mapping[str, Floats]
    school: Floats
    events: Mapping[int, Floats]
    closed: Floats
    campaigns: Mapping[str, tuple[Campaign, ...]]


@dataclass(frozen=True)
class History:
    """All locations from a Monday to the last whole day known.

    Attributes:
        first: a Monday; day 0.
        days: how many days.
        places: by name, in order.
    """

    first: date
    days: int
    places: tuple[Place, ...]

    @property
    def weeks(self) -> int:
        """Monday weeks, the last one maybe not whole."""
        return -(-self.days // 7)

    @property
    def pairs(self) -> list[Pair]:
        """All pairs, in order."""
        return [(place.name, market) for place in self.places for market in place.markets]

    def monday(self, week: int) -> date:
        """First day of a week."""
        return self.first + timedelta(days=7 * week)

    def digest(self) -> str:
        """Hash of all that it holds: the same for the same history."""
        found = hashlib.sha256(f"{self.first} {self.days}".encode())
        for place in self.places:
            named = [*place.holidays.items(), *place.events.items()]
            found.update(repr((place.name, place.markets, place.campaigns)).encode())
            found.update(repr([name for name, _ in named]).encode())
            arrays = [place.visitors, place.weather, place.school, place.closed]
            for values in arrays + [values for _, values in named]:
                found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()[:32]

    def spend(self, first: int = 0, end: int | None = None) -> Floats:
        """USD by pair and week of the campaigns that began in some weeks [pair, week]."""
        found = np.zeros((len(self.pairs), self.weeks))
        row_of = {pair: n for n, pair in enumerate(self.pairs)}
        for place in self.places:
            for market, campaigns in place.campaigns.items():
                for one in campaigns:
                    start = max(one.first, 0)
                    if first <= start // 7 < (self.weeks if end is None else end):
                        days = np.arange(start, min(one.last + 1, self.days))
                        np.add.at(found[row_of[place.name, market]], days // 7, one.daily)
        return found
