"""What an OpenWeatherMap-like API answers, as rows: UTC instants, degrees Celsius, millimetres."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.patience import Patience
from tambo.sources.rest import Answer, Guest, RestClient
from tambo.sources.tourism.weather_places import Place

if TYPE_CHECKING:
    import pyarrow as pa

    from tambo.sources.contracts import Table

KEY_SETTING = "TAMBO_WEATHER_KEY"


@dataclass(frozen=True)
class Hour:
    """The weather of one hour: its start, naive UTC; None where the API does not say."""

    start: datetime
    temperature: float | None
    precipitation: float | None
    humidity: float | None


def guest(settings: Settings, patience: Patience) -> Guest:
    """How the weather API is asked."""
    if settings.weather_key is None:
        raise SourceError(f"{KEY_SETTING} is not set.")
    return Guest(
        key=settings.weather_key,
        key_setting=KEY_SETTING,
        key_parameter="appid",
        per_minute=settings.weather_requests_per_minute,
        timeout=settings.weather_timeout_seconds,
        patience=patience,
    )


def ask(
    client: RestClient,
    url: str,
    place: Place,
    units: str,
    parameters: dict[str, str | int | float] | None = None,
) -> Iterator[Answer]:
    """Ask for a place, page after page while an answer names a next one.

    Raises:
        SourceBusyError: the API stays away.
        SourceError: it refuses, or its pages have no end.
    """
    asked: dict[str, str | int | float] = {
        "lat": place.latitude,
        "lon": place.longitude,
        "units": units,
        **(parameters or {}),
    }
    return client.pages(url, asked, f"the weather of {place.location}")


def hours(answer: Answer, units: str) -> list[Hour]:
    """The hours of an answer, in its order.

    Raises:
        SourceError: it has no list of hours, or a time without a zone.
    """
    listed = answer.body.get("list")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SourceError(
            f"The weather API answers without a list of hours: it has {sorted(answer.body)[:10]}.",
            remedy="look at TAMBO_WEATHER_URL and TAMBO_WEATHER_FORECAST_URL",
        )
    return [_hour(one, units) for one in listed]


def _hour(one: dict[str, Any], units: str) -> Hour:
    main = one.get("main") if isinstance(one.get("main"), dict) else {}
    measures: dict[str, Any] = main or {}
    return Hour(
        start=instant(one.get("dt")),
        temperature=_celsius(_number(measures.get("temp")), units),
        precipitation=_precipitation(one) if measures else None,
        humidity=_number(measures.get("humidity")),
    )


def instant(told: Any) -> datetime:
    """A time of the API as naive UTC: seconds since 1970, or ISO 8601 with a zone.

    Raises:
        SourceError: it is neither; a time without a zone could mean any instant.
    """
    try:
        if isinstance(told, int | float) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, UTC).replace(tzinfo=None)
        parsed = datetime.fromisoformat(told)
    except (TypeError, ValueError, OverflowError, OSError):
        raise _no_time(told, "is no time") from None
    if parsed.tzinfo is None:
        raise _no_time(told, "has no zone")
    return parsed.astimezone(UTC).replace(tzinfo=None)


def _no_time(told: Any, what: str) -> SourceError:
    return SourceError(
        f"The weather API gives the time {str(told)[:40]!r}, which {what}.",
        remedy="it must give seconds since 1970, or ISO 8601 with a zone",
    )


def _number(told: Any) -> float | None:
    if isinstance(told, bool) or not isinstance(told, int | float) or not math.isfinite(told):
        return None
    return float(told)


def _celsius(told: float | None, units: str) -> float | None:
    if told is None or units == "metric":
        return told
    return round(told - 273.15 if units == "standard" else (told - 32) / 1.8, 2)


def _precipitation(one: dict[str, Any]) -> float | None:
    """Rain and snow of the hour; an hour that names neither was dry."""
    total = 0.0
    for name in ("rain", "snow"):
        if name in one:
            told = _number(one[name].get("1h") if isinstance(one[name], dict) else one[name])
            if told is None:
                return None
            total += told
    return round(total, 3)


def columns(found: Sequence[Hour]) -> dict[str, pa.Array]:
    """The measures of some hours, as columns."""
    import pyarrow as pa

    names = ("temperature", "precipitation", "humidity")
    return {name: pa.array([getattr(one, name) for one in found], pa.float64()) for name in names}


def no_rows(table: Table) -> pa.Table:
    """A page without rows."""
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.string()) for name in table.required})
