"""Reads marts from a lake, and holds them against the oracle."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import marts_oracle as oracle
from marts_world import Stored

from tambo.lake import reader
from tambo.settings import Settings

KEYS = {
    "fare_prices": 4,
    "route_fares": 2,
    "traveller_travel": 1,
    "traveller_profile": 1,
    "hotel_stays": 2,
    "place_stays": 1,
    "traveller_stays": 1,
    "traveller_recent_stays": 1,
    "traveller_hotels": 3,
    "traveller_places": 2,
    "place_demand": 1,
    "label_flight_price": 3,
    "label_hotel_stay": 1,
    "label_traveller_gender": 1,
}
TABLES = (
    *tuple(f"marts.{name}" for name in KEYS),
    "intermediate.int_flight_facts",
    "intermediate.int_hotel_facts",
    "intermediate.int_user_facts",
)


def contents(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every mart and of the facts below them, in one order."""
    with reader(settings) as lake:
        return {
            table: lake.execute(f"SELECT * FROM lake.{table} ORDER BY ALL").fetchall()
            for table in TABLES
        }


class Marts:
    """The marts of one home, served as an as-of join on created_timestamp would."""

    def __init__(self, settings: Settings) -> None:
        self.logs: dict[str, dict[tuple[Any, ...], list[dict[str, Any]]]] = {}
        with reader(settings) as lake:
            for name, width in KEYS.items():
                found = lake.execute(f"SELECT * FROM lake.marts.{name} ORDER BY created_timestamp")
                columns = [column[0] for column in found.description]
                log = self.logs.setdefault(name, {})
                for row in found.fetchall():
                    values = dict(zip(columns[width:], row[width:], strict=True))
                    log.setdefault(row[:width], []).append(values)

    def instants(self) -> list[datetime]:
        """All instants at which any mart changes."""
        return sorted(
            {
                row["created_timestamp"]
                for log in self.logs.values()
                for rows in log.values()
                for row in rows
            }
        )

    def at(self, name: str, t: datetime) -> dict[tuple[Any, ...], dict[str, Any]]:
        """State of every key at an instant; keys of which nothing is left are absent."""
        found = {}
        for key, rows in self.logs[name].items():
            place = bisect.bisect_right(rows, t, key=lambda row: row["created_timestamp"])
            if not place:
                continue
            state = dict(rows[place - 1])
            del state["created_timestamp"]
            if not name.startswith("label_"):
                del state["event_timestamp"]
            if any(value is not None for key, value in state.items() if key != "event_timestamp"):
                found[key] = state
        return found

    def check_records(self) -> None:
        """Each row is a record: known after it was true, newer than the row before it."""
        for name, log in self.logs.items():
            for key, rows in log.items():
                for row in rows:
                    assert row["event_timestamp"] <= row["created_timestamp"], (name, key, row)
                for before, after in itertools.pairwise(rows):
                    assert before["created_timestamp"] < after["created_timestamp"], (name, key)
                    assert before["event_timestamp"] <= after["event_timestamp"], (name, key)


def same(left: Any, right: Any) -> bool:
    """Equal, to the last bits of a square root."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-12, abs_tol=1e-12)
    return bool(left == right)


def check_against_oracle(
    marts: Marts, stored: Sequence[Stored], instants: Iterable[datetime]
) -> None:
    """Every mart at every one of the instants is what the oracle says."""
    for t in instants:
        expected = oracle.marts_at(stored, t)
        for name in KEYS:
            found, wanted = marts.at(name, t), expected[name]
            assert set(found) == set(wanted), (name, t, set(found) ^ set(wanted))
            for key, state in wanted.items():
                for column, value in state.items():
                    given = found[key][column]
                    assert same(given, value), (name, key, t, column, given, value)


def around(instants: Sequence[datetime]) -> list[datetime]:
    """Each instant, and the moments just before and after it."""
    tick = timedelta(microseconds=1)
    return [t + step for t in instants for step in (-tick, timedelta(0), tick)]
