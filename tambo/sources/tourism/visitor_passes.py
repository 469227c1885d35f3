"""One pass over the source of visitor counts: which rows, in which pages, and what to remember.

Without a column of changes, a pass reads in the order of the counted hour, from some days before
the newest one on. Of the days that will be read again the state holds a digest of each hour, and
an hour that is as it was is passed over.

With one, a pass reads in the order of changes. A transaction may commit a row a while after the
time that the row tells, so the state never moves behind the moment a pass began, less that while;
what lies after it is read again by the next pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.door import Page, Scalar, State
from tambo.sources.tourism.visitor_rows import (
    LocalRows,
    digest,
    hour_label,
    instant,
    localized,
    page_rows,
    position,
    with_whole_hours,
)
from tambo.sources.tourism.visitor_source import AT, CHANGED, VisitorSource, open_source

if TYPE_CHECKING:
    import pyarrow as pa

HOUR = "hour "
"""Before the local hour, the name of its digest in the state."""


@dataclass(frozen=True)
class _Part:
    """Rows of one page; `whole`: no row of its last tie is on another page."""

    local: LocalRows
    whole: bool


def open_pass(settings: Settings, state: State) -> Iterator[Page]:
    """Read what has come since the state, to the end of the table.

    Raises:
        SourceBusyError: the database is away, or the connection was lost.
        SourceError: the database refuses, its table is not as the settings say, or the state is of
            another table.
        SettingsError: the URL or the zone is wrong.
    """
    source = open_source(settings)
    of = state.get("of", source.fingerprint)
    if of != source.fingerprint:
        raise SourceError(
            f"The door visitors was read from {of!r} so far; the settings now name "
            f"{source.fingerprint!r}.",
            remedy="put the settings back; or read the new source from its beginning: "
            "tambo fetch tourism visitors --afresh",
        )
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

    rows = settings.visitors_page_rows
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, rows, condition)) as tables,
    ):
        for part in _parts(source, tables, rows, _same_hour):
            if part.whole:
                values["at"] = position(part.local.rows.column(AT)[-1].as_py())
            values |= _newest(source, part.local, values, began)
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
        _refuse_unset(source, source.count_without(connection, source.change))
    rows = settings.visitors_page_rows
    with (
        source.database.connection() as connection,
        closing(source.rows(connection, rows, source.has_time, condition)) as tables,
    ):
        for part in _parts(source, tables, rows, _same_change):
            if part.whole:
                values |= _settled(source, part.local.rows, horizon)
            values |= _newest(source, part.local, values, began)
            table = page_rows(with_whole_hours(source, part.local))
            yield Page(table, dict(values), fetched_to=_fetched_to(values))
    yield _last_page(source, values)


def _last_page(source: VisitorSource, values: dict[str, Scalar]) -> Page:
    """No rows, the state behind the last one, and what could not be read."""
    with source.database.connection() as connection:
        without = source.count_without(connection, source.at)
    notes = (f"{without:,} rows have no {source.at.name}, and are not read",) if without else ()
    return Page(source.no_rows(), values, _fetched_to(values), notes)


def _parts(
    source: VisitorSource,
    tables: Generator[pa.Table, None, None],
    rows: int,
    ties: Callable[[LocalRows], Any],
) -> Iterator[_Part]:
    """Cut a stream where no tie is cut; a tie of more than a page is handed out in parts."""
    import pyarrow as pa

    pending: pa.Table | None = None
    for table in tables:
        both = table if pending is None else pa.concat_tables([pending, table])
        local = localized(source, both)
        others = ~ties(local)
        border = int(others.nonzero()[0][-1]) + 1 if others.any() else 0
        if border:
            yield _Part(local.slice(0, border), whole=True)
            pending = both.slice(border)
        elif both.num_rows > rows:
            yield _Part(local, whole=False)
            pending = None
        else:
            pending = both
    if pending is not None and pending.num_rows:
        yield _Part(localized(source, pending), whole=True)


def _same_hour(local: LocalRows) -> Any:
    """Of each row whether it is of the last one's local hour."""
    return local.hours == local.hours[-1]


def _same_change(local: LocalRows) -> Any:
    """Of each row whether it has the last one's change and time."""
    import pyarrow.compute as pc

    columns = [local.rows.column(name) for name in (CHANGED, AT)]
    return pc.and_(*(pc.equal(column, column[-1]) for column in columns)).to_numpy()


def _unlike_before(part: _Part, values: dict[str, Scalar], watch: str) -> LocalRows:
    """Leave out the hours that are as they were read before, and remember the others."""
    import numpy as np

    hours = part.local.hours
    starts = [0, *((hours[1:] != hours[:-1]).nonzero()[0] + 1).tolist()]
    ends = [*starts[1:], len(hours)]
    keep = np.ones(len(hours), bool)
    # From the newest back: what is older than the days that are read again needs no look.
    for start, end in zip(reversed(starts), reversed(ends), strict=True):
        label = hour_label(hours[start])
        if label < watch:
            break
        found = digest(part.local.slice(start, end - start).rows)
        keep[start:end] = values.get(HOUR + label) != found
        if part.whole:
            values[HOUR + label] = found
    return part.local if keep.all() else part.local.filter(keep)


def _settled(source: VisitorSource, rows: pa.Table, horizon: datetime) -> dict[str, Scalar]:
    """The position of the last row before the horizon; nothing if there is none."""
    changes = rows.column(CHANGED)
    for number in range(rows.num_rows - 1, -1, -1):
        when = instant(source, changes[number].as_py())
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
    latest = instant(source, pc.max(column).as_py())
    if latest is None or latest > began.replace(tzinfo=None):
        times = [instant(source, at) for at in column.to_pylist()]
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


def _refuse_unset(source: VisitorSource, rows: int) -> None:
    if rows:
        raise SourceError(
            f"In {rows:,} rows of {source.table} the column {source.change.name} is empty, so "
            "nobody can tell when they were changed.",
            remedy="name a column that is always set; or unset TAMBO_VISITORS_CHANGED_COLUMN, and "
            "the last days are read again instead",
        )
