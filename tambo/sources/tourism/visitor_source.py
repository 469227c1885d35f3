"""The table of visitor counts in the source, as the settings name it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tambo.errors import SettingsError, SourceError
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.database import Column, Database
from tambo.sources.positions import arrow_time, compared, in_query

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import ColumnElement, Connection, Select

AT, CHANGED = "at", "changed"
"""Names under which the two times are read, as they stand in the source."""


@dataclass
class VisitorSource:
    """The table, its columns and its zone.

    Attributes:
        database: where it is.
        table: its name.
        at: column of the counted hour.
        location: column of the location.
        count: column of the visitors.
        market: column of the market, if it has one.
        changed: column that says when a row was changed, if one is named.
        zone: of times without one.
        target: the contract's zone.
    """

    database: Database
    table: str
    at: Column
    location: Column
    count: Column
    market: Column | None
    changed: Column | None
    zone: str
    target: str

    @property
    def fingerprint(self) -> str:
        """What a state belongs to: another host or password is the same source."""
        order = self.at.name if self.changed is None else self.changed.name
        return f"{self.database.name} {self.table} by {order}"

    @property
    def change(self) -> Column:
        """The column of changes.

        Raises:
            SourceError: there is none.
        """
        if self.changed is None:
            raise SourceError("No column says when a row was changed.")
        return self.changed

    @property
    def has_time(self) -> ColumnElement[bool]:
        """The condition that a row can be put in order."""
        condition: ColumnElement[bool] = in_query(self.at).is_not(None)
        return condition

    @cached_property
    def kinds(self) -> dict[str, Any]:
        """Arrow type of each column that is read."""
        import pyarrow as pa

        kinds = {AT: arrow_time(self.at), "location": pa.string()}
        kinds["tourist_count"] = _count_type(self.count)
        if self.market is not None:
            kinds["market"] = pa.string()
        if self.changed is not None:
            kinds[CHANGED] = arrow_time(self.changed)
        return kinds

    def select(self, *conditions: ColumnElement[bool]) -> Select[Any]:
        """The rows under these conditions, in the order of their times."""
        import sqlalchemy as sa

        named = {AT: self.at, "location": self.location, "tourist_count": self.count}
        named |= {} if self.market is None else {"market": self.market}
        named |= {} if self.changed is None else {CHANGED: self.changed}
        schema, _, name = self.table.rpartition(".")
        source = sa.table(
            name, *(sa.column(one.name, one.type) for one in named.values()), schema=schema or None
        )
        order = [self.at] if self.changed is None else [self.changed, self.at]
        return (
            sa.select(*(source.c[one.name].label(label) for label, one in named.items()))
            .where(*conditions)
            .order_by(*(in_query(one) for one in order))
        )

    def rows(
        self, connection: Connection, rows: int, *conditions: ColumnElement[bool]
    ) -> Generator[pa.Table, None, None]:
        """Stream the rows under these conditions, in tables of at most so many rows."""
        return self.database.stream(connection, self.select(*conditions), self.kinds, rows)

    def count_without(self, connection: Connection, column: Column) -> int:
        """How many rows lack a time."""
        import sqlalchemy as sa

        schema, _, name = self.table.rpartition(".")
        source = sa.table(name, schema=schema or None)
        empty = sa.select(sa.func.count()).select_from(source).where(in_query(column).is_(None))
        return int(connection.execute(empty).scalar_one())

    def no_rows(self) -> pa.Table:
        """A page without rows."""
        import pyarrow as pa

        names = ("timestamp", "location", "tourist_count")
        return pa.table({name: pa.array([], pa.string()) for name in names})

    def from_day(self, day: date) -> ColumnElement[bool]:
        """The condition that a row is of this local day or later."""
        midnight = datetime.combine(day, time())
        kind = self.at.time_kind
        if kind == "text":
            # Shorter than any time of the day, whatever stands between date and hour.
            return in_query(self.at) >= day.isoformat()
        return in_query(self.at) >= self._own(midnight, fold=0)

    def within(self, hour: datetime) -> list[ColumnElement[bool]]:
        """The conditions that a row is of this local hour, of both where it came twice."""
        last = hour + timedelta(hours=1) - timedelta(microseconds=1)
        return [
            in_query(self.at) >= self._own(hour, fold=0),
            in_query(self.at) <= self._own(last, fold=1),
        ]

    def _own(self, local: datetime, *, fold: int) -> datetime:
        """A local time of the contract's zone as the source's column tells it."""
        if self.at.time_kind == "naive" and self.zone == self.target:
            return local
        instant = local.replace(tzinfo=ZoneInfo(self.target), fold=fold).astimezone(UTC)
        if self.at.time_kind == "naive":
            return instant.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)
        return instant

    def after(self, at: str) -> ColumnElement[bool]:
        """The condition that a row's hour lies behind a position."""
        condition: ColumnElement[bool] = in_query(self.at) > compared(self.at, at)
        return condition

    def changed_after(self, changed: str, at: str) -> ColumnElement[bool]:
        """The condition that a row was changed behind a position."""
        import sqlalchemy as sa

        column, value = in_query(self.change), compared(self.change, changed)
        return sa.and_(column >= value, sa.or_(column > value, self.after(at)))


def open_source(settings: Settings) -> VisitorSource:
    """Look at the source's table, and find the columns that the settings name.

    Raises:
        SettingsError: the URL, or the zone.
        SourceError: the database has no such table or column.
        SourceBusyError: the database is away.
    """
    if settings.visitors_database_url is None:
        raise SettingsError("TAMBO_VISITORS_DATABASE_URL is not set.")
    target = of_home(settings, "tourism").zone
    zone = settings.visitors_zone or target
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingsError(
            f"TAMBO_VISITORS_ZONE = {zone!r} is no zone.", remedy="for example America/Lima or UTC"
        ) from None
    database = Database(settings.visitors_database_url, "TAMBO_VISITORS_DATABASE_URL")
    there = database.columns(settings.visitors_table)

    def named(setting: str) -> Column:
        name = getattr(settings, setting)
        if name not in there:
            raise SourceError(
                f"The table {settings.visitors_table} of {database.name} has no column {name}.",
                remedy=f"set TAMBO_{setting.upper()}; it has: {', '.join(there)}",
            )
        return there[name]

    market = settings.visitors_market_column
    told = "visitors_market_column" in settings.model_fields_set
    source = VisitorSource(
        database=database,
        table=settings.visitors_table,
        at=named("visitors_timestamp_column"),
        location=named("visitors_location_column"),
        count=named("visitors_count_column"),
        # The contract's own name is tried; a table without markets needs no setting.
        market=named("visitors_market_column") if market and (told or market in there) else None,
        changed=named("visitors_changed_column") if settings.visitors_changed_column else None,
        zone=zone,
        target=target,
    )
    for column in (source.at, source.changed):
        if column is not None:
            _ = column.time_kind
    return source


def _count_type(column: Column) -> Any:
    import pyarrow as pa
    import sqlalchemy as sa

    if isinstance(column.type, sa.Integer):
        return pa.int64()
    return pa.float64() if isinstance(column.type, sa.Numeric) else pa.string()
