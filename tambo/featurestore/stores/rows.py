"""A batch of feature rows on its way into an online store: columns of bytes, ready to be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from feast import FeatureView  # noqa: TID253 - imported by Feast itself, by name
from feast.infra.key_encoding_utils import (  # noqa: TID253
    serialize_entity_key,
    serialize_entity_key_prefix,
)
from numpy.typing import NDArray

from tambo.errors import FeatureError
from tambo.featurestore.stores.encode import (
    Binary,
    as_binary,
    encode_values,
    fixed,
    seconds,
)

KEY_VERSION = 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_KINDS = {"BYTES": 1, "STRING": 2, "INT32": 3, "INT64": 4, "UNIX_TIMESTAMP": 8}
_EMPTY = pa.scalar(b"", pa.binary())

ProtoRow = tuple[Any, Mapping[str, Any], datetime, datetime | None]
"""Entity key, values by feature, event time, created time: what Feast hands to its stores."""

Micros = NDArray[np.int64]


@dataclass(frozen=True)
class OnlineRows:
    """Feature rows of one view.

    Attributes:
        keys: serialised entity keys.
        events: event times, microseconds since 1970 in UTC.
        created: created times likewise; the event time where there is none.
        values: serialised values by feature.
    """

    keys: Binary
    events: Micros
    created: Micros
    values: dict[str, Binary]

    def __len__(self) -> int:
        return len(self.keys)


def rows_of_batch(batch: pa.RecordBatch, view: FeatureView) -> OnlineRows:
    """Encode rows as read from the offline store; columns are named as in the view.

    Raises:
        FeatureError: a value does not fit the type that the view declares, or a key is null.
    """
    source = view.batch_source
    events = _micros(batch.column(source.timestamp_field))
    created = source.created_timestamp_column
    known = pc.fill_null(_stamps(batch.column(created)), _stamps_of(events)) if created else None
    return OnlineRows(
        keys=encode_keys(batch, [(one.name, _kind(one)) for one in view.entity_columns]),
        events=events,
        created=events if known is None else known.to_numpy(zero_copy_only=False),
        values={one.name: _encoded(batch, one, view.name) for one in view.features},
    )


def rows_of_protos(data: Sequence[ProtoRow]) -> Iterator[OnlineRows]:
    """Take rows as Feast hands them over; one part for each run of rows with the same features."""
    start = 0
    while start < len(data):
        names = list(data[start][1])
        end = start
        while end < len(data) and list(data[end][1]) == names:
            end += 1
        yield _of_protos(data[start:end], names)
        start = end


def _of_protos(data: Sequence[ProtoRow], names: Sequence[str]) -> OnlineRows:
    events = [_since_epoch(row[2]) for row in data]
    known = [event if row[3] is None else _since_epoch(row[3]) for event, row in zip(events, data, strict=True)]  # fmt: skip # noqa: E501
    keys = [serialize_entity_key(row[0], entity_key_serialization_version=KEY_VERSION) for row in data]  # fmt: skip # noqa: E501
    return OnlineRows(
        keys=pa.array(keys, pa.binary()),
        events=np.array(events, np.int64),
        created=np.array(known, np.int64),
        values={
            name: pa.array([row[1][name].SerializeToString() for row in data], pa.binary())
            for name in names
        },
    )


def encode_keys(batch: pa.RecordBatch, join_keys: Sequence[tuple[str, str]]) -> Binary:
    """Serialise entity keys as Feast does (version 3).

    Args:
        batch: holds a column for each join key.
        join_keys: (name, Feast value type) of each, in any order.

    Raises:
        FeatureError: a join key is of a type that Feast cannot store, or is null.
    """
    names = sorted(name for name, _ in join_keys)
    parts: list[Any] = [pa.scalar(serialize_entity_key_prefix(names, KEY_VERSION), pa.binary())]
    for name, kind in sorted(join_keys):
        column = batch.column(name)
        if kind not in _KINDS or column.null_count:
            what = f"has type {kind}" if kind not in _KINDS else "is null in some rows"
            raise FeatureError(
                f"join key {name} {what}", remedy=f"use one of {', '.join(sorted(_KINDS))}"
            )
        parts += _key_parts(column, kind)
    return pc.binary_join_element_wise(*parts, _EMPTY)


def _key_parts(column: pa.Array, kind: str) -> list[Any]:
    number = np.uint32(_KINDS[kind]).tobytes()
    if kind in {"STRING", "BYTES"}:
        content = as_binary(column)
        lengths = pc.binary_length(content).to_numpy(zero_copy_only=False)
        return [fixed(number, lengths.astype("<u4").view(np.uint8).reshape(-1, 4)), content]
    width = 4 if kind == "INT32" else 8
    whole = seconds(column) if pa.types.is_temporal(column.type) else column
    raw = whole.cast(pa.int32() if width == 4 else pa.int64()).to_numpy(zero_copy_only=False)
    head = number + np.uint32(width).tobytes()
    return [fixed(head, np.ascontiguousarray(raw).view(np.uint8).reshape(-1, width))]


def _encoded(batch: pa.RecordBatch, field: Any, view: str) -> Binary:
    column = batch.column(field.name)
    try:
        return encode_values(column, _kind(field))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError, ValueError) as error:
        raise FeatureError(
            f"feature {view}:{field.name} is declared {_kind(field)}, "
            f"but its column is {column.type}: {error}",
            remedy="correct the view's type, or cast the column in the mart",
        ) from error


def _kind(field: Any) -> str:
    return str(field.dtype.to_value_type().name)


def _stamps(column: pa.Array) -> pa.Array:
    return column.cast(pa.timestamp("us", getattr(column.type, "tz", None))).cast(pa.int64())


def _stamps_of(micros: Micros) -> pa.Array:
    return pa.array(micros, pa.int64())


def _micros(column: pa.Array) -> Micros:
    found: Micros = _stamps(column).to_numpy(zero_copy_only=False)
    return found


def _since_epoch(instant: datetime) -> int:
    """Microseconds since 1970; a time without zone is UTC, as everywhere in Feast."""
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return (aware - EPOCH) // _MICROSECOND
