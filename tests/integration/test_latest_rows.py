"""The latest rows of a large table are those of a small one, found in two passes of little memory."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from feature_lake import day, write

from tambo.featurestore import latest, winners
from tambo.featurestore.latest import Since, latest_rows
from tambo.featurestore.offline import DuckLakeOfflineStoreConfig
from tambo.featurestore.pull import Pull
from tambo.featurestore.source import DuckLakeSource
from tambo.settings import Settings

TABLE = """
CREATE TABLE lake.marts.things AS
SELECT i % 700 AS code, CASE WHEN i % 53 = 0 THEN NULL ELSE 'place ' || i % 3 END AS place,
    TIMESTAMP '2024-01-01' + to_hours((i * 37 % 500)::INT) AS event_timestamp,
    CASE WHEN i % 41 > 0 THEN TIMESTAMP '2024-01-02' + to_hours((i * 61 % 900)::INT) END AS created,
    CASE WHEN i % 7 > 0 THEN hash(i) / 1e19 END AS x, repeat('long ', i % 50) AS text,
    [i, NULL, i + 1] AS numbers
FROM range(6000) t(i)
"""
LOG = """
CREATE TABLE lake.marts.log AS
SELECT * REPLACE (TIMESTAMP '2024-01-01' + to_minutes(i) AS event_timestamp,
    TIMESTAMP '2024-01-02' + to_minutes(i) AS created)
FROM (SELECT *, (row_number() OVER (ORDER BY code, numbers, text, x))::INT AS i FROM lake.marts.things)
"""
CHANGES = (
    # Numbers of rows are no longer those of their places.
    "DELETE FROM lake.marts.things WHERE code % 11 = 3",
    "UPDATE lake.marts.things SET x = 0.5 WHERE code % 13 = 4",
    f"INSERT INTO lake.marts.things VALUES (3, 'place 1', TIMESTAMP '{day(90)}', "
    f"TIMESTAMP '{day(91)}', 2.5, 'new', [])",
    # Two rows that only their hash decides between.
    *(
        f"INSERT INTO lake.marts.things VALUES (5, 'place 1', TIMESTAMP '{day(90)}', "
        f"TIMESTAMP '{day(91)}', {x}, 'tied', [])"
        for x in (8.5, 3.5)
    ),
)
FEATURES = ("x", "text", "numbers")


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("latest"))
    write(settings, TABLE, *CHANGES, LOG)
    return DuckLakeOfflineStoreConfig(home=settings.home, release="head")


def pull(keys, features=FEATURES, start=None, table="things", **source):
    return Pull(
        source=DuckLakeSource(table=f"marts.{table}", created_timestamp_column="created", **source),
        keys=keys,
        features=features,
        event="event_timestamp",
        created="created",
        start=start,
        end=datetime(2024, 6, 1, tzinfo=UTC),
    )


def read(config, asked, since=None):
    """All rows in a certain order, as Python values."""
    with latest_rows(config, asked, since) as rows:
        found = pa.Table.from_batches(list(rows.batches(64)))
    return sorted(map(repr, found.to_pylist())), found.schema


PULLS = {
    "one key": pull(("code",)),
    "two keys": pull(("code", "place")),
    "no key": pull(()),
    "declared unique": pull(("code", "place"), table="log", unique=True),
    "records": pull(("code",), table="log", records=True),
    "not before": pull(("code",), start=datetime(2024, 1, 20, tzinfo=UTC)),
    "keys alone": pull(("place",), ()),
}


@pytest.mark.parametrize("name", PULLS)
@pytest.mark.parametrize("memory", ["48MB", "1MB"], ids=["spilling", "not enough to spill"])
def test_two_passes_find_what_one_finds(config, monkeypatch, name, memory):
    expected = read(config, PULLS[name])
    assert expected[0]
    monkeypatch.setattr(latest, "AT_ONCE", 0)
    monkeypatch.setattr(winners, "_MEMORY", memory)
    assert read(config, PULLS[name]) == expected


def test_an_increment_is_found_in_two_passes(config, monkeypatch):
    since = Since(1_000_000, day(38))
    expected = read(config, PULLS["one key"], since)
    assert 0 < len(expected[0]) < len(read(config, PULLS["one key"])[0])
    monkeypatch.setattr(latest, "AT_ONCE", 0)
    assert read(config, PULLS["one key"], since) == expected


def test_a_table_that_names_a_column_as_row_numbers_are(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path)
    write(
        settings,
        "CREATE TABLE lake.marts.things AS SELECT i AS code, i * 3 AS ROWID, "
        "TIMESTAMP '2024-01-01' AS event_timestamp, TIMESTAMP '2024-01-01' AS created "
        "FROM range(5) t(i)",
    )
    monkeypatch.setattr(latest, "AT_ONCE", 0)
    config = DuckLakeOfflineStoreConfig(home=tmp_path, release="head")
    with latest_rows(config, pull(("code",), ("ROWID",))) as rows:
        found = pa.Table.from_batches(list(rows.batches(64)))
    assert sorted(found.column("ROWID").to_pylist()) == [0, 3, 6, 9, 12]


def test_limits_are_as_they_were_after_the_first_pass(config, monkeypatch):
    monkeypatch.setattr(latest, "AT_ONCE", 0)
    limited = config.model_copy(update={"memory_limit": "300MiB", "threads": 3})
    with latest_rows(limited, PULLS["one key"]) as rows:
        assert list(rows.batches(64))
        asked = "SELECT current_setting('memory_limit'), current_setting('threads')"
        assert rows._connection.execute(asked).fetchone() == ("300.0 MiB", 3)
