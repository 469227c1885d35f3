"""Columns are encoded to the bytes that Feast stores, for every type, value and null."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from feast import ValueType
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.type_map import python_values_to_proto_values
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tambo.featurestore.online.keys import KeyWriter
from tambo.featurestore.online.stamp import TAIL_SIZE, read_stamp
from tambo.featurestore.stores.encode import encode_values, encode_varints
from tambo.featurestore.stores.rows import encode_keys
from tambo.featurestore.stores.wire import stamps

# The first draw of text reads the table of characters, which takes seconds on a busy machine.
slow_start = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)

INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda one: one.replace(tzinfo=UTC)
)
TYPES = {
    "BYTES": (pa.binary(), st.binary(max_size=300)),
    "STRING": (pa.string(), TEXT),
    "INT32": (pa.int32(), INT32),
    "INT64": (pa.int64(), INT64),
    "DOUBLE": (pa.float64(), st.floats()),
    "FLOAT": (pa.float32(), st.floats(width=32)),
    "BOOL": (pa.bool_(), st.booleans()),
    "UNIX_TIMESTAMP": (pa.timestamp("us", "UTC"), INSTANTS),
}
ONES = {
    "BYTES": b"x",
    "STRING": "x",
    "INT32": 1,
    "INT64": 1,
    "DOUBLE": 1.0,
    "FLOAT": 1.0,
    "BOOL": True,
    "UNIX_TIMESTAMP": datetime(2024, 1, 1, tzinfo=UTC),
}
SAMPLES = ONES | {f"{name}_LIST": [one] for name, one in ONES.items()}


@st.composite
def columns(draw):
    name = draw(st.sampled_from(sorted(TYPES)))
    kind, values = TYPES[name]
    if draw(st.booleans()):
        name, kind, values = f"{name}_LIST", pa.list_(kind), st.lists(values, max_size=8)
    cells = draw(st.lists(st.none() | values, max_size=12))
    column = pa.array(cells, kind)
    # A part of a longer column has an offset into its buffers.
    start = draw(st.integers(0, len(cells)))
    return name, column.slice(start)


@slow_start
@given(columns())
@example(("DOUBLE", pa.array([float("nan"), None, -0.0])))
@example(("UNIX_TIMESTAMP", pa.array([datetime(1969, 12, 31, 23, 59, 58, 500_000, UTC)])))
@example(("UNIX_TIMESTAMP", pa.array([datetime(1425, 1, 1, 0, 0, 0, 1, UTC)])))
@example(("STRING", pa.array(["a", None, "a"]).dictionary_encode()))
def test_values_are_the_bytes_that_feast_stores(case):
    name, column = case
    # Feast takes a batch of nothing but empty values for nulls; beside another it keeps them.
    cells = [*column.to_pylist(), SAMPLES[name]]
    expected = python_values_to_proto_values(cells, ValueType[name])[:-1]
    found = encode_values(column, name).to_pylist()
    assert found == [value.SerializeToString() for value in expected]


def test_what_has_no_encoding_here_goes_through_feast():
    column = pa.array(["1.10", None])
    expected = python_values_to_proto_values(column.to_pylist(), ValueType.DECIMAL)
    found = encode_values(column, "DECIMAL").to_pylist()
    assert found == [value.SerializeToString() for value in expected]
    assert encode_values(pa.nulls(2), "INT64").to_pylist() == [b"", b""]


@given(st.lists(INT64))
def test_varints_are_the_shortest_and_read_back(numbers):
    data, lengths = encode_varints(np.array(numbers, np.int64))
    raw, start = data.tobytes(), 0
    for number, length in zip(numbers, lengths.tolist(), strict=True):
        one = raw[start : start + length]
        start += length
        assert all(byte & 0x80 for byte in one[:-1]) and not one[-1] & 0x80
        assert one[-1] or length == 1
        value = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(one))
        assert value == number % 2**64
    assert start == len(raw)


@slow_start
@given(st.lists(st.tuples(TEXT, INT64, INT32, st.binary(max_size=20), INSTANTS), max_size=6))
@example([("", 0, 0, b"", datetime(1425, 1, 1, 0, 0, 0, 1, UTC))])
@example([("", 0, 0, b"", datetime(1969, 12, 31, 23, 59, 58, 500_000, UTC))])
def test_keys_are_the_bytes_that_feast_stores(rows):
    kinds = {
        "zone": "STRING",
        "number": "INT64",
        "small": "INT32",
        "raw": "BYTES",
        "at": "UNIX_TIMESTAMP",
    }
    texts, numbers, smalls, raws, instants = zip(*rows, strict=True) if rows else ((),) * 5
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array(texts, pa.string()),
            pa.array(numbers, pa.int64()),
            pa.array(smalls, pa.int32()),
            pa.array(raws, pa.binary()),
            pa.array(instants, pa.timestamp("us", "UTC")),
        ],
        list(kinds),
    )
    found = encode_keys(batch, list(kinds.items())).to_pylist()
    for row, key in zip(rows, found, strict=True):
        values = [
            python_values_to_proto_values([value, ONES[kind]], ValueType[kind])[0]
            for value, kind in zip(row, kinds.values(), strict=True)
        ]
        entity_key = EntityKey(join_keys=list(kinds), entity_values=values)
        assert key == serialize_entity_key(entity_key, entity_key_serialization_version=3)
        # What is written under a key must be looked up under the same one.
        asked = KeyWriter(list(kinds.items())).write(dict(zip(kinds, row, strict=True)))
        assert asked == key


@given(st.lists(st.tuples(INSTANTS, INSTANTS), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_a_stamp_is_feasts_timestamp_with_the_rest_behind_it(times, publication):
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    micros = [[(one - epoch) // (epoch.resolution) for one in pair] for pair in times]
    events, created = (np.array(column, np.int64) for column in zip(*micros, strict=True))
    for stored, (event, known) in zip(
        stamps(events, created, publication).to_pylist(), times, strict=True
    ):
        theirs = Timestamp()
        theirs.FromDatetime(event)
        assert stored[:-TAIL_SIZE] == theirs.SerializeToString()
        assert Timestamp.FromString(stored).ToMicroseconds() == theirs.ToMicroseconds()
        assert read_stamp(stored) == (event, known, publication, False)
