"""What the flight operations API answers, as rows of flights_log.

Three lists, each `items` of an object, page after page while `next_page_token` names a next one:

    GET <url>/flights         flight_id, aircraft_id, departed_at, arrived_at, flight_hours,
                              route_id or origin and destination, passengers, status, revenue
    GET <url>/routes          route_id, origin, destination
    GET <url>/fuel-records    fuel_record_id, flight_id, litres

Flights and fuel records are asked for by `changed_from` and `changed_to`, or by `flight_ids`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import fsum, isfinite
from typing import TYPE_CHECKING, Any

from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.patience import Patience
from tambo.sources.rest import Guest, RestClient

if TYPE_CHECKING:
    import pyarrow as pa

    from tambo.sources.contracts import Table

KEY_SETTING = "TAMBO_FLIGHTS_KEY"
MOST_IDS = 50
"""Flights that one question names."""

Item = dict[str, Any]


def guest(settings: Settings, patience: Patience) -> Guest:
    """How the API is asked."""
    if settings.flights_key is None:
        raise SourceError(f"{KEY_SETTING} is not set.")
    return Guest(
        key=settings.flights_key,
        key_setting=KEY_SETTING,
        key_parameter=None,
        per_minute=settings.flights_requests_per_minute,
        timeout=settings.flights_timeout_seconds,
        patience=patience,
    )


def items(client: RestClient, url: str, asked: Mapping[str, str]) -> Iterator[Item]:
    """The objects of a list, page after page.

    Raises:
        SourceBusyError: the API stays away.
        SourceError: it refuses, or answers without a list of objects.
    """
    what = url.rpartition("/")[2]
    for answer in client.pages(url, asked, what):
        listed = answer.body.get("items")
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise SourceError(
                f"The flight operations API answers without a list of {what}: "
                f"it has {sorted(answer.body)[:10]}.",
                remedy="look at TAMBO_FLIGHTS_URL; docs/doors.md says what it must answer",
            )
        yield from map(_of_text, listed)


def _of_text(item: Item) -> Item:
    """An item whose texts are texts: half a surrogate pair stays as JSON writes it."""
    return {
        name: told.encode("utf-8", "backslashreplace").decode() if isinstance(told, str) else told
        for name, told in item.items()
    }


def by_ids(client: RestClient, url: str, ids: Iterable[str]) -> Iterator[Item]:
    """The objects of a list that belong to some flights."""
    wanted = sorted(ids)
    for first in range(0, len(wanted), MOST_IDS):
        named = ",".join(wanted[first : first + MOST_IDS])
        yield from items(client, url, {"flight_ids": named})


def litres(records: Iterable[Item]) -> tuple[dict[str, float | None], list[str]]:
    """Fuel of each flight: the sum of its records; and notes on records that say none.

    The fuel of a flight of which a record cannot be read is not known.
    """
    found: dict[str, list[float]] = {}
    unknown: dict[str, str] = {}
    for one in {str(record.get("fuel_record_id")): record for record in records}.values():
        flight, told = str(one.get("flight_id")), one.get("litres")
        if isinstance(told, int | float) and not isinstance(told, bool) and isfinite(told):
            found.setdefault(flight, []).append(told)
        else:
            unknown[flight] = str(one.get("fuel_record_id"))
    sums: dict[str, float | None] = {
        flight: round(fsum(parts), 3) for flight, parts in found.items()
    }
    notes = [
        f"the fuel record {record} of flight {flight} says no litres: its fuel is not known"
        for flight, record in unknown.items()
    ]
    return sums | dict.fromkeys(unknown), notes


def flight(
    item: Item, table: Table, routes: Mapping[str, Item], fuel: Mapping[str, float | None]
) -> dict[str, str | None]:
    """A flight as the contract's columns, as text; ingest says what is wrong with it."""
    told = {**item}
    route = routes.get(str(item.get("route_id")), {})
    for end in ("origin", "destination"):
        if told.get(end) is None:
            told[end] = route.get(end)
    number = str(item.get("flight_id"))
    if number in fuel:
        told["fuel_litres"] = fuel[number]
    times = {name for name, column in table.columns.items() if column.type == "TIMESTAMP"}
    return {
        name: _time(told.get(name)) if name in times else _text(told.get(name))
        for name in table.file_columns
    }


def rows(flights: Iterable[Mapping[str, str | None]], table: Table) -> pa.Table:
    """Flights as a page."""
    import pyarrow as pa

    held = list(flights)
    return pa.table(
        {name: pa.array([one[name] for one in held], pa.string()) for name in table.file_columns}
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _time(value: Any) -> str | None:
    """A time in UTC; one without a zone could mean any instant, and ingest is told so."""
    try:
        told = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return _text(value)
    if told.tzinfo is None:
        return f"{value} without a zone"
    return str(told.astimezone(UTC).replace(tzinfo=None, microsecond=0))
