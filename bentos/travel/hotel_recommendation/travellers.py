"""Who asks, as far as it is stored: what they booked, and where they live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bentos.inference.features import ModelFeatures
from bentos.travel.hotel_recommendation.schemas import HotelRequest
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.serving.candidate_index import CandidateIndex, Ints

RECENT = ("traveller_recent_stays__recent_hotels", "traveller_recent_stays__recent_places")
PLACES, TRIPS_FROM = "traveller_places", "traveller_places__trips_from"
HOTELS, STAYS_HERE = "traveller_hotels", "traveller_hotels__stays_here"

MOST_ORIGINS = 300
"""Places at most among which a home is looked for: those with the most routes."""


@dataclass(frozen=True)
class Pair:
    """A traveller and a hotel, as far as features are concerned."""

    user_code: int | None
    hotel_name: str | None
    place: str | None
    asked_at: datetime | None
    check_in: str | None
    nights_wanted: float | None


def pair(request: HotelRequest, hotel: str | None = None, place: str | None = None) -> Pair:
    """The traveller of a request, with a hotel or without."""
    nights = request.nights
    return Pair(
        user_code=request.user_code,
        hotel_name=hotel,
        place=place,
        asked_at=request.asked_at,
        check_in=None if request.check_in is None else request.check_in.isoformat(),
        nights_wanted=None if nights is None else float(nights),
    )


@dataclass(frozen=True)
class Traveller:
    """What is stored of a traveller.

    Attributes:
        row: features of the traveller alone.
        known: whether anything is stored of them.
        history: recent hotels, the newest first, as positions in the index.
        counts: stays in each hotel that the index counts for this history: float64 [m].
        home: place that most of their trips left from; None if nobody knows, or nobody asks.
    """

    row: OnlineRow
    known: bool
    history: Ints
    counts: NDArray[np.float64]
    home: str | None


class Travellers:
    """Looks up travellers.

    Args:
        features: of the model.
        reader: the online features of its feature service.
        index: hotels and routes.
    """

    def __init__(
        self, features: ModelFeatures, reader: OnlineReader, index: CandidateIndex
    ) -> None:
        self._features = features
        self._index = index
        # Nothing else is wanted of the places that a home is looked for among, nor of the hotels.
        self._trips = reader.narrowed({PLACES})
        self._stays = reader.narrowed({HOTELS})
        routes = Counter(index.origins.tolist()).most_common(MOST_ORIGINS)
        self._origins = sorted(origin for origin, _ in routes)

    def read(self, requests: Sequence[HotelRequest]) -> list[Traveller]:
        """Look up the travellers of some requests.

        Raises:
            OnlineStoreError: features cannot be read.
        """
        rows = self._features.read([pair(one) for one in requests])
        known = [_is_known(row) for row in rows]
        wanted = [
            position
            for position, one in enumerate(requests)
            if known[position] and one.origin is None
        ]
        homes = dict(zip(wanted, self._homes([requests[one] for one in wanted]), strict=True))
        histories = [
            self._index.numbers(*(_texts(row.values[name]) for name in RECENT)) for row in rows
        ]
        counts = self._counts(requests, histories, known)
        return [
            Traveller(row, known[position], history, mine, homes.get(position))
            for position, (row, history, mine) in enumerate(
                zip(rows, histories, counts, strict=True)
            )
        ]

    def _counts(
        self, requests: Sequence[HotelRequest], histories: Sequence[Ints], known: Sequence[bool]
    ) -> list[NDArray[np.float64]]:
        """Stays in the hotels that the index counts; none where nothing is known."""
        index, counted = self._index, [self._index.counted(one) for one in histories]
        wanted = [
            (request, str(index.names[item]), str(index.places[item]))
            for request, items, told in zip(requests, counted, known, strict=True)
            for item in (items if told else ())
        ]
        keys = [
            {"user_code": one.user_code, "hotel_name": name, "place": place}
            for one, name, place in wanted
        ]
        rows = self._stays.read(keys, [one.asked_at for one, _, _ in wanted]) if keys else []
        stays = iter([_number(row.values[STAYS_HERE]) for row in rows])
        return [
            np.fromiter((next(stays) if told else 0.0 for _ in items), np.float64, len(items))
            for items, told in zip(counted, known, strict=True)
        ]

    def _homes(self, requests: Sequence[HotelRequest]) -> list[str | None]:
        origins = self._origins
        if not origins:
            return [None] * len(requests)
        rows = self._trips.read(
            [{"user_code": one.user_code, "place": place} for one in requests for place in origins],
            [one.asked_at for one in requests for _ in origins],
        )
        trips = [_number(row.values[TRIPS_FROM]) for row in rows]
        found: list[str | None] = []
        for start in range(0, len(trips), len(origins)):
            mine = trips[start : start + len(origins)]
            most = max(mine)
            found.append(origins[mine.index(most)] if most else None)
        return found


def _is_known(row: OnlineRow) -> bool:
    return any(
        value is not None and name.startswith("traveller_") for name, value in row.values.items()
    )


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
