"""The rows that each view of a retrieval can serve, as SQL over the pinned lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tambo.errors import FeatureError
from tambo.featurestore.asof import ViewJoin, Window, needs_order, relation
from tambo.featurestore.asof import ties_query as ties_sql
from tambo.featurestore.columns import Columns, describe, require
from tambo.featurestore.pinned import Pinned

_ties: dict[tuple[Path, int, ViewJoin], bool] = {}
"""Whether a table holds ties, by home, snapshot and view: a snapshot never changes."""


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
) -> Relations:
    """Look the views' tables up and write the SQL of their rows; see `asof.relation`.

    Raises:
        FeatureError: a table or a column is not there, or a join key has two types.
    """
    parts: list[tuple[ViewJoin, str]] = []
    keys: dict[str, str] = {}
    for view in views:
        columns = describe(pinned.connection, view.table, pinned.where)
        require(columns, view.columns(), view.table, pinned.where)
        keys |= _key_types(view, columns, keys)
        # The row hash costs more than looking whether there is a tie for it to break.
        ordered = needs_order(view, as_known_at=as_known_at) and not view.unique
        sql = relation(
            view,
            columns,
            as_known_at=as_known_at,
            ties=ordered and has_ties(pinned, view, columns),
            window=window,
            keep_expired=keep_expired,
        )
        parts.append((view, sql))
    return Relations(parts, keys)


def has_ties(pinned: Pinned, view: ViewJoin, columns: Columns) -> bool:
    """Whether rows agree in key, event and created time, remembered for each snapshot."""
    known = (pinned.home, pinned.snapshot, view)
    if known not in _ties:
        found = pinned.connection.execute(ties_sql(view, columns)).fetchone()
        _ties[known] = found is not None
    return _ties[known]


def _key_types(view: ViewJoin, columns: Columns, known: Mapping[str, str]) -> dict[str, str]:
    types = {entity: columns[column] for entity, column in view.keys}
    for name, kind in types.items():
        if known.get(name, kind) != kind:
            raise FeatureError(
                f"Join key {name} is {kind} in {view.table} and {known[name]} in another view.",
                remedy="give the key one type in all marts",
            )
    return types
