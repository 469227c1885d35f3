"""Every Feast value type, from a column of the lake to the online store, beside the stock stores."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conformance import NOW, ours, plain, sides
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.data_format import ParquetFormat
from feast.types import Int64, String, from_value_type
from value_cases import CASES

from tambo.errors import FeatureError
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.value_types import value_type
from tambo.featurestore.write import write_table
from tambo.lake import writer
from tambo.settings import Settings

SOUND = [case for case in CASES if not case.stock]
WRONG = [case for case in CASES if case.stock]
CODES = ["a", "b", "c", "gone"]


def source(side, name, cases):
    rows = {
        "code": ["a", "b", "c"],
        "event_timestamp": pa.array([NOW - timedelta(days=1)] * 3, pa.timestamp("us", "UTC")),
        **{case.name: case.array for case in cases},
    }
    if side.ours:
        write_table(side.folder, f"marts.{name}", pa.table(rows))
        return DuckLakeSource(table=f"marts.{name}", name=name)
    path = side.folder / f"{name}.parquet"
    pq.write_table(pa.table(rows), path)
    return FileSource(
        name=name,
        path=str(path),
        timestamp_field="event_timestamp",
        file_format=ParquetFormat(),
    )


def definitions(side):
    """Ours holds all types in one view; on the stock side those that break it stand alone."""
    code = Entity(name="code", join_keys=["code"], value_type=ValueType.STRING)
    groups = {"sound": SOUND, **{case.name: [case] for case in WRONG}}
    views = [
        FeatureView(
            name=name,
            entities=[code],
            schema=[
                Field(name="code", dtype=String),
                *(Field(name=one.name, dtype=one.kind) for one in cases),
            ],
            source=source(side, name, cases),
        )
        for name, cases in groups.items()
    ]
    return [code, *views]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    pair = sides(tmp_path_factory.mktemp("types"), definitions)
    for side in pair:
        side.store.materialize(NOW - timedelta(days=9), NOW, ["sound"])
    pair[1].store.materialize(NOW - timedelta(days=9), NOW, [case.name for case in WRONG])
    return pair


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """Ours with our own SQLite store."""
    side = ours(tmp_path_factory.mktemp("own") / "ours", definitions, own_online=True)
    side.store.materialize(NOW - timedelta(days=9), NOW)
    return side


@pytest.fixture(scope="module")
def offline(both):
    """The features of all types as each side retrieves them, as Arrow."""
    asked = pd.DataFrame({"code": CODES, "event_timestamp": [NOW] * 4, "n": range(4)})
    refs = [f"sound:{case.name}" for case in SOUND]
    refs += [f"{case.name}:{case.name}" for case in WRONG]
    return [
        side.store.get_historical_features(asked.copy(), refs).to_arrow().sort_by("n")
        for side in both
    ]


def online(side, case, view):
    entities = [{"code": code} for code in CODES]
    return side.store.get_online_features([f"{view}:{case.name}"], entities).to_dict()[case.name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_value_comes_back_from_the_lake_as_from_parquet(offline, case):
    stock, lake = (table.column(case.name).to_pylist() for table in offline)
    if case.name == "float_from_double":
        # As it will be stored online, in the double that Feast's stores return.
        assert lake == [0.10000000149011612, 2.5, None, None]
        assert offline[1].schema.field(case.name).type == pa.float64()
    elif case.name == "double_from_decimal":
        assert lake == [1.1, -2.0, None, None]
    else:
        assert plain(lake) == plain(stock) == [*plain(list(case.given)), None, None]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_value_is_served_online(both, own, case):
    stock, lake = both
    view = case.name if case.stock else "sound"
    assert online(lake, case, view) == [*case.expected, None]
    assert online(own, case, view) == [*case.expected, None]
    if not case.stock:
        assert online(stock, case, view) == [*case.expected, None]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_the_stock_stores_still_get_it_wrong(both, case):
    """So that docs/feast-conformance.md stays true; when this fails, the difference is gone."""
    stock, _ = both
    with contextlib.suppress(Exception):
        stock.store.materialize(NOW - timedelta(days=9), NOW, [case.name])
    assert online(stock, case, case.name) != [*case.expected, None]


def test_times_leave_the_lake_with_their_zone_at_any_depth(offline):
    zoned = pa.timestamp("us", "UTC")
    types = {field.name: field.type for field in offline[1].schema}
    assert types["instant"] == types["instant_naive"] == types["zoned"] == zoned
    assert types["instant_list"].value_type == types["instant_set"].value_type == zoned


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("BOOLEAN", "BOOL"),
        ("SMALLINT", "INT32"),
        ("UINTEGER", "INT64"),
        ("BIGINT", "INT64"),
        ("FLOAT", "FLOAT"),
        ("DECIMAL(18,2)", "DECIMAL"),
        ("UUID", "UUID"),
        ("JSON", "JSON"),
        ("DATE", "UNIX_TIMESTAMP"),
        ("TIMESTAMP_NS", "UNIX_TIMESTAMP"),
        ("TIMESTAMP WITH TIME ZONE[]", "UNIX_TIMESTAMP_LIST"),
        ("DECIMAL(18,2)[]", "DECIMAL_LIST"),
        ("VARCHAR[]", "STRING_LIST"),
        ("INTEGER[][]", "VALUE_LIST"),
        ("STRUCT(a INTEGER, b VARCHAR)", "STRUCT"),
        ("STRUCT(a INTEGER)[]", "STRUCT_LIST"),
        ("MAP(VARCHAR, DOUBLE)", "MAP"),
        ("MAP(VARCHAR, DOUBLE)[]", "MAP_LIST"),
        ("MAP(BIGINT, DOUBLE)", "SCALAR_MAP"),
    ],
)
def test_a_column_type_is_inferred_as_the_type_that_holds_it(kind, expected):
    assert value_type(kind).name == expected
    from_value_type(value_type(kind))


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("HUGEINT", r"DECIMAL\(38, 0\)"),
        ("UBIGINT", "BIGINT if the values fit"),
        ("TIME", "seconds since midnight"),
        ("INTERVAL", "BIGINT or DOUBLE"),
        ("UBIGINT[]", "BIGINT if the values fit"),
        ("MAP(BIGINT, DOUBLE)[]", "list of structs"),
        ("GEOMETRY", "VARCHAR, DOUBLE or BIGINT"),
    ],
)
def test_a_type_that_feast_has_not_is_refused_with_its_cure(kind, cure):
    with pytest.raises(FeatureError, match=cure) as refused:
        value_type(kind)
    assert kind.removesuffix("[]") in str(refused.value)


def test_a_schema_is_inferred_from_the_table(tmp_path):
    write_table(tmp_path, "marts.any", pa.table({"n": [1]}))
    with writer(Settings(home=tmp_path), "test") as lake:
        lake.execute(
            "CREATE OR REPLACE TABLE lake.marts.any AS SELECT 'a' AS code, 1::SMALLINT AS small, "
            "1.5::DECIMAL(9, 2) AS exact, [uuid()] AS marks, TIMESTAMP '2026-03-01' AS "
            "event_timestamp, now()::TIMESTAMP AS created"
        )

    def inferred(_):
        code = Entity(name="code", join_keys=["code"])
        source = DuckLakeSource(table="marts.any", name="any", created_timestamp_column="created")
        return [code, FeatureView(name="any", entities=[code], source=source)]

    side = ours(tmp_path / "repo", inferred, home=str(tmp_path))
    view = side.store.get_feature_view("any")
    found = {field.name: str(field.dtype) for field in view.schema}
    assert found == {
        "code": "String",
        "small": "Int32",
        "exact": "Decimal",
        "marks": "Array(Uuid)",
    }


def test_a_number_wider_than_its_declared_type_is_an_error_that_names_it(tmp_path):
    def narrow(side):
        code = Entity(name="code", join_keys=["code"], value_type=ValueType.STRING)
        frame = pd.DataFrame({"code": ["a"], "event_timestamp": [NOW], "wide": [2.0**70]})
        wide = side.source("wide", frame, created_timestamp_column=None)
        return [
            code,
            FeatureView(
                name="wide", entities=[code], schema=[Field(name="wide", dtype=Int64)], source=wide
            ),
        ]

    side = ours(tmp_path / "ours", narrow)
    asked = pd.DataFrame({"code": ["a"], "event_timestamp": [NOW]})
    with pytest.raises(FeatureError, match="INT64"):
        side.store.get_historical_features(asked, ["wide:wide"]).to_df()
