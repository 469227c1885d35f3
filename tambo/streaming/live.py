"""What turns rows of a stream into rows of feature views: a domain's own, or the rows as read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from tambo.domains import slices
from tambo.settings import Settings
from tambo.sources.contracts import Contracts
from tambo.sources.mqtt.stream import Stream

CREATED = "created_timestamp"

Row = dict[str, Any]
Told = tuple[Row, datetime]
"""A row that keeps to the contract, times UTC without a zone, and when it arrived, with one."""


class Live(Protocol):
    """Features of senders, kept up to date row by row."""

    @property
    def event(self) -> str:
        """Column of its rows with the time at which they became true."""
        ...

    def tell(self, rows: Sequence[Told]) -> list[Row]:
        """Take rows in, oldest first; one that was told before changes nothing.

        Returns:
            The newest state of each sender that was told of: features, keys, the time at which
            they became true and `created_timestamp`; times with a zone.

        Raises:
            TamboError, duckdb.Error: the rows are to be told again.
        """
        ...

    def due(self, now: datetime) -> list[Row]:
        """States of senders that became true by now, of rows that came before their own time."""
        ...


class AsRead:
    """The newest row of each sender, as it was read; one that was taken back holds nothing.

    Args:
        stream: whose rows.
        tombstone: the column that says that a row is taken back.
    """

    def __init__(self, stream: Stream, tombstone: str) -> None:
        self._stream, self._tombstone = stream, tombstone

    @property
    def event(self) -> str:
        """Column of the event time: the stream's own."""
        return self._stream.time

    def tell(self, rows: Sequence[Told]) -> list[Row]:
        """See `Live`."""
        newest: dict[Any, Row] = {}
        for row, at in rows:
            if row[self._tombstone]:
                continue
            told = {name: in_utc(value) for name, value in row.items() if name != self._tombstone}
            told[CREATED] = at
            keep_newest(newest, told, self._stream.sender, self.event)
        return list(newest.values())

    def due(self, now: datetime) -> list[Row]:
        """See `Live`; a row counts when it arrives."""
        return []


def keep_newest(newest: dict[Any, Row], row: Row, sender: str, event: str) -> None:
    """Keep a row if it is not older than what is kept of its sender, by (event, created)."""
    known = newest.get(row[sender])
    if known is None or (known[event], known[CREATED]) <= (row[event], row[CREATED]):
        newest[row[sender]] = row


def live_of(settings: Settings, stream: Stream, contracts: Contracts) -> Live:
    """The features of a stream: those of the domain's slice, else its rows as they are read."""
    slice_of = slices("tambo.streaming", "live").get(stream.domain)
    if slice_of is None:
        return AsRead(stream, contracts.tables[stream.table].tombstone)
    live: Live = slice_of.open_live(settings, stream)
    return live


def in_utc(value: Any) -> Any:
    """A time as UTC with a zone; anything else as it is."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
