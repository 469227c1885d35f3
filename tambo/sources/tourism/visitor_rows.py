"""Rows of the source as rows of tourist_flow: local times, whole counts, both hours of a change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tambo.sources.tourism.visitor_source import AT, VisitorSource
from tambo.sources.twofold import is_twofold, with_first_hours

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Keys = npt.NDArray[np.int64] | npt.NDArray[np.object_]


EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class LocalRows:
    """Rows with their local times.

    Attributes:
        rows: as read, with `timestamp`, the local time: a timestamp, or text where it is none.
        hours: of each row its local hour; rows of one hour stand together.
        second: of each row whether it is at the second of two equal local times.
    """

    rows: pa.Table
    hours: Keys
    second: npt.NDArray[np.bool_]

    def slice(self, start: int, length: int) -> LocalRows:
        """Some rows in a row."""
        chosen = slice(start, start + length)
        return LocalRows(self.rows.slice(start, length), self.hours[chosen], self.second[chosen])

    def filter(self, mask: npt.NDArray[np.bool_]) -> LocalRows:
        """The rows under a mask."""
        return LocalRows(self.rows.filter(mask), self.hours[mask], self.second[mask])


def localized(source: VisitorSource, rows: pa.Table) -> LocalRows:
    """Convert the counted hours to the contract's zone."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    at = rows.column(AT)
    if pa.types.is_string(at.type):
        return _from_text(source, rows)
    if at.type.tz is None and source.zone == source.target:
        local, second = at, np.zeros(rows.num_rows, bool)
    else:
        zoned = at if at.type.tz else _assumed(at, source.zone)
        local = pc.local_timestamp(zoned.cast(pa.timestamp("us", source.target)))
        first = pc.cast(_assumed(local, source.target), pa.timestamp("us", "UTC"))
        second = pc.not_equal(first, zoned.cast(pa.timestamp("us", "UTC"))).to_numpy()
        second = second.astype(bool)
    hours = pc.floor_temporal(local, unit="hour").cast(pa.int64()).to_numpy()
    return LocalRows(rows.append_column("timestamp", local), hours, second)


def _assumed(naive: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="earliest")


def _from_text(source: VisitorSource, rows: pa.Table) -> LocalRows:
    """What is no time stays as it is written: ingest says what is wrong with it."""
    import numpy as np
    import pyarrow as pa

    zone, target = ZoneInfo(source.zone), ZoneInfo(source.target)
    texts, seconds = [], []
    for text in rows.column(AT).to_pylist():
        try:
            told = datetime.fromisoformat(text)
        except ValueError:
            texts.append(text)
            seconds.append(False)
            continue
        moved = told.tzinfo is not None or source.zone != source.target
        local = (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(target)
        shown = (local if moved else told).replace(tzinfo=None, fold=0)
        texts.append(str(shown))
        seconds.append(moved and local.fold == 1)
    hours = np.array([text[:13] for text in texts], dtype=object)
    told_rows = rows.append_column("timestamp", pa.array(texts, pa.string()))
    return LocalRows(told_rows, hours, np.array(seconds, bool))


def page_rows(local: LocalRows) -> pa.Table:
    """The columns of the contract.

    Ingest takes the first of two equal local times of a file as the first hour. Where the source
    has nothing in that hour, a line that withdraws it stands there.
    """
    names = [
        n
        for n in ("timestamp", "location", "tourist_count", "market")
        if n in local.rows.column_names
    ]
    rows = local.rows.select(names)
    rows = rows.set_column(
        names.index("tourist_count"), "tourist_count", _whole(rows.column("tourist_count"))
    )
    key = [name for name in names if name != "tourist_count"]
    return with_first_hours(rows, local.second, key, {"tourist_count": 0})


def _whole(counts: pa.ChunkedArray) -> pa.ChunkedArray:
    """A number column of whole numbers is written without a fraction."""
    import pyarrow as pa

    if not pa.types.is_floating(counts.type):
        return counts
    try:
        return counts.cast(pa.int64())
    except pa.ArrowInvalid:
        return counts


def digest(rows: pa.Table) -> str:
    """What the rows of an hour hold, in whatever order."""
    lines = sorted("\x1f".join(map(str, row.values())) for row in rows.to_pylist())
    return sha256("\n".join(lines).encode()).hexdigest()[:16]


def hour_label(hour: Any) -> str:
    """A local hour as text."""
    return hour if isinstance(hour, str) else str(EPOCH + timedelta(microseconds=int(hour)))


def with_whole_hours(source: VisitorSource, local: LocalRows) -> LocalRows:
    """Read both of two equal local hours wherever a row of one of them came.

    Ingest tells the two apart by their order in one file, so a correction of one needs the other.
    """
    import numpy as np
    import pyarrow as pa

    starts = _twofold_hours(source, local)
    if not starts:
        return local
    with source.database.connection() as connection:
        again = [
            table
            for start in starts
            for table in source.rows(connection, local.rows.num_rows, *source.within(start))
        ]
    others = local.filter(~np.isin(local.hours, [_microseconds(start) for start in starts]))
    rows = pa.concat_tables([others.rows.select(again[0].column_names), *again])
    return localized(source, rows.sort_by([(AT, "ascending")]))


def _twofold_hours(source: VisitorSource, local: LocalRows) -> list[datetime]:
    """Local hours that the contract's clock shows twice, where the source can tell them apart."""
    naive = source.at.time_kind == "naive" and source.zone == source.target
    if naive or source.at.time_kind == "text":
        return []
    # The last second tells: some zones change in the middle of an hour.
    last = timedelta(minutes=59, seconds=59)
    hours = (EPOCH + timedelta(microseconds=hour) for hour in set(local.hours.tolist()))
    return sorted(hour for hour in hours if is_twofold(hour + last, source.target))


def _microseconds(local: datetime) -> int:
    return (local - EPOCH) // timedelta(microseconds=1)
