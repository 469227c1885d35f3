"""From the what-if of a request to what is expected of each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from bentos.tourism.visitor_flow.schemas import DaysExpected, VisitorFlowRequest
from tambo.requesttime.tourism import Expected
from tambo.serving.problem import FieldError, field_error


def expected(request: VisitorFlowRequest, first: date, days: int) -> Expected | None:
    """Lay a what-if out by day.

    Args:
        request: `errors` has found nothing wrong with it.
        first: first day of the forecast.
        days: how many days the model forecasts.

    Returns:
        What is expected of each day; None if nothing is.
    """
    asked = request.what_if
    if not asked.weather and not asked.events:
        return None
    found = Expected(np.full(days, np.nan), np.full(days, np.nan), [None] * days)
    events: list[str | None] = list(found.events)
    for weather in asked.weather:
        part = slice(*_span(weather, first))
        if weather.temperature is not None:
            found.temperature[part] = weather.temperature
        if weather.precipitation is not None:
            found.precipitation[part] = weather.precipitation
    for event in asked.events:
        start, end = _span(event, first)
        events[start:end] = [event.kind] * (end - start)
    return found._replace(events=events)


def errors(
    request: VisitorFlowRequest, first: date, path: tuple[str | int, ...]
) -> Iterator[FieldError]:
    """Find days outside the horizon, and days of which two things are expected.

    Args:
        request: what is asked.
        first: first day of the forecast.
        path: where its what-if stands in the body.
    """
    last = first + timedelta(days=request.days - 1)
    for name, given in (("weather", request.what_if.weather), ("events", request.what_if.events)):
        taken: set[int] = set()
        for position, one in enumerate(given):
            until = one.last or one.first
            for field, day in (("date", one.first), ("until", until)):
                if not first <= day <= last:
                    outside = f"{day} lies outside the forecast, {first} to {last}"
                    yield field_error((*path, name, position, field), outside)
                    break
            else:
                days = set(range(*_span(one, first)))
                if days & taken:
                    twice = first + timedelta(days=min(days & taken))
                    yield field_error((*path, name, position), f"{twice} is stated twice")
                taken |= days


def _span(one: DaysExpected, first: date) -> tuple[int, int]:
    start = (one.first - first).days
    return start, start + ((one.last or one.first) - one.first).days + 1
