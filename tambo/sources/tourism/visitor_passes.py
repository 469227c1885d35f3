"""One pass over the source of visitor counts: which rows, in which pages, and what to remember.

Without a column of changes, a pass reads in the order of the counted hour, from some days before
the newest one on. Of the days that will be read again the state holds a digest of each hour, and
an hour that is as it was is passed over.

With one, a pass reads in the order of changes. A transaction may commit a row a while after the
time that the row tells, so the state never moves behind the moment a pass began, less that while;
what lies after it is read again by the next pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tambo.settings import Settings
from tambo.sources.door import Page, Scalar, State
from tambo.sources.positions import Part, instant, parts, position, refuse_unset, require_same
from tambo.sources.tourism.visitor_rows import (
    LocalRows,
    digest,
    hour_label,
    localized,
    page_rows,
    with_whole_hours,
)
from tambo.sources.tourism.visitor_source import AT, CHANGED, VisitorSource, open_source

if TYPE_CHECKING:
    import pyarrow as pa

HOUR = "hour "
"""Before the local hour, the name of its digest in the state."""


def open_pass(settings: Settings, state: State) -> Iterator[Page]:
    """Read what has come since the state, to the end of the table.

    Raises:
        SourceBusyError: the database is away, or the connection was lost.
        SourceError: the database refuses, its table is not as the settings say, or the state is of
            another table.
        SettingsError: the URL or the zone is wrong.
    """
    source = open_source(settings)
    require_same("tourism", "visitors", state, source.fingerprint)
    values = {**state, "of": source.fingerprint}
    if source.changed is None:
        yield from _by_time(settings, source, values)
    else:
        yield from _by_change(settings, source, values)


def _by_time(
    settings: Settings, source: VisitorSource, values: dict[str, Scalar]
) -> Iterator[Page]:
    began = datetime.now(UTC)
    lookback = timedelta(days=settings.visitors_lookback_days)
    at, newest = values.get("at"), values.get("newest")
    condition = source.has_time
    if values.get("open") and at is not None:
        condition = source.after(str(at))
    elif newest is not None:
        day = _local(source, str(newest)).date() - lookback
        condition = source.from_day(day)
        values["watch"] = str(day)
    else:
        values["watch"] = str(began.astimezone(ZoneInfo(source.target)).date() - lookback)
    watch = str(values["watch"])
    # Those of days that are not read again any more.
    for name in [n for n in values if n.startswith(HOUR) and n.removeprefix(HOUR)[:10] < watch]:
        del values[name]
    values["open"] = True

    rows, read = settings.visitors_page_rows, partial(localized, source)
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, rows, condition)) as tables,
    ):
        for part in parts(tables, rows, read, _same_hour):
            if part.whole:
                values["at"] = position(part.rows.rows.column(AT)[-1].as_py())
            values |= _newest(source, part.rows, values, began)
            kept = _unlike_before(part, values, watch)
            yield Page(page_rows(kept), dict(values), fetched_to=_fetched_to(values))
    yield _last_page(source, {**values, "open": False})


def _by_change(
    settings: Settings, source: VisitorSource, values: dict[str, Scalar]
) -> Iterator[Page]:
    began = datetime.now(UTC)
    horizon = (began - timedelta(minutes=settings.visitors_overlap_minutes)).replace(tzinfo=None)
    changed, at = values.get("changed"), values.get("at")
    condition = source.has_time
    if changed is not None:
        condition = source.changed_after(str(changed), str(at))
    with source.database.connection() as connection:
        unset = source.count_without(connection, source.change)
    refuse_unset(unset, source.table, source.change, "TAMBO_VISITORS_CHANGED_COLUMN")
    rows, read = settings.visitors_page_rows, partial(localized, source)
    reached: dict[str, Scalar] = {}
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, rows, source.has_time, condition)) as tables,
    ):
        for part in parts(tables, rows, read, _same_change):
            reached = _settled(source, part.rows.rows, horizon)
            if part.whole:
                values |= reached
            values |= _newest(source, part.rows, values, began)
            table = page_rows(with_whole_hours(source, part.rows))
            yield Page(table, dict(values), fetched_to=_fetched_to(values))
    # Behind the end, a tie that took more than a page is whole too.
    yield _last_page(source, values | reached)


def _last_page(source: VisitorSource, values: dict[str, Scalar]) -> Page:
    """No rows, the state behind the last one, and what could not be read."""
    with source.database.connection() as connection:
        without = source.count_without(connection, source.at)
    notes = (f"{without:,} rows have no {source.at.name}, and are not read",) if without else ()
    return Page(source.no_rows(), values, _fetched_to(values), notes)


def _same_hour(local: LocalRows) -> Any:
    """Of each row whether it is of the last one's local hour."""
    return local.hours == local.hours[-1]


def _same_change(local: LocalRows) -> Any:
    """Of each row whether it has the last one's change and time."""
    import pyarrow.compute as pc

    columns = [local.rows.column(name) for name in (CHANGED, AT)]
    return pc.and_(*(pc.equal(column, column[-1]) for column in columns)).to_numpy()


def _unlike_before(part: Part[LocalRows], values: dict[str, Scalar], watch: str) -> LocalRows:
    """Leave out the hours that are as they were read before, and remember the others."""
    import numpy as np

    hours = part.rows.hours
    starts = [0, *((hours[1:] != hours[:-1]).nonzero()[0] + 1).tolist()]
    ends = [*starts[1:], len(hours)]
    keep = np.ones(len(hours), bool)
    # From the newest back: what is older than the days that are read again needs no look.
    for start, end in zip(reversed(starts), reversed(ends), strict=True):
        label = hour_label(hours[start])
        if label < watch:
            break
        found = digest(part.rows.slice(start, end - start).rows)
        keep[start:end] = values.get(HOUR + label) != found
        if part.whole:
            values[HOUR + label] = found
    return part.rows if keep.all() else part.rows.filter(keep)


def _settled(source: VisitorSource, rows: pa.Table, horizon: datetime) -> dict[str, Scalar]:
    """The position of the last row before the horizon; nothing if there is none."""
    changes = rows.column(CHANGED)
    for number in range(rows.num_rows - 1, -1, -1):
        when = instant(source.zone, changes[number].as_py())
        if when is not None and when < horizon:
            at = rows.column(AT)[number].as_py()
            return {"changed": position(changes[number].as_py()), "at": position(at)}
    return {}


def _newest(
    source: VisitorSource, local: LocalRows, values: dict[str, Scalar], began: datetime
) -> dict[str, Scalar]:
    """The newest counted hour, naive UTC; a row from the future does not count."""
    import pyarrow.compute as pc

    column = local.rows.column(AT)
    latest = instant(source.zone, pc.max(column).as_py())
    if latest is None or latest > began.replace(tzinfo=None):
        times = [instant(source.zone, at) for at in column.to_pylist()]
        past = [at for at in times if at is not None and at <= began.replace(tzinfo=None)]
        latest = max(past, default=None)
    known = values.get("newest")
    if latest is None or (known is not None and str(latest) <= str(known)):
        return {}
    return {"newest": str(latest)}


def _fetched_to(values: dict[str, Scalar]) -> datetime | None:
    newest = values.get("newest")
    return None if newest is None else datetime.fromisoformat(str(newest))


def _local(source: VisitorSource, utc: str) -> datetime:
    told = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    return told.astimezone(ZoneInfo(source.target))
