"""What the kinds of locations have in common: hours, weekdays, season, weather, holidays."""

from __future__ import annotations

from dataclasses import dataclass

FEASTS = ("holy_week", "fiestas_patrias", "new_year", "christmas", "long_weekend", "other")
"""Groups of holidays that move visitors alike; see feasts.py."""


@dataclass(frozen=True)
class Climate:
    """Weather of a region.

    Args:
        mean, yearly, daily: temperature, and half its yearly and daily swing, degrees Celsius.
        warmest: day of the year.
        anomaly: spread of a day's departure from the season, degrees Celsius.
        wet, wet_swing: chance of a wet day, and half its yearly swing; highest in January.
        rain: mean of a wet day, mm.
        humidity: mean, percent.
    """

    mean: float
    yearly: float
    daily: float
    warmest: int
    anomaly: float
    wet: float
    wet_swing: float
    rain: float
    humidity: float


COAST = Climate(19.5, 4.0, 3.0, 45, 1.3, 0.05, 0.03, 2.5, 80)
HIGHLAND = Climate(11.5, 1.8, 7.0, 320, 1.6, 0.32, 0.27, 8.0, 62)
FOREST = Climate(18.0, 1.5, 5.0, 300, 1.5, 0.40, 0.25, 12.0, 78)


@dataclass(frozen=True)
class Kind:
    """A kind of location.

    Args:
        name: as in the truth.
        words: first words of its locations' names.
        opens, closes: hours of the day; 0 and 24 where nothing is ever shut.
        week: visitors by weekday from Monday, relative; 0: shut.
        day: peaks of the day: hour, width in hours, weight.
        peak: day of the year on which the season is highest.
        amplitude: least and greatest log amplitude of the season.
        rain: change of visitors on a very wet day, least and greatest.
        warmth: change of visitors for each degree above the season, least and greatest.
        feasts: change of visitors at the height of each group of FEASTS.
        school: change of visitors in the school holidays.
        climates: one of them is a location's own.
    """

    name: str
    words: tuple[str, ...]
    opens: int
    closes: int
    week: tuple[float, ...]
    day: tuple[tuple[float, float, float], ...]
    peak: int
    amplitude: tuple[float, float]
    rain: tuple[float, float]
    warmth: tuple[float, float]
    feasts: tuple[float, ...]
    school: float
    climates: tuple[Climate, ...]


KINDS = (
    Kind(
        "archaeological site", ("Huaca", "Ruinas de", "Santuario de"), 7, 17,
        (0.85, 0.85, 0.9, 0.95, 1.05, 1.3, 1.1), ((10, 1.6, 1.0), (14.5, 1.8, 0.7)),
        205, (0.35, 0.6), (-0.45, -0.25), (0.0, 0.01),
        (1.0, 0.8, 0.3, -0.5, 0.35, 0.2), 0.15, (HIGHLAND, COAST),
    ),
    Kind(
        "beach", ("Playa", "Caleta", "Balneario"), 0, 24,
        (0.7, 0.65, 0.7, 0.8, 1.0, 1.6, 1.55), ((13, 2.4, 1.0), (16.5, 1.8, 0.6)),
        42, (0.8, 1.15), (-0.5, -0.3), (0.03, 0.05),
        (1.3, 0.5, 1.4, 0.1, 0.5, 0.3), 0.25, (COAST,),
    ),
    Kind(
        "museum", ("Museo", "Casa Museo"), 10, 18,
        (0.0, 0.9, 0.95, 0.95, 1.1, 1.55, 1.55), ((11.5, 1.3, 1.0), (15.5, 1.5, 1.0)),
        210, (0.1, 0.25), (0.05, 0.18), (-0.012, 0.0),
        (0.3, 0.6, -0.3, -0.8, 0.2, 0.2), 0.25, (COAST, HIGHLAND),
    ),
    Kind(
        "mountain park", ("Nevado", "Quebrada", "Bosque de"), 6, 18,
        (0.7, 0.7, 0.75, 0.85, 1.0, 1.6, 1.4), ((9, 1.5, 1.0), (13, 2.2, 0.6)),
        195, (0.5, 0.8), (-0.55, -0.35), (0.0, 0.015),
        (1.1, 1.0, 0.4, -0.4, 0.5, 0.25), 0.2, (HIGHLAND, FOREST),
    ),
    Kind(
        "city square", ("Plaza", "Alameda", "Paseo"), 0, 24,
        (0.85, 0.85, 0.9, 0.95, 1.15, 1.3, 1.0), ((12.5, 2.4, 1.0), (20.5, 2.2, 1.1)),
        200, (0.08, 0.2), (-0.3, -0.15), (0.0, 0.02),
        (0.5, 0.9, 0.6, 0.3, 0.25, 0.25), 0.12, (COAST, HIGHLAND),
    ),
)  # fmt: skip
