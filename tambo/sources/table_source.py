"""A table of a database that holds the columns of a contract under their own names."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tambo.errors import SettingsError, SourceError
from tambo.settings import Settings
from tambo.sources.contracts import Table, of_home
from tambo.sources.database import Column, Database
from tambo.sources.positions import arrow_time, in_query

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import ColumnElement, Connection, Select

CHANGED = "_changed"
"""Name under which the time of a change is read; no contract has a column of this form."""


@dataclass
class TableSource:
    """The table, its columns and its zone.

    Attributes:
        database: where it is.
        name: of the table or view there.
        table: the contract.
        columns: the source's column by the contract's.
        changed: column that says when a row was changed, if it has one.
        zone: of times without one.
        target: the contract's zone.
    """

    database: Database
    name: str
    table: Table
    columns: dict[str, Column]
    changed: Column | None
    zone: str
    target: str

    @property
    def fingerprint(self) -> str:
        """What a state belongs to."""
        order = "key" if self.changed is None else self.changed.name
        return f"{self.database.name} {self.name} by {order}"

    @cached_property
    def kinds(self) -> dict[str, Any]:
        """Arrow type of each column that is read: times as such, all else as it is written."""
        import pyarrow as pa

        kinds = {
            name: arrow_time(column) if self._is_time(name) else pa.string()
            for name, column in self.columns.items()
        }
        return kinds if self.changed is None else {**kinds, CHANGED: arrow_time(self.changed)}

    def rows(
        self, connection: Connection, most: int, *conditions: ColumnElement[bool]
    ) -> Generator[pa.Table, None, None]:
        """Stream the rows under these conditions, in order, in tables of about so many rows."""
        return self.database.stream(connection, self._select(*conditions), self.kinds, most)

    def count_unset(self, connection: Connection, column: Column) -> int:
        """How many rows lack a value."""
        import sqlalchemy as sa

        empty = sa.select(sa.func.count()).select_from(self._source([column]))
        return int(connection.execute(empty.where(in_query(column).is_(None))).scalar_one())

    def no_rows(self) -> pa.Table:
        """A page without rows."""
        import pyarrow as pa

        return pa.table({name: pa.array([], pa.string()) for name in self.table.required})

    def page(self, rows: pa.Table) -> pa.Table:
        """Rows as the contract takes them: local times, whole numbers as such.

        Fractions of a second are kept where the contract reads them, as they may be in a key.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        found = {}
        for name in self.columns:
            column, kind = rows.column(name), self._type(name)
            if kind == "TIMESTAMP" and pa.types.is_timestamp(column.type):
                column = self._local(column)
                if not self.table.columns[name].has_fraction:
                    column = pc.floor_temporal(column, unit="second")
            elif kind == "TIMESTAMP":
                column = pa.chunked_array(
                    [[self._local_text(name, one) for one in column.to_pylist()]]
                )
            elif kind == "DATE":
                column = pc.utf8_slice_codeunits(column, 0, 10)
            elif kind == "BIGINT":
                column = pc.replace_substring_regex(column, r"\.0+$", "")
            found[name] = column
        return pa.table(found)

    def _type(self, name: str) -> str:
        """The contract's type of a column; the tombstone's is BOOLEAN."""
        column = self.table.columns.get(name)
        return "BOOLEAN" if column is None else column.type

    def _is_time(self, name: str) -> bool:
        """Whether a column is read as times; a day is read as it is written."""
        import sqlalchemy as sa

        told = isinstance(self.columns[name].type, sa.DateTime | sa.Date)
        return told and self._type(name) == "TIMESTAMP"

    def _select(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        import sqlalchemy as sa

        named = {**self.columns, **({} if self.changed is None else {CHANGED: self.changed})}
        source = self._source(named.values())
        order = [self.columns[name] for name in self.table.key if name in self.columns]
        order = order if self.changed is None else [self.changed]
        return (
            sa.select(*(source.c[one.name].label(label) for label, one in named.items()))
            .where(*conditions)
            .order_by(*(in_query(one) for one in order))
        )

    def _source(self, columns: Any) -> Any:
        import sqlalchemy as sa

        schema, _, name = self.name.rpartition(".")
        unlike = {one.name: one for one in columns}.values()
        made = (sa.column(one.name, one.type) for one in unlike)
        return sa.table(name, *made, schema=schema or None)

    def _local(self, times: pa.ChunkedArray) -> pa.ChunkedArray:
        import pyarrow as pa
        import pyarrow.compute as pc

        if times.type.tz is None and self.zone == self.target:
            return times
        if times.type.tz is None:
            times = pc.assume_timezone(
                times, self.zone, ambiguous="earliest", nonexistent="earliest"
            )
        return pc.local_timestamp(times.cast(pa.timestamp("us", self.target)))

    def _local_text(self, name: str, text: str | None) -> str | None:
        """A time that is told as text; one that is none stays, and ingest says what is wrong."""
        try:
            told = datetime.fromisoformat(text or "")
        except ValueError:
            return text
        told = told if told.tzinfo else told.replace(tzinfo=ZoneInfo(self.zone))
        local = told.astimezone(ZoneInfo(self.target)).replace(tzinfo=None)
        fraction = local.microsecond if self.table.columns[name].has_fraction else 0
        return str(local.replace(microsecond=fraction))


def open_table(settings: Settings, domain: str, table: str, name: str) -> TableSource:
    """Look at the source's table, and find the contract's columns in it.

    Args:
        settings: the Tambo home; `<domain>_database_...` say where.
        domain: of the contract.
        table: the contract's.
        name: of the table or view in the database.

    Raises:
        SettingsError: the URL, or the zone.
        SourceError: the database has no such table, or the table lacks a column.
        SourceBusyError: the database is away.
    """
    contracts, prefix = of_home(settings, domain), f"{domain}_database_"
    zone = getattr(settings, f"{prefix}zone") or contracts.zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"TAMBO_{prefix.upper()}ZONE = {zone!r} is no zone.", remedy="for example UTC"
        ) from None
    database = Database(getattr(settings, f"{prefix}url"), f"TAMBO_{prefix.upper()}URL")
    there, contract = database.columns(name), contracts.tables[table]
    missing = [one for one in contract.required if one not in there]
    if missing:
        raise SourceError(
            f"The table {name} of {database.name} has no column {', '.join(missing)}.",
            remedy=f"make a view that names them so, and set TAMBO_{prefix.upper()}TABLES; "
            f"it has: {', '.join(there)}",
        )
    changed = getattr(settings, f"{prefix}changed_column")
    if changed not in there and f"{prefix}changed_column" in settings.model_fields_set:
        raise SourceError(
            f"The table {name} of {database.name} has no column {changed}.",
            remedy=f"correct or unset TAMBO_{prefix.upper()}CHANGED_COLUMN; "
            f"it has: {', '.join(there)}",
        )
    source = TableSource(
        database=database,
        name=name,
        table=contract,
        columns={one: there[one] for one in contract.file_columns if one in there},
        changed=there.get(changed),
        zone=zone,
        target=contracts.zone,
    )
    if source.changed is not None:
        _ = source.changed.time_kind
    return source
