"""Rows of the hourly tables of one location, as columns to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tambo.sources.sample.columns import csv_lines, gapped, joined, named, nothing, texts
from tambo.sources.sample.draws import Flags, Ints, ids
from tambo.sources.tourism.world.calendar import FORECAST_DAYS, Calendar
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.weather import ISSUED_HOUR, Forecasts, Weather


@dataclass(frozen=True)
class Printer:
    """Prints hours of one world as local times."""

    calendar: Calendar

    @cached_property
    def _dates(self) -> Any:
        days = range(self.calendar.world_days + FORECAST_DAYS + 1)
        return texts([self.calendar.date_of(day).isoformat() for day in days])

    @cached_property
    def _minutes(self) -> Any:
        return texts([f"{n // 60:02}:{n % 60:02}:00" for n in range(24 * 60)])

    def times(self, day: Ints, minute: Ints) -> Any:
        """Local times, "YYYY-MM-DD HH:MM:SS"."""
        return joined(named(self._dates, day), named(self._minutes, minute))

    def hours(self, at: Ints) -> Any:
        """Local times of positions in the calendar's hours."""
        hours = self.calendar.hours
        return self.times(hours.day[at], hours.minute[at])

    def flow(self, place: Place, at: Ints, market: Ints, count: Ints) -> list[bytes]:
        """Counts."""
        same = _same(place, len(at))
        markets = named(texts(place.markets), market)
        return csv_lines([self.hours(at), same, count, markets, nothing(len(at))])

    def withdrawn(self, place: Place, at: Ints, market: Ints) -> list[bytes]:
        """Tombstones of counts: the key and `withdrawn`."""
        markets, same = named(texts(place.markets), market), _same(place, len(at))
        true = texts(["true"] * len(at))
        return csv_lines([self.hours(at), same, nothing(len(at)), markets, true])

    def weather(self, place: Place, at: Ints, true: Weather, known: list[Flags]) -> list[bytes]:
        """The weather as it was measured, empty where a measure was not read."""
        measures = (true.temperature, true.precipitation, true.humidity)
        values = [
            gapped(np.round(each[at], decimals), read[at])
            for each, read, decimals in zip(measures, known, (1, 1, 0), strict=True)
        ]
        return csv_lines([self.hours(at), _same(place, len(at)), *values])

    def forecasts(self, place: Place, made: Forecasts) -> list[bytes]:
        """Forecasts as issued."""
        issued = self.times(made.issued, np.full(len(made.issued), ISSUED_HOUR * 60))
        return csv_lines(
            [
                issued,
                self.hours(made.at),
                _same(place, len(made.at)),
                np.round(made.temperature, 1),
                np.round(made.precipitation, 1),
                np.round(made.humidity),
            ]
        )


def _same(place: Place, count: int) -> Any:
    return named(texts([place.name]), np.zeros(count, np.int64))


@dataclass(frozen=True)
class Rows:
    """Rows of the flow: number of the location, position of the hour, market and count."""

    place: int
    at: Ints
    market: Ints
    count: Ints

    @property
    def of(self) -> Any:
        """Id of each row."""
        return ids(self.place, self.market, self.at)

    def take(self, rows: Ints) -> Rows:
        """Some of them."""
        return Rows(self.place, self.at[rows], self.market[rows], self.count[rows])
