"""Brute force for as-of joins: every row of the key is looked at, and nothing is clever.

It shares no code with the store: plain Python over plain rows, times naive and in UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

Row = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1)


@dataclass
class Table:
    """A feature table as plain rows.

    Attributes:
        columns: DuckDB type by column, in the order of the rows' values.
        keys: columns of the join keys; none for a view without entity.
        event: column of the event time.
        created: column of the created time; None if the table has none.
        rows: the rows; times are naive, UTC.
    """

    columns: Mapping[str, str]
    keys: tuple[str, ...]
    event: str
    created: str | None
    rows: Sequence[Row]
    _by_key: dict[Row, list[Row]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._at = {name: index for index, name in enumerate(self.columns)}
        self._by_key = {}
        for row in self.rows:
            self._by_key.setdefault(tuple(self.value(row, name) for name in self.keys), []).append(
                row
            )

    def value(self, row: Row, column: str) -> Any:
        """One value of a row."""
        return row[self._at[column]]

    def known(self, row: Row) -> datetime:
        """Created time; where it is missing the row counts as known at its event."""
        created = None if self.created is None else self.value(row, self.created)
        return created or self.value(row, self.event)  # type: ignore[no-any-return]

    def of_key(self, key: Row) -> list[Row]:
        """Every row of a key; a key that is null in part has none."""
        return [] if None in key else self._by_key.get(key, [])

    def row_hash(self, row: Row) -> str:
        """The documented form of a row's hash, written again without SQL."""
        parts = []
        for name, kind in sorted(self.columns.items()):
            shown = _text(kind, self.value(row, name))
            tagged = "null" if shown is None else f"{len(shown)}:{shown}"
            parts.append(f"{name}:{kind}:{tagged};")
        return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def served(
    table: Table, key: Row, t: datetime, ttl: timedelta | None, *, as_known_at: bool = True
) -> tuple[Row | None, bool]:
    """The row that answers for a key at an instant, or None; and whether it has expired.

    Args:
        table: where to look.
        key: values of the join keys.
        t: the instant, naive, UTC.
        ttl: age at which a row expires, inclusive; None never.
        as_known_at: False also sees what was not known yet.
    """
    candidates = []
    for row in table.of_key(key):
        event = table.value(row, table.event)
        if event is None:
            continue
        known = table.known(row)
        available = max(event, known) if as_known_at else event
        if available <= t:
            candidates.append(((event, available, known), row))
    if not candidates:
        return None, False
    last = max(order for order, _ in candidates)
    ties = [row for order, row in candidates if order == last]
    winner = ties[0] if len(ties) == 1 else max(ties, key=table.row_hash)
    return winner, ttl is not None and t - last[0] > ttl


def answer(
    table: Table,
    key: Row,
    t: datetime,
    ttl: timedelta | None,
    features: Sequence[str],
    *,
    as_known_at: bool = True,
) -> list[str]:
    """What the features of a key must be at an instant, as `shown` writes them."""
    row, expired = served(table, key, t, ttl, as_known_at=as_known_at)
    if row is None or expired:
        return [shown(None)] * len(features)
    return [shown(table.value(row, name)) for name in features]


def shown(value: Any) -> str:
    """A value as text that tells every value and type from every other.

    NaN equals NaN, 0.0 differs from -0.0, and 1 from 1.0 and True. A decimal is shown as the double
    that Feast serves it as; a time is an instant, in UTC whichever zone it came in.
    """
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, datetime):
        naive = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        return f"{naive.isoformat(' ')} UTC"
    return repr(value)


def _text(kind: str, value: Any) -> str | None:
    """A value as the row's hash writes it."""
    if value is None:
        return None
    if kind.endswith("[]"):
        return f"[{', '.join('NULL' if one is None else str(one) for one in value)}]"
    return _TEXTS.get(kind, str)(value)


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "DOUBLE": lambda value: f"{value:.16e}",
    "FLOAT": lambda value: f"{value:.16e}",
    "TIMESTAMP": lambda value: str((value - _EPOCH) // timedelta(microseconds=1)),
    "TIMESTAMP WITH TIME ZONE": lambda value: str((value - _EPOCH) // timedelta(microseconds=1)),
    "BLOB": lambda value: bytes(value).hex().upper(),
    "BOOLEAN": lambda value: "true" if value else "false",
}
