"""Materialization and push on our stores and on Feast's own give the same."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pandas as pd
import pytest
from conformance import NOW, ours, plain, sides
from conformance_views import ASKED, ENTITIES, FEATURES, ask, define
from feast import Entity, FeatureView, Field, ValueType
from feast.data_source import PushMode
from feast.errors import PushSourceNotFoundException
from feast.types import Int64

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

SPANS = [
    (NOW - timedelta(days=11), NOW),
    # Both ends count; what lies before the start or after the end is not written.
    (NOW - timedelta(days=4), NOW - timedelta(days=4)),
    # Without a zone, dates are UTC.
    tuple((NOW - timedelta(days=one)).replace(tzinfo=None) for one in (3.5, 2.5)),
]


@pytest.mark.parametrize("span", SPANS, ids=["all", "ends", "naive"])
def test_materialization_writes_the_latest_row_between_its_dates(tmp_path, span):
    answers = []
    for side in sides(tmp_path, define):
        side.store.materialize(*span, ["trips_view", "weather"])
        asked = [*FEATURES["batch"], "weather:temperature"]
        answers.append(side.store.get_online_features(asked, ENTITIES).to_dict())
    assert answers[1] == answers[0]


def test_incremental_materialization_goes_on_from_where_it_ended(tmp_path):
    answers = []
    for side in sides(tmp_path, define):
        store, seen = side.store, []
        # Feast begins at the ttl before the wall clock's now, which these rows are older than.
        store.materialize(NOW - timedelta(days=11), NOW - timedelta(days=2), ["pushed_weather"])
        for end in (NOW - timedelta(days=2), NOW - timedelta(days=1), NOW):
            if end > NOW - timedelta(days=2):
                store.materialize_incremental(end, ["pushed_weather"])
            places = [{"place": one} for one in ("Cusco", "Lima", "Puno")]
            found = store.get_online_features(FEATURES["stream with push"], places)
            seen.append(found.to_dict()["temperature"])
        spans = store.get_stream_feature_view("pushed_weather").materialization_intervals
        answers.append((seen, [span[1] for span in spans]))
    assert answers[1] == answers[0]
    assert len(answers[1][1]) == 3
    assert plain(answers[1][0]) == [
        [pytest.approx(11.1), None, None],
        [12.5, 19.25, None],
        [12.5, 19.25, 8.0],
    ]


def test_pushed_rows_are_served_at_once_and_kept_for_training(tmp_path):
    rows = pd.DataFrame(
        {
            "place": ["Lima", "Quito"],
            "event_timestamp": [NOW] * 2,
            "created": [NOW] * 2,
            "temperature": [30.5, 15.0],
        }
    )
    asked = ASKED.assign(place=["Lima", "Quito"] * 3 + ["Puno"])
    answers = []
    for side in sides(tmp_path, define):
        side.store.push("weather_push", rows, to=PushMode.ONLINE_AND_OFFLINE)
        with pytest.raises(PushSourceNotFoundException):
            side.store.push("nothing", rows)
        online = side.store.get_online_features(
            FEATURES["stream with push"], [{"place": one} for one in ("Lima", "Quito", "Puno")]
        )
        answers.append((online.to_dict(), ask(side, "stream with push", asked)))
        asyncio.run(_push_later(side.store, rows))
        again = side.store.get_online_features(FEATURES["stream with push"], [{"place": "Lima"}])
        assert again.to_dict()["temperature"] == [31.5]
    assert answers[1] == answers[0]
    assert answers[1][0]["temperature"] == [30.5, 15.0, None]
    assert answers[1][1]["temperature"][:2] == [30.5, None]


async def _push_later(store, rows):
    later = rows.assign(
        event_timestamp=NOW + timedelta(hours=1), temperature=rows["temperature"] + 1
    )
    with contextlib.suppress(NotImplementedError):
        # SQLite's store has no asynchronous writing.
        await store.push_async("weather_push", later)
        return
    store.push("weather_push", later)


def test_materialization_does_not_write_a_table_back_to_itself(tmp_path):
    """The stock engine appends the rows that it has read to where it read them from."""
    rows = pd.DataFrame({"code": [1], "event_timestamp": [NOW], "amount": [5]})

    def kept(side):
        code = Entity(name="code", join_keys=["code"], value_type=ValueType.INT64)
        source = side.source("kept", rows, created_timestamp_column=None)
        schema = [Field(name="amount", dtype=Int64)]
        return [
            code,
            FeatureView(name="kept", entities=[code], schema=schema, source=source, offline=True),
        ]

    side = ours(tmp_path / "ours", kept)
    side.store.materialize(NOW - timedelta(days=1), NOW)
    found = side.store.get_online_features(["kept:amount"], [{"code": 1}])
    assert found.to_dict()["amount"] == [5]
    job = side.store.get_historical_features(
        "SELECT code, event_timestamp FROM marts.kept", ["kept:amount"]
    )
    assert list(job.to_df()["amount"]) == [5]


def test_a_table_with_a_day_as_its_time_and_no_created_time(tmp_path):
    frame = pd.DataFrame({"code": [1, 1], "day": [NOW.date(), NOW.date() - timedelta(days=3)]})

    def daily(side):
        code = Entity(name="code", join_keys=["code"], value_type=ValueType.INT64)
        source = side.source(
            "daily",
            frame.assign(amount=[5, 6]),
            timestamp_field="day",
            created_timestamp_column=None,
        )
        return [
            code,
            FeatureView(
                name="daily",
                entities=[code],
                schema=[Field(name="amount", dtype=Int64)],
                source=source,
            ),
        ]

    side = ours(tmp_path / "ours", daily)
    asked = pd.DataFrame({"code": [1, 1], "event_timestamp": [NOW, NOW - timedelta(days=2)]})
    found = side.store.get_historical_features(asked.assign(n=[0, 1]), ["daily:amount"]).to_df()
    assert list(found["amount"]) == [5, 6]
