"""The parameters of one world, all drawn from its seed."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.sources.sample.draws import Draws
from tambo.sources.travel.world.fares import Fares
from tambo.sources.travel.world.hotels import Hotels
from tambo.sources.travel.world.seasons import Calendar, Seasons


@dataclass(frozen=True)
class Truth:
    """What generates a world; tests compare with it what models learn."""

    draws: Draws
    calendar: Calendar
    seasons: Seasons
    fares: Fares
    hotels: Hotels

    @classmethod
    def draw(cls, *, years: int, seed: int) -> Truth:
        """The truth of the world with this seed and length, however many travel in it."""
        draws = Draws(seed)
        calendar = Calendar(years)
        seasons = Seasons.of(calendar)
        fares = Fares.draw(draws, calendar, seasons)
        return cls(draws, calendar, seasons, fares, Hotels.draw(draws, seasons))
