"""The rows that each view of a retrieval can serve, as SQL over the pinned lake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from tambo.errors import SchemaError
from tambo.featurestore.asof import ViewJoin, Window, needs_order, relation
from tambo.featurestore.asof import ties_query as ties_sql
from tambo.featurestore.columns import Columns, describe, row_count
from tambo.featurestore.declared import require_declared
from tambo.featurestore.pinned import Pinned

_ties: dict[tuple[Path, int, ViewJoin], bool] = {}
"""Whether a table holds ties, by home, snapshot and view: a snapshot never changes."""

_MANY = 10
"""Rows of a table for each entity row, from which on the keys asked for are looked up first.

With 10,000 of 100,000 keys asked for in 3,000,000 rows that costs a quarter of joining all; with
nearly all keys asked for, it costs a fifth more.
"""


@dataclass(frozen=True)
class Relations:
    """What is joined to the entity rows.

    Attributes:
        parts: each view with the SQL of its rows, from `asof.relation`.
        keys: DuckDB type by join key, under its name in the entity rows.
    """

    parts: Sequence[tuple[ViewJoin, str]]
    keys: Mapping[str, str]


def relations(
    pinned: Pinned,
    views: Sequence[ViewJoin],
    *,
    as_known_at: bool,
    window: Window | None,
    keep_expired: bool = False,
    entity_rows: int | None = None,
) -> Relations:
    """Look the views' tables up and write the SQL of their rows; see `asof.relation`.

    Views that match the same rows of a table share one SQL, so that they are joined in one pass:
    three views over one table cost 0.46 of three joins (1,000,000 x 1,000,000 rows).

    Args:
        pinned: the lake.
        views: what is joined.
        as_known_at: see `asof.relation`, as of the following.
        window: times of the entity rows.
        keep_expired: keep rows that are too old for every entity row.
        entity_rows: how many there are, if they are registered before the SQL is run.

    Raises:
        SchemaError: a table or a column is not there or is of another type than the view declares,
            or a join key has two types.
    """
    keys: dict[str, str] = {}
    shared: dict[ViewJoin, str] = {}
    for rows_of, view in _merged(views).items():
        columns = describe(pinned.connection, view.table, pinned.where)
        require_declared(pinned, view.table, columns, view)
        keys |= _key_types(view, columns, keys)
        # The row hash costs more than looking whether there is a tie for it to break.
        ordered = needs_order(view, as_known_at=as_known_at) and not view.unique
        shared[rows_of] = relation(
            view,
            columns,
            as_known_at=as_known_at,
            ties=ordered and has_ties(pinned, view, columns),
            window=window,
            keep_expired=keep_expired,
            asked_only=entity_rows is not None
            and entity_rows * _MANY <= row_count(pinned.connection, view.table),
        )
    return Relations([(view, shared[_rows_of(view)]) for view in views], keys)


def _rows_of(view: ViewJoin) -> ViewJoin:
    """What decides which row a view matches: not what it serves of it, nor for how long."""
    return replace(view, name="", features=(), ttl=None)


def _merged(views: Sequence[ViewJoin]) -> dict[ViewJoin, ViewJoin]:
    """One view with the features of all, by what they match; its ttl is the longest."""
    groups: dict[ViewJoin, list[ViewJoin]] = {}
    for view in views:
        groups.setdefault(_rows_of(view), []).append(view)
    return {
        rows_of: replace(
            members[0],
            features=tuple(one for member in members for one in member.features),
            ttl=_longest(member.ttl for member in members),
        )
        for rows_of, members in groups.items()
    }


def _longest(ttls: Iterable[timedelta | None]) -> timedelta | None:
    """The longest of some ttls; None never ends."""
    known = list(ttls)
    return None if None in known else max(one for one in known if one is not None)


def has_ties(pinned: Pinned, view: ViewJoin, columns: Columns) -> bool:
    """Whether rows agree in key, event and created time, remembered for each snapshot."""
    known = (pinned.home, pinned.snapshot, _rows_of(view))
    if known not in _ties:
        found = pinned.connection.execute(ties_sql(view, columns)).fetchone()
        _ties[known] = found is not None
    return _ties[known]


def _key_types(view: ViewJoin, columns: Columns, known: Mapping[str, str]) -> dict[str, str]:
    types = {entity: columns[column] for entity, column in view.keys}
    for name, kind in types.items():
        if known.get(name, kind) != kind:
            raise SchemaError(
                f"Join key {name} is {kind} in {view.table} and {known[name]} in another view.",
                remedy="give the key one type in all marts",
            )
    return types
