"""Counts of a location by market and hour, drawn around the demand of the day."""

from __future__ import annotations

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, Ints, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.weather import fading


def hour_share(calendar: Calendar, place: Place) -> Floats:
    """Share of each hour in its day; it sums to 1 on days of 23 and 25 hours too [hour]."""
    hours = calendar.hours
    weekend = (calendar.weekday[hours.day] >= 5).astype(np.int64)
    share = place.hours[weekend, hours.hour]
    whole = np.bincount(hours.day, share)
    return np.asarray(share / whole[hours.day])


def day_effect(draws: Draws, calendar: Calendar, place: Place) -> Floats:
    """Random factor of each day of the world, of mean 1 and correlated from day to day."""
    wave = fading(
        draws.normal("day", ids(place.number, np.arange(calendar.world_days))), place.memory
    )
    return np.asarray(np.exp(place.spread * wave - place.spread**2 / 2))


def counts(draws: Draws, calendar: Calendar, place: Place, visitors: Floats) -> Ints:
    """Visitors counted in each hour of the world, before any sensor fails.

    Args:
        draws: the world's random numbers.
        calendar: its calendar.
        place: where they are counted.
        visitors: expected on each day of the world [market, day].

    Returns:
        Counts [market, hour].
    """
    inside = calendar.hours.day < calendar.world_days
    day, share = calendar.hours.day[inside], hour_share(calendar, place)[inside]
    mean = (visitors * day_effect(draws, calendar, place))[:, day] * share
    stream = draws.stream("count", place.number)
    lucky = stream.gamma(place.shape, 1 / place.shape, mean.shape)
    return stream.poisson(mean * lucky)
