"""Local times that a clock shows twice, as a door writes them.

Ingest takes the first of two equal local times of a file as the first instant, and the next as the
second. So a page holds both, in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


def local_time(instant: datetime, zone: str) -> tuple[datetime, bool]:
    """The local time of an instant, without zone, and whether it is the second of its name.

    Args:
        instant: naive UTC.
        zone: IANA name.
    """
    local = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return local.replace(tzinfo=None, fold=0), local.fold == 1


def not_between(instant: datetime, zone: str) -> datetime:
    """The instant, or the first of its name where it is the second: a border that parts no pair.

    Args:
        instant: naive UTC.
        zone: IANA name.
    """
    local, second = local_time(instant, zone)
    return _utc(local, zone, fold=0) if second else instant


def never_second(instant: datetime, zone: str) -> datetime:
    """The instant, or the end of the repeated time where it lies in its second half.

    Args:
        instant: naive UTC.
        zone: IANA name.
    """
    while local_time(instant, zone)[1]:
        instant += timedelta(minutes=1) - timedelta(
            seconds=instant.second, microseconds=instant.microsecond
        )
    return instant


def is_twofold(local: datetime, zone: str) -> bool:
    """Whether a clock shows a local time twice."""
    return _utc(local, zone, fold=0) < _utc(local, zone, fold=1)


def _utc(local: datetime, zone: str, *, fold: int) -> datetime:
    told = local.replace(tzinfo=ZoneInfo(zone), fold=fold)
    return told.astimezone(UTC).replace(tzinfo=None)


def with_first_hours(
    rows: pa.Table, second: npt.NDArray[np.bool_], key: Sequence[str], fill: Mapping[str, Any]
) -> pa.Table:
    """Put a line that withdraws the first hour where the source has only the second.

    Args:
        rows: of a page.
        second: of each row whether it is at the second of two equal local times.
        key: columns of the key.
        fill: values of other columns that may not be empty.

    Returns:
        The rows; with a column `withdrawn` where such lines were needed, these first.
    """
    import pyarrow as pa

    if not second.any():
        return rows
    firsts = {tuple(row.values()) for row in _picked(rows, ~second, key)}
    alone = [row for row in _picked(rows, second, key) if tuple(row.values()) not in firsts]
    if not alone:
        return rows
    gone = pa.table(
        [
            pa.array([row.get(name, fill.get(name)) for row in alone]).cast(kind)
            for name, kind in zip(rows.column_names, rows.schema.types, strict=True)
        ],
        names=rows.column_names,
    )
    kept = rows.append_column("withdrawn", pa.nulls(rows.num_rows, pa.bool_()))
    return pa.concat_tables([gone.append_column("withdrawn", pa.array([True] * len(alone))), kept])


def _picked(rows: pa.Table, mask: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    import pyarrow as pa

    found: list[dict[str, Any]] = rows.select(list(names)).filter(pa.array(mask)).to_pylist()
    return found
