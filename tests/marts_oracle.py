"""What the marts must say, worked out one key and one instant at a time, from raw rows alone.

Slow and plain on purpose, and sharing nothing with the SQL: for an instant `t` it takes the rows
known by `t` and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from marts_world import UTC, ZONE, Stored, midnight

from tambo.requesttime.travel import first_name

TICK = timedelta(microseconds=1)
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Fact:
    """A raw row that counts at some instant."""

    values: dict[str, Any]
    event: datetime
    """Strictly after its own booking."""
    leg_number: int

    def in_window(self, instant: datetime) -> bool:
        """Whether its local day is today or one of the 90 days before."""
        return instant < midnight(local_day(self.event - TICK) + timedelta(days=91))


def local_day(instant: datetime) -> date:
    """Local day of a naive UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(ZONE).date()


def versions_known(stored: Iterable[Stored], table: str, t: datetime) -> dict[Key, Stored]:
    """The last version known by `t` of each key, tombstones among them."""
    last: dict[Key, Stored] = {}
    for one in sorted(stored, key=lambda one: one.order):
        if one.row.table == table and one.row.known_at <= t:
            last[one.row.key] = one
    return last


def first_known(stored: Iterable[Stored], t: datetime) -> dict[int, Stored]:
    """Of each trip, the leg that was known first by `t`; of several the earliest."""
    first: dict[int, Stored] = {}
    for one in stored:
        row = one.row
        if row.table != "flights" or row.withdrawn or row.known_at > t:
            continue
        trip = row.values["travelCode"]
        best = first.get(trip)
        if best is None or _first_order(one) < _first_order(best):
            first[trip] = one
    return first


def _first_order(one: Stored) -> tuple[Any, ...]:
    return (one.row.known_at, one.row.event_at, one.batch_id, one.row_number)


def flights(stored: Sequence[Stored], t: datetime) -> list[Fact]:
    """Legs that count at `t`: known, booked, not withdrawn."""
    first = first_known(stored, t)
    facts = []
    for one in versions_known(stored, "flights", t).values():
        if one.row.withdrawn:
            continue
        lead = first[one.row.values["travelCode"]].row
        event = max(one.row.event_at, lead.event_at) + TICK
        if event <= t:
            facts.append(Fact(one.row.values, event, 1 if one.row.key == lead.key else 2))
    return facts


def hotels(stored: Sequence[Stored], t: datetime) -> list[Fact]:
    """Stays that count at `t`."""
    known = versions_known(stored, "hotels", t).values()
    facts = [Fact(one.row.values, one.row.event_at + TICK, 0) for one in known if one.row.event_at]
    return [fact for fact in facts if fact.event <= t]


def mean(values: Iterable[Any]) -> float | None:
    """Exact mean, rounded once."""
    exact = [Fraction(str(value)) for value in values]
    return float(sum(exact) / len(exact)) if exact else None


def std(values: Iterable[Any]) -> float | None:
    """Sample standard deviation."""
    exact = [Fraction(str(value)) for value in values]
    if len(exact) < 2:
        return None
    middle = sum(exact) / len(exact)
    return math.sqrt(sum((value - middle) ** 2 for value in exact) / (len(exact) - 1))


def _prices(facts: Iterable[Fact]) -> list[Any]:
    return [fact.values["price"] for fact in facts]


def _latest(facts: Sequence[Fact]) -> Any:
    return max((fact.event, fact.values["price"]) for fact in facts)[1]


def fare_prices(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one fare."""
    window = [fact for fact in facts if fact.in_window(t)]
    return {
        "fare_observations": len(facts),
        "fare_mean": mean(_prices(facts)),
        "fare_std": std(_prices(facts)),
        "fare_mean_90d": mean(_prices(window)),
        "fare_last_price": float(_latest(facts)),
    }


def route_fares(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one route."""
    window = [fact for fact in facts if fact.in_window(t)]
    return {
        "route_observations": len(facts),
        "route_fare_mean": mean(_prices(facts)),
        "route_fare_std": std(_prices(facts)),
        "route_fare_mean_90d": mean(_prices(window)),
        "route_observations_90d": len(window),
        "route_distance_km": mean(fact.values["distance"] for fact in facts),
        "route_duration_hours": mean(fact.values["time"] for fact in facts),
    }


def traveller_travel(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one traveller."""
    window = [fact for fact in facts if fact.in_window(t)]
    return {
        "trips_booked": sum(fact.leg_number == 1 for fact in facts),
        "legs_booked": len(facts),
        "mean_fare_paid": mean(_prices(facts)),
        "first_class_share": mean(int(f.values["flightType"] == "firstClass") for f in facts),
        "spend_90d": float(sum(_prices(window))),
        "legs_90d": len(window),
        "last_booked_at": max(fact.event for fact in facts) - TICK,
    }


def hotel_stays(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one hotel."""
    window = [fact for fact in facts if fact.in_window(t)]
    return {
        "stays": len(facts),
        "mean_nightly_price": mean(_prices(facts)),
        "mean_nights": mean(fact.values["days"] for fact in facts),
        "stays_90d": len(window),
        "mean_nightly_price_90d": mean(_prices(window)),
        "last_nightly_price": float(_latest(facts)),
    }


def place_stays(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of all hotels of one place."""
    window = [fact for fact in facts if fact.in_window(t)]
    return {
        "place_stays": len(facts),
        "place_stays_90d": len(window),
        "place_mean_nightly_price": mean(_prices(facts)),
        "place_mean_nightly_price_90d": mean(_prices(window)),
    }


def traveller_stays(facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one traveller's stays."""
    return {
        "stays_booked": len(facts),
        "mean_nights_stayed": mean(fact.values["days"] for fact in facts),
        "mean_nightly_price_paid": mean(_prices(facts)),
        "stays_booked_90d": sum(fact.in_window(t) for fact in facts),
        "last_stay_booked_at": max(fact.event for fact in facts) - TICK,
    }


def traveller_recent_stays(facts: list[Fact]) -> dict[str, Any]:
    """The newest ten of one traveller's stays."""
    by_name = sorted(facts, key=lambda fact: (fact.values["name"], fact.values["place"]))
    newest = sorted(by_name, key=lambda fact: fact.event, reverse=True)[:10]
    return {
        "recent_hotels": [fact.values["name"] for fact in newest],
        "recent_places": [fact.values["place"] for fact in newest],
    }


def traveller_hotels(facts: list[Fact]) -> dict[str, Any]:
    """State of one traveller in one hotel."""
    return {
        "stays_here": len(facts),
        "last_booked_here_at": max(fact.event for fact in facts) - TICK,
    }


def traveller_places(legs: Sequence[Fact]) -> dict[Key, dict[str, Any]]:
    """State of each traveller in each place that a leg of theirs touches."""
    touching: dict[Key, list[Fact]] = {}
    for leg in legs:
        for end in ("from", "to"):
            touching.setdefault((leg.values["userCode"], leg.values[end]), []).append(leg)
    return {
        key: {
            "trips_there": sum(f.leg_number == 1 and f.values["to"] == key[1] for f in facts),
            "trips_from": sum(f.leg_number == 1 and f.values["from"] == key[1] for f in facts),
            "last_trip_booked_at": max(fact.event for fact in facts) - TICK,
        }
        for key, facts in touching.items()
    }


def place_demand(place: str, facts: list[Fact], t: datetime) -> dict[str, Any]:
    """State of one place."""
    arrivals = [fact for fact in facts if fact.values["to"] == place]
    window = [fact for fact in arrivals if fact.in_window(t)]
    departures = [fact for fact in facts if fact.values["from"] == place]
    return {
        "arrivals": len(arrivals),
        "arrivals_90d": len(window),
        "mean_arrival_fare": mean(_prices(arrivals)),
        "mean_arrival_fare_90d": mean(_prices(window)),
        "mean_departure_fare": mean(_prices(departures)),
    }


def _grouped(facts: Iterable[Fact], *names: str) -> dict[Key, list[Fact]]:
    groups: dict[Key, list[Fact]] = {}
    for fact in facts:
        groups.setdefault(tuple(fact.values[name] for name in names), []).append(fact)
    return groups


def profiles(stored: Sequence[Stored], t: datetime) -> dict[Key, dict[str, Any]]:
    """What is stated about each traveller at `t`."""
    known = versions_known(stored, "users", t)
    wanted = ("company", "age", "gender")
    return {
        key: {name: one.row.values[name] for name in wanted}
        | {"first_name": first_name(one.row.values["name"])}
        for key, one in known.items()
        if not one.row.withdrawn
    }


def gender_labels(stored: Sequence[Stored], t: datetime) -> dict[Key, dict[str, Any]]:
    """The gender of each traveller as stated at `t`."""
    return {
        key: {
            "company": state["company"],
            "age_from": state["age"] // 10 * 10,
            "gender": state["gender"],
        }
        for key, state in profiles(stored, t).items()
    }


def labels(stored: Sequence[Stored], t: datetime) -> dict[Key, dict[str, Any]]:
    """Price of each leg as known at `t`, of trips asked for by then."""
    first = first_known(stored, t)
    found = {}
    for key, one in versions_known(stored, "flights", t).items():
        lead = first.get(key[0])
        if one.row.withdrawn or lead is None or lead.row.event_at > t:
            continue
        values = one.row.values
        found[key] = {
            "event_timestamp": lead.row.event_at,
            "user_code": values["userCode"],
            "flight_type": values["flightType"],
            "agency": values["agency"],
            "travel_date": values["date"],
            "booked_at": values["booked_at"],
            "distance_km": values["distance"],
            "duration_hours": values["time"],
            "leg_number": 1 if key == lead.row.key else 2,
            "price": float(values["price"]),
        }
    return found


def stay_labels(stored: Sequence[Stored], t: datetime) -> dict[Key, dict[str, Any]]:
    """The hotel of each trip as known at `t`, of trips asked for by then."""
    news: dict[int, list[tuple[datetime, datetime]]] = {}
    for one in stored:
        row = one.row
        if row.table != "users" and not row.withdrawn and row.known_at <= t:
            news.setdefault(row.values["travelCode"], []).append((row.known_at, row.event_at))
    found = {}
    for key, one in versions_known(stored, "hotels", t).items():
        if one.row.withdrawn or (asked_at := min(news[key[0]])[1]) > t:
            continue
        values = one.row.values
        found[key] = {
            "event_timestamp": asked_at,
            "user_code": values["userCode"],
            "hotel_name": values["name"],
            "place": values["place"],
            "nights": values["days"],
            "nightly_price": float(values["price"]),
            "stay_date": values["date"],
        }
    return found


def marts_at(stored: Sequence[Stored], t: datetime) -> dict[str, dict[Key, dict[str, Any]]]:
    """All marts at one instant: by mart, key, column. A key of which nothing is left is absent."""
    legs, stays = flights(stored, t), hotels(stored, t)
    fares = _grouped(legs, "from", "to", "flightType", "agency")
    places = {(fact.values[name],) for fact in legs for name in ("from", "to")}
    return {
        "fare_prices": {key: fare_prices(facts, t) for key, facts in fares.items()},
        "route_fares": {k: route_fares(f, t) for k, f in _grouped(legs, "from", "to").items()},
        "traveller_travel": {
            k: traveller_travel(f, t) for k, f in _grouped(legs, "userCode").items()
        },
        "place_demand": {key: place_demand(key[0], legs, t) for key in places},
        "hotel_stays": {k: hotel_stays(f, t) for k, f in _grouped(stays, "name", "place").items()},
        "place_stays": {k: place_stays(f, t) for k, f in _grouped(stays, "place").items()},
        "traveller_stays": {
            k: traveller_stays(f, t) for k, f in _grouped(stays, "userCode").items()
        },
        "traveller_recent_stays": {
            k: traveller_recent_stays(f) for k, f in _grouped(stays, "userCode").items()
        },
        "traveller_hotels": {
            k: traveller_hotels(f) for k, f in _grouped(stays, "userCode", "name", "place").items()
        },
        "traveller_places": traveller_places(legs),
        "traveller_profile": profiles(stored, t),
        "label_hotel_stay": stay_labels(stored, t),
        "label_traveller_gender": gender_labels(stored, t),
        "label_flight_price": labels(stored, t),
    }
