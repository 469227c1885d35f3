"""Our codecs against Feast's own, over all values that Feast can store."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from feast import ValueType
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.protos.feast.types import Value_pb2 as proto
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.type_map import feast_value_type_to_python_type, python_values_to_proto_values
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tambo.errors import FeatureError, OnlineStoreError
from tambo.featurestore.online.decode import RowDecoder
from tambo.featurestore.online.keys import KeyWriter
from tambo.featurestore.online.values import NULL_TIMESTAMP, decode, decode_timestamp

INT32 = st.integers(-(2**31), 2**31 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
INSTANTS = st.integers(-62_135_596_800, 253_402_300_799) | st.just(NULL_TIMESTAMP)
SCALARS = {
    "bytes": st.binary(max_size=300),
    "string": TEXT,
    "int32": INT32,
    "int64": INT64,
    "double": st.floats(),
    "float": st.floats(width=32),
    "bool": st.booleans(),
    "unix_timestamp": INSTANTS,
}


@st.composite
def stored_values(draw) -> proto.Value:
    name = draw(st.sampled_from([*SCALARS, "uuid", "decimal", "json", "nothing"]))
    if name == "nothing":
        return proto.Value()
    if name in SCALARS:
        shape = draw(st.sampled_from(["val", "list_val", "set_val"]))
        if shape == "val":
            return proto.Value(**{f"{name}_val": draw(SCALARS[name])})
        items = draw(st.lists(SCALARS[name], max_size=20))
        field = f"{name}_{shape}"
        kind = proto.Value.DESCRIPTOR.fields_by_name[field].message_type.name
        return proto.Value(**{field: getattr(proto, kind)(val=items)})
    text = {
        "uuid": st.uuids().map(str),
        "decimal": st.decimals(allow_nan=False).map(str),
        "json": st.sampled_from(['{"a": [1, null]}', "[]", "no json", "3"]),
    }[name]
    return proto.Value(**{f"{name}_val": draw(text)})


def alike(ours: object, theirs: object) -> bool:
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, float):
        return (math.isnan(ours) and math.isnan(theirs)) or (
            ours == theirs and math.copysign(1, ours) == math.copysign(1, theirs)
        )
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, set):
        return sorted(map(repr, ours)) == sorted(map(repr, theirs))
    return ours == theirs


# The first draw of text reads the table of characters, which takes seconds on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(stored_values())
def test_values_are_read_as_feast_reads_them(value):
    assert alike(decode(value.SerializeToString()), feast_value_type_to_python_type(value))


TYPES = ["DOUBLE", "DOUBLE", "DOUBLE", "INT64", "STRING", "DOUBLE", "DOUBLE"]
DOUBLES = st.floats().map(lambda one: proto.Value(double_val=one).SerializeToString())
CELLS = st.none() | st.just(b"") | stored_values().map(proto.Value.SerializeToString)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, len(TYPES)), st.integers(0, 6), st.data())
def test_rows_are_decoded_as_their_cells_are(size, rows, data):
    """Whatever is stored, also where the manifest says that a feature is a double."""
    cells = DOUBLES if data.draw(st.booleans()) else DOUBLES | CELLS
    stored = data.draw(
        st.lists(st.lists(cells, min_size=size, max_size=size), min_size=rows, max_size=rows)
    )
    for found, row in zip(RowDecoder(TYPES[:size]).decode(stored), stored, strict=True):
        expected = [None if one is None else decode(one) for one in row]
        assert alike([*found], expected)


def test_a_stored_null_is_null():
    """Feast gives 0 for it, which a model would take for a number."""
    null = proto.Value(null_val=proto.NULL)
    assert feast_value_type_to_python_type(null) == 0
    assert decode(null.SerializeToString()) is None


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_clear_error(data):
    try:
        decode(data)
    except OnlineStoreError as error:
        assert error.remedy


@given(stored_values().filter(lambda value: value.ByteSize() > 1), st.data())
def test_a_value_cut_short_is_damaged_or_shorter_never_a_crash(value, data):
    whole = value.SerializeToString()
    try:
        decode(whole[: data.draw(st.integers(1, len(whole) - 1))])
    except OnlineStoreError as error:
        assert "tambo features" in str(error) or "scalars" in str(error)


def test_a_type_no_model_can_use_is_named():
    inner = proto.Map()
    inner.val["a"].int64_val = 1
    with pytest.raises(OnlineStoreError, match="type number 20"):
        decode(proto.Value(map_val=inner).SerializeToString())


@given(st.datetimes(timezones=st.just(UTC)))
def test_event_times_are_read_to_the_microsecond(instant):
    written = Timestamp()
    written.FromDatetime(instant)
    assert decode_timestamp(written.SerializeToString()) == instant


KEYS = {
    "STRING": (TEXT, "x"),
    "INT32": (INT32, 1),
    "INT64": (INT64, 1),
    "BYTES": (st.binary(max_size=100), b"x"),
    "UNIX_TIMESTAMP": (st.datetimes(timezones=st.just(UTC)), datetime(2024, 1, 1, tzinfo=UTC)),
}


@st.composite
def entities(draw) -> list[tuple[str, str, object]]:
    names = draw(
        st.lists(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=30),
            min_size=1,
            max_size=5,
            unique=True,
        )
    )
    kinds = [draw(st.sampled_from(sorted(KEYS))) for _ in names]
    return [(name, kind, draw(KEYS[kind][0])) for name, kind in zip(names, kinds, strict=True)]


@given(entities())
def test_keys_are_written_as_feast_writes_them(entity):
    theirs = serialize_entity_key(
        EntityKey(
            join_keys=[name for name, _, _ in entity],
            entity_values=[
                # Feast takes a batch of nothing but empty values for nulls.
                python_values_to_proto_values([value, KEYS[kind][1]], ValueType[kind])[0]
                for _, kind, value in entity
            ],
        ),
        entity_key_serialization_version=3,
    )
    writer = KeyWriter([(name, kind) for name, kind, _ in entity])
    assert writer.write({name: given_value for name, _, given_value in entity}) == theirs
    if len(entity) == 1:
        assert writer.write_only(entity[0][2]) == theirs


def test_composite_keys_are_not_run_together():
    writer = KeyWriter([("a", "STRING"), ("b", "STRING")])
    assert writer.write({"a": "11", "b": "1"}) != writer.write({"a": "1", "b": "11"})


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("INT64", "1"),
        ("INT64", 1.0),
        ("INT64", True),
        ("INT64", 2**63),
        ("INT32", 2**31),
        ("STRING", 1),
        ("STRING", "\ud800"),
        ("BYTES", "a"),
        ("UNIX_TIMESTAMP", 5),
    ],
)
def test_a_key_of_another_type_is_refused_by_name(kind, wrong):
    writer = KeyWriter([("code", kind)])
    with pytest.raises(FeatureError, match=f"join key code: .*{kind}"):
        writer.write({"code": wrong})
    with pytest.raises(FeatureError, match=f"join key code: .*{kind}"):
        writer.write_only(wrong)
