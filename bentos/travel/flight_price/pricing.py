"""From flight requests to prices: read the features, run the model, say what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bentos.inference.features import ModelFeatures
from bentos.inference.requests import path, refuse
from bentos.travel.flight_price.schemas import FlightPrice, FlightRequest, PriceInterval
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime import travel
from tambo.serving.model import ServedModel
from tambo.serving.problem import field_error

MAX_DAYS_AHEAD = 731
"""Flights are not sold earlier; a date beyond it is a slip of the pen."""

ENTITY_FIELDS = ("user_code", "origin", "destination", "flight_type", "agency")
"""Fields of a request that stored features are looked up by."""

REQUEST_FIELDS = ("asked_at", "travel_date", "distance_km", "duration_hours")
"""Fields of a request that request-time features are computed from."""


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
        self._features = ModelFeatures(model, reader, entity=ENTITY_FIELDS, given=REQUEST_FIELDS)
        spec = model.spec
        if spec.interval is None:
            raise ServingError(
                f"model {spec.model} answers no price with an interval",
                remedy="train flight_price again and bundle it",
            )
        self._model = model
        self._interval = spec.interval
        self._route_views = [
            view.name
            for view in model.manifest.views
            if {"origin", "destination"} <= {key.column for key in view.join_keys}
        ]

    def answer(self, requests: Sequence[FlightRequest], batch: bool = True) -> list[FlightPrice]:
        """Price some flights; see `Answerer`."""
        self._refuse_unknown(requests, batch)
        features = self._features
        stored = features.read(requests)
        _refuse_dates(requests, [row.asked_at for row in stored], batch)
        computed = [
            features.on_demand(travel.ON_DEMAND, one, row)
            for one, row in zip(requests, stored, strict=True)
        ]
        inputs = [
            {**features.entity(one), **features.given(one), **row.values, **extra}
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
        refuse(
            field_error(path(position, batch, "agency"), f"must be one of {', '.join(known)}")
            for position, one in enumerate(requests)
            if one.agency not in known
        )

    def _answer(
        self, request: FlightRequest, row: OnlineRow, extra: Mapping[str, object], price: float
    ) -> FlightPrice:
        seen = self._route_is_known(row)
        low, high = self._interval.bounds(price, request.flight_type, seen=seen)
        unknown = f"no fare is stored for {request.origin} → {request.destination}"
        return FlightPrice(
            price=round(price, 2),
            currency=self._model.spec.unit,
            interval=PriceInterval(
                level=self._interval.level,
                low=round(low, 2),
                high=round(high, 2),
                basis=self._basis(request, seen),
            ),
            model=self._features.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=self._features.warnings(row, [] if seen else [unknown]),
            features=self._features.shown(row, extra),
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
                    path(position, batch, "date"),
                    f"{one.travel_date} {wrong}: the request is of {today} in {travel.ZONE}",
                )
            )
    refuse(errors)
