"""Reads the fleet's marts from a lake, and holds them against the oracle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import fleet_oracle as oracle
from fleet_health_oracle import health
from fleet_label_oracle import labels

from tambo.lake import reader
from tambo.settings import Settings

WIDTHS = {
    "aircraft_profile": 1,
    "aircraft_operations": 1,
    "aircraft_health": 1,
    "aircraft_maintenance": 1,
    "aircraft_service_logs": 1,
    "aircraft_predicted_cost": 1,
    "fleet_demand": 2,
    "label_maintenance": 2,
}
"""Columns of the key, by mart."""


def instants_of(home: Settings, until: datetime) -> list[datetime]:
    """All instants at which any mart changes, sorted."""
    found: set[datetime] = set()
    with reader(home) as lake:
        for name in WIDTHS:
            query = f"SELECT DISTINCT created_timestamp FROM lake.marts.{name}"
            found.update(row[0] for row in lake.execute(query).fetchall())
    return sorted(t for t in found if t <= until)


def raw_of(home: Settings) -> oracle.Raw:
    """All raw lines of a lake."""
    with reader(home) as lake:
        return oracle.Raw({table: _rows(lake, f"raw.{table}") for table in oracle.KEYS})


def check_against_oracle(home: Settings, instants: Iterable[datetime]) -> None:
    """Every mart at each of the instants is what the oracle says."""
    raw = raw_of(home)
    with reader(home) as lake:
        logs = {name: _rows(lake, f"marts.{name}") for name in WIDTHS}
    for t in instants:
        wanted = expected(raw, t)
        for name, width in WIDTHS.items():
            found = _at(logs[name], width, t)
            assert set(found) == set(wanted[name]), (name, t, set(found) ^ set(wanted[name]))
            for key, state in wanted[name].items():
                assert set(state) <= set(found[key]), (name, set(state) - set(found[key]))
                for column, value in state.items():
                    given = found[key][column]
                    assert _same(given, value), (name, key, t, column, given, value)


def expected(raw: oracle.Raw, t: datetime) -> dict[str, dict[Any, oracle.State]]:
    """All marts at one instant: by mart, key, column; a key of which nothing is left is absent."""
    by_vessel = {
        "aircraft_profile": oracle.profile,
        "aircraft_operations": oracle.operations,
        "aircraft_health": health,
        "aircraft_maintenance": oracle.maintenance,
        "aircraft_service_logs": oracle.service_logs,
        "aircraft_predicted_cost": oracle.predicted_cost,
    }
    found: dict[str, dict[Any, oracle.State]] = {
        name: {(v,): state for v in raw.vessels() if (state := work_out(raw, v, t)) is not None}
        for name, work_out in by_vessel.items()
    }
    found["fleet_demand"] = dict(oracle.demand(raw, t))
    found["label_maintenance"] = {
        key: state for v in raw.vessels() for key, state in labels(raw, v, t).items()
    }
    return found


def _rows(lake: Any, table: str) -> list[dict[str, Any]]:
    found = lake.execute(f"SELECT * FROM lake.{table}")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _at(log: list[dict[str, Any]], width: int, t: datetime) -> dict[Any, dict[str, Any]]:
    """The newest row of each key, without those of nulls alone."""
    newest: dict[Any, dict[str, Any]] = {}
    for row in sorted(log, key=lambda row: row["created_timestamp"]):
        if row["created_timestamp"] <= t:
            assert row["event_timestamp"] <= row["created_timestamp"]
            key = tuple(list(row.values())[:width])
            before = newest.get(key, row)
            assert before["event_timestamp"] <= row["event_timestamp"], row
            newest[key] = row
    times = {"event_timestamp", "created_timestamp"}
    states = {
        key: {name: v for name, v in list(row.items())[width:] if name not in times}
        for key, row in newest.items()
    }
    return {
        key: state for key, state in states.items() if any(v is not None for v in state.values())
    }


def _same(left: Any, right: Any) -> bool:
    """Equal, to the last bits of sums and roots."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, float) and isinstance(right, float | int):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return bool(left == right)
