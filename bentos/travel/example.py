"""Questions to the travel service that its data can answer; not part of the bento."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from tambo.errors import ServingError
from tambo.lake import reader, releases
from tambo.requesttime.travel import local_date
from tambo.settings import Settings

PATH = "/v1/flight-price"

_DAYS_AHEAD = 14

_NEWEST = """
    SELECT "from", "to", "flightType", agency, "userCode"
    FROM lake.raw.flights
    WHERE price IS NOT NULL
    ORDER BY _event_at DESC, "travelCode" DESC, "from"
    LIMIT 1
"""


def flight(settings: Settings) -> dict[str, Any]:
    """Ask again, two weeks ahead, for the flight that was booked last.

    Raises:
        ReleaseError: nothing is released.
        ServingError: the release holds no flight.
    """
    release = releases.get(settings)
    with reader(settings, release.snapshot_id) as connection:
        newest = connection.execute(_NEWEST).fetchone()
    if newest is None:
        raise ServingError("The release holds no flight.", remedy="run tambo ingest")
    origin, destination, flight_type, agency, user_code = newest
    day = local_date(release.as_of.aware("travel")) + timedelta(days=_DAYS_AHEAD)
    return {
        "from": origin,
        "to": destination,
        "flightType": flight_type,
        "agency": agency,
        "date": day.isoformat(),
        "userCode": user_code,
    }


def traveller(settings: Settings) -> dict[str, Any]:
    """Ask about the traveller who booked last; raises as `flight`."""
    return {"userCode": flight(settings)["userCode"]}


def hotel(settings: Settings) -> dict[str, Any]:
    """Ask where that traveller may want to stay next; raises as `flight`."""
    return {**traveller(settings), "k": 1}


QUESTIONS: Mapping[str, tuple[str, Callable[[Settings], dict[str, Any]]]] = {
    "flight_price": (PATH, flight),
    "traveller_gender": ("/v1/traveller-gender", traveller),
    "hotel_recommendation": ("/v1/hotel-recommendations", hotel),
}
"""By model: where to ask, and what. The first is asked where nobody names a model."""
