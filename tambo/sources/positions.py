"""Where a pass over a table stands: a time of the source, as states keep and queries compare it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.sources.database import Column
from tambo.sources.door import State

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import ColumnElement


class Sliced(Protocol):
    """Rows that can be cut."""

    def slice(self, offset: int, length: int) -> Self:
        """Some rows in a row."""
        ...


Rows = TypeVar("Rows", bound=Sliced)


@dataclass(frozen=True)
class Part(Generic[Rows]):
    """Rows of one page; `whole`: no row of its last tie is on another page."""

    rows: Rows
    whole: bool


def parts(
    tables: Generator[pa.Table, None, None],
    most: int,
    read: Callable[[pa.Table], Rows],
    tied: Callable[[Rows], Any],
) -> Iterator[Part[Rows]]:
    """Cut a stream where no tie is cut; a tie of more than a page is handed out in parts.

    Args:
        tables: in the order of the position.
        most: rows of a tie that are held together.
        read: makes rows of a table.
        tied: of each row whether its position is that of the last.
    """
    import pyarrow as pa

    pending: pa.Table | None = None
    for table in tables:
        both = table if pending is None else pa.concat_tables([pending, table])
        rows = read(both)
        others = ~tied(rows)
        border = int(others.nonzero()[0][-1]) + 1 if others.any() else 0
        if border:
            yield Part(rows.slice(0, border), whole=True)
            pending = both.slice(border)
        elif both.num_rows > most:
            yield Part(rows, whole=False)
            pending = None
        else:
            pending = both
    if pending is not None and pending.num_rows:
        yield Part(read(pending), whole=True)


def require_same(domain: str, door: str, state: State, source: str) -> None:
    """Refuse a state of another source: another host or password is the same one.

    Args:
        domain: of the door.
        door: its name.
        state: of the last page; `of` says what it belongs to.
        source: what the settings name now.

    Raises:
        SourceError: the state belongs to something else.
    """
    of = state.get("of", source)
    if of != source:
        raise SourceError(
            f"The door {door} was read from {of!r} so far; the settings now name {source!r}.",
            remedy="put the settings back; or read the new source from its beginning: "
            f"tambo fetch {domain} {door} --afresh",
        )


def in_query(column: Column) -> ColumnElement[Any]:
    """A column as a query names it."""
    import sqlalchemy as sa

    return sa.column(column.name, column.type)


def compared(column: Column, text: str) -> Any:
    """A position of the state as the source compares it."""
    if column.time_kind == "text":
        return text
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if column.time_kind == "zoned" else value


def arrow_time(column: Column) -> Any:
    """The Arrow type of a column of times."""
    import pyarrow as pa

    kinds = {"zoned": pa.timestamp("us", "UTC"), "naive": pa.timestamp("us"), "text": pa.string()}
    return kinds[column.time_kind]


def position(at: Any) -> str:
    """A time of the source as the state keeps it."""
    return at if isinstance(at, str) else str(at.replace(tzinfo=None))


def instant(zone: str, at: Any) -> datetime | None:
    """A position as naive UTC; None where it is no time.

    Args:
        zone: of times without one.
        at: as the source gives it.
    """
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            return None
    moment: datetime = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC).replace(tzinfo=None)


def refuse_unset(rows: int, table: str, column: Column, setting: str) -> None:
    """Refuse a table in which nobody can tell of some rows when they were changed.

    Raises:
        SourceError: there are such rows.
    """
    if rows:
        raise SourceError(
            f"In {rows:,} rows of {table} the column {column.name} is empty, so nobody can tell "
            "when they were changed.",
            remedy=f"name a column that is always set; or unset {setting}, and what was read is "
            "read again instead",
        )
