"""The SQL of point-in-time joins: one `ASOF LEFT JOIN` a view.

For each key, availability = max(event, created), and rows are ordered by (availability, event,
created, row hash). The row served at t is the one with the greatest event time among those
available by t; among equal event times the last in that order. Only a *record* can be served: a
row whose event time is not below the running maximum of event time in that order, and which is the
last of its availability instant. Keeping the records alone, one as-of join on availability gives
the exact answer in both times (DESIGN, section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from tambo.featurestore.columns import Columns, is_number, row_hash, table_name, utc
from tambo.lake.sql import ident

ROWS = "entity_rows"
"""Name under which the entity rows are registered: columns __row, __t and the join keys."""

ROW, TIME = "__row", "__t"
EVENT, CREATED, AVAILABLE = "__event", "__created", "__available"


def register(connection: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    """Give a connection the entity rows that the joins read.

    DuckDB takes an Arrow table for one row, and joins what it believes to be few rows in nested
    loops: 40,000 entity rows and 60,000 fares took 80 times the CPU of the as-of join. So the
    loops are switched off.
    """
    connection.execute("SET asof_loop_join_threshold = 0")
    connection.register(ROWS, rows)


@dataclass(frozen=True)
class Feature:
    """One column that a view serves.

    Attributes:
        column: its name in the table.
        name: its name in the answer.
        number: DuckDB type of the number that the view declares; None if it is not a number.
        type: Feast value type that the view declares; None if it is not known.
    """

    column: str
    name: str
    number: str | None = None
    type: str | None = None


@dataclass(frozen=True)
class ViewJoin:
    """What the join must know of one view.

    Attributes:
        name: the view's name or alias, said in errors and in the certificate.
        table: schema.table of the lake.
        keys: (column of the entity rows, column of the table) for each join key.
        features: columns served.
        event: column of the event time.
        created: column of the created time; None if the table has none.
        ttl: age at which a row expires, inclusive; None never.
        unique: no two rows agree in key, event and created time.
        records: every row is a record, and the only one of its key and availability.
    """

    name: str
    table: str
    keys: tuple[tuple[str, str], ...]
    features: tuple[Feature, ...]
    event: str
    created: str | None = None
    ttl: timedelta | None = None
    unique: bool = False
    records: bool = False

    def columns(self) -> list[str]:
        """Columns of the table that the join reads."""
        named = [column for _, column in self.keys] + [one.column for one in self.features]
        return list(dict.fromkeys(named + self.times()))

    def times(self) -> list[str]:
        """Columns of the event time and of the created time, if there is one."""
        return [self.event] if self.created is None else [self.event, self.created]

    def types(self) -> dict[str, str]:
        """Feast value type by column of a feature."""
        return {one.column: one.type for one in self.features if one.type is not None}


@dataclass(frozen=True)
class Window:
    """Least and greatest entity time: rows outside of what they can see are not read."""

    first: datetime
    last: datetime


def needs_order(view: ViewJoin, *, as_known_at: bool) -> bool:
    """Whether the rows must be reduced to records; else the table is joined as it is."""
    if as_known_at and view.records:
        return False
    return not (view.unique and view.created is None)


def relation(
    view: ViewJoin,
    columns: Columns,
    *,
    as_known_at: bool = True,
    ties: bool = True,
    window: Window | None = None,
    keep_expired: bool = False,
    asked_only: bool = False,
) -> str:
    """SQL of the rows of a view that can be served, each at its availability.

    Args:
        view: the view.
        columns: the table's columns with their types.
        as_known_at: False ignores created times but for ties: the plain event-time join.
        ties: whether rows may agree in key, event and created time; the row hash then decides.
        window: times of the entity rows.
        keep_expired: keep rows that are too old for every entity row, to tell expired from none.
        asked_only: read the rows of keys that are among the entity rows, and no others.
    """
    event = utc(view.event, columns[view.event])
    created = event
    if view.created is not None:
        # A row without created time counts as known at its event.
        created = f"coalesce({utc(view.created, columns[view.created])}, {event})"
    available = f"greatest({event}, {created})" if as_known_at and view.created else event
    order = needs_order(view, as_known_at=as_known_at)
    named = [ident(column) for column in dict.fromkeys(column for _, column in view.keys)]
    selected = [
        *(f"{key} AS {ident(f'__key_{index}')}" for index, key in enumerate(named)),
        *(f"{_value(one, columns)} AS {ident(one.name)}" for one in view.features),
        f"{event} AS {EVENT}",
        f"{created} AS {CREATED}",
        f"{available} AS {AVAILABLE}",
    ]
    where = _where(view, event, available, named, window, keep_expired=keep_expired)
    table = table_name(view.table) + (_asked(view) if asked_only and view.keys else "")
    hashed = order and ties and not view.unique
    tied = ""
    if hashed:
        selected.append(f"CASE WHEN __tied THEN {row_hash(columns)} END AS __hash")
        tied = _tied(table, [*named, event, created], where)
    rows = f"SELECT {', '.join(selected)} FROM {table}{tied}{where}"
    return _records(rows, len(named), hashed=hashed) if order else rows


def _asked(view: ViewJoin) -> str:
    """Join that keeps the rows of the keys asked for; DuckDB skips row groups without them."""
    keys = ", ".join(
        f"{ident(entity)} AS __asked_{number}" for number, (entity, _) in enumerate(view.keys)
    )
    on = " AND ".join(
        f"{ident(column)} = __asked_{number}" for number, (_, column) in enumerate(view.keys)
    )
    return f" SEMI JOIN (SELECT {keys} FROM {ROWS}) ON {on}"


def _tied(table: str, agree: Sequence[str], where: str) -> str:
    """Join that marks rows which agree with another: only these need their hash, which is dear."""
    group = ", ".join(f"{one} AS __tied_{number}" for number, one in enumerate(agree))
    on = " AND ".join(f"{one} = __tied_{number}" for number, one in enumerate(agree))
    return (
        f" LEFT JOIN (SELECT {group}, true AS __tied FROM {table}{where} "
        f"GROUP BY ALL HAVING count(*) > 1) ON {on}"
    )


def _value(feature: Feature, columns: Columns) -> str:
    """A number has the value that the view's type gives it, so that training and serving agree."""
    quoted = ident(feature.column)
    if feature.number is None:
        return quoted
    kind = columns[feature.column]
    if kind == feature.number or not is_number(kind):
        return quoted
    if (kind, feature.number) == ("DOUBLE", "FLOAT"):
        # What is stored online is rounded to a float; the column stays a double, as Feast's stores
        # return it.
        return f"CAST(CAST({quoted} AS FLOAT) AS DOUBLE)"
    return f"CAST({quoted} AS {feature.number})"


def _where(
    view: ViewJoin,
    event: str,
    available: str,
    keys: Sequence[str],
    window: Window | None,
    *,
    keep_expired: bool,
) -> str:
    """Rows that no entity row can see are not read: without key or event, too new, or too old.

    Leaving out rows older than every entity row's ttl keeps the others' order: a row left out has
    an earlier event than each row kept, so it never sets their running maximum.
    """
    conditions = [f"{column} IS NOT NULL" for column in [*keys, event]]
    if window is not None:
        conditions.append(f"{available} <= {_stamp(window.last)}")
        # Follows from the line above; said of the bare column, it lets files be skipped.
        conditions.append(f"{event} <= {_stamp(window.last)}")
        if view.ttl and not keep_expired:
            conditions.append(f"{event} >= {_stamp(window.first)} - {_span(view.ttl)}")
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _records(rows: str, keys: int, *, hashed: bool) -> str:
    partition = ", ".join(ident(f"__key_{index}") for index in range(keys))
    by = f"PARTITION BY {partition} " if keys else ""
    order = ", ".join([AVAILABLE, EVENT, CREATED, *(["__hash"] if hashed else [])])
    over = f"({by}ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    following = f"({by}ORDER BY {order})"
    return (
        "SELECT * FROM ("
        f"SELECT *, max({EVENT}) OVER {over} AS __newest, "
        f"lead({AVAILABLE}) OVER {following} AS __next FROM ({rows})) "
        f"WHERE {EVENT} = __newest AND (__next IS NULL OR __next > {AVAILABLE})"
    )


def ties_query(view: ViewJoin, columns: Columns) -> str:
    """SQL that returns one row if rows agree in key, event and created time, else none."""
    keys = [ident(column) for _, column in view.keys]
    event = utc(view.event, columns[view.event])
    created = [] if view.created is None else [utc(view.created, columns[view.created])]
    group = ", ".join([*keys, event, *created])
    return f"SELECT 1 FROM {table_name(view.table)} GROUP BY {group} HAVING count(*) > 1 LIMIT 1"


def join(views: Sequence[tuple[ViewJoin, str]], *, evidence: bool = False, rows: str = ROWS) -> str:
    """SQL of the features of all views at each entity row, in the order of the entity rows.

    Args:
        views: each view with the SQL of its rows, from `relation`; views whose SQL is the same are
            served from one join.
        evidence: also return the matched row's event and created time of each view, as
            __event_<i> and __created_<i>.
        rows: relation that holds the entity rows.
    """
    selected: list[str] = [f"e.{ROW}"]
    joins: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for index, (view, sql) in enumerate(views):
        alias = aliases.setdefault(sql, f"v{len(aliases)}")
        selected += [_served(view, one, alias) for one in view.features]
        if evidence:
            selected.append(f"{alias}.{EVENT} AS {ident(f'{EVENT}_{index}')}")
            selected.append(f"{alias}.{CREATED} AS {ident(f'{CREATED}_{index}')}")
        joins[sql] = f"ASOF LEFT JOIN ({sql}) AS {alias} ON {_matches(view, alias)}"
    joined = " ".join(joins.values())
    return f"SELECT {', '.join(selected)} FROM {rows} AS e {joined} ORDER BY e.{ROW}"


def _matches(view: ViewJoin, alias: str) -> str:
    columns = list(dict.fromkeys(column for _, column in view.keys))
    equal = [
        f"e.{ident(entity)} = {alias}.{ident(f'__key_{columns.index(column)}')}"
        for entity, column in view.keys
    ]
    return " AND ".join([*equal, f"e.{TIME} >= {alias}.{AVAILABLE}"])


def _served(view: ViewJoin, feature: Feature, alias: str) -> str:
    value = f"{alias}.{ident(feature.name)}"
    if not view.ttl:
        return f"{value} AS {ident(feature.name)}"
    alive = f"e.{TIME} <= {alias}.{EVENT} + {_span(view.ttl)}"
    return f"CASE WHEN {alive} THEN {value} END AS {ident(feature.name)}"


def _stamp(instant: datetime) -> str:
    return f"TIMESTAMP '{instant.isoformat(' ')}'"


def _span(length: timedelta) -> str:
    return f"to_microseconds({length // timedelta(microseconds=1)})"
