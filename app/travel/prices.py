"""Prices as the model answers them: for a calendar, and for one thing changed at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd

from app.asking import ask
from tambo.requesttime.travel import FLIGHT_CLASSES, ZONE

PATH = "/v1/flight-price"
DAYS = 90
LEADS = (1, 3, 7, 14, 21, 30, 45, 60, 75, 90)
"""Days between the request and the flight that are compared."""


@dataclass(frozen=True)
class Flight:
    """A flight whose price is asked for.

    Attributes:
        origin, destination: places.
        flight_type: class of the seat.
        agency: who sells it.
        day: of travel.
        asked: day of the request; None: the service's own.
    """

    origin: str
    destination: str
    flight_type: str
    agency: str
    day: date
    asked: date | None = None

    def request(self) -> dict[str, Any]:
        """The body that the service wants."""
        body: dict[str, Any] = {
            "from": self.origin,
            "to": self.destination,
            "flightType": self.flight_type,
            "agency": self.agency,
            "date": self.day.isoformat(),
        }
        if self.asked is not None:
            noon = datetime.combine(self.asked, time(12), ZONE)
            body["asked_at"] = noon.astimezone(UTC).isoformat()
        return body


def prices(flights: Sequence[Flight]) -> list[dict[str, Any]]:
    """The service's answers, in the order of the flights.

    Raises:
        ServingError: the service is down or refuses a flight.
    """
    body = ask("travel", PATH, {"items": [one.request() for one in flights]})
    answers: list[dict[str, Any]] = body["items"]
    return answers


def calendar(flight: Flight) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Prices of a flight on each of the 90 days from its day on.

    Returns:
        One row a day (day, price, low, high; BRL), and the first answer as it came.

    Raises:
        ServingError: the service is down or refuses the flight.
    """
    days = [flight.day + timedelta(days=ahead) for ahead in range(DAYS)]
    answers = prices([replace(flight, day=day) for day in days])
    rows = [
        (day, one["price"], one["interval"]["low"], one["interval"]["high"])
        for day, one in zip(days, answers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["day", "price", "low", "high"]), answers[0]


def variations(flight: Flight, agencies: Sequence[str], today: date) -> pd.DataFrame:
    """What the model answers when one thing of a flight is changed, and nothing else.

    Days of the week are those of the week around the flight that are not past. For the lead, the
    day of travel stays and the day of the request moves.

    Returns:
        One row a variation: kind, value (label), place (order within the kind), price, and
        difference (BRL against the flight itself).

    Raises:
        ServingError: the service is down or refuses a flight.
    """
    asked: list[tuple[str, str, Flight]] = [("", "", flight)]
    asked += [("class", name, replace(flight, flight_type=name)) for name in FLIGHT_CLASSES]
    asked += [("agency", name, replace(flight, agency=name)) for name in agencies]
    monday = flight.day - timedelta(days=flight.day.weekday())
    week = [monday + timedelta(days=ahead) for ahead in range(7)]
    asked += [("weekday", f"{day:%a}", replace(flight, day=day)) for day in week if day >= today]
    longest = (flight.day - today).days
    asked += [
        ("lead", str(days), replace(flight, asked=flight.day - timedelta(days=days)))
        for days in LEADS
        if days <= longest
    ]
    answers = prices([one for _, _, one in asked])
    own = answers[0]["price"]
    rows = [
        (kind, value, place, answer["price"], answer["price"] - own)
        for place, ((kind, value, _), answer) in enumerate(zip(asked, answers, strict=True))
        if kind
    ]
    return pd.DataFrame(rows, columns=["kind", "value", "place", "price", "difference"])
