"""Every Feast value type: how it lies in a column, and what it must come back as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal as Number
from typing import Any
from uuid import UUID

import pyarrow as pa
from feast.types import (
    Array,
    Bool,
    Bytes,
    Decimal,
    FeastType,
    Float32,
    Float64,
    ImageBytes,
    Int32,
    Int64,
    Json,
    Map,
    PdfBytes,
    ScalarMap,
    Set,
    String,
    Struct,
    TimeUuid,
    UnixTimestamp,
    Uuid,
    ZonedTimestamp,
)

ONE, TWO = UUID(int=1), UUID("a8098c1a-f86e-11da-bd1a-00112444be1e")
EVENT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
OLD = datetime(1969, 12, 31, 23, 59, 58, tzinfo=UTC)
INSTANT = pa.timestamp("us", "UTC")
WORDS = pa.map_(pa.string(), pa.string())


@dataclass(frozen=True)
class Case:
    """A column of three rows, the last of them null.

    Attributes:
        name: of the feature.
        kind: Feast's type.
        column: the Arrow type in which the values lie in the source.
        given: the first two values.
        online: what the online store answers for them; None where it is what was given.
        stock: what the stock stores make of it where they are wrong, for people.
    """

    name: str
    kind: FeastType
    column: pa.DataType
    given: tuple[Any, Any]
    online: tuple[Any, Any] | None = None
    stock: str = ""

    @property
    def array(self) -> pa.Array:
        """The column."""
        return pa.array([*self.given, None], self.column)

    @property
    def expected(self) -> list[Any]:
        """What is read online."""
        return [*(self.online or self.given), None]


def _uuids(kind: FeastType, name: str) -> list[Case]:
    text = (str(ONE), str(TWO))
    return [
        Case(name, kind, pa.string(), text, (ONE, TWO)),
        Case(f"{name}_list", Array(kind), pa.list_(pa.string()), ([*text], []), ([ONE, TWO], [])),
        Case(f"{name}_set", Set(kind), pa.list_(pa.string()), ([*text], []), ({ONE, TWO}, set())),
    ]


_MAP = "MAP columns come out of Parquet as pairs, which Feast's converter refuses"

_FLOATS = "whole numbers beside a null pass through floats, which lose the last digits"
_NUMPY = "Feast's engine hands its own converter a numpy time, which it refuses"

CASES = [
    Case("bytes", Bytes, pa.binary(), (b"\x00\xff", b"x")),
    Case("pdf_bytes", PdfBytes, pa.binary(), (b"%PDF\x00", b"x")),
    Case("image_bytes", ImageBytes, pa.binary(), (b"\x89PNG", b"x")),
    Case("string", String, pa.string(), ("São Paulo", "")),
    Case("int32", Int32, pa.int32(), (-(2**31), 0)),
    Case("int64", Int64, pa.int64(), (-(2**63) + 1, 2**53 + 1), None, _FLOATS),
    Case("int64_from_int16", Int64, pa.int16(), (-5, 7)),
    Case("double", Float64, pa.float64(), (-0.1, 1e308)),
    Case("double_from_decimal", Float64, pa.decimal128(18, 2), (Number("1.10"), Number("-2")), (1.1, -2.0)),
    Case("float", Float32, pa.float32(), (0.5, -3.25)),
    Case("float_from_double", Float32, pa.float64(), (0.1, 2.5), (0.10000000149011612, 2.5)),
    Case("bool", Bool, pa.bool_(), (True, False)),
    Case("instant", UnixTimestamp, INSTANT, (EVENT, OLD)),
    Case("instant_naive", UnixTimestamp, pa.timestamp("us"), (EVENT.replace(tzinfo=None),) * 2, (EVENT,) * 2),
    Case("instant_date", UnixTimestamp, pa.date32(), (EVENT.date(), OLD.date()), (EVENT.replace(hour=0, minute=0, second=0), OLD.replace(hour=0, minute=0, second=0))),
    Case("zoned", ZonedTimestamp, INSTANT, (EVENT, OLD), None, _NUMPY),
    Case("json", Json, pa.string(), ('{"a": [1, null]}', "[]"), ({"a": [1, None]}, [])),
    Case("map", Map, WORDS, ([("a", "x"), ("b", "y")], []), ({"a": "x", "b": "y"}, {}), _MAP),
    Case("map_of_numbers", Map, pa.map_(pa.string(), pa.float64()), ([("a", 1.5)], []), ({"a": 1.5}, {}), _MAP),
    Case("map_as_struct", Map, pa.struct({"a": pa.string(), "b": pa.int64()}), ({"a": "x", "b": 1}, {"a": None, "b": 2}), ({"a": "x", "b": 1}, {"a": None, "b": 2})),
    Case("map_as_json", Map, pa.string(), ('{"a": 1}', "{}"), ({"a": 1}, {})),
    Case("scalar_map", ScalarMap, pa.map_(pa.int64(), pa.string()), ([(1, "x"), (2, "y")], []), ({1: "x", 2: "y"}, {}), _MAP),
    Case("struct", Struct({"name": String, "age": Int64}), pa.struct({"name": pa.string(), "age": pa.int64()}), ({"name": "Ana", "age": 41}, {"name": None, "age": 1})),
    *_uuids(Uuid, "uuid"),
    *_uuids(TimeUuid, "time_uuid"),
    Case("decimal", Decimal, pa.decimal128(20, 4), (Number("1.1000"), Number("-3.0000"))),
    Case("decimal_text", Decimal, pa.string(), ("1.10", "-3"), (Number("1.10"), Number("-3"))),
    Case("decimal_list", Array(Decimal), pa.list_(pa.decimal128(20, 2)), ([Number("1.10")], [])),
    Case("decimal_set", Set(Decimal), pa.list_(pa.string()), (["1.10"], []), ({Number("1.10")}, set())),
    Case("bytes_list", Array(Bytes), pa.list_(pa.binary()), ([b"a", b"\x80"], [])),
    Case("string_list", Array(String), pa.list_(pa.string()), (["a", ""], [])),
    Case("int32_list", Array(Int32), pa.list_(pa.int32()), ([-1, 300], [])),
    Case("int64_list", Array(Int64), pa.list_(pa.int64()), ([-1, 2**62], [])),
    Case("double_list", Array(Float64), pa.list_(pa.float64()), ([-1.5, 1e300], [])),
    Case("float_list", Array(Float32), pa.list_(pa.float32()), ([-1.5, 0.25], [])),
    Case("float_vector", Array(Float32), pa.list_(pa.float32(), 2), ([-1.5, 0.25], [1.0, 2.0])),
    Case("bool_list", Array(Bool), pa.list_(pa.bool_()), ([True, False], [])),
    Case("instant_list", Array(UnixTimestamp), pa.list_(INSTANT), ([EVENT, OLD], [])),
    Case("json_list", Array(Json), pa.list_(pa.string()), (['{"a": 1}', "2"], []), ([{"a": 1}, 2], [])),
    Case("map_list", Array(Map), pa.list_(WORDS), ([[("a", "x")], [("b", "y")]], []), ([{"a": "x"}, {"b": "y"}], []), _MAP),
    Case("struct_list", Array(Struct({"a": Int64})), pa.list_(pa.struct({"a": pa.int64()})), ([{"a": 1}, {"a": 2}], [])),
    Case("list_of_lists", Array(Array(Int64)), pa.list_(pa.list_(pa.int64())), ([[1, 2], [3]], [])),
    Case("list_of_sets", Array(Set(String)), pa.list_(pa.list_(pa.string())), ([["a"], ["b", "c"]], [])),
    Case("set_of_lists", Set(Array(String)), pa.list_(pa.list_(pa.string())), ([["a", "b"], ["c"]], [])),
    Case("bytes_set", Set(Bytes), pa.list_(pa.binary()), ([b"a", b"b"], []), ({b"a", b"b"}, set())),
    Case("string_set", Set(String), pa.list_(pa.string()), (["a", "b"], []), ({"a", "b"}, set())),
    Case("int32_set", Set(Int32), pa.list_(pa.int32()), ([1, -2], []), ({1, -2}, set())),
    Case("int64_set", Set(Int64), pa.list_(pa.int64()), ([1, 2**62], []), ({1, 2**62}, set())),
    Case("double_set", Set(Float64), pa.list_(pa.float64()), ([0.5], []), ({0.5}, set())),
    Case("float_set", Set(Float32), pa.list_(pa.float32()), ([0.5], []), ({0.5}, set())),
    Case("bool_set", Set(Bool), pa.list_(pa.bool_()), ([True], []), ({True}, set())),
    Case("instant_set", Set(UnixTimestamp), pa.list_(INSTANT), ([EVENT, OLD], []), ({EVENT, OLD}, set())),
]  # fmt: skip
"""Line by line, so that they can be compared."""
