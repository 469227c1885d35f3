"""The yearly season of a location's markets."""

from __future__ import annotations

import numpy as np

from tambo.sources.sample.draws import Floats, Ints
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.places import Place

YEAR = 365.25


def season(calendar: Calendar, place: Place) -> Floats:
    """Level of the season by market and day; its mean over a year is 1."""
    whole_year = _level(place, np.arange(1, 366)).mean(axis=1, keepdims=True)
    return np.asarray(_level(place, calendar.day_of_year) / whole_year)


def _level(place: Place, day_of_year: Ints) -> Floats:
    angle = 2 * np.pi * (day_of_year - place.peak[:, None]) / YEAR
    wave = place.amplitude[:, None] * np.cos(angle) + place.second * np.cos(2 * angle)
    return np.asarray(np.exp(wave))
