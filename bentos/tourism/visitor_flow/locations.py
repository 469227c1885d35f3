"""From a request to a location: what is stored of it, and the steps that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bentos.inference.features import ModelFeatures, is_known
from bentos.inference.requests import path, refuse
from bentos.tourism.visitor_flow import what_if
from bentos.tourism.visitor_flow.schemas import MOST_STEPS, Freshness, VisitorFlowRequest
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow, Reason
from tambo.requesttime.tourism import Expected, day_number, zone_named
from tambo.requesttime.tourism.variants import stored_of
from tambo.serving.model import ServedModel
from tambo.serving.problem import FieldError, field_error

ENTITY = ("location",)
LEVELS = (0.1, 0.5, 0.9)
FEWEST_DAYS = 7
"""Fewer counts among the last eight weeks than these say little; training leaves such rows out."""

_COUNTED, _UNTIL = "location_flow__daily_visitors", "location_flow__counted_until"
_ZONE = "location_flow__time_zone"
_NAMED = 5
"""Locations that a problem names."""


@dataclass(frozen=True)
class Asked:
    """A request with what is stored of its location.

    Attributes:
        request: what is asked.
        row: what is stored.
        values: the same by full feature name.
        stored: `FLOW_REQUEST_STORED` of it.
        zone: of the location's days and hours, as the release has them.
        first: first day of the forecast.
        expected: its what-if by day; None: none.
    """

    request: VisitorFlowRequest
    row: OnlineRow
    values: dict[str, object]
    stored: dict[str, Any]
    zone: ZoneInfo
    first: date
    expected: Expected | None

    @property
    def first_number(self) -> int:
        """Number of the first day."""
        return day_number(self.first) or 0

    @property
    def origin(self) -> datetime:
        """End of the newest whole day counted."""
        until: datetime = self.stored["counted_until"]
        return until if until.tzinfo else until.replace(tzinfo=UTC)


class Locations:
    """Reads what one visitor forecast needs of locations.

    Args:
        model: the champion.
        reader: the online features of its feature service.

    Raises:
        ServingError: the model wants what nothing gives, or it is no forecast of this unit.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, unit: str) -> None:
        self.features = ModelFeatures(model, reader, entity=ENTITY)
        forecast, name = model.spec.forecast, model.spec.model
        steps = MOST_STEPS[unit]
        if forecast is None or (forecast.unit, forecast.steps) != (unit, steps):
            raise ServingError(
                f"model {name} is no forecast of {steps} {unit}s",
                remedy=f"train {name} again and bundle it",
            )
        if forecast.levels != LEVELS:
            raise ServingError(f"model {name} answers quantiles at {forecast.levels}")
        if _ZONE not in model.manifest.feature_names:
            raise ServingError(
                f"model {name} was trained before its features had a zone",
                remedy=f"train {name} again and bundle it",
            )
        self.hourly = unit == "hour"
        self.days = steps // 24 if self.hourly else steps
        self._known = frozenset(model.spec.known_values("location") or ())
        self._views = {
            view.name: f"{view.name}__{view.features[0].name}" for view in model.manifest.views
        }

    def read(
        self, requests: Sequence[VisitorFlowRequest], positions: Sequence[int], batch: bool
    ) -> list[Asked]:
        """Look some locations up, in one go.

        Args:
            requests: what is asked.
            positions: where each stands in the body.
            batch: whether they stand in `items`.

        Raises:
            ProblemError: a location is unknown or was not counted, or a what-if is wrong.
            OnlineStoreError: features cannot be read.
        """
        rows = self.features.read(requests)
        refuse(
            error
            for one, at, row in zip(requests, positions, rows, strict=True)
            for error in self._wrong(one, row, at, batch)
        )
        return [self._asked(*one) for one in zip(requests, rows, strict=True)]

    def find(self, requests: Sequence[VisitorFlowRequest]) -> tuple[list[OnlineRow], list[Asked]]:
        """Look some locations up, and refuse none.

        Returns:
            What is stored of each, and those that can be forecast.

        Raises:
            OnlineStoreError: features cannot be read.
        """
        rows = self.features.read(requests)
        found = [
            self._asked(one, row)
            for one, row in zip(requests, rows, strict=True)
            if self._missing(row) is None
        ]
        return rows, found

    def is_new(self, asked: Asked) -> bool:
        """Tell whether the model did not learn a location."""
        return asked.request.location not in self._known

    def warnings(self, asked: Asked) -> list[str]:
        """What makes a forecast less sure than others."""
        found = []
        if self.is_new(asked):
            found.append(f"the model has not learnt {asked.request.location}: its counts alone say")
        counts = np.asarray(asked.stored["daily_visitors"], np.float64)
        counted = int((~np.isnan(counts)).sum())
        if counted < FEWEST_DAYS:
            found.append(f"only {counted} of the last {len(counts)} days were counted")
        newest = asked.origin.astimezone(asked.zone).date()
        if newest < asked.first:
            behind = (asked.first - newest).days
            days = "day" if behind == 1 else "days"
            found.append(f"the newest counts end {behind} {days} before the first day")
        return self.features.warnings(asked.row, found)

    def freshness(self, row: OnlineRow) -> list[Freshness]:
        """How old the features of each view are."""
        found = []
        for view, name in self._views.items():
            _, event, age, reason = row.cells[name]
            found.append(
                Freshness(
                    view=view,
                    event_timestamp=event,
                    age_seconds=age,
                    reason_if_null=None if event is not None else reason,
                )
            )
        return found

    def _asked(self, request: VisitorFlowRequest, row: OnlineRow) -> Asked:
        values, zone = row.values, _zone(row)
        if zone is None:  # refused before
            raise ServingError(f"{request.location} has no zone")
        first = _first_day(row, zone)
        return Asked(
            request=request,
            row=row,
            values=values,
            stored=stored_of(values),
            zone=zone,
            first=first,
            expected=what_if.expected(request, first, self.days),
        )

    def _wrong(
        self, request: VisitorFlowRequest, row: OnlineRow, position: int, batch: bool
    ) -> Iterator[FieldError]:
        missing = self._missing(row)
        if missing is not None:
            field, says = missing
            yield field_error(path(position, batch, field), says)
        zone = _zone(row)
        if zone is not None:
            first = _first_day(row, zone)
            yield from what_if.errors(request, first, path(position, batch, "what_if"))

    def _missing(self, row: OnlineRow) -> tuple[str, str] | None:
        """Why there is nothing to forecast from: the field that is wrong, and the words."""
        counts, _, _, reason = row.cells[_COUNTED]
        if reason == Reason.LATER:
            return "asked_at", "lies before the counts that are online; leave it out for the newest"
        if reason == Reason.EXPIRED:
            return "location", "has no counts of the last weeks; run tambo ingest, then the road on"
        if not is_known(row):
            names = ", ".join(sorted(self._known)[:_NAMED])
            more = f" and {len(self._known) - _NAMED} more" if len(self._known) > _NAMED else ""
            return "location", (
                "is not known: nothing is stored of it. Ingest its counts (tourist_flow), then"
                f" build, release and run tambo features. Known are {names}{more}"
            )
        if not isinstance(counts, Sequence | np.ndarray) or np.isnan(counts).all():
            return "location", (
                "has no history: no day of its last eight weeks was counted. Ingest its counts"
                " (tourist_flow), then build, release and run tambo features"
            )
        if _zone(row) is None:
            return "location", "was stored before zones were: build, release and run tambo features"
        return None


def _zone(row: OnlineRow) -> ZoneInfo | None:
    return zone_named(row.cells[_ZONE].value)


def _first_day(row: OnlineRow, zone: ZoneInfo) -> date:
    """The local day of the request's instant."""
    return row.asked_at.astimezone(zone).date()


def starts(asked: Asked, position: int, hourly: bool) -> tuple[date, int | None, datetime]:
    """When a step begins: its local day, its hour, and the instant.

    Args:
        asked: whose step.
        position: of the step, from 0.
        hourly: whether steps are hours.
    """
    day = asked.first + timedelta(days=position // 24 if hourly else position)
    hour = position % 24 if hourly else None
    return day, hour, datetime(day.year, day.month, day.day, hour or 0, tzinfo=asked.zone)
