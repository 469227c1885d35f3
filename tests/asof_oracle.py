"""Brute force for as-of joins: every row of the key is looked at, and nothing is clever."""

import hashlib
from datetime import datetime, timedelta

COLUMNS = {
    "number": "BIGINT",
    "name": "VARCHAR",
    "event": "TIMESTAMP",
    "created": "TIMESTAMP",
    "x": "DOUBLE",
    "y": "VARCHAR",
}
"""The table that the tests join: two keys, two times, two features. A row is a tuple of these."""


def known(row):
    """Created time; where it is missing the row counts as known at its event."""
    return row[3] or row[2]


def text(kind, value):
    if kind == "DOUBLE":
        return f"{value:.16e}"
    if kind == "TIMESTAMP":
        return str((value - datetime(1970, 1, 1)) // timedelta(microseconds=1))
    return str(value)


def row_hash(row):
    """The documented form of a row's hash, written again without SQL."""
    parts = []
    for name, value in sorted(zip(COLUMNS, row, strict=True)):
        kind = COLUMNS[name]
        shown = "null" if value is None else f"{len(text(kind, value))}:{text(kind, value)}"
        parts.append(f"{name}:{kind}:{shown};")
    return hashlib.md5("".join(parts).encode()).hexdigest()


def served(table, entity, ttl, *, as_known_at, created=True):
    """The row that answers at an entity row (number, name, t) or None, and whether it expired."""
    number, name, t = entity
    if number is None or name is None:
        return None, False
    candidates = []
    for row in table:
        if row[:2] != (number, name) or row[2] is None:
            continue
        known_at = known(row) if created else row[2]
        available = max(row[2], known_at) if as_known_at else row[2]
        if available <= t:
            candidates.append((row[2], available, known_at, row_hash(row), row))
    if not candidates:
        return None, False
    winner = max(candidates, key=lambda one: one[:4])[4]
    return winner, ttl is not None and t - winner[2] > ttl


def cells(row):
    """The features as text, so that NaN equals NaN and 0.0 differs from -0.0."""
    return ("None", "None") if row is None else (repr(row[4]), repr(row[5]))


def expect(table, asked, ttl, **mode):
    """What each entity row must get."""
    found = [served(table, entity, ttl, **mode) for entity in asked]
    return [cells(None if expired else row) for row, expired in found]
