"""Places of a request: known or refused with what was meant, and which can be reached."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bentos.inference.requests import path
from bentos.travel.hotel_recommendation.schemas import HotelRequest
from tambo.serving.candidate_index import CandidateIndex
from tambo.serving.problem import FieldError, field_error

Mask = NDArray[np.bool_]

SHOWN = 3
"""Places that are named where one is not known."""

_PART = 3
"""Letters that may stand for a whole name."""

_SLACK, _CHEAPEST = 1.5, 10


@dataclass(frozen=True)
class Reach:
    """Which hotels may be recommended.

    Attributes:
        allowed: bool [hotels].
        warnings: why there are fewer than one might think, or more.
    """

    allowed: Mask
    warnings: list[str]


class Places:
    """All places that hotels lie in or flights lead to or from.

    Args:
        index: hotels and routes.
    """

    def __init__(self, index: CandidateIndex) -> None:
        self._index = index
        names = {*index.known_places, *index.origins.tolist(), *index.destinations.tolist()}
        self._known = frozenset(names)
        # The part in brackets is often left out.
        self._folded = {form: one for one in sorted(names) for form in (_fold(one), _short(one))}
        self._hotels = Counter(index.places.tolist())

    def hotels_in(self, place: str) -> int:
        """How many hotels are known in a place."""
        return self._hotels[place]

    def unknown(self, requests: Sequence[HotelRequest], batch: bool) -> list[FieldError]:
        """Name the places that nobody has flown to or from, with those that may be meant."""
        meant = lru_cache(maxsize=None)(self._meant)
        return [
            field_error(path(position, batch, field), meant(value))
            for position, one in enumerate(requests)
            for field, value in (("from", one.origin), ("to", one.destination))
            if value is not None and value not in self._known
        ]

    def _meant(self, place: str) -> str:
        asked = _fold(place)
        close = get_close_matches(asked, self._folded, n=2 * SHOWN, cutoff=0.6)
        # A part of a name is far from the whole, and yet means it.
        parts = [one for one in self._folded if len(asked) >= _PART and asked in one]
        found = list(dict.fromkeys(self._folded[one] for one in (*close, *parts)))[:SHOWN]
        if found:
            return f"is no place that is known; did you mean {' or '.join(found)}?"
        some = ", ".join(sorted(self._known)[:SHOWN])
        return (
            f"is no place that is known, as are {some} and {max(0, len(self._known) - SHOWN)} more"
        )

    def reach(self, request: HotelRequest, origin: str | None) -> Reach:
        """Find the hotels in places that they can fly to, and that the request asks for.

        Args:
            request: destination, dates and budget.
            origin: where they leave from; None if nobody knows.
        """
        index = self._index
        allowed = np.ones(len(index), dtype=np.bool_)
        warnings = []
        if request.destination is not None:
            allowed = index.places == request.destination
            if not allowed.any():
                warnings.append(f"no hotel is known in {request.destination}")
        if origin is not None:
            flown = index.reachable(origin, _weekday(request.check_in))
            if flown is None:
                warnings.append(
                    f"no flight from {origin} is known, so nothing tells what can be reached"
                )
                flown = index.places != origin
            if allowed.any() and not (allowed & flown).any():
                warnings.append(self._unreachable(origin, request))
            allowed = allowed & flown
        return Reach(allowed & self._payable(allowed, request.budget), warnings)

    def _payable(self, allowed: Mask, budget: float | None) -> Mask:
        """Leave out what is far too dear, but for the cheapest: they tell what would do.

        A price may have fallen since the index was made: what is too dear is left out later.
        """
        prices = self._index.prices
        if budget is None:
            return np.ones_like(allowed)
        payable: Mask = ~(prices > budget * _SLACK)
        if (allowed & payable).any():
            return payable
        found = np.flatnonzero(allowed)
        payable[found[np.argsort(prices[found], kind="stable")[:_CHEAPEST]]] = True
        return payable

    def _unreachable(self, origin: str, request: HotelRequest) -> str:
        if request.destination == origin:
            return f"{origin} is where they leave from; say another from to stay there"
        to = "a place with hotels" if request.destination is None else request.destination
        if request.check_in is None or self._index.reachable(origin) is None:
            return f"no flight from {origin} to {to} is known"
        return f"no flight from {origin} to {to} on a {request.check_in:%A} is known"


def _fold(text: str) -> str:
    """Letters alone, without case and accents.

    >>> _fold("São Paulo (SP)")
    'sao paulo (sp)'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in parts if not unicodedata.combining(one)).strip()


def _short(place: str) -> str:
    return _fold(place.partition(" (")[0])


def _weekday(day: date | None) -> int | None:
    return None if day is None else day.weekday()
