"""What moves the visitors of a day, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np

from tambo.requesttime.tourism import EVENTS, HOLIDAYS
from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.drivers import Driver

Features = Mapping[str, Floats]

NEAR = 14
"""Days from which on a holiday, an event or a campaign is not named: the models see no farther."""


def said(driver: Driver, day: date, features: Features, step: int) -> str:
    """Name what a driver is on a day.

    Args:
        driver: which.
        day: of the step.
        features: request-time features of all steps.
        step: position of the step.
    """
    return _WORDS[driver](day, {name: float(values[step]) for name, values in features.items()})


def with_visitors(words: str, visitors: float) -> str:
    """Add how many visitors it brings.

    >>> with_visitors("Public holiday in 3 days", 412.3)
    'Public holiday in 3 days: +412 visitors'
    """
    whole = round(visitors)
    count = f"{whole:+,}" if whole else "0"
    return f"{words}: {count} visitor{'' if abs(whole) == 1 else 's'}"


Values = Mapping[str, float]


def _holidays(_: date, of: Values) -> str:
    number = of["holiday_type"]
    if number > 0:
        kind = HOLIDAYS[int(number) - 1] if number <= len(HOLIDAYS) else "other"
        return f"{kind.capitalize()} holiday"
    near = _near("Holiday", of["days_to_next_holiday"], of["days_since_last_holiday"])
    if of["is_school_holiday"] > 0:
        return f"School holiday, {near.lower()}"
    return near


def _events(_: date, of: Values) -> str:
    held = [f"{kind} event" if kind == "other" else kind for kind in EVENTS if of[f"is_{kind}"] > 0]
    if held:
        return " and ".join(held).capitalize()
    return _near("Event", of["days_to_next_event"], of["days_since_last_event"])


def _campaigns(_: date, of: Values) -> str:
    if of["campaign_spend"] > 0 or of["days_since_campaign"] == 0:
        return "Campaign"
    return _near("Campaign", np.nan, of["days_since_campaign"])


def _weather(_: date, of: Values) -> str:
    known = [
        text
        for text, value in (
            (f"{of['temperature']:.0f} °C", of["temperature"]),
            (f"{of['precipitation']:.0f} mm of rain", of["precipitation"]),
        )
        if not np.isnan(value)
    ]
    usual = "" if of["is_weather_forecast"] > 0 else " as usual"
    return ", ".join(known) + usual if known else "Weather unknown"


def _near(name: str, ahead: float, behind: float) -> str:
    """The nearest of a kind; none where it is far or unknown.

    >>> _near("Holiday", 3.0, 9.0), _near("Holiday", np.nan, 1.0), _near("Event", 40.0, np.nan)
    ('Holiday in 3 days', 'Holiday 1 day ago', 'No event near')
    """
    days = np.nan_to_num([ahead, behind], nan=np.inf)
    least = days.min()
    if least > NEAR:
        return f"No {name.lower()} near"
    count = f"{least:.0f} day{'' if least == 1 else 's'}"
    return f"{name} in {count}" if days[0] <= days[1] else f"{name} {count} ago"


_WORDS: Mapping[Driver, Callable[[date, Values], str]] = {
    Driver.RECENT: lambda day, of: "Recent counts",
    Driver.SEASON: lambda day, of: f"Time of year, {day:%B}",
    Driver.WEEKDAY: lambda day, of: f"{day:%A}",
    Driver.HOLIDAYS: _holidays,
    Driver.EVENTS: _events,
    Driver.CAMPAIGNS: _campaigns,
    Driver.WEATHER: _weather,
    Driver.CLOSURE: lambda day, of: "Shut" if of["is_closed"] > 0 else "Open",
}
