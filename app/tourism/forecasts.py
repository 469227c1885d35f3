"""Forecasts of visitors as the service answers them, and what moved them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

import pandas as pd

from app.asking import ask
from tambo.serving.problem import ProblemError

PATH = "/v1/visitor-flow"
EXPLANATIONS = f"{PATH}/explanations"
AT_ONCE = 1_000
"""Locations in one call."""

Unit: TypeAlias = Literal["day", "hour"]

_ITEM = re.compile(r"items\.(\d+)\.(\w+)")
_STEPS = ["day", "hour", "starts_at", "closed", "low", "middle", "high"]


@dataclass(frozen=True)
class WhatIf:
    """What is expected on some days in place of what was forecast and announced.

    Attributes:
        first, last: its days.
        event: its kind; None: none.
        temperature: mean of the day, °C; None: as forecast.
        precipitation: of the day, mm; None: as forecast.
    """

    first: date
    last: date
    event: str | None = None
    temperature: float | None = None
    precipitation: float | None = None

    @property
    def says_something(self) -> bool:
        """Whether it differs from what is expected anyway."""
        return (self.event, self.temperature, self.precipitation) != (None, None, None)

    def request(self) -> dict[str, Any]:
        """The part of the body that the service wants."""
        days = {"date": self.first.isoformat(), "until": self.last.isoformat()}
        weather = {"temperature": self.temperature, "precipitation": self.precipitation}
        said = {name: value for name, value in weather.items() if value is not None}
        return {
            "weather": [days | said] if said else [],
            "events": [] if self.event is None else [days | {"kind": self.event}],
        }


@dataclass(frozen=True)
class Question:
    """What is asked of one location.

    Attributes:
        location: its name.
        unit: whether days or hours are forecast; all of the horizon.
        what_if: None: as forecast and announced.
    """

    location: str
    unit: Unit = "day"
    what_if: WhatIf | None = None

    def request(self) -> dict[str, Any]:
        """The body that the service wants."""
        body: dict[str, Any] = {"location": self.location, "unit": self.unit}
        if self.what_if is not None:
            body["what_if"] = self.what_if.request()
        return body


def forecast(question: Question) -> dict[str, Any]:
    """The service's answer.

    Raises:
        ServingError: the service is down or refuses the location.
    """
    return ask("tourism", PATH, question.request())


def explained(question: Question) -> dict[str, Any]:
    """What moved each step of the same forecast; raises as `forecast`."""
    return ask("tourism", EXPLANATIONS, question.request())


def steps(answer: Mapping[str, Any]) -> pd.DataFrame:
    """One row a step of an answer.

    Returns:
        day, hour (None for a day), starts_at (local time without its zone), closed, low, middle and
        high (visitors).
    """
    rows = [
        (
            date.fromisoformat(one["date"]),
            one["hour"],
            # The instant is written with the zone's offset: what stands before it is local.
            pd.Timestamp(one["starts_at"]).tz_localize(None),
            one["closed"],
            one["p10"],
            one["p50"],
            one["p90"],
        )
        for one in answer["visitors"]
    ]
    return pd.DataFrame(rows, columns=_STEPS)


def of_all(locations: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The next days of many locations.

    Returns:
        The answer by location, and why there is none for each of the others.

    Raises:
        ServingError: the service is down, or refuses more than single locations.
    """
    found: dict[str, dict[str, Any]] = {}
    refused: dict[str, str] = {}
    for start in range(0, len(locations), AT_ONCE):
        asked = list(locations[start : start + AT_ONCE])
        try:
            answers = _days(asked)
        except ProblemError as error:
            wrong = wrong_items(error)
            if not wrong:
                raise
            refused |= {asked[number]: why for number, why in wrong.items()}
            asked = [one for one in asked if one not in refused]
            answers = _days(asked) if asked else []
        found |= zip(asked, answers, strict=True)
    return found, refused


def wrong_items(error: ProblemError) -> dict[int, str]:
    """Which of the items asked for are refused, and why; empty if anything else is wrong."""
    found = {}
    for one in error.problem.errors:
        named = _ITEM.fullmatch(one.field)
        if named is None or named[2] != "location":
            return {}
        found[int(named[1])] = one.detail
    return found


def _days(locations: Sequence[str]) -> list[dict[str, Any]]:
    items = [Question(one).request() for one in locations]
    answers: list[dict[str, Any]] = ask("tourism", PATH, {"items": items})["items"]
    return answers
