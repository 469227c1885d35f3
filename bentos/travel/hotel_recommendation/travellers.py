"""Who asks, as far as it is stored: what they booked, and where they live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bentos.inference.features import ModelFeatures
from bentos.travel.hotel_recommendation.schemas import HotelRequest
from tambo.featurestore.online import OnlineReader, OnlineRow
from tambo.serving.candidate_index import CandidateIndex, Ints

RECENT = ("traveller_recent_stays__recent_hotels", "traveller_recent_stays__recent_places")
PLACES, TRIPS_FROM = "traveller_places", "traveller_places__trips_from"

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
        home: place that most of their trips left from; None if nobody knows, or nobody asks.
    """

    row: OnlineRow
    known: bool
    history: Ints
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
        # Nothing else is wanted of the places that a home is looked for among.
        self._trips = reader.narrowed({PLACES})
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
        found = []
        for position, row in enumerate(rows):
            values = row.values
            history = self._index.numbers(*(_texts(values[name]) for name in RECENT))
            found.append(Traveller(row, known[position], history, homes.get(position)))
        return found

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
