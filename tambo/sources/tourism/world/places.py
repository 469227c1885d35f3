"""Locations: everything about them that is drawn once and kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Flags, Floats, Ids, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.closures import Closure, closures, first_shut, opened
from tambo.sources.tourism.world.kinds import FEASTS, KINDS, Kind
from tambo.sources.tourism.world.names import names

ALL, DOMESTIC = "all", "domestic"
FOREIGN = ("chile", "united_states", "brazil", "spain", "germany")
# Their own holidays: the southern summer or the northern one.
FOREIGN_PEAK = (25, 200, 15, 225, 215)
FOREIGN_SHARE, FOREIGN_FEASTS = (0.15, 0.5), 0.15
SMALLEST, GREATEST, SKEW = 20.0, 3000.0, 1.2
"""Base visitors a day, from and to; above 1 there are more small locations than great ones."""
RAMP_DAYS = 25.0
BETA = (0.16, 0.55, 0.03, 0.5)
"""Most that campaigns can add, as a share: median, log spread, least and greatest."""
SCALE_USD, SCALE_POWER, SCALE_SPREAD = 22.0, 0.55, 0.3


@dataclass(frozen=True)
class Place:
    """One location; arrays have one row a market.

    Args:
        number: 0 is the first.
        name: as in the files.
        kind: what it is.
        climate: index of the kind's climates.
        warmer, wetter: degrees above, and factor of the chance of rain against, its climate.
        base: visitors a day at the world's start, all markets and factors at 1.
        markets: names as in the files.
        share: of the markets in the base.
        amplitude, peak: log amplitude of the season and the day of the year of its height.
        second: log amplitude of the half-yearly wave, which peaks with the season.
        growth: of the logarithm, a year.
        week: factor by weekday, mean 1 [market, 7].
        hours: share of a day's visitors by hour, on weekdays and at weekends [2, 24].
        rain, warmth: change of visitors on a very wet day, and for a degree above the season.
        feasts: change of visitors at the height of each group of holidays [market, group].
        school: change of visitors in school holidays.
        exchange: power of the exchange rate.
        spread, memory: of the day's own random effect: log spread, and correlation to the next day.
        shape: of the negative binomial: an hour of mean m has variance m + m² / shape.
        opened: first day; 0 or before: it was always there.
        closures: when it is shut.
        beta: most that campaigns can add, as a share of the base demand.
        scale: USD a week at which campaigns reach 63 % of that.
    """

    number: int
    name: str
    kind: Kind
    climate: int
    warmer: float
    wetter: float
    base: float
    markets: tuple[str, ...]
    share: Floats
    amplitude: Floats
    peak: Floats
    second: float
    growth: float
    week: Floats
    hours: Floats
    rain: float
    warmth: float
    feasts: Floats
    school: Floats
    exchange: Floats
    spread: float
    memory: float
    shape: float
    opened: int
    closures: tuple[Closure, ...]
    beta: Floats
    scale: Floats


def places(draws: Draws, calendar: Calendar, count: int) -> tuple[Place, ...]:
    """All locations of a world."""
    every = ids(np.arange(count))
    # The first locations are one of each kind; the others are of any.
    kind = np.where(
        np.arange(count) < len(KINDS), np.arange(count), draws.whole("kind", every, 0, 4)
    )
    called = names(draws, [KINDS[n].words for n in kind])
    rank = np.argsort(np.argsort(draws.uniform("size", every), kind="stable"), kind="stable")
    place_in_order = (rank + draws.uniform("size jitter", every)) / count
    base = SMALLEST * (GREATEST / SMALLEST) ** (place_in_order**SKEW)
    shut = first_shut(draws, count)
    return tuple(
        _place(draws, calendar, n, called[n], KINDS[kind[n]], float(base[n]), count, shut)
        for n in range(count)
    )


def _place(
    draws: Draws,
    calendar: Calendar,
    number: int,
    name: str,
    kind: Kind,
    base: float,
    count: int,
    shut: int,
) -> Place:
    of = ids(number)

    def between(purpose: str, low: float, high: float) -> float:
        return low + (high - low) * float(draws.uniform(purpose, of))

    foreign = _foreign(draws, number)
    markets = (DOMESTIC, *(FOREIGN[n] for n in foreign)) if foreign else (ALL,)
    each = ids(number, np.arange(len(markets)))
    abroad = np.arange(len(markets)) > 0
    amplitude = between("amplitude", *kind.amplitude) * np.where(
        abroad, 0.5 + draws.uniform("amplitude abroad", each), 1.0
    )
    own_peak = kind.peak + 12 * float(draws.normal("peak", of))
    share = _shares(draws, of, each)
    jitter = np.exp(0.2 * draws.normal("feasts", ids(number, np.arange(len(FEASTS)))))
    feasts = np.maximum(np.array(kind.feasts) * jitter, -0.9)
    beta = np.exp(np.log(BETA[0]) + BETA[1] * draws.normal("beta", each))
    scale = SCALE_USD * (7 * base * share) ** SCALE_POWER
    return Place(
        number=number,
        name=name,
        kind=kind,
        climate=int(draws.whole("climate", of, 0, len(kind.climates) - 1)),
        warmer=1.2 * float(draws.normal("warmer", of)),
        wetter=between("wetter", 0.8, 1.2),
        base=base,
        markets=markets,
        share=share,
        amplitude=amplitude,
        peak=np.array([own_peak, *(float(FOREIGN_PEAK[n]) for n in foreign)]),
        second=between("second wave", 0.0, 0.15),
        growth=float(np.clip(0.03 + 0.03 * draws.normal("growth", of), -0.05, 0.1)),
        week=_week(draws, number, kind, abroad),
        hours=_hours(draws, number, kind),
        rain=between("rain", *kind.rain),
        warmth=between("warmth", *kind.warmth),
        feasts=np.where(abroad[:, None], FOREIGN_FEASTS, 1.0) * feasts,
        school=np.where(abroad, 0.0, kind.school * between("school", 0.7, 1.3)),
        exchange=np.where(abroad, 0.2 + 0.6 * draws.uniform("exchange", each), 0.0),
        spread=between("day spread", 0.07, 0.15),
        memory=between("day memory", 0.4, 0.7),
        shape=between("shape", 8.0, 30.0),
        opened=opened(draws, calendar, number, count),
        closures=closures(draws, calendar, number, count, shut),
        beta=np.clip(beta, *BETA[2:]),
        scale=scale * np.exp(SCALE_SPREAD * draws.normal("scale", each)),
    )


def _foreign(draws: Draws, number: int) -> tuple[int, ...]:
    """Foreign markets that a location tells apart: every third location two or three."""
    if number % 3:
        return ()
    count = int(draws.whole("foreign markets", ids(number), 2, 3))
    order = np.argsort(draws.uniform("foreign market", ids(number, np.arange(len(FOREIGN)))))
    return tuple(int(n) for n in np.sort(order[:count]))


def _shares(draws: Draws, of: Ids, each: Ids) -> Floats:
    if each.size == 1:
        return np.ones(1)
    low, high = FOREIGN_SHARE
    abroad = low + (high - low) * float(draws.uniform("share abroad", of))
    weight = 0.3 + draws.uniform("share", each[1:])
    return np.concatenate([[1 - abroad], abroad * weight / weight.sum()])


def _week(draws: Draws, number: int, kind: Kind, abroad: Flags) -> Floats:
    jitter = np.exp(0.06 * draws.normal("weekday", ids(number, np.arange(7))))
    own = np.array(kind.week) * jitter
    # Who comes from abroad cares less about the weekday, but a shut door is shut for all.
    flat = np.where(own > 0, 0.75 * own[own > 0].mean() + 0.25 * own, 0.0)
    week = np.where(abroad[:, None], flat, own)
    return np.asarray(week / week.mean(axis=1, keepdims=True))


def _hours(draws: Draws, number: int, kind: Kind) -> Floats:
    shift = 0.5 * float(draws.normal("hour", ids(number)))
    hour = np.arange(24) + 0.5
    is_open = (hour > kind.opens) & (hour < kind.closes)
    rows = []
    for later in (0.0, 0.6):
        wave = sum(
            weight * np.exp(-0.5 * ((hour - centre - shift - later) / width) ** 2)
            for centre, width, weight in kind.day
        )
        rows.append((wave + 0.015) * is_open)
    table = np.array(rows)
    return np.asarray(table / table.sum(axis=1, keepdims=True))
