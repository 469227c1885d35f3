"""Retrieval without entity rows: every key, whenever what is served for it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feast.feature_view import FeatureView  # noqa: TID253 - imported lazily
from feast.utils import compute_non_entity_date_range  # noqa: TID253

from tambo.errors import FeatureError
from tambo.featurestore.asof import AVAILABLE, ViewJoin, Window
from tambo.featurestore.entity_rows import EVENT_TIMESTAMP
from tambo.lake.sql import ident, literal


@dataclass(frozen=True)
class TimeRange:
    """The instants asked for, ends included; naive UTC."""

    first: datetime
    last: datetime

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise FeatureError(
                f"The range of time starts at {self.first} and ends before it, at {self.last}.",
                remedy="give a start_date at or before the end_date",
            )

    @property
    def window(self) -> Window:
        """The range as the join's window."""
        return Window(self.first, self.last)


def time_range(
    views: Sequence[FeatureView], start: datetime | None, end: datetime | None
) -> TimeRange:
    """The range that Feast means: a missing end is now, a missing start the longest ttl before it.

    Raises:
        FeatureError: the start is after the end.
    """
    bounds = compute_non_entity_date_range(views, start_date=start, end_date=end)
    first, last = (bound.astimezone(UTC).replace(tzinfo=None) for bound in bounds)
    return TimeRange(first, last)


def changes_sql(views: Sequence[tuple[ViewJoin, str]], asked: TimeRange) -> str:
    """SQL of the entity rows of a range: event_timestamp, then the join keys, in that order.

    A row stands for each key of each view and instant of availability in the range; a view with
    other keys leaves the others' null. A view without entity adds none where another has keys: its
    value at those rows' times is joined all the same.

    Args:
        views: each view with the SQL of its rows, from `asof.relation`.
        asked: the range.
    """
    keyed = [(view, sql) for view, sql in views if view.keys] or list(views)
    parts = " UNION ALL BY NAME ".join(_changes(view, sql, asked) for view, sql in keyed)
    names = dict.fromkeys(entity for view, _ in keyed for entity, _ in view.keys)
    order = ", ".join([EVENT_TIMESTAMP, *(ident(name) for name in names)])
    return f"SELECT DISTINCT {order} FROM ({parts}) ORDER BY {order}"


def _changes(view: ViewJoin, sql: str, asked: TimeRange) -> str:
    columns = list(dict.fromkeys(column for _, column in view.keys))
    keys = [
        f"{ident(f'__key_{columns.index(column)}')} AS {ident(entity)}"
        for entity, column in view.keys
    ]
    selected = ", ".join([f"{AVAILABLE} AS {EVENT_TIMESTAMP}", *keys])
    first = literal(asked.first.isoformat(" "))
    last = literal(asked.last.isoformat(" "))
    within = f"{AVAILABLE} BETWEEN TIMESTAMP {first} AND TIMESTAMP {last}"
    return f"SELECT {selected} FROM ({sql}) WHERE {within}"
