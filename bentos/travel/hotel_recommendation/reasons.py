"""Why a hotel stands in the list, in words; each is read off a feature that the ranker saw."""

from __future__ import annotations

from collections.abc import Mapping

USUAL = 0.2
"""Distance of logarithms up to which a price is the usual one: about a fifth."""

MOST = 3


def reasons(
    features: Mapping[str, object], place: str, known_from: str | None, popular: bool
) -> list[str]:
    """Say why, the most personal reason first.

    Args:
        features: of the hotel and the traveller, by full name.
        place: where the hotel is.
        known_from: hotel of the traveller's past whose guests stay here too; None if there is none.
        popular: whether it is among the most booked of its place.
    """
    found = [*_past(features), *_price(features, place)]
    there, trips = _number(features, "traveller_places__trips_there"), _trips(features)
    if there >= 2:
        found.append(f"you travelled to {place} {_times(there)} in {trips:.0f} trips")
    if known_from is not None:
        found.append(f"guests of {known_from} stay here too")
    if popular:
        found.append(f"among the most booked in {place} in the last 90 days")
    return found[:MOST] or [f"booked by other travellers to {place}"]


def _past(features: Mapping[str, object]) -> list[str]:
    stays = _number(features, "traveller_hotels__stays_here")
    if not stays:
        return []
    last = _number(features, "hotel_request__was_last_hotel") > 0
    return [f"you stayed here {_times(stays)}" + (", the last time too" if last else "")]


def _price(features: Mapping[str, object], place: str) -> list[str]:
    usual = features.get("hotel_request__price_to_usual")
    if isinstance(usual, float) and abs(usual) <= USUAL:
        return ["in your usual price range"]
    local = features.get("hotel_request__price_to_place")
    if isinstance(local, float) and local <= -USUAL:
        return [f"cheaper than most in {place}"]
    return []


def _trips(features: Mapping[str, object]) -> float:
    return _number(features, "traveller_travel__trips_booked")


def _number(features: Mapping[str, object], name: str) -> float:
    value = features.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _times(count: float) -> str:
    return {1: "once", 2: "twice"}.get(int(count), f"{count:.0f} times")
