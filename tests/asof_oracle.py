"""The table that the tests of as-of joins use, as the brute-force oracle sees it."""

from tambo.proofs.oracle import Table, answer
from tambo.proofs.oracle import served as served_by

COLUMNS = {
    "number": "BIGINT",
    "name": "VARCHAR",
    "event": "TIMESTAMP",
    "created": "TIMESTAMP",
    "x": "DOUBLE",
    "y": "VARCHAR",
}
"""Two keys, two times, two features. A row is a tuple of these."""


def as_table(rows, *, created=True):
    return Table(COLUMNS, ("number", "name"), "event", "created" if created else None, rows)


def known(row):
    return as_table([]).known(row)


def served(rows, entity, ttl, *, as_known_at, created=True):
    """The row that answers at an entity row (number, name, t) or None, and whether it expired."""
    table = as_table(rows, created=created)
    return served_by(table, entity[:2], entity[2], ttl, as_known_at=as_known_at)


def expect(rows, asked, ttl, *, as_known_at=True, created=True):
    """What each entity row must get."""
    table = as_table(rows, created=created)
    return [
        tuple(answer(table, one[:2], one[2], ttl, ("x", "y"), as_known_at=as_known_at))
        for one in asked
    ]
