"""What a calendar says now against what it has given: new rows, and keys to withdraw.

A calendar has no history of its own: it is read whole, and only what differs from the last time is
given on. What was given is remembered in the door's state, as JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from tambo.errors import SourceError
from tambo.sources.contracts import Table
from tambo.sources.door import Page, Scalar, State

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str, ...]
"""Values of the contract's key as text; the first is the day, and empty where there is none."""
Row = Mapping[str, str | None]
"""Values as text by column, as a file of the table would hold them."""
PAGE_ROWS = 5_000
GIVEN = "given"
"""Name of the state that remembers what was given."""


@dataclass(frozen=True)
class Entry:
    """What a calendar says under one key.

    Attributes:
        rows: the lines; more than one where the calendar contradicts itself.
        digest: of what counts as a change.
        last: last day as ISO text; empty if unknown.
        owners: digests of the calendar's own names of it.
    """

    rows: tuple[Row, ...]
    digest: str
    last: str = ""
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Given:
    """What is remembered of an entry that was given."""

    digest: str
    last: str = ""
    owners: frozenset[str] = frozenset()


@dataclass
class Calendar:
    """What was given so far, and the steps to what the calendar says now.

    Attributes:
        table: contract of the rows.
        given: what was given, by key.
    """

    table: Table
    given: dict[Key, Given] = field(default_factory=dict)

    @classmethod
    def remembered(cls, table: Table, state: State) -> Calendar:
        """Read what was given from a door's state.

        Raises:
            SourceError: the state is none of ours.
        """
        try:
            told = json.loads(str(state.get(GIVEN) or "[]"))
            given = {
                tuple(map(str, key)): Given(str(digest), str(last), frozenset(map(str, owners)))
                for key, digest, last, owners in told
            }
        except (ValueError, TypeError) as error:
            raise SourceError(
                f"The state of {table.name} cannot be read: {error}",
                remedy="remove the door's state; what it has given will count as repeats",
            ) from error
        return cls(table, given)

    def text(self) -> str:
        """What was given, as JSON for the state."""
        told = [
            [key, one.digest, one.last, sorted(one.owners)]
            for key, one in sorted(self.given.items())
        ]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    def pages(
        self,
        wanted: Mapping[Key, Entry],
        withdraws: Callable[[Key, Given], bool],
        state: State,
        *,
        fetched_to: datetime | None = None,
        notes: tuple[str, ...] = (),
        withheld: Mapping[str, Scalar] | None = None,
    ) -> Iterator[Page]:
        """Pages from what was given to what is wanted; at least one.

        Args:
            wanted: what the calendar says.
            withdraws: whether a given entry that is no longer said is withdrawn, or only forgotten.
            state: what to remember beside what was given.
            fetched_to: when the calendar was read.
            notes: for the steward; they come with the last page.
            withheld: what to remember only when all pages are safe.
        """
        steps = list(self._steps(wanted, withdraws))
        chunks = [steps[n : n + PAGE_ROWS] for n in range(0, len(steps), PAGE_ROWS)] or [[]]
        for number, chunk in enumerate(chunks, start=1):
            rows: list[Row] = []
            for key, entry in chunk:
                rows += self._take(key, entry)
            last = number == len(chunks)
            yield Page(
                rows=table_of(self.table, rows),
                state={**state, GIVEN: self.text(), **((withheld or {}) if last else {})},
                fetched_to=fetched_to if last else None,
                notes=notes if last else (),
            )

    def _steps(
        self, wanted: Mapping[Key, Entry], withdraws: Callable[[Key, Given], bool]
    ) -> Iterator[tuple[Key, Entry | None]]:
        for key, given in list(self.given.items()):
            if key not in wanted:
                if withdraws(key, given):
                    yield key, None
                else:
                    del self.given[key]
        for key, entry in sorted(wanted.items()):
            given_entry = self.given.get(key)
            if given_entry is None or given_entry.digest != entry.digest:
                yield key, entry
            else:
                self.given[key] = Given(entry.digest, entry.last, entry.owners)

    def _take(self, key: Key, entry: Entry | None) -> Iterable[Row]:
        if entry is not None:
            self.given[key] = Given(entry.digest, entry.last, entry.owners)
            return entry.rows
        del self.given[key]
        return (dict(zip(self.table.key, key, strict=True)) | {self.table.tombstone: "true"},)


def digest(*texts: str | None) -> str:
    """A short hash of texts."""
    return blake2b(json.dumps(texts).encode(), digest_size=6).hexdigest()


def table_of(contract: Table, rows: Iterable[Row]) -> pa.Table:
    """Rows in the contract's columns and types.

    A column with a text that is not of its type stays text: ingest says what is wrong with it.
    """
    import pyarrow as pa

    types = {"DATE": pa.date32(), "TIMESTAMP": pa.timestamp("s"), "BOOLEAN": pa.bool_()}
    kinds = {name: column.type for name, column in contract.columns.items()}
    kinds[contract.tombstone] = "BOOLEAN"
    lines, columns = list(rows), {}
    for name, kind in kinds.items():
        column = pa.array([row.get(name) or None for row in lines], pa.string())
        try:
            columns[name] = column.cast(types.get(kind, pa.string()))
        except pa.ArrowInvalid:
            columns[name] = column
    return pa.table(columns)
