"""From a traveller to hotels: find candidates, read their features, rank them, say why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bentos.inference.features import ModelFeatures
from bentos.inference.requests import path, refuse
from bentos.travel.hotel_recommendation.places import reach, unknown_places
from bentos.travel.hotel_recommendation.reasons import reasons
from bentos.travel.hotel_recommendation.schemas import (
    HotelRecommendation,
    HotelRecommendations,
    HotelRequest,
)
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.requesttime import travel
from tambo.serving.candidate_index import MOST, CandidateIndex, Ints
from tambo.serving.model import ServedModel
from tambo.serving.problem import field_error

MAX_DAYS_AHEAD = 731
"""Nobody plans a stay beyond it; a date that does is a slip of the pen."""

ENTITY = ("user_code", "hotel_name", "place")
GIVEN = ("asked_at", "check_in", "nights_wanted")
INDEX = ("index__co_visits", "index__follows")
"""Inputs that the candidate index gives, as in training."""

RECENT = ("traveller_recent_stays__recent_hotels", "traveller_recent_stays__recent_places")
TRIPS_FROM = "traveller_places__trips_from"
PRICES = ("hotel_stays__mean_nightly_price_90d", "hotel_stays__mean_nightly_price")
POPULARITY = "hotel_stays__stays_90d"
MOST_ORIGINS = 300
"""Places at most among which a home is looked for."""

SAME_PLACE = 5.0
"""At full diversity, what a hotel of the same place in the list costs, in nats: a chance 150 times
as high makes up for it."""


@dataclass(frozen=True)
class Pair:
    """A traveller and a hotel, as far as features are concerned."""

    user_code: int | None
    hotel_name: str | None
    place: str | None
    asked_at: datetime | None
    check_in: str | None
    nights_wanted: float | None


@dataclass(frozen=True)
class Traveller:
    """What is stored of a traveller.

    Attributes:
        row: features of the traveller alone.
        history: recent hotels, the newest first, as positions in the index.
        home: place that most of their trips left from.
    """

    row: OnlineRow
    history: Ints
    home: str | None

    @property
    def known(self) -> bool:
        """Whether anything is stored of them."""
        return any(
            cell.value is not None
            for name, cell in self.row.cells.items()
            if name.startswith("traveller_")
        )


@dataclass(frozen=True)
class Scored:
    """A hotel with what the ranker made of it."""

    item: int
    score: float
    price: float | None
    row: OnlineRow
    extra: Mapping[str, object]

    @property
    def features(self) -> dict[str, object]:
        """All features, by full name."""
        return {**self.row.values, **self.extra}


class HotelRecommender:
    """Recommends hotels; may be used by several threads.

    Args:
        model: the champion.
        reader: the online features of its feature service.
        most: candidates at most that are ranked for a request.

    Raises:
        ServingError: the model wants an input that nothing gives, or it has no candidate index.
    """

    def __init__(self, model: ServedModel, reader: OnlineReader, most: int = MOST) -> None:
        self._features = ModelFeatures(model, reader, entity=ENTITY, given=GIVEN, computed=INDEX)
        if model.index is None or model.spec.temperature is None:
            raise ServingError(
                f"model {model.spec.model} has no candidate index, or no temperature",
                remedy="train hotel_recommendation again and bundle it",
            )
        self._model = model
        self._index: CandidateIndex = model.index
        self._most = most
        self._temperature = model.spec.temperature
        self._origins = sorted(set(self._index.origins.tolist()))[:MOST_ORIGINS]

    def answer(
        self, requests: Sequence[HotelRequest], batch: bool = True
    ) -> list[HotelRecommendations]:
        """Recommend hotels to some travellers; see `Answerer`."""
        refuse(unknown_places(self._index, requests, batch))
        return [self._answer(one, position, batch) for position, one in enumerate(requests)]

    def _answer(self, request: HotelRequest, position: int, batch: bool) -> HotelRecommendations:
        traveller = self._traveller(request)
        _refuse_dates(request, traveller.row.asked_at, position, batch)
        origin = request.origin or traveller.home
        found = reach(self._index, request, origin)
        items = self._index.retrieve(traveller.history, found.allowed, self._most)
        scored = self._score(request, traveller, items)
        if request.budget is not None:
            budget = request.budget
            scored = [one for one in scored if one.price is not None and one.price <= budget]
        warnings = [*self._warnings(request, traveller), *found.warnings]
        if not scored and not found.warnings:
            warnings.append("no hotel fits the request")
        chosen = self._choose(scored, request)
        return HotelRecommendations(
            recommendations=self._shown(request, traveller, chosen, scored),
            coldStart=not traveller.known,
            home=origin,
            considered=len(self._index),
            scored=len(items),
            currency="BRL",
            model=self._features.version,
            release=traveller.row.release,
            as_of=traveller.row.as_of,
            asked_at=traveller.row.asked_at,
            warnings=self._features.warnings(traveller.row, warnings),
        )

    def _traveller(self, request: HotelRequest) -> Traveller:
        places = [] if request.user_code is None or request.origin else self._origins
        pairs = [_pair(request, None, place) for place in (None, *places)]
        row, *at_places = self._features.read(pairs)
        names, where = (_texts(row.values[name]) for name in RECENT)
        trips = [_number(one.values[TRIPS_FROM]) for one in at_places]
        home = places[int(np.argmax(trips))] if any(trips) else None
        return Traveller(row, self._index.numbers(names, where), home)

    def _score(self, request: HotelRequest, traveller: Traveller, items: Ints) -> list[Scored]:
        if not len(items):
            return []
        index, features = self._index, self._features
        pairs = [_pair(request, str(index.names[item]), str(index.places[item])) for item in items]
        rows = features.read(pairs)
        extra = [
            features.on_demand(travel.ON_DEMAND, pair, row)
            for pair, row in zip(pairs, rows, strict=True)
        ]
        leads = zip(
            index.co_visits(traveller.history)[items].tolist(),
            index.follows(traveller.history)[items].tolist(),
            strict=True,
        )
        inputs = [
            {**row.values, **more, **dict(zip(INDEX, lead, strict=True))}
            for row, more, lead in zip(rows, extra, leads, strict=True)
        ]
        scores = self._model.predict(inputs)
        return [
            Scored(int(item), float(score), _price(row), row, more)
            for item, score, row, more in zip(items, scores, rows, extra, strict=True)
        ]

    def _choose(self, scored: Sequence[Scored], request: HotelRequest) -> list[Scored]:
        """The first k, the best first; the more diversity, the less one place stands there twice.

        Carbonell and Goldstein, The use of MMR, 1998, with places for documents.
        """
        left = sorted(scored, key=lambda one: -one.score)
        chosen: list[Scored] = []
        taken: dict[str, int] = {}
        while left and len(chosen) < request.k:
            best = max(
                left,
                key=lambda one: (
                    one.score / self._temperature
                    - request.diversity * SAME_PLACE * taken.get(self._place(one), 0)
                ),
            )
            left.remove(best)
            chosen.append(best)
            taken[self._place(best)] = taken.get(self._place(best), 0) + 1
        return chosen

    def _place(self, one: Scored) -> str:
        return str(self._index.places[one.item])

    def _shown(
        self,
        request: HotelRequest,
        traveller: Traveller,
        chosen: Sequence[Scored],
        scored: Sequence[Scored],
    ) -> list[HotelRecommendation]:
        chances = dict(
            zip((one.item for one in scored), _softmax(scored, self._temperature), strict=True)
        )
        popular = _popular(scored, self._place)
        nights = request.nights
        return [
            HotelRecommendation(
                rank=rank,
                hotel=str(self._index.names[one.item]),
                place=self._place(one),
                score=round(float(chances[one.item]), 6),
                nightlyPrice=None if one.price is None else round(one.price, 2),
                totalPrice=None
                if one.price is None or nights is None
                else round(nights * one.price, 2),
                reasons=reasons(
                    one.features,
                    self._place(one),
                    self._known_from(traveller.history, one.item),
                    one.item in popular,
                ),
                features=self._features.shown(one.row, one.extra),
            )
            for rank, one in enumerate(chosen, start=1)
        ]

    def _known_from(self, history: Ints, item: int) -> str | None:
        """The hotel of the past that leads here most strongly."""
        index = self._index
        weights = np.where(index.near[history] == item, index.near_weights[history], 0.0)
        weights[history == item] = 0.0
        if not weights.size or not weights.max() > 0.0:
            return None
        return str(index.names[history[int(weights.max(axis=1).argmax())]])

    def _warnings(self, request: HotelRequest, traveller: Traveller) -> list[str]:
        if request.user_code is None or traveller.known:
            return []
        return [f"nothing is stored of traveller {request.user_code}: what is popular comes first"]


def _pair(request: HotelRequest, hotel: str | None, place: str | None) -> Pair:
    nights = request.nights
    return Pair(
        user_code=request.user_code,
        hotel_name=hotel,
        place=place,
        asked_at=request.asked_at,
        check_in=None if request.check_in is None else request.check_in.isoformat(),
        nights_wanted=None if nights is None else float(nights),
    )


def _price(row: OnlineRow) -> float | None:
    found = [value for name in PRICES if isinstance(value := row.values[name], float)]
    return found[0] if found else None


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _softmax(scored: Sequence[Scored], temperature: float) -> NDArray[np.float64]:
    scores = np.array([one.score for one in scored]) / temperature
    weights = np.exp(scores - scores.max(initial=-np.inf))
    return np.asarray(weights / weights.sum())


def _popular(scored: Sequence[Scored], place: Callable[[Scored], str]) -> set[int]:
    """The two most booked hotels of each place, of those that were ranked."""
    by_place: dict[str, list[Scored]] = {}
    for one in scored:
        by_place.setdefault(place(one), []).append(one)
    found: set[int] = set()
    for group in by_place.values():
        booked = [one for one in group if one.row.values[POPULARITY]]
        best = sorted(booked, key=lambda one: -_number(one.row.values[POPULARITY]))
        found |= {one.item for one in best[:2]}
    return found


def _refuse_dates(request: HotelRequest, asked: datetime, position: int, batch: bool) -> None:
    """Refuse stays of the past and of a far future, seen from the instant of the request."""
    if request.check_in is None:
        return
    today = travel.local_date(asked)
    days = (request.check_in - today).days
    if 0 <= days <= MAX_DAYS_AHEAD:
        return
    wrong = "has passed" if days < 0 else f"is more than {MAX_DAYS_AHEAD} days ahead"
    says = f"{request.check_in} {wrong}: the request is of {today} in {travel.ZONE}"
    refuse([field_error(path(position, batch, "checkIn"), says)])
