"""Campaigns: what was spent where and when, and what spending does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Floats, cumulative, ids
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.seasons import season

A_YEAR, PLACES_FOR_THAT = 20, 8
"""Campaigns a year, and from how many locations on there are more of them."""
NEVER_SHARE, NEVER_SMALL = 0.2, 0.5
"""Of the pairs of location and market that never have a campaign; above 0, rather small ones."""
PICK_POWER = 0.4
"""Of its visitors: how much more often a greater pair is advertised."""
SEGMENTS = ("families", "adventure", "culture", "all")
WEEKS, AHEAD = (2, 6), (20, 90)
LOW_SEASON_SHARE, STARTS_LOOKED_AT = 0.5, 5
SECOND_MARKET = 0.35
SPEND, STEP_USD = (300.0, 60_000.0), 50.0
INTENSITY = (-0.2, 0.7)
"""Log of a week's spend against the scale of the pair: mean and spread."""
CARRY = (1.0, 0.45, 0.2)
"""Weight of a week's spend in that week and the two after it."""
ROOM_POWER, MOST_ROOM = 1.5, 2.0


@dataclass(frozen=True)
class Campaign:
    """One line of a campaign; days are numbers of the calendar, both included.

    Args:
        id: shared by the lines of one campaign.
        place: number of the location.
        market: index of its markets.
        segment: whom it addresses; moves nothing.
        announced: day of the announcement.
        start, end: first and last day.
        spend: USD, spread evenly over its days.
    """

    id: str
    place: int
    market: int
    segment: str
    announced: int
    start: int
    end: int
    spend: float


def room(level: Floats) -> Floats:
    """How much room the season leaves: more than 1 in low season, less in high season."""
    return np.minimum(np.exp(-ROOM_POWER * (level - 1)), MOST_ROOM)


def carried(spend: Floats) -> Floats:
    """Spend that works in each week, given what is spent in each [..., week]."""
    result = np.zeros_like(spend)
    for lag, weight in enumerate(CARRY):
        result[..., lag:] += weight * spend[..., : spend.shape[-1] - lag]
    return result


def uplift(spend: Floats, beta: Floats, scale: Floats) -> Floats:
    """Share of base demand times room that campaigns add in each week [market, week]."""
    return np.asarray(beta[:, None] * (1 - np.exp(-carried(spend) / scale[:, None])))


def spend_of(campaigns: tuple[Campaign, ...], calendar: Calendar, place: Place) -> Floats:
    """USD by week that a location's campaigns spend [market, week]."""
    total = np.zeros((len(place.markets), calendar.weeks))
    for each in campaigns:
        if each.place == place.number:
            days = np.arange(each.start, each.end + 1)
            np.add.at(total[each.market], calendar.week[days], each.spend / len(days))
    return total


def all_campaigns(
    draws: Draws, calendar: Calendar, places: tuple[Place, ...]
) -> tuple[Campaign, ...]:
    """All campaigns of a world, year by year; each ends before the world does."""
    pairs, picks = _pairs(draws, places)
    seasons = {place.number: season(calendar, place) for place in places}
    a_year = round(A_YEAR * max(1.0, len(places) / PLACES_FOR_THAT) ** 0.5)
    found = [
        line
        for year in range(calendar.years)
        for n in range(a_year)
        for line in _campaign(draws, calendar, places, pairs, picks, seasons, year, n)
    ]
    return tuple(found)


def _pairs(draws: Draws, places: tuple[Place, ...]) -> tuple[list[tuple[int, int]], Floats]:
    """Pairs of location and market that may have campaigns, and cumulative chances of each.

    At least one pair is not among them.
    """
    every = [(place.number, n) for place in places for n in range(len(place.markets))]
    size = np.array([places[place].base * places[place].share[n] for place, n in every])
    rank = np.argsort(np.argsort(-size, kind="stable"), kind="stable") / len(every)
    drawn = draws.uniform("has campaigns", ids(*np.array(every).T))
    order = np.argsort(drawn + NEVER_SMALL * rank, kind="stable")
    kept = np.sort(order[: min(round(len(every) * (1 - NEVER_SHARE)), len(every) - 1)])
    return [every[n] for n in kept], cumulative(size[kept] ** PICK_POWER)


def _campaign(
    draws: Draws,
    calendar: Calendar,
    places: tuple[Place, ...],
    pairs: list[tuple[int, int]],
    picks: Floats,
    seasons: dict[int, Floats],
    year: int,
    n: int,
) -> Iterator[Campaign]:
    of = ids(calendar.first.year + year, n)
    place, market = pairs[int(draws.pick("campaign pair", of, picks))]
    days = 7 * int(draws.whole("campaign weeks", of, *WEEKS))
    january = calendar.number(calendar.first.replace(year=calendar.first.year + year))
    looked = ids(calendar.first.year + year, n, np.arange(STARTS_LOOKED_AT))
    starts = january + draws.whole("campaign start", looked, 7, 364 - days)
    level = seasons[place][market, starts]
    low = float(draws.uniform("low season", of)) < LOW_SEASON_SHARE
    start = int(starts[np.argmin(level) if low else np.argmax(level)])
    if not _is_open(places[place], start, start + days - 1):
        return
    announced = start - int(draws.whole("campaign ahead", of, *AHEAD))
    segment = SEGMENTS[int(draws.whole("segment", of, 0, len(SEGMENTS) - 1))]
    others = [pair for pair in pairs if pair[0] == place and pair[1] != market]
    lines = [(place, market)]
    if others and float(draws.uniform("second market", of)) < SECOND_MARKET:
        lines.append(others[n % len(others)])
    for _, each in lines:
        log = INTENSITY[0] + INTENSITY[1] * float(draws.normal(f"spend {each}", of))
        spend = np.clip(days / 7 * places[place].scale[each] * np.exp(log), *SPEND)
        yield Campaign(
            id=f"C{calendar.first.year + year}-{n + 1:02}",
            place=place,
            market=each,
            segment=segment,
            announced=announced,
            start=start,
            end=start + days - 1,
            spend=float(np.ceil(spend / STEP_USD) * STEP_USD),
        )


def _is_open(place: Place, start: int, end: int) -> bool:
    """Nobody advertises what is known to be shut, or not open yet."""
    shut = any(each.start <= end and start <= each.end for each in place.closures)
    return start >= place.opened and not shut
