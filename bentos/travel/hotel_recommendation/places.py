"""Places of a request: known or refused with what was meant, and which can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from bentos.inference.requests import path
from bentos.travel.hotel_recommendation.schemas import HotelRequest
from tambo.serving.candidate_index import CandidateIndex
from tambo.serving.problem import FieldError, field_error

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Reach:
    """Which hotels may be recommended.

    Attributes:
        allowed: bool [hotels].
        warnings: why there are fewer than one might think, or more.
    """

    allowed: Mask
    warnings: list[str]


def unknown_places(
    index: CandidateIndex, requests: Sequence[HotelRequest], batch: bool
) -> list[FieldError]:
    """Name the places that nobody has flown to or from, with those that may be meant."""
    known = sorted({*index.known_places, *index.origins.tolist(), *index.destinations.tolist()})
    return [
        field_error(path(position, batch, field), _unknown(value, known))
        for position, one in enumerate(requests)
        for field, value in (("from", one.origin), ("to", one.destination))
        if value is not None and value not in known
    ]


def _unknown(place: str, known: Sequence[str]) -> str:
    folded = {one.casefold(): one for one in known}
    close = get_close_matches(place.casefold(), folded, n=3, cutoff=0.5)
    meant = [folded[one] for one in close] or list(known[:3])
    return f"is no place that is known; did you mean {' or '.join(meant)}?"


def reach(index: CandidateIndex, request: HotelRequest, origin: str | None) -> Reach:
    """Find the hotels in places that they can fly to, and that the request asks for.

    Args:
        index: hotels and routes.
        request: destination, dates and budget.
        origin: where they leave from; None if nobody knows.
    """
    allowed = np.ones(len(index), dtype=np.bool_)
    warnings = []
    if request.destination is not None:
        allowed &= index.places == request.destination
        if not allowed.any():
            warnings.append(f"no hotel is known in {request.destination}")
    flown = None if origin is None else index.reachable(origin, _weekday(request.check_in))
    if flown is not None:
        if allowed.any() and not (allowed & flown).any():
            warnings.append(_unreachable(origin, request))
        allowed &= flown
    elif origin is not None:
        warnings.append(f"no flight from {origin} is known, so nothing tells what can be reached")
    if request.budget is not None:
        # A price may have fallen since the index was made: what is too dear is left out later.
        allowed &= index.prices <= request.budget * _SLACK
    return Reach(allowed, warnings)


_SLACK = 1.5


def _weekday(day: date | None) -> int | None:
    return None if day is None else day.weekday()


def _unreachable(origin: str | None, request: HotelRequest) -> str:
    to = "a place with hotels" if request.destination is None else request.destination
    day = "" if request.check_in is None else f" on a {request.check_in:%A}"
    return f"no flight from {origin} to {to}{day} is known"
