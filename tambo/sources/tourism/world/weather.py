"""Weather of a location: what was, what was measured, and what was forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Flags, Floats, Ids, Ints, ids
from tambo.sources.tourism.world.calendar import FORECAST_DAYS, Calendar
from tambo.sources.tourism.world.kinds import Climate
from tambo.sources.tourism.world.places import Place

ANOMALY_MEMORY, WET_MEMORY, RAIN_SHAPE = 0.7, 0.45, 0.8
WETNESS_MM = 8.0
"""Of a day's rain; wetness is 1 - exp(-mm / this)."""
GAPS_A_YEAR, GAP_HOURS, GAP_SINGLE = 10, (2, 10), 0.002
ISSUED_HOUR, STEP_HOURS, STEPS = 6, 6, FORECAST_DAYS * 4
KNOWN_HOURS, ERROR, ERROR_A_STEP = 200.0, 0.5, 0.35
"""Forecasts: what is known of a departure fades over so many hours; spread of the error in degrees
at the first step, and what the square root of each further step adds."""
OTHER_DAY, OTHER_DAY_HOURS = 0.75, 120.0


@dataclass(frozen=True)
class Weather:
    """True weather of a location.

    Args:
        anomaly: departure of a day's temperature from the season, degrees [day].
        rain: of a day, mm [day].
        usual_wetness: its expectation, before anything is known [day].
        temperature, precipitation, humidity: [hour].
        usual_temperature, usual_humidity: of the season and the hour [hour].
    """

    anomaly: Floats
    rain: Floats
    usual_wetness: Floats
    temperature: Floats
    precipitation: Floats
    humidity: Floats
    usual_temperature: Floats
    usual_humidity: Floats

    def factor(self, place: Place) -> Floats:
        """What the weather does to the visitors [day]; its expectation is 1."""
        wetness = 1 - np.exp(-self.rain / WETNESS_MM) - self.usual_wetness
        return np.asarray(1 + place.rain * wetness + place.warmth * self.anomaly)


def fading(shocks: Floats, memory: float) -> Floats:
    """A first-order autoregression with unit variance, of standard normal shocks."""
    value, result = float(shocks[0]), []
    scale = float(np.sqrt(1 - memory**2))
    for n, shock in enumerate(shocks.tolist()):
        value = memory * value + scale * shock if n else value
        result.append(value)
    return np.array(result)


def weather(draws: Draws, calendar: Calendar, place: Place) -> Weather:
    """The weather of a location, to the end of what its last forecast is for."""
    hours, climate = calendar.hours, place.kind.climates[place.climate]
    days = int(hours.day[-1]) + 1
    of = ids(place.number, np.arange(days))
    anomaly = climate.anomaly * np.clip(
        fading(draws.normal("anomaly", of), ANOMALY_MEMORY), -3.0, 3.0
    )
    wet, chance = _wet(draws, calendar, place, days)
    rain = np.where(wet, _wet_day(draws, place, climate, days), 0.0)
    mean_wetness = 1 - (1 + climate.rain / RAIN_SHAPE / WETNESS_MM) ** -RAIN_SHAPE
    angle = 2 * np.pi * (calendar.day_of_year[:days] - climate.warmest) / 365.25
    season = climate.mean + place.warmer + climate.yearly * np.cos(angle)
    daily = climate.daily * np.cos(2 * np.pi * (hours.minute / 60 - 14) / 24)
    jitter = 0.4 * draws.normal("hour", ids(place.number, np.arange(len(hours.day))))
    usual = season[hours.day] + daily
    falling = _spread_over_hours(draws, place, calendar, rain)
    temperature = usual + anomaly[hours.day] + jitter - 1.5 * (falling > 0)
    usual_humidity = climate.humidity - 1.6 * daily
    damp = 12.0 * (falling > 0) - 1.2 * anomaly[hours.day] + 4 * jitter
    return Weather(
        anomaly=anomaly,
        rain=rain,
        usual_wetness=chance * mean_wetness,
        temperature=temperature,
        precipitation=falling,
        humidity=np.clip(usual_humidity + damp, 5, 100),
        usual_temperature=usual,
        usual_humidity=usual_humidity,
    )


def _wet(draws: Draws, calendar: Calendar, place: Place, days: int) -> tuple[Flags, Floats]:
    """Whether a day is wet, which lasts; and the chance of it before anything is known."""
    climate = place.kind.climates[place.climate]
    wave = np.cos(2 * np.pi * (calendar.day_of_year[:days] - 25) / 365.25)
    season = np.clip(place.wetter * (climate.wet + climate.wet_swing * wave), 0.005, 0.9)
    drawn = draws.uniform("wet", ids(place.number, np.arange(days))).tolist()
    state, chance, wet, chances = 0.0, float(season[0]), [], []
    for n, usual in enumerate(season.tolist()):
        chance = usual + WET_MEMORY * (chance - usual)
        now = usual + WET_MEMORY * (state - usual) if n else chance
        state = float(drawn[n] < now)
        wet.append(state > 0)
        chances.append(chance)
    return np.array(wet), np.array(chances)


def _wet_day(draws: Draws, place: Place, climate: Climate, days: int) -> Floats:
    stream = draws.stream("rain", place.number)
    return stream.gamma(RAIN_SHAPE, climate.rain / RAIN_SHAPE, days)


def _spread_over_hours(draws: Draws, place: Place, calendar: Calendar, rain: Floats) -> Floats:
    """Rain of each hour: one spell a day, mostly in the afternoon, strongest in its middle."""
    hours, of = calendar.hours, ids(place.number, np.arange(len(rain)))
    length = draws.whole("spell", of, 2, 9)
    start = draws.whole("spell start", of, 9, 15)
    since = hours.hour - start[hours.day] + 0.5
    span = length[hours.day]
    weight = np.where((since > 0) & (since < span), np.sin(np.pi * since / span), 0.0)
    whole = np.bincount(hours.day, weight, len(rain))
    return np.asarray(rain[hours.day] * weight / np.maximum(whole[hours.day], 1e-9))


def gaps(draws: Draws, place: Place, measure: str, count: int) -> Flags:
    """Hours for which a measure was not read; false: it was not."""
    number = max(int(count / 8766 * GAPS_A_YEAR), 1)
    purpose, of = f"gap {measure}", ids(place.number, np.arange(number))
    start = draws.whole(purpose, of, 0, count - 1)
    length = draws.whole(f"{purpose} hours", of, *GAP_HOURS)
    known = draws.uniform(f"{purpose} single", ids(place.number, np.arange(count))) >= GAP_SINGLE
    for first, hours in zip(start.tolist(), length.tolist(), strict=True):
        known[first : first + hours] = False
    return known


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of a location, one row each, in order of issue.

    Args:
        issued: day.
        at: position of the hour that is forecast.
        temperature, precipitation, humidity: of that hour.
    """

    issued: Ints
    at: Ints
    temperature: Floats
    precipitation: Floats
    humidity: Floats


def forecasts(draws: Draws, calendar: Calendar, place: Place, true: Weather) -> Forecasts:
    """What was forecast every morning for the next ten days."""
    step = np.arange(1, STEPS + 1)
    lead = step * STEP_HOURS
    ahead = ISSUED_HOUR + lead
    issued = np.repeat(np.arange(calendar.world_days), STEPS)
    table = calendar.hours.first_of()
    at = table[issued + np.tile(ahead // 24, calendar.world_days),
               np.tile(ahead % 24, calendar.world_days)]  # fmt: skip
    shape = (calendar.world_days, STEPS)
    of = ids(place.number, np.arange(calendar.world_days)[:, None], step)
    walk = np.cumsum(ERROR_A_STEP * draws.normal("forecast", of), axis=1)
    error = (walk + ERROR * draws.normal("forecast first", of)).reshape(-1)
    known = np.tile(np.exp(-lead / KNOWN_HOURS), calendar.world_days)
    usual, humid = true.usual_temperature[at], true.usual_humidity[at]
    rain = _forecast_rain(draws, calendar, true, at, of, lead).reshape(shape)
    shown = at >= 0
    return Forecasts(
        issued=issued[shown],
        at=at[shown],
        temperature=(usual + known * (true.temperature[at] - usual) + error)[shown],
        precipitation=rain.reshape(-1)[shown],
        humidity=np.clip(humid + known * (true.humidity[at] - humid) - 2 * error, 5, 100)[shown],
    )


def _forecast_rain(
    draws: Draws, calendar: Calendar, true: Weather, at: Ints, of: Ids, lead: Ints
) -> Floats:
    """Rain an hour over six hours; the later, the more often it is that of another day."""
    hourly = np.cumsum(np.concatenate([[0.0], true.precipitation]))
    other = draws.uniform("other day", of) < OTHER_DAY * (1 - np.exp(-lead / OTHER_DAY_HOURS))
    shift = draws.whole("which day", of, 3, 9) * np.where(
        draws.uniform("before", of) < 0.5, -24, 24
    )
    last = len(true.precipitation) - STEP_HOURS
    first = np.clip(at + np.where(other, shift, 0).reshape(-1), 0, last)
    amount = (hourly[first + STEP_HOURS] - hourly[first]) / STEP_HOURS
    spread = 0.2 + 0.04 * np.sqrt(lead)
    noise = np.exp(spread * draws.normal("rain error", of) - spread**2 / 2)
    return np.asarray(amount * noise.reshape(-1))
