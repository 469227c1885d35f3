"""Suites of raw tables, from the contracts that ingest keeps: the second pair of eyes.

Ingest quarantines what breaks a contract by SQL of its own; here the same contract is read again
and held against what did get into the lake.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from expectations.suite import (
    LARGEST,
    Expectation,
    Suite,
    between,
    holds,
    matches,
    not_null,
    one_of,
)
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import NUMBERS, TIMES, Column, Contracts, Table

PLACE = ("_source_file", "_row_number")
"""Where a raw row came from: enough to find it."""

_ORIGIN = "its origin is known"
_ORIGIN_SQL = (
    "_batch_id IS NOT NULL AND _source_file IS NOT NULL AND _row_number IS NOT NULL "
    "AND _ingested_at IS NOT NULL AND _known_at IS NOT NULL"
)
_KNOWN_FROM = ("recorded", "manifest", "history", "ingest")


def raw_suites(contracts: Contracts) -> list[Suite]:
    """Suites of the rows of each raw table of a domain; withdrawals have one of their own."""
    return [
        suite
        for table in contracts.ordered()
        for suite in (_rows(contracts.domain, table), _tombstones(contracts.domain, table))
    ]


def _rows(domain: str, table: Table) -> Suite:
    expected: list[Expectation] = []
    columns = _key_columns(table)
    for name, column in table.columns.items():
        columns[name] = ident(name)
        expected += _of_column(column, columns)
    for check in table.checks:
        columns[check.reason] = f"({check.sql})"
        expected.append(holds(check.reason, f"{check.says} ({check.sql})"))
    if table.always_has_time:
        columns["_event_at"] = "_event_at"
        expected.append(not_null("_event_at"))
    columns |= {_ORIGIN: _ORIGIN_SQL, "_known_from": "_known_from"}
    expected.append(holds(_ORIGIN, f"every row says where it came from and when ({_ORIGIN_SQL})"))
    expected.append(one_of("_known_from", _KNOWN_FROM))
    keys = (*PLACE, *table.key)
    needed = {*keys, *(one.column for one in expected)}
    return Suite(
        name=f"{domain}.raw.{table.name}",
        frame=f"{{table}} WHERE NOT coalesce({ident(table.tombstone)}, false)",
        columns={name: sql for name, sql in columns.items() if name in needed},
        keys=keys,
        expectations=tuple(expected),
        table=f"raw.{table.name}",
        reads=frozenset({f"raw.{table.name}"}),
    )


def _tombstones(domain: str, table: Table) -> Suite:
    """A withdrawal names a key and a time; the rest of its line may be empty."""
    return Suite(
        name=f"{domain}.raw.{table.name}.withdrawals",
        frame=f"{{table}} WHERE {ident(table.tombstone)}",
        columns=_key_columns(table) | {_ORIGIN: _ORIGIN_SQL},
        keys=(*PLACE, *table.key),
        expectations=(
            *map(not_null, table.key),
            holds(_ORIGIN, f"every row says where it came from and when ({_ORIGIN_SQL})"),
        ),
        table=f"raw.{table.name}",
        reads=frozenset({f"raw.{table.name}"}),
    )


def _key_columns(table: Table) -> dict[str, str]:
    return {name: name for name in PLACE} | {name: ident(name) for name in table.key}


def _of_column(column: Column, columns: dict[str, str]) -> list[Expectation]:
    """Expectations of one column; adds the frame's columns that they need."""
    name = column.name
    if column.type in TIMES:
        return _of_time(column, columns)
    expected = [] if column.may_be_null else [not_null(name)]
    if column.type in NUMBERS:
        columns[name] = number(name, column.type)
        high = LARGEST if column.max is None and column.type == "DOUBLE" else _bound(column.max)
        if not (column.min is None and column.above is None and high is None):
            low = _bound(column.min)
            expected.append(between(name, low, high, above=column.above, unit=column.unit))
    if column.allowed is not None:
        expected.append(one_of(name, column.allowed))
    if column.pattern is not None:
        expected.append(matches(name, column.pattern))
    if column.max_length is not None:
        # Measured by SQL: pandas counts the characters of each string in Python.
        columns[f"length of {name}"] = f"length({ident(name)})"
        expected.append(between(f"length of {name}", high=column.max_length, unit="characters"))
    return expected


def _of_time(column: Column, columns: dict[str, str]) -> list[Expectation]:
    """A day as an integer, 20251231: pandas holds and compares dates one by one."""
    name, day = column.name, f"day of {column.name}"
    columns[day] = "year({0}) * 10000 + month({0}) * 100 + day({0})".format(ident(name))
    expected = []
    if not column.may_be_null:
        expected.append(replace(not_null(day), says=f"{name} is never null"))
    if column.min is not None or column.max is not None:
        # A bound is local, the lake is in UTC: the same day or its neighbour.
        slack = timedelta(days=column.type == "TIMESTAMP")
        days = between(day, _day(column.min, -slack), _day(column.max, slack))
        words = f"{name} is from {column.min or 'any day'} to {column.max or 'any day'}"
        expected.append(replace(days, says=words))
    return expected


def number(name: str, type_name: str) -> str:
    """SQL of a number as a frame holds it; NaN becomes infinity, which no bound admits.

    In a pandas frame NaN is what null is, and would pass every expectation.
    """
    quoted = ident(name)
    if type_name.upper() in {"DOUBLE", "FLOAT", "REAL"}:
        infinity = literal("infinity")
        return (
            f"CASE WHEN {quoted} IS NULL OR isfinite({quoted}) THEN {quoted} "
            f"ELSE {infinity}::DOUBLE END"
        )
    return f"{quoted}::DOUBLE" if type_name.upper().startswith("DECIMAL") else quoted


def _bound(value: float | str | None) -> float | None:
    return None if value is None else float(value) if isinstance(value, str) else value


def _day(value: float | str | None, slack: timedelta) -> int | None:
    """2100-12-31 23:59:59 → 21001231."""
    if value is None:
        return None
    return int(f"{date.fromisoformat(str(value)[:10]) + slack:%Y%m%d}")
