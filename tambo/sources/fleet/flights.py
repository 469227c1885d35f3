"""The door "flights": flight logs, with their routes and fuel, from a flight operations API.

A flight's line holds the ends of its route and the sum of its fuel records. So a flight is read
again when it changed, or when a fuel record of it did: fuel is often told days later, and is then
a correction of the flight. Changes are asked for window by window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tambo.errors import SettingsError
from tambo.lake.state import now
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import load
from tambo.sources.door import Page, State
from tambo.sources.patience import Patience

if TYPE_CHECKING:
    from tambo.sources.fleet.flight_answers import Item
    from tambo.sources.rest import RestClient


@dataclass(frozen=True)
class Flights:
    """Flight logs, fuel records and routes from a REST API."""

    name: str = "flights"
    domain: str = "fleet"
    table: str = "flights_log"
    description: str = "flight logs, fuel records and routes from a REST API"
    patience: Patience | None = None
    clock: Callable[[], datetime] = field(default=now)

    def missing(self, settings: Settings) -> str | None:
        """What must be set before it can be opened."""
        wanted = {
            "TAMBO_FLIGHTS_URL": settings.flights_url,
            "TAMBO_FLIGHTS_KEY": settings.flights_key,
            "TAMBO_FLIGHTS_FROM": settings.flights_from,
        }
        unset = [name for name, value in wanted.items() if value is None]
        return f"set {', '.join(unset)}" if unset else None

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """Ask for what was changed since the state, window by window.

        Raises:
            SettingsError: a setting is wrong.
            SourceBusyError: the API stays away; what was read is safe.
            SourceError: the API refuses, or its answers cannot be read.
        """
        from tambo.sources.fleet.flight_answers import guest
        from tambo.sources.rest import RestClient, require_address

        url = settings.flights_url or ""
        require_address(url, "TAMBO_FLIGHTS_URL")
        began = self.clock()
        start = _start(settings, state, began)
        settled = began - timedelta(minutes=settings.flights_overlap_minutes)
        patience = self.patience or Patience(settings.flights_attempts)
        with RestClient(guest(settings, patience), progress) as client:
            reading = _Reading(client, url.rstrip("/"))
            while start < began:
                end = min(start + timedelta(days=settings.flights_window_days), began)
                page = reading.window(start, end)
                # What is told late is asked for again by the next fetch.
                yield Page(page.rows, {"changed": str(min(end, settled))}, end, page.notes)
                start = end


class _Reading:
    """Asks one API for windows of changes."""

    def __init__(self, client: RestClient, url: str) -> None:
        from tambo.sources.fleet.flight_answers import items

        self._client, self._url = client, url
        self._table = load("fleet").tables["flights_log"]
        self._routes = {str(one.get("route_id")): one for one in items(client, f"{url}/routes", {})}

    def window(self, start: datetime, end: datetime) -> Page:
        """Each flight that was changed from `start` until `end`, or a fuel record of it was."""
        from tambo.sources.fleet.flight_answers import by_ids, flight, items, litres, rows

        span = {"changed_from": f"{start.isoformat()}Z", "changed_to": f"{end.isoformat()}Z"}
        changed = list(items(self._client, f"{self._url}/flights", span))
        # A flight without a number is handed out all the same: ingest sets it apart.
        nameless = [one for one in changed if one.get("flight_id") is None]
        found = _numbered(changed)
        fuelled = set(_numbered(items(self._client, f"{self._url}/fuel-records", span)))
        found |= _numbered(by_ids(self._client, f"{self._url}/flights", fuelled - set(found)))
        fuel, notes = litres(by_ids(self._client, f"{self._url}/fuel-records", found))
        notes += [
            f"a fuel record names flight {one}, which the API does not have"
            for one in sorted(fuelled - set(found))
        ]
        notes += [
            f"flight {one} names the route {item['route_id']}, which the API does not have"
            for one, item in found.items()
            if item.get("route_id") is not None and str(item["route_id"]) not in self._routes
        ]
        told = [*found.values(), *nameless]
        made = [flight(one, self._table, self._routes, fuel) for one in told]
        return Page(rows(made, self._table), {}, notes=tuple(notes))


def _numbered(listed: Iterable[Item]) -> dict[str, Item]:
    """What has the number of a flight, by it; of several the last."""
    return {str(one["flight_id"]): one for one in listed if one.get("flight_id") is not None}


def _start(settings: Settings, state: State, began: datetime) -> datetime:
    if (changed := state.get("changed")) is not None:
        return datetime.fromisoformat(str(changed))
    if settings.flights_from is None:
        raise SettingsError("TAMBO_FLIGHTS_FROM is not set.")
    first = datetime.combine(settings.flights_from, time())
    if first >= began:
        raise SettingsError(
            f"TAMBO_FLIGHTS_FROM = {settings.flights_from} lies in the future.",
            remedy="set the first day of the history, as 2024-01-01",
        )
    return first
