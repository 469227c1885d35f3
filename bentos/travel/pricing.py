"""From flight requests to prices: read the features, run the model, say what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bentos.travel.schemas import (
    FeatureValue,
    FlightPrice,
    FlightRequest,
    ModelVersion,
    PriceInterval,
)
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime import travel
from tambo.serving.model import ServedModel
from tambo.serving.problem import FieldError, ProblemError, field_error

MAX_DAYS_AHEAD = 731
"""Flights are not sold earlier; a date beyond it is a slip of the pen."""

ENTITY_FIELDS = ("user_code", "origin", "destination", "flight_type", "agency")
"""Fields of a request that stored features are looked up by."""

REQUEST_FIELDS = ("asked_at", "travel_date", "distance_km", "duration_hours")
"""Fields of a request that request-time features are computed from."""

NOT_COMPUTED = "an input of it is missing"


class FlightPricer:
    """Prices flights; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.

    Raises:
        ServingError: the model wants an input that neither a request nor a feature gives, or it
            answers no price.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader) -> None:
        _refuse_unknown_inputs(model)
        spec = model.spec
        if spec.interval is None:
            raise ServingError(
                f"model {spec.model} answers no price with an interval",
                remedy="train flight_price again and bundle it",
            )
        self._model = model
        self._interval = spec.interval
        self._reader = reader
        self._version = ModelVersion(
            name=spec.model,
            version=spec.version,
            estimator=spec.estimator,
            baseline=spec.baseline,
            release=spec.release,
        )
        self._route_views = [
            view.name
            for view in model.manifest.views
            if {"origin", "destination"} <= {key.column for key in view.join_keys}
        ]

    def price(self, requests: Sequence[FlightRequest], batch: bool = True) -> list[FlightPrice]:
        """Price some flights in one look-up and one run of the model.

        Args:
            requests: the flights.
            batch: they stand in `items` of the request; says how a wrong field is named.

        Raises:
            ProblemError: a field of a request is wrong.
            OnlineStoreError: features cannot be read.
            ServingError: the model has no answer.
        """
        self._refuse_unknown(requests, batch)
        stored = self._reader.read(
            [_entity(one) for one in requests], [one.asked_at for one in requests]
        )
        if not any(cell.value is not None for row in stored for cell in row.cells.values()):
            # Unknown to us, or a store that lost its data: then no answer is better than this one.
            self._reader.check()
        _refuse_dates(requests, [row.asked_at for row in stored], batch)
        computed = [self._on_demand(one, row) for one, row in zip(requests, stored, strict=True)]
        inputs = [
            {**_entity(one), **_request_fields(one), **row.values, **extra}
            for one, row, extra in zip(requests, stored, computed, strict=True)
        ]
        prices = self._model.predict(inputs)
        return [
            self._answer(one, row, extra, max(0.0, float(value)))
            for one, row, extra, value in zip(requests, stored, computed, prices, strict=True)
        ]

    def _refuse_unknown(self, requests: Sequence[FlightRequest], batch: bool) -> None:
        known = self._model.spec.known_values("agency")
        if known is None:
            return
        _refuse(
            field_error(_path(position, batch, "agency"), f"must be one of {', '.join(known)}")
            for position, one in enumerate(requests)
            if one.agency not in known
        )

    def _on_demand(self, request: FlightRequest, row: OnlineRow) -> dict[str, object]:
        """Compute the on-demand features of one request, by full feature name."""
        found: dict[str, object] = {}
        given = {**_request_fields(request), "asked_at": row.asked_at}
        for view in self._model.manifest.on_demand:
            arguments = {name: given[name] for name in view.request}
            arguments |= {name: row.cells[full].value for name, full in view.stored.items()}
            values = travel.ON_DEMAND[view.name](**arguments)
            found |= {f"{view.name}__{name}": values[name] for name in view.features}
        return found

    def _answer(
        self, request: FlightRequest, row: OnlineRow, extra: Mapping[str, object], price: float
    ) -> FlightPrice:
        spec = self._model.spec
        seen = self._route_is_known(row)
        low, high = self._interval.bounds(price, request.flight_type, seen=seen)
        return FlightPrice(
            price=round(price, 2),
            currency=spec.unit,
            interval=PriceInterval(
                level=self._interval.level,
                low=round(low, 2),
                high=round(high, 2),
                basis=self._basis(request, seen),
            ),
            model=self._version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=self._warnings(request, row, seen),
            features=self._features(row, extra),
        )

    def _route_is_known(self, row: OnlineRow) -> bool:
        """Tell whether any stored feature of the route is there; true if the model uses none."""
        cells = [
            cell for name, cell in row.cells.items() if name.partition("__")[0] in self._route_views
        ]
        return not cells or any(cell.value is not None for cell in cells)

    def _basis(self, request: FlightRequest, seen: bool) -> str:
        interval = self._interval
        if not seen and interval.unseen is not None:
            return "routes that the model has not seen"
        known = request.flight_type in interval.by_group
        return f"flights of type {request.flight_type}" if known else "all flights"

    def _warnings(self, request: FlightRequest, row: OnlineRow, seen: bool) -> list[str]:
        found = []
        if row.release < self._version.release:
            found.append(
                f"features are of release {row.release}, older than release "
                f"{self._version.release} that the model was trained at"
            )
        if not seen:
            found.append(f"no fare is stored for {request.origin} → {request.destination}")
        if self._model.spec.baseline:
            found.append(f"no trained model beat the baseline {self._model.spec.estimator}")
        return found

    def _features(self, row: OnlineRow, extra: Mapping[str, object]) -> list[FeatureValue]:
        found = []
        for name in self._model.manifest.feature_names:
            if name in extra:
                reason = NOT_COMPUTED if extra[name] is None else None
                found.append(_feature(name, extra[name], None, None, reason))
            else:
                cell = row.cells[name]
                found.append(
                    _feature(name, cell.value, cell.event_timestamp, cell.age_seconds, cell.reason)
                )
        return found


def _refuse_unknown_inputs(model: ServedModel) -> None:
    given = {*ENTITY_FIELDS, *REQUEST_FIELDS, *model.manifest.feature_names}
    unknown = sorted(set(model.spec.columns) - given)
    if unknown:
        raise ServingError(
            f"model {model.spec.model} wants {', '.join(unknown)}, which no request and no feature"
            f" of {model.manifest.feature_service} gives",
            remedy="train it on the features of its feature service, and bundle it again",
        )


def _feature(
    name: str, value: object, event: datetime | None, age: float | None, reason: str | None
) -> FeatureValue:
    if isinstance(value, float) and not math.isfinite(value):
        value, reason = None, "not a finite number in the store"
    return FeatureValue(
        name=name, value=value, event_timestamp=event, age_seconds=age, reason_if_null=reason
    )


def _entity(request: FlightRequest) -> dict[str, object]:
    return {name: getattr(request, name) for name in ENTITY_FIELDS}


def _request_fields(request: FlightRequest) -> dict[str, object]:
    return {name: getattr(request, name) for name in REQUEST_FIELDS}


def _path(position: int, batch: bool, field: str) -> tuple[str | int, ...]:
    return ("items", position, field) if batch else (field,)


def _refuse(errors: Iterable[FieldError]) -> None:
    found = list(errors)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise ProblemError(422, f"{found[0].field}: {found[0].detail}{more}", found)


def _refuse_dates(
    requests: Sequence[FlightRequest], asked: Sequence[datetime], batch: bool
) -> None:
    """Refuse flights of the past and of a far future, seen from the instant of the request."""
    errors = []
    for position, (one, instant) in enumerate(zip(requests, asked, strict=True)):
        today = travel.local_date(instant)
        days = (one.travel_date - today).days
        if not 0 <= days <= MAX_DAYS_AHEAD:
            wrong = "has passed" if days < 0 else f"is more than {MAX_DAYS_AHEAD} days ahead"
            errors.append(
                field_error(
                    _path(position, batch, "date"),
                    f"{one.travel_date} {wrong}: the request is of {today} in {travel.ZONE}",
                )
            )
    _refuse(errors)
