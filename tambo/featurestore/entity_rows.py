"""Entity rows: who and when features are asked for, as a pandas frame, an Arrow table or a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from tambo.errors import EntityRowsError
from tambo.featurestore.asof import ROW, TIME
from tambo.featurestore.keys import cast_key, first_misfit

EVENT_TIMESTAMP = "event_timestamp"

_MICROSECONDS = pa.timestamp("us")
_WRITE_TIMES = "write times as 2026-03-01 12:30:00 (UTC) or 2026-03-01T09:30:00-03:00"


@dataclass(frozen=True)
class EntityRows:
    """Entity rows as they came, and their times as the join compares them.

    Attributes:
        table: the rows with all their columns, untouched, in their order.
        time_column: which column holds the entity time.
        times: naive UTC, microseconds; anything finer is cut off, so that nothing after t is seen.
    """

    table: pa.Table
    time_column: str
    times: pa.ChunkedArray

    @property
    def first(self) -> datetime | None:
        """Least entity time, UTC without zone; None if there are no rows."""
        least: datetime | None = pc.min(self.times).as_py()
        return least

    @property
    def last(self) -> datetime | None:
        """Greatest entity time, UTC without zone; None if there are no rows."""
        greatest: datetime | None = pc.max(self.times).as_py()
        return greatest

    def require(self, keys: Iterable[str]) -> None:
        """Check that the join keys are there.

        Raises:
            EntityRowsError: one is missing.
        """
        absent = [name for name in dict.fromkeys(keys) if name not in self.table.column_names]
        if absent:
            raise EntityRowsError(
                f"The entity rows have no column {', '.join(absent)}; "
                f"they have {', '.join(self.table.column_names)}.",
                remedy="add the join keys of every view asked for",
            )

    def lookup(self, keys: Mapping[str, str]) -> pa.Table:
        """The columns that the join reads: row number, time and typed keys.

        Args:
            keys: DuckDB type of the join key by column of the entity rows.

        Raises:
            EntityRowsError: a key column is missing or holds values of another type.
        """
        self.require(keys)
        columns: dict[str, pa.ChunkedArray | pa.Array] = {
            ROW: pa.array(np.arange(len(self.times), dtype=np.int64)),
            TIME: self.times,
        }
        for name, kind in keys.items():
            columns[name] = cast_key(name, self.table.column(name), kind)
        return pa.table(columns)


def column_names(rows: pd.DataFrame | pa.Table) -> list[str]:
    """Names of the columns, in order, repeats included.

    Raises:
        EntityRowsError: it is neither a frame nor a table.
    """
    if not isinstance(rows, pd.DataFrame | pa.Table):
        raise EntityRowsError(
            f"The entity rows are a {type(rows).__name__}.",
            remedy="give a pandas frame, an Arrow table, SQL over the lake as text, or None with a "
            "range of time",
        )
    names = rows.columns if isinstance(rows, pd.DataFrame) else rows.column_names
    return [str(name) for name in names]


def entity_rows(rows: pd.DataFrame | pa.Table, time_column: str | None = None) -> EntityRows:
    """Take entity rows in; every column is kept, duplicates and order too.

    A time may be written as text, as Feast allows: it is handed out as a time in UTC.

    Args:
        rows: one row for each (keys, time); a naive time is UTC.
        time_column: column of the entity time; None: event_timestamp, else the only time column.

    Raises:
        EntityRowsError: a column name occurs twice, a column mixes types, there is no time column,
            it is not a time, or a time is missing.
    """
    names = column_names(rows)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EntityRowsError(
            f"The entity rows have more than one column named {', '.join(twice)}.",
            remedy="rename or drop the duplicates",
        )
    table = _from_pandas(rows) if isinstance(rows, pd.DataFrame) else rows
    chosen = time_column or _time_column(table)
    if chosen in table.column_names and is_text(table.column(chosen).type):
        at = table.column_names.index(chosen)
        table = table.set_column(at, chosen, times_of_text(table.column(chosen), chosen))
    return EntityRows(table, chosen, _times(table, chosen))


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    arrays = {}
    for position, name in enumerate(frame.columns):
        try:
            arrays[str(name)] = pa.array(frame.iloc[:, position], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise EntityRowsError(
                f"Column {name} of the entity rows mixes types, or its numbers are too wide: "
                f"{error}",
                remedy="give the column one type",
            ) from error
    return pa.table(arrays)


def times_of_text(times: pa.ChunkedArray, column: str) -> pa.Array:
    """Times written as ISO 8601; without a zone they are UTC.

    Raises:
        EntityRowsError: one is not.
    """
    instants: list[datetime | None] = []
    for number, text in enumerate(times.to_pylist()):
        try:
            instants.append(_instant(text))
        except ValueError as error:
            raise EntityRowsError(
                f"Column {column} of the entity rows holds {text!r} in row {number} (counted from "
                "0), which is not a time.",
                remedy=_WRITE_TIMES,
            ) from error
    return pa.array(instants, _MICROSECONDS).cast(pa.timestamp("us", "UTC"))


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is text of any kind."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _instant(text: str | None) -> datetime | None:
    """An ISO 8601 time as naive UTC; without a zone it is UTC.

    Not by pandas: to it "today" is a time as well, and another one at each call.
    """
    instant = None if text is None else datetime.fromisoformat(text)
    if instant is not None and instant.tzinfo is not None:
        return instant.astimezone(UTC).replace(tzinfo=None)
    return instant


def _time_column(table: pa.Table) -> str:
    if EVENT_TIMESTAMP in table.column_names:
        return EVENT_TIMESTAMP
    times = [field.name for field in table.schema if pa.types.is_timestamp(field.type)]
    if len(times) == 1:
        return str(times[0])
    found = f"more than one time column ({', '.join(times)})" if times else "no time column"
    raise EntityRowsError(
        f"The entity rows have {found}; their columns are {', '.join(table.column_names)}.",
        remedy=f"name the entity time {EVENT_TIMESTAMP}",
    )


def _times(table: pa.Table, column: str) -> pa.ChunkedArray:
    """Entity times as naive UTC microseconds."""
    if column not in table.column_names:
        raise EntityRowsError(
            f"The entity rows have no column {column}; they have {', '.join(table.column_names)}.",
            remedy=f"name the entity time {EVENT_TIMESTAMP}",
        )
    times = table.column(column)
    kind = times.type
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        times = times.cast(_MICROSECONDS)
    elif not pa.types.is_timestamp(kind):
        raise EntityRowsError(
            f"Column {column} of the entity rows is {kind}, not a time.",
            remedy="make it a timestamp, for example with pandas.to_datetime(…, utc=True)",
        )
    if times.null_count:
        rows = pc.indices_nonzero(times.is_null()).slice(0, 5).to_pylist()
        raise EntityRowsError(
            f"Column {column} of the entity rows has no time in {times.null_count} rows, "
            f"first in row {', '.join(str(row) for row in rows)} (counted from 0).",
            remedy="give every row its time, or leave the row out",
        )
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        # Cut towards the past: rounding up would show what became known after t.
        times = pc.floor_temporal(times, unit="microsecond")
    return times.cast(pa.timestamp("us", kind.tz if pa.types.is_timestamp(kind) else None)).cast(
        _MICROSECONDS, safe=False
    )


def read_entity_rows(
    path: Path, types: Mapping[str, pa.DataType] | None = None, time_column: str = EVENT_TIMESTAMP
) -> pa.Table:
    """Read entity rows from a CSV or Parquet file.

    Args:
        path: the file; its suffix tells the format.
        types: Arrow type by column where it must not be guessed (a code "007" is text).
        time_column: column of the entity time, ISO 8601 in a CSV file; without a zone it is UTC.

    Raises:
        EntityRowsError: the file is missing or unreadable, a column name occurs twice, there is no
            time column, or a value is not of its column's type.
    """
    if not path.is_file():
        raise EntityRowsError(
            f"There is no file {path}.", remedy="give the path of a CSV or Parquet"
        )
    if path.suffix.lower() in {".parquet", ".pq"}:
        try:
            return pyarrow.parquet.read_table(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise EntityRowsError(f"{path} is not a Parquet file: {error}") from error
    with path.open("rb") as lines:
        header = lines.readline().decode("utf-8-sig", "replace").strip().split(",")
    names = [name.strip().strip('"') for name in header]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EntityRowsError(
            f"{path} has more than one column named {', '.join(twice)}.",
            remedy="rename or drop the duplicates",
        )
    if time_column not in names:
        raise EntityRowsError(
            f"{path} has no column {time_column}; its columns are {', '.join(names)}.",
            remedy=f"name the entity time {time_column}",
        )
    known = {name: kind for name, kind in (types or {}).items() if name in names}
    table = _read_csv(path, {**known, time_column: pa.string()})
    at = names.index(time_column)
    return table.set_column(at, time_column, _parse_times(path, table.column(time_column)))


def _read_csv(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    options = pyarrow.csv.ConvertOptions(
        column_types=dict(types), strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    try:
        return pyarrow.csv.read_csv(path, convert_options=options)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        said = _misfit(path, types) or f"{path} cannot be read: {error}"
        raise EntityRowsError(said, remedy="correct the value or the column") from error


def _misfit(path: Path, types: Mapping[str, pa.DataType]) -> str | None:
    """The first value that is not of its column's type; None if that is not what is wrong."""
    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(types, pa.string()), strings_can_be_null=True
    )
    try:
        table = pyarrow.csv.read_csv(path, convert_options=options)
    except pa.ArrowInvalid:
        return None
    for name, kind in types.items():
        column = table.column(name)
        row = first_misfit(column, kind)
        if row is not None:
            value = column[row].as_py()
            return f"{path}, record {row + 1}: {name} is {value!r}, which is not {kind}."
    return None


def _parse_times(path: Path, column: pa.ChunkedArray) -> pa.Array:
    instants: list[datetime | None] = []
    for number, text in enumerate(column.to_pylist(), start=1):
        try:
            instants.append(_instant(text))
        except ValueError as error:
            raise EntityRowsError(
                f"{path}, record {number}: {text!r} is not a time.", remedy=_WRITE_TIMES
            ) from error
    return pa.array(instants, _MICROSECONDS).cast(pa.timestamp("us", "UTC"))
