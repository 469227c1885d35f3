"""The SQL by which materialization reads a table: the latest row of each key, or all rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from feast.feature_view import DUMMY_ENTITY_ID, DUMMY_ENTITY_VAL  # noqa: TID253 - imported lazily

from tambo.featurestore.asof import CREATED, EVENT, Feature, ViewJoin, Window, relation
from tambo.featurestore.columns import Columns, table_name, utc
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.winners import ROW
from tambo.lake.sql import ident, literal

TOUCHED = "__touched"
"""Temporary table of the keys of an increment: columns __key_<i>."""


@dataclass(frozen=True)
class Pull:
    """What Feast asks for; the names are columns of the table, mapping undone.

    Attributes:
        source: the table.
        keys: join keys; none for a view without entity.
        features: columns besides keys and times; none means every other column.
        event: column of the event time.
        created: column of the created time, if the view has one.
        start: least event time, included; None for no bound.
        end: greatest event time, included; None for no bound.
        declared: Feast value type by feature, where the view is known.
    """

    source: DuckLakeSource
    keys: tuple[str, ...]
    features: tuple[str, ...]
    event: str
    created: str | None
    start: datetime | None
    end: datetime | None
    declared: tuple[tuple[str, str], ...] = ()

    def named_keys(self) -> list[str]:
        """Join keys that are columns of the table."""
        return [key for key in self.keys if key != DUMMY_ENTITY_ID]

    def columns(self) -> list[str]:
        """Columns of the answer, in order."""
        return list(dict.fromkeys([*self.named_keys(), *self.features, *self.times()]))

    def times(self) -> list[str]:
        """Columns of the event time and of the created time, if there is one."""
        return [self.event] if self.created is None else [self.event, self.created]

    def types(self) -> dict[str, str]:
        """Feast value type by feature, where the view is known."""
        return dict(self.declared)


def pull_all_sql(pull: Pull, columns: Columns, *, as_known_at: bool, ties: bool) -> str:
    """All rows whose event time lies between start and end; as known then or not."""
    names = pull.columns() if pull.features else [*columns]
    event = utc(pull.event, columns[pull.event])
    bounds = []
    if pull.start is not None:
        bounds.append(f"{event} >= {stamp(pull.start)}")
    if pull.end is not None:
        bounds.append(f"{event} <= {stamp(pull.end)}")
    where = f" WHERE {' AND '.join(bounds)}" if bounds else ""
    # Logs and saved data sets, which are read at the head, are no views: they need no key.
    dummy = [] if pull.source.head else _dummy(pull)
    selected = ", ".join([ident(name) for name in names] + dummy)
    return f"SELECT {selected} FROM {table_name(pull.source.table)}{where}"


def pull_latest_sql(
    pull: Pull, columns: Columns, *, as_known_at: bool, ties: bool, touched: bool = False
) -> str:
    """The row of each key that a read at `end` would be served, or none if it is before `start`.

    As-known-at, a row that was not known by `end` is not there, however early its event.

    Args:
        pull: what is asked for.
        columns: the table's columns.
        as_known_at: whether created times count.
        ties: whether rows may agree in key, event and created time.
        touched: only the keys in the temporary table `TOUCHED`.
    """
    keys = pull.named_keys()
    others = [name for name in pull.columns() if name not in keys]
    rows = _rows(pull, columns, others, as_known_at=as_known_at, ties=ties)
    if touched:
        rows = f"SELECT * FROM ({rows}) SEMI JOIN {TOUCHED} USING ({key_names(pull)})"
    partition = ", ".join(ident(f"__key_{index}") for index in range(len(keys)))
    # A key's records end with the one that is served now: none that is available comes after it.
    by = f"PARTITION BY {partition} " if keys else ""
    newest = f"row_number() OVER ({by}ORDER BY __available DESC, {EVENT} DESC, {CREATED} DESC) = 1"
    selected = [
        *(f"{ident(f'__key_{index}')} AS {ident(key)}" for index, key in enumerate(keys)),
        *(f"{ident(f'__column_{name}')} AS {ident(name)}" for name in others),
        *_dummy(pull),
    ]
    after = "" if pull.start is None else f" WHERE {EVENT} >= {stamp(pull.start)}"
    return f"SELECT {', '.join(selected)} FROM (SELECT * FROM ({rows}) QUALIFY {newest}){after}"


def all_rows_sql(pull: Pull) -> str:
    """All rows of the table, each with its number before what `pull_latest_sql` answers with."""
    selected = [ident(ROW), *map(ident, pull.columns()), *_dummy(pull)]
    return f"SELECT {', '.join(selected)} FROM {table_name(pull.source.table)}"


def _rows(pull: Pull, columns: Columns, others: list[str], *, as_known_at: bool, ties: bool) -> str:
    view = ViewJoin(
        name=pull.source.name,
        table=pull.source.table,
        keys=tuple((key, key) for key in pull.named_keys()),
        features=tuple(Feature(name, f"__column_{name}") for name in others),
        event=pull.event,
        created=pull.created,
        unique=pull.source.unique,
        records=pull.source.records,
    )
    window = Window(_naive(pull.start or datetime.min), _naive(pull.end or datetime.max))
    return relation(view, columns, as_known_at=as_known_at, ties=ties, window=window)


def key_names(pull: Pull) -> str:
    """The key columns of a relation of rows, as SQL."""
    return ", ".join(ident(f"__key_{index}") for index in range(len(pull.named_keys())))


def latest_keys_sql(pull: Pull, columns: Columns, *, as_known_at: bool) -> str:
    """Keys that have a row at `end`, as columns __key_<i>, each once."""
    rows = _rows(pull, columns, [], as_known_at=as_known_at, ties=False)
    return f"SELECT DISTINCT {key_names(pull) or '1'} FROM ({rows})"


def _dummy(pull: Pull) -> list[str]:
    """A view without entity has one row, under Feast's own stand-in key."""
    if pull.keys and pull.keys != (DUMMY_ENTITY_ID,):
        return []
    return [f"{literal(DUMMY_ENTITY_VAL)} AS {ident(DUMMY_ENTITY_ID)}"]


def _naive(instant: datetime) -> datetime:
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def stamp(instant: datetime) -> str:
    """SQL of an instant, UTC."""
    return f"TIMESTAMP '{_naive(instant).isoformat(' ')}'"
