"""Why a hotel stands in the list, in words; each is read off a feature that is shown with it."""

from __future__ import annotations

from collections.abc import Mapping

USUAL = 0.2
"""Distance of logarithms up to which a price is the usual one: about a fifth."""

MOST = 3


def reasons(
    features: Mapping[str, object], place: str, known_from: str | None, hotels: int
) -> list[str]:
    """Say why, the most personal reason first.

    Args:
        features: of the hotel and the traveller, by full name.
        place: where the hotel is.
        known_from: hotel of the traveller's past whose guests stay here too; None if there is none.
        hotels: how many hotels are known in the place.
    """
    found = [*_past(features), *_price(features, place), *_trips(features, place)]
    if known_from is not None:
        found.append(f"guests of {known_from} stay here too")
    found += _popular(features, place, hotels)
    return found[:MOST] or _others(features)


def _past(features: Mapping[str, object]) -> list[str]:
    stays = _number(features, "traveller_hotels__stays_here")
    last = _number(features, "hotel_request__was_last_hotel") > 0
    if not stays:
        return []
    if last and stays == 1:
        return ["you stayed here the last time"]
    return [f"you stayed here {_times(stays)}" + (", the last time too" if last else "")]


def _price(features: Mapping[str, object], place: str) -> list[str]:
    usual = features.get("hotel_request__price_to_usual")
    if isinstance(usual, float) and abs(usual) <= USUAL:
        return ["in your usual price range"]
    local = features.get("hotel_request__price_to_place")
    if isinstance(local, float) and local <= -USUAL:
        return [f"cheaper than is usual in {place}"]
    return []


def _trips(features: Mapping[str, object], place: str) -> list[str]:
    there = _number(features, "traveller_places__trips_there")
    trips = _number(features, "traveller_travel__trips_booked")
    if not 2 <= there <= trips:
        return []
    return [f"you travelled to {place} {_times(there)} in {trips:.0f} trips"]


def _popular(features: Mapping[str, object], place: str, hotels: int) -> list[str]:
    here = _number(features, "hotel_stays__stays_90d")
    there = _number(features, "place_stays__place_stays_90d")
    # A late stay may be counted here and not there yet.
    if hotels < 2 or not there / hotels < here <= there:
        return []
    return [f"{here:.0f} of {there:.0f} stays in {place} in the last 90 days were here"]


def _others(features: Mapping[str, object]) -> list[str]:
    """What can be said of any hotel."""
    others = _number(features, "hotel_stays__stays") - _number(
        features, "traveller_hotels__stays_here"
    )
    return [f"booked {_times(others)} by other travellers"] if others >= 1 else []


def _number(features: Mapping[str, object], name: str) -> float:
    value = features.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _times(count: float) -> str:
    return {1: "once", 2: "twice"}.get(int(count), f"{count:.0f} times")
