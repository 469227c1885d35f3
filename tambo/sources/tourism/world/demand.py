"""Demand of a location by market and day: what every factor does, and their product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tambo.sources.sample.draws import Flags, Floats
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.campaigns import room, uplift
from tambo.sources.tourism.world.events import Event, factor
from tambo.sources.tourism.world.factors import Factors
from tambo.sources.tourism.world.feasts import Feasts
from tambo.sources.tourism.world.places import RAMP_DAYS, Place
from tambo.sources.tourism.world.seasons import YEAR, season


@dataclass(frozen=True)
class Demand:
    """Demand of one location over the world and its horizon.

    Args:
        calendar: of the world.
        place: whose demand.
        season, holiday: factors [market, day].
        event: factor [day].
        exchange: factor [market, day].
        closed: whether it is shut for the day: not open yet, closed, or gone [day].
        base: visitors of a day without campaigns, in the usual weather and at the mean exchange
            rate; what campaigns add to [market, day].
    """

    calendar: Calendar
    place: Place
    season: Floats
    holiday: Floats
    event: Floats
    exchange: Floats
    closed: Flags
    base: Floats

    @cached_property
    def expected(self) -> Floats:
        """Visitors of a day without campaigns, in the usual weather [market, day]."""
        return np.asarray(self.base * self.exchange)

    def added(self, spend: Floats) -> Floats:
        """Visitors of a day that campaigns add, given USD by week [market, day]."""
        share = uplift(spend, self.place.beta, self.place.scale)[:, self.calendar.week]
        return np.asarray(self.base * room(self.season) * share)


def demand(
    calendar: Calendar, place: Place, feasts: Feasts, events: tuple[Event, ...], factors: Factors
) -> Demand:
    """Multiply all factors of a location."""
    waves = season(calendar, place)
    holiday = 1 + place.feasts @ feasts.height + place.school[:, None] * feasts.school
    event = factor(events, calendar, place.number)
    closed = _closed(calendar, place)
    day = np.arange(calendar.days)
    trend = np.exp(place.growth * day / YEAR)
    if place.opened > 0:
        trend = trend * (1 - np.exp(-np.maximum(day - place.opened + 5, 0) / RAMP_DAYS))
    level = trend * factors.shock * event * ~closed
    base = place.base * place.share[:, None] * waves * holiday * place.week[:, calendar.weekday]
    return Demand(
        calendar=calendar,
        place=place,
        season=waves,
        holiday=np.broadcast_to(holiday, waves.shape),
        event=event,
        exchange=factors.exchange() ** place.exchange[:, None],
        closed=closed,
        base=base * level,
    )


def _closed(calendar: Calendar, place: Place) -> Flags:
    day = np.arange(calendar.days)
    closed = day < place.opened
    for each in place.closures:
        closed |= (day >= each.start) & (day <= each.end)
    return closed
