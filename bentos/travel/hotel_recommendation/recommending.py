"""From a traveller to hotels: find candidates, read their features, rank them, say why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from bentos.inference.features import ModelFeatures
from bentos.inference.requests import path, refuse
from bentos.travel.hotel_recommendation.choosing import Scored, choose
from bentos.travel.hotel_recommendation.places import Places
from bentos.travel.hotel_recommendation.reasons import reasons
from bentos.travel.hotel_recommendation.schemas import (
    HotelRecommendation,
    HotelRecommendations,
    HotelRequest,
)
from bentos.travel.hotel_recommendation.travellers import (
    RECENT,
    STAYS_HERE,
    TRIPS_FROM,
    Traveller,
    Travellers,
    pair,
)
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime import travel
from tambo.serving.candidate_index import COLUMNS, MOST, CandidateIndex, Ints
from tambo.serving.model import ServedModel
from tambo.serving.problem import FieldError, field_error

MAX_DAYS_AHEAD = 731
"""Nobody plans a stay beyond it; a date that does is a slip of the pen."""

ENTITY = ("user_code", "hotel_name", "place")
GIVEN = ("asked_at", "check_in", "nights_wanted")
PRICES = ("hotel_stays__mean_nightly_price_90d", "hotel_stays__mean_nightly_price")
STAYS = "hotel_stays__stays"
"""Null where a hotel is not known at the instant of the request: as in training it is no
candidate then."""

_DIGITS = 6


class Known(NamedTuple):
    """A hotel that is known at the instant of a request.

    Attributes:
        item: position in the index.
        price: of a night, BRL; None where not known.
        row: what is stored of it and of the traveller.
        values: the same, by full feature name.
    """

    item: int
    price: float | None
    row: OnlineRow
    values: dict[str, object]


class HotelRecommender:
    """Recommends hotels; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.
        most: candidates at most that are ranked for a request.

    Raises:
        ServingError: the model wants an input that nothing gives, or it has no candidate index, or
            its feature service lacks what candidates are found by.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, most: int = MOST) -> None:
        self._features = ModelFeatures(model, reader, entity=ENTITY, given=GIVEN, computed=COLUMNS)
        if model.index is None or model.spec.temperature is None:
            raise ServingError(
                f"model {model.spec.model} has no candidate index, or no temperature",
                remedy="train hotel_recommendation again and bundle it",
            )
        needed = {*RECENT, TRIPS_FROM, *PRICES, STAYS, STAYS_HERE}
        lacking = sorted(needed - set(model.manifest.feature_names))
        if lacking:
            raise ServingError(
                f"{model.manifest.feature_service} has no {', '.join(lacking)}",
                remedy="add them to the feature service, train hotel_recommendation and bundle it",
            )
        self._model = model
        self._index: CandidateIndex = model.index
        self._most = most
        self._temperature = model.spec.temperature
        self._places = Places(self._index)
        self._travellers = Travellers(self._features, reader, self._index)

    def answer(
        self, requests: Sequence[HotelRequest], batch: bool = True
    ) -> list[HotelRecommendations]:
        """Recommend hotels to some travellers; see `Answerer`."""
        refuse(self._places.unknown(requests, batch))
        travellers = self._travellers.read(requests)
        refuse(_wrong_dates(requests, [one.row.asked_at for one in travellers], batch))
        return [self._answer(*one) for one in zip(requests, travellers, strict=True)]

    def _answer(self, request: HotelRequest, traveller: Traveller) -> HotelRecommendations:
        origin = request.origin or traveller.home
        found = self._places.reach(request, origin)
        items = self._index.retrieve(traveller.history, found.allowed, self._most)
        known = self._read(request, items)
        payable = [one for one in known if _is_payable(request, one.price)]
        scored = self._score(request, traveller, payable)
        warnings = [*_of_traveller(request, traveller), *found.warnings]
        if not scored and found.allowed.any():
            warnings.append(_nothing_fits(request, [one.price for one in known]))
        row = traveller.row
        return HotelRecommendations(
            recommendations=self._shown(request, traveller, scored),
            coldStart=not traveller.known,
            home=origin,
            considered=len(self._index),
            scored=len(scored),
            currency="BRL",
            model=self._features.version,
            release=row.release,
            as_of=row.as_of,
            asked_at=row.asked_at,
            warnings=self._features.warnings(row, warnings),
        )

    def _read(self, request: HotelRequest, items: Ints) -> list[Known]:
        """Those of some items that are known at the instant of the request."""
        if not len(items):
            return []
        names, places = (part[items].tolist() for part in (self._index.names, self._index.places))
        rows = self._features.read([pair(request, *one) for one in zip(names, places, strict=True)])
        told = [(item, row, row.values) for item, row in zip(items.tolist(), rows, strict=True)]
        return [
            Known(item, _price(values), row, values)
            for item, row, values in told
            if values[STAYS] is not None
        ]

    def _score(
        self, request: HotelRequest, traveller: Traveller, known: Sequence[Known]
    ) -> list[Scored]:
        if not known:
            return []
        index, asked = self._index, pair(request)
        told = index.describe(
            np.array([one.item for one in known], dtype=np.int64),
            traveller.history,
            traveller.counts,
        )
        computed = [
            self._features.on_demand(travel.ON_DEMAND, asked, one.row)
            | dict(zip(COLUMNS, said, strict=True))
            for one, *said in zip(known, *(told[name].tolist() for name in COLUMNS), strict=True)
        ]
        features = [one.values | more for one, more in zip(known, computed, strict=True)]
        scores = self._model.predict(features).tolist()
        return [
            Scored(one.item, str(index.places[one.item]), score, one.price, one.row, *values)
            for one, score, *values in zip(known, scores, computed, features, strict=True)
        ]

    def _shown(
        self, request: HotelRequest, traveller: Traveller, scored: Sequence[Scored]
    ) -> list[HotelRecommendation]:
        chosen = choose(scored, request.k, request.diversity, self._temperature)
        nights = request.nights
        return [
            HotelRecommendation(
                rank=rank,
                hotel=str(self._index.names[one.item]),
                place=one.place,
                # Of many hotels the last have chances that no fixed number of places would hold.
                score=float(f"{chance:.{_DIGITS}g}"),
                nightlyPrice=None if one.price is None else round(one.price, 2),
                totalPrice=None
                if one.price is None or nights is None
                else round(nights * one.price, 2),
                reasons=reasons(
                    one.features,
                    one.place,
                    self._known_from(traveller.history, one.item),
                    self._places.hotels_in(one.place),
                ),
                features=self._features.shown(one.row, one.computed),
            )
            for rank, (one, chance) in enumerate(chosen, start=1)
        ]

    def _known_from(self, history: Ints, item: int) -> str | None:
        """The hotel of the past that leads here most strongly."""
        index = self._index
        weights = np.where(index.near[history] == item, index.near_weights[history], 0.0)
        weights[history == item] = 0.0
        if not weights.size or not weights.max() > 0.0:
            return None
        return str(index.names[history[int(weights.max(axis=1).argmax())]])


def _price(values: dict[str, object]) -> float | None:
    found = [value for name in PRICES if isinstance(value := values[name], float)]
    return found[0] if found else None


def _is_payable(request: HotelRequest, price: float | None) -> bool:
    return request.budget is None or (price is not None and round(price, 2) <= request.budget)


def _nothing_fits(request: HotelRequest, prices: Sequence[float | None]) -> str:
    known = [one for one in prices if one is not None]
    if request.budget is None or not prices:
        return "nothing was known of any hotel that fits the request when it was asked"
    if not known:
        return "no price is known of any hotel that fits the request"
    return (
        f"no hotel that fits costs {request.budget:.2f} BRL a night or less;"
        f" the cheapest costs {min(known):.2f}"
    )


def _of_traveller(request: HotelRequest, traveller: Traveller) -> list[str]:
    if request.user_code is None or traveller.known:
        return []
    return [f"nothing is stored of traveller {request.user_code}: what is popular comes first"]


def _wrong_dates(
    requests: Sequence[HotelRequest], asked: Sequence[datetime], batch: bool
) -> list[FieldError]:
    """Name stays of the past and of a far future, seen from the instant of the request."""
    found = []
    for position, (one, instant) in enumerate(zip(requests, asked, strict=True)):
        if one.check_in is None:
            continue
        today = travel.local_date(instant)
        days = (one.check_in - today).days
        if not 0 <= days <= MAX_DAYS_AHEAD:
            wrong = "has passed" if days < 0 else f"is more than {MAX_DAYS_AHEAD} days ahead"
            says = f"{one.check_in} {wrong}: the request is of {today} in {travel.ZONE}"
            found.append(field_error(path(position, batch, "checkIn"), says))
    return found
