"""Why a feature has the value it has: which row answers for a key at an instant, and which do not.

A row of the key is, at t,
    future event    it is about something after t
    not yet known   its event is past, but at t nobody knew of it
    superseded      another row has a later event, or is a later version of the same one
    expired         it would be served, but is older than the ttl
    served          what a training row at t gets
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tambo.errors import FeatureError
from tambo.featurestore.asof import ViewJoin, join, register, relation
from tambo.featurestore.columns import Columns, describe, row_hash, table_name, utc
from tambo.featurestore.declared import require_declared
from tambo.featurestore.entity_rows import EVENT_TIMESTAMP, entity_rows
from tambo.featurestore.pinned import Pinned, open_pinned
from tambo.featurestore.plan import plan_views
from tambo.featurestore.store import open_store
from tambo.lake.sql import ident
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

SERVED, EXPIRED = "served", "expired"
FUTURE, UNKNOWN, SUPERSEDED = "future event", "not yet known", "superseded"

SHOWN = 5
"""Rejected rows that are listed for each reason, those nearest to being served first."""


@dataclass(frozen=True)
class Candidate:
    """A row of the key.

    Attributes:
        event: when it became true, UTC.
        created: when it became known, UTC.
        age: t - event; negative if the event is in the future.
        verdict: served, expired, superseded, not yet known or future event.
        values: its features.
    """

    event: datetime
    created: datetime
    age: timedelta
    verdict: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """One feature: its value, and why it is null if it is."""

    feature: str
    value: Any
    why: str | None


@dataclass(frozen=True)
class Explanation:
    """What a view says of a key at an instant.

    Attributes:
        view: the feature view.
        key: the join keys.
        t: the instant, UTC.
        release: number of the release.
        ttl: the view's; None for ever.
        matched: the row that was chosen, served or expired; None if the key has none.
        rejected: other rows, at most `SHOWN` for each reason.
        counts: all rows of the key by verdict.
        cells: the features as they are served.
    """

    view: str
    key: Mapping[str, str]
    t: datetime
    release: int | None
    ttl: timedelta | None
    matched: Candidate | None
    rejected: tuple[Candidate, ...]
    counts: Mapping[str, int]
    cells: tuple[Cell, ...]


def explain(
    settings: Settings,
    view: str,
    key: Mapping[str, str],
    t: datetime,
    *,
    release: int | None = None,
) -> Explanation:
    """Explain what a view serves for a key at an instant, as known then.

    Args:
        settings: the Tambo home.
        view: feature view, for example "fare_prices".
        key: value by join key, as text.
        t: the instant; without a zone it is UTC.
        release: number of the release; None: the latest.

    Raises:
        FeatureError: no such view, other join keys, or a value that is not of the key's type.
        SchemaError: the release does not have what the view declares.
        ReleaseError: the release does not exist, was rejected or retired, or none is released.
    """
    store = open_store(settings, release)
    plan = _plan(_get_view(store, view))
    instant = t.astimezone(UTC).replace(tzinfo=None) if t.tzinfo else t
    with open_pinned(store.config.offline_store) as pinned:
        columns = describe(pinned.connection, plan.table, pinned.where)
        require_declared(pinned, plan.table, columns, plan)
        typed = _typed_key(pinned, plan, columns, key)
        matched, rejected, counts = _candidates(pinned, plan, columns, typed, instant)
        served = _served(pinned, plan, columns, typed, instant)
    return Explanation(
        view=view,
        key=dict(key),
        t=instant,
        release=pinned.release,
        ttl=plan.ttl,
        matched=matched,
        rejected=rejected,
        counts=counts,
        cells=tuple(
            Cell(name, value, _why(value, matched, counts, plan.ttl))
            for name, value in served.items()
        ),
    )


def _get_view(store: FeatureStore, name: str) -> FeatureView:
    from feast.errors import FeastObjectNotFoundException

    try:
        return store.get_feature_view(name)
    except FeastObjectNotFoundException as error:
        known = ", ".join(sorted(one.name for one in store.list_feature_views())) or "none"
        raise FeatureError(
            f"There is no feature view {name}.", remedy=f"choose one of: {known}"
        ) from error


def _plan(view: FeatureView) -> ViewJoin:
    refs = [f"{view.name}:{feature.name}" for feature in view.features]
    return plan_views([view], refs, full_feature_names=False)[0]


def _typed_key(
    pinned: Pinned, plan: ViewJoin, columns: Columns, key: Mapping[str, str]
) -> dict[str, Any]:
    """The key's values in the types of the table."""
    names = [entity for entity, _ in plan.keys]
    if set(key) != set(names):
        raise FeatureError(
            f"View {plan.name} is keyed by {', '.join(names)}, "
            f"not by {', '.join(key) or 'nothing'}.",
            remedy="give " + ",".join(f"{name}=…" for name in names),
        )
    typed = {}
    for entity, column in plan.keys:
        kind = columns[column]
        row = pinned.connection.execute(f"SELECT TRY_CAST(? AS {kind})", [key[entity]]).fetchone()
        if row is None or row[0] is None:
            raise FeatureError(
                f"Join key {entity} is {kind}; {key[entity]!r} is not.",
                remedy=f"give a {kind} for {entity}",
            )
        typed[entity] = row[0]
    return typed


def _candidates(
    pinned: Pinned, plan: ViewJoin, columns: Columns, key: Mapping[str, Any], t: datetime
) -> tuple[Candidate | None, tuple[Candidate, ...], dict[str, int]]:
    """The chosen row, the nearest of the others, and how many there are of each kind."""
    event = utc(plan.event, columns[plan.event])
    created = event
    if plan.created is not None:
        created = f"coalesce({utc(plan.created, columns[plan.created])}, {event})"
    where = " AND ".join([f"{ident(column)} = ?" for _, column in plan.keys] + [f"{event} NOTNULL"])
    verdict = (
        f"CASE WHEN {event} > $t THEN '{FUTURE}' WHEN {created} > $t THEN '{UNKNOWN}' "
        f"ELSE '{SUPERSEDED}' END"
    ).replace("$t", f"TIMESTAMP '{t.isoformat(' ')}'")
    features = [f"{ident(one.column)} AS {ident(one.name)}" for one in plan.features]
    rows = pinned.connection.execute(
        f"SELECT {event} AS __event, {created} AS __created, {verdict} AS __verdict, "
        f"{row_hash(columns)} AS __hash, count(*) OVER (PARTITION BY __verdict) AS __count, "
        f"{', '.join(features)} FROM {table_name(plan.table)} WHERE {where} "
        # The nearest first: of the past the newest, of the future the soonest.
        f"QUALIFY row_number() OVER (PARTITION BY __verdict ORDER BY "
        f"CASE WHEN __verdict = '{SUPERSEDED}' THEN NULL ELSE greatest(__event, __created) END, "
        f"__event DESC, greatest(__event, __created) DESC, __created DESC, __hash DESC) "
        f"<= CASE WHEN __verdict = '{SUPERSEDED}' THEN {SHOWN + 1} ELSE {SHOWN} END "
        f"ORDER BY __event DESC, greatest(__event, __created) DESC, __created DESC, __hash DESC",
        [key[entity] for entity, _ in plan.keys],
    ).fetchall()
    found = [_candidate(row, plan, t) for row in rows]
    counts = {row[2]: int(row[4]) for row in rows}
    past = [one for one in found if one.verdict == SUPERSEDED]
    if not past:
        return None, tuple(found), counts
    chosen = _chosen(past[0], plan.ttl)
    left = counts.pop(SUPERSEDED) - 1
    counts |= {chosen.verdict: 1} | ({SUPERSEDED: left} if left else {})
    return chosen, tuple(one for one in found if one is not past[0]), counts


def _candidate(row: tuple[Any, ...], plan: ViewJoin, t: datetime) -> Candidate:
    event, created, verdict, _, _, *values = row
    names = [one.name for one in plan.features]
    return Candidate(event, created, t - event, verdict, dict(zip(names, values, strict=True)))


def _chosen(one: Candidate, ttl: timedelta | None) -> Candidate:
    verdict = EXPIRED if ttl is not None and one.age > ttl else SERVED
    return Candidate(one.event, one.created, one.age, verdict, one.values)


def _served(
    pinned: Pinned, plan: ViewJoin, columns: Columns, key: Mapping[str, Any], t: datetime
) -> dict[str, Any]:
    """The features as the join gives them: the very SQL that training reads through."""
    asked = pa.table({**{name: [value] for name, value in key.items()}, EVENT_TIMESTAMP: [t]})
    rows = entity_rows(asked)
    types = {entity: columns[column] for entity, column in plan.keys}
    register(pinned.connection, rows.lookup(types))
    sql = join([(plan, relation(plan, columns))])
    found = pinned.connection.sql(sql).to_arrow_table()
    return {one.name: found.column(one.name)[0].as_py() for one in plan.features}


def _why(
    value: Any, matched: Candidate | None, counts: Mapping[str, int], ttl: timedelta | None
) -> str | None:
    if value is not None:
        return None
    if matched is None:
        later = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counts.items()))
        return f"nothing was known of this key: {later}" if later else "the key has no row"
    if matched.verdict == EXPIRED:
        return f"expired: {matched.age} old, the ttl is {ttl}"
    if all(one is None for one in matched.values.values()):
        return "the row is empty: what was known of the key has been withdrawn"
    return "null in the row itself"
