"""What Feast writes offline: pushed rows, saved data sets, logged features; on both sides."""

from __future__ import annotations

import subprocess
import sys
import warnings
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conformance import NOW, cells, ours, sides
from feast import Entity, FeatureService, FeatureView, Field, PushSource, ValueType
from feast.data_source import PushMode
from feast.errors import SavedDatasetLocationAlreadyExists
from feast.feature_logging import FeatureServiceLoggingSource, LoggingConfig
from feast.saved_dataset import SavedDatasetStorage
from feast.types import Float64, Int64, String

from tambo.errors import FeatureError
from tambo.featurestore.source import DuckLakeSource
from tambo.featurestore.write import RowsError, TableExistsError, write_table

STAYS = pd.DataFrame(
    {
        "place": ["a", "a", "b"],
        "event_timestamp": [NOW - timedelta(days=days) for days in (5, 2, 3)],
        "created": [NOW - timedelta(days=days) for days in (5, 2, 3)],
        "nights": [1, 2, 3],
        "price": [10.5, np.nan, 30.25],
    }
)
ASKED = pd.DataFrame(
    {
        "place": ["a", "b", "c", "a"],
        "event_timestamp": [NOW, NOW, NOW, NOW - timedelta(days=3)],
        "n": range(4),
    }
)


def definitions(side):
    place = Entity(name="place", join_keys=["place"], value_type=ValueType.STRING)
    source = side.source("stays", STAYS)
    schema = [
        Field(name="place", dtype=String),
        Field(name="nights", dtype=Int64),
        Field(name="price", dtype=Float64),
    ]
    view = FeatureView(
        name="stays",
        entities=[place],
        ttl=timedelta(days=30),
        schema=schema,
        source=PushSource(name="stays_push", batch_source=source),
    )
    logged = FeatureService(
        name="logged", features=[view], logging_config=LoggingConfig(destination=side.log("log"))
    )
    return [place, view, logged]


@pytest.fixture
def both(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield sides(tmp_path, definitions)


REFS = ["stays:nights", "stays:price"]
PUSHED = pd.DataFrame(
    {
        "place": ["a", "c"],
        "event_timestamp": [NOW - timedelta(hours=1)] * 2,
        "created": [NOW - timedelta(hours=1)] * 2,
        "nights": [7, 8],
        "price": [70.5, 80.25],
    }
)


@pytest.mark.parametrize("full", [False, True])
def test_a_saved_data_set_is_read_back_at_once(both, full):
    found = []
    for side in both:
        job = side.store.get_historical_features(ASKED, REFS, full_feature_names=full)
        saved = side.store.create_saved_dataset(job, "set", side.storage("training"))
        found.append(cells(saved.to_df(), "event_timestamp"))
        again = side.store.get_saved_dataset("set").to_df()
        assert cells(again, "event_timestamp") == found[-1]
    stock, lake = found
    # Feast reads a data set back by its features, join keys and event_timestamp.
    prefix = "stays__" if full else ""
    expected = {"place", "event_timestamp", f"{prefix}nights", f"{prefix}price"}
    assert expected <= set(lake) and {name: stock[name] for name in expected} == {
        name: lake[name] for name in expected
    }


def test_a_data_set_that_is_there_is_not_overwritten_unless_allowed(both):
    for side in both:
        job = side.store.get_historical_features(ASKED, REFS)
        storage = side.storage("training")
        side.store.create_saved_dataset(job, "set", storage)
        with pytest.raises(SavedDatasetLocationAlreadyExists):
            side.store.create_saved_dataset(job, "set", storage)
        side.store.create_saved_dataset(job, "set", storage, allow_overwrite=True)
        source = side.store.get_data_source("stays")
        with pytest.raises(SavedDatasetLocationAlreadyExists):
            job.persist(SavedDatasetStorage.from_data_source(source))


@pytest.mark.parametrize("to", [PushMode.ONLINE, PushMode.OFFLINE, PushMode.ONLINE_AND_OFFLINE])
def test_pushed_rows_reach_the_stores_that_are_named(both, to):
    found = []
    for side in both:
        side.store.push("stays_push", PUSHED, to=to)
        offline = side.store.get_historical_features(ASKED, REFS).to_df()
        online = side.store.get_online_features(REFS, [{"place": one} for one in "abc"]).to_dict()
        found.append((cells(offline, "n"), online))
    assert found[0] == found[1]
    offline, online = found[1]
    assert online["nights"] == ([None] * 3 if to == PushMode.OFFLINE else [7, None, 8])
    assert offline["nights"] == ([2, 3, None, 1] if to == PushMode.ONLINE else [7, 3, 8, 1])


def test_rows_are_written_by_name_and_refused_otherwise(both):
    for side in both:
        reordered = PUSHED[["price", "created", "nights", "event_timestamp", "place"]]
        side.store.write_to_offline_store("stays", reordered)
        with pytest.raises(ValueError, match="missing_expected_columns"):
            side.store.write_to_offline_store("stays", PUSHED.drop(columns="price"))
        with pytest.raises(ValueError, match="columns"):
            side.store.write_to_offline_store("stays", reordered, reorder_columns=False)
        # A filtered frame brings its index along; ours leaves it out, the stock store refuses it.
        if side.ours:
            side.store.write_to_offline_store("stays", PUSHED[PUSHED["place"] == "c"])
    stock, lake = (one.store.get_historical_features(ASKED, REFS).to_df() for one in both)
    assert cells(stock, "n") == cells(lake, "n")


def test_values_that_are_not_of_the_columns_type_are_refused_whole(both):
    _, lake = both
    for name, values in {
        "nights": [1.0, 1.5],
        "price": ["cheap", "dear"],
        "event_timestamp": [True, False],
    }.items():
        with pytest.raises(RowsError, match=name):
            lake.store.write_to_offline_store("stays", PUSHED.assign(**{name: values}))
    # Whole numbers beside a null come as doubles from pandas: they are still whole.
    lake.store.write_to_offline_store("stays", PUSHED.assign(nights=[np.nan, 9.0]))
    rows = lake.store.get_historical_features(ASKED, REFS).to_df()
    assert cells(rows, "n")["nights"] == [None, 3, 9, 1]


def test_rows_under_a_field_mapping_are_written_by_either_name(tmp_path):
    frame = STAYS.rename(columns={"nights": "n_nights"})

    def mapped(side):
        place = Entity(name="place", join_keys=["place"], value_type=ValueType.STRING)
        source = side.source("stays", frame, field_mapping={"n_nights": "nights"})
        view = FeatureView(
            name="stays",
            entities=[place],
            schema=[Field(name="nights", dtype=Int64)],
            source=source,
        )
        return [place, view]

    lake = ours(tmp_path / "ours", mapped)
    lake.store.write_to_offline_store("stays", PUSHED.rename(columns={"nights": "n_nights"}))
    rows = lake.store.get_historical_features(ASKED, ["stays:nights"]).to_df()
    assert cells(rows, "n")["nights"] == [7, 3, 8, 1]


@pytest.mark.parametrize("as_path", [False, True])
def test_logged_features_are_read_back_at_once(both, as_path, tmp_path):
    found = []
    for number, side in enumerate(both):
        store = side.store
        service = store.get_feature_service("logged")
        schema = FeatureServiceLoggingSource(service, store.project).get_schema(store.registry)
        rows = _log_rows(schema)
        for part in (rows.slice(0, 2), rows.slice(2)):
            logs = part
            if as_path:
                logs = Path(tmp_path / f"logs{number}-{part.num_rows}")
                logs.mkdir()
                pq.write_table(part, logs / "part.parquet")
            store.write_logged_features(logs, service)
        got = store._get_provider().retrieve_feature_service_logs(
            service, NOW - timedelta(days=1), NOW + timedelta(days=1), store.config, store.registry
        )
        frame = got.to_df().drop(columns="__log_date", errors="ignore")
        found.append(cells(frame, "__request_id"))
    assert found[0] == found[1]
    assert found[1]["__request_id"] == ["r0", "r1", "r2"]


def _log_rows(schema):
    values = {
        "place": ["a", "b", None],
        "stays__nights": [2, None, 3],
        "stays__price": [1.5, None, 2.5],
        "__request_id": ["r0", "r1", "r2"],
        "__log_timestamp": [NOW + timedelta(microseconds=n) for n in range(3)],
        "__log_date": [NOW.date()] * 3,
    }
    columns = []
    for field in schema:
        if field.name.endswith("__status"):
            column = [2, 1, 2]
        else:
            column = values.get(field.name, [NOW, None, NOW])
        columns.append(pa.array(column, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.mark.parametrize("promise", ["unique", "records"])
def test_pushed_rows_keep_what_the_source_promises_or_are_refused(tmp_path, promise):
    def promising(side):
        side.source("stays", STAYS, field_mapping={"place": "town"})
        town = Entity(name="town", join_keys=["town"], value_type=ValueType.STRING)
        source = DuckLakeSource(
            table="marts.stays",
            name="promising",
            created_timestamp_column="created",
            field_mapping={"place": "town"},
            **{promise: True},
        )
        nights = [Field(name="town", dtype=String), Field(name="nights", dtype=Int64)]
        return [town, FeatureView(name="stays", entities=[town], schema=nights, source=source)]

    side = ours(tmp_path / "ours", promising)
    side.store.write_to_offline_store("stays", PUSHED)
    broken = [PUSHED]
    if promise == "records":
        # Its event is older than one that was known before it.
        older = PUSHED.assign(event_timestamp=NOW - timedelta(days=20), created=NOW)
        same_instant = PUSHED.assign(nights=9, event_timestamp=NOW - timedelta(minutes=90))
        broken += [older, same_instant]
    for rows in broken:
        with pytest.raises(RowsError, match=f"promises: {promise}"):
            side.store.write_to_offline_store("stays", rows)
    asked = ASKED.rename(columns={"place": "town"})
    found = side.store.get_historical_features(asked, ["stays:nights"]).to_df()
    assert cells(found, "n")["nights"] == [7, 3, 8, 1]


def test_a_source_at_the_head_is_not_mixed_with_released_tables(tmp_path):
    write_table(tmp_path, "marts.stays", STAYS)
    write_table(tmp_path, "monitoring.more", STAYS)

    def mixed(side):
        place = Entity(name="place", join_keys=["place"], value_type=ValueType.STRING)
        source = DuckLakeSource(table="monitoring.more", head=True, name="more")
        nights = [Field(name="nights", dtype=Int64)]
        return [
            place,
            FeatureView(name="more", entities=[place], schema=nights, source=source),
            FeatureView(
                name="stays",
                entities=[place],
                schema=nights,
                source=DuckLakeSource(table="marts.stays", name="marts"),
            ),
        ]

    side = ours(tmp_path / "repo", mixed, home=str(tmp_path), release=None)
    got = side.store.get_historical_features(ASKED, ["more:nights"]).to_df()
    assert cells(got, "n")["nights"] == [2, 3, None, 1]
    side.store.materialize(NOW - timedelta(days=9), NOW, ["more"])
    online = side.store.get_online_features(["more:nights"], [{"place": "a"}]).to_dict()
    assert online["nights"] == [2]
    with pytest.raises(FeatureError, match=r"monitoring\.more is read at the head"):
        side.store.get_historical_features(
            ASKED, ["more:nights", "stays:nights"], full_feature_names=True
        ).to_df()


def test_a_frame_becomes_a_table_once(tmp_path):
    frame = STAYS.assign(kind=pd.Categorical(["x", "y", "x"]), seen=pd.Timestamp("2026-01-01"))
    write_table(tmp_path, "marts.stays", frame)
    with pytest.raises(TableExistsError, match=r"already has a table marts\.stays"):
        write_table(tmp_path, "marts.stays", frame)
    write_table(tmp_path, "marts.stays", pa.Table.from_pandas(frame), overwrite=True)
    odd = pa.table({"a": pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])])})
    with pytest.raises(RowsError, match=r"a .*union"):
        write_table(tmp_path, "marts.odd", odd)
    with pytest.raises(FeatureError, match=r"for example marts\.fare_prices"):
        DuckLakeSource(table="stays")


def test_a_new_process_reads_logging_and_data_sets_from_the_registry(both):
    _, lake = both
    job = lake.store.get_historical_features(ASKED, REFS)
    lake.store.create_saved_dataset(job, "set", lake.storage("training"))
    code = (
        "from feast import FeatureStore, RepoConfig; import sys, pathlib;"
        "config = RepoConfig(**eval(sys.argv[1])); store = FeatureStore(config=config);"
        "print(store.get_feature_service('logged').logging_config.destination.table);"
        "print(store.registry.get_saved_dataset('set', store.project).storage.table)"
    )
    config = {
        "project": lake.store.project,
        "provider": "local",
        "registry": str(lake.folder / "registry.db"),
        "offline_store": {"type": lake.store.config.offline_store.type, "home": str(lake.folder)},
        "entity_key_serialization_version": 3,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, repr(config)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["monitoring.log", "monitoring.training"]
