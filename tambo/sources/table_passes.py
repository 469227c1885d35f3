"""One pass over a table: what was changed since the last one, or all of it where nobody can tell.

A transaction may commit a row a while after the time that the row tells, so the state never moves
behind the moment a pass began, less that while; what lies after it is read again by the next pass.

A table that does not say when its rows were changed is read whole, in the order of its key. The
state holds a digest of each page, and a page that is as it was is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tambo.settings import Settings
from tambo.sources.database import Column
from tambo.sources.door import Page, Scalar, State
from tambo.sources.positions import (
    compared,
    in_query,
    instant,
    parts,
    position,
    refuse_unset,
    require_same,
)
from tambo.sources.table_source import CHANGED, TableSource, open_table

if TYPE_CHECKING:
    import pyarrow as pa

PAGE = "page "
"""Before the number, the name of a page's digest in the state."""


def open_pass(
    settings: Settings, domain: str, table: str, name: str, state: State
) -> Iterator[Page]:
    """Read what has come since the state, to the end of the table.

    Args:
        settings: the Tambo home.
        domain: of the contract.
        table: the contract's.
        name: of the table or view in the database.
        state: of the last page.

    Raises:
        SourceBusyError: the database is away, or the connection was lost.
        SourceError: the database refuses, its table is not as the contract says, or the state is
            of another table.
        SettingsError: the URL or the zone is wrong.
    """
    source = open_table(settings, domain, table, name)
    require_same(domain, table, state, source.fingerprint)
    values = {**state, "of": source.fingerprint}
    most = getattr(settings, f"{domain}_database_page_rows")
    if source.changed is None:
        yield from _whole(source, values, most)
        return
    overlap = timedelta(minutes=getattr(settings, f"{domain}_database_overlap_minutes"))
    setting = f"TAMBO_{domain.upper()}_DATABASE_CHANGED_COLUMN"
    with source.database.connection() as connection:
        unset = source.count_unset(connection, source.changed)
    refuse_unset(unset, source.name, source.changed, setting)
    yield from _by_change(source, source.changed, values, most, overlap)


def _by_change(
    source: TableSource,
    change: Column,
    values: dict[str, Scalar],
    most: int,
    overlap: timedelta,
) -> Iterator[Page]:
    changed = values.get("changed")
    horizon = (datetime.now(UTC) - overlap).replace(tzinfo=None)
    reached: dict[str, Scalar] = {}
    behind = [] if changed is None else [in_query(change) > compared(change, str(changed))]
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, most, *behind)) as tables,
    ):
        for part in parts(tables, most, _as_they_are, _same_change):
            reached = _settled(source, part.rows, horizon)
            if part.whole:
                values |= reached
            yield Page(source.page(part.rows), dict(values), _fetched_to(source, values))
    # Behind the end, a tie that took more than a page is whole too.
    values |= reached
    yield Page(source.no_rows(), values, _fetched_to(source, values))


def _whole(source: TableSource, values: dict[str, Scalar], most: int) -> Iterator[Page]:
    began, number = datetime.now(UTC).replace(tzinfo=None), 0
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, most)) as tables,
    ):
        for table in tables:
            page, number = source.page(table), number + 1
            digest = sha256(repr(page.to_pylist()).encode("utf-8", "surrogatepass")).hexdigest()
            if values.get(f"{PAGE}{number}") != digest:
                values[f"{PAGE}{number}"] = digest
                yield Page(page, dict(values))
    pages = {f"{PAGE}{one}" for one in range(1, number + 1)}
    kept = {name: one for name, one in values.items() if name in pages or PAGE not in name}
    yield Page(source.no_rows(), kept, began)


def _as_they_are(rows: pa.Table) -> Any:
    return rows


def _same_change(rows: pa.Table) -> Any:
    """Of each row whether it was changed when the last one was."""
    import pyarrow.compute as pc

    column = rows.column(CHANGED)
    return pc.equal(column, column[-1]).to_numpy().astype(bool)


def _settled(source: TableSource, rows: pa.Table, horizon: datetime) -> dict[str, Scalar]:
    """The position of the last row before the horizon; nothing if there is none."""
    changes = rows.column(CHANGED)
    for number in range(rows.num_rows - 1, -1, -1):
        told = changes[number].as_py()
        when = instant(source.zone, told)
        if when is not None and when < horizon:
            return {"changed": position(told)}
    return {}


def _fetched_to(source: TableSource, values: dict[str, Scalar]) -> datetime | None:
    changed = values.get("changed")
    if changed is None or source.changed is None:
        return None
    return instant(source.zone, compared(source.changed, str(changed)))
