"""Only what is needed is read: files by time, rows by key, columns by name."""

from __future__ import annotations

import re
from datetime import datetime

import pyarrow as pa
import pytest
from feature_lake import write

from tambo.featurestore.asof import Feature, ViewJoin, Window, join, register
from tambo.featurestore.entity_rows import entity_rows
from tambo.featurestore.pinned import Pinned
from tambo.featurestore.relations import relations
from tambo.lake import head, reader
from tambo.settings import Settings

VIEW = ViewJoin(
    name="readings",
    table="marts.readings",
    keys=(("sensor", "sensor"),),
    features=(Feature("value", "value"),),
    event="event",
    created="created",
    records=True,
    unique=True,
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Twelve files of a month each, 50,000 rows in all, sorted by sensor."""
    settings = Settings(home=tmp_path_factory.mktemp("reads") / "home")
    month = (
        "SELECT i // 5 AS sensor, TIMESTAMP '2024-{month:02}-01' + to_hours(i % 5) AS event, "
        "event + INTERVAL 1 HOUR AS created, i::DOUBLE AS value, repeat('x', 20) AS unread "
        "FROM range(5_000) AS r(i)"
    )
    create = "CREATE TABLE lake.marts.readings AS "
    more = [f"INSERT INTO lake.marts.readings {month.format(month=one)}" for one in range(2, 13)]
    write(settings, create + month.format(month=1), *more)
    return settings


def ask(settings, table):
    """The answer, and DuckDB's account of how it came by it."""
    rows = entity_rows(table)
    with reader(settings, head(settings)) as lake:
        found = relations(
            Pinned(lake, head(settings), None, settings.home),
            [VIEW],
            as_known_at=True,
            window=Window(rows.first, rows.last),
            entity_rows=table.num_rows,
        )
        register(lake, rows.lookup(found.keys))
        sql = join(found.parts)
        plan = "".join(text for _, text in lake.execute(f"EXPLAIN ANALYZE {sql}").fetchall())
        return lake.sql(sql).to_arrow_table(), plan


def entities(sensors, at):
    return pa.table({"sensor": sensors, "event_timestamp": [at] * len(sensors)})


def test_files_from_after_the_last_entity_row_are_not_opened(settings):
    table, plan = ask(settings, entities([3], datetime(2024, 3, 15)))
    assert table.column("value").to_pylist() == [19.0]
    assert re.findall(r"Total Files Read: (\d+)", plan) == ["3"]
    assert "unread" not in plan


def test_a_few_keys_are_looked_up_and_many_are_not(settings):
    few, plan = ask(settings, entities([1, 999, 5_000], datetime(2024, 12, 31)))
    assert few.column("value").to_pylist() == [9.0, 4999.0, None]
    assert "SEMI" in plan
    sensors = list(range(1_000)) * 10
    many, plan = ask(settings, entities(sensors, datetime(2024, 12, 31)))
    assert many.column("value").to_pylist() == [5.0 * sensor + 4 for sensor in sensors]
    assert "SEMI" not in plan
