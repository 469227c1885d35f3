"""Rows at origins: what follows them, what was known, and which part they fall into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tambo.errors import TrainingError
from training.forecast.horizon import EPOCH, SCALE, TARGET_DAY, Counts, Horizon
from training.forecast.rolling import RollingOrigin
from training.labels import LabelTable
from training.splits import CALIBRATION, TEST, TRAIN

FIRST = date(2023, 1, 1)
DAYS = 400
LIMA = ZoneInfo("America/Lima")
ASKED = Horizon("place", "day", "visitors", 28, lambda rows: rows, LIMA)
HOURS = Horizon("place", "day", "hours", 3, lambda rows: rows, LIMA, hourly=True)
TABLE = LabelTable("marts.counts", ("place", "day"), "visitors", timedelta(days=29))


def number(day: date) -> int:
    return day.toordinal() - EPOCH


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    """A label mart of two places; each day is known at the midnight in Lima that ends it."""
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.marts")
        connection.execute(
            f"""
            CREATE TABLE lake.marts.counts AS
            SELECT place, day::date AS day, day + INTERVAL 29 HOUR AS event_timestamp,
                day + INTERVAL 29 HOUR AS created_timestamp,
                (100 + n % 7 * 10 + length(place))::double AS visitors
            FROM (VALUES ('Ruins'), ('Museum')) places(place),
                (SELECT n, TIMESTAMP '{FIRST}' + n * INTERVAL 1 DAY AS day
                 FROM range({DAYS}) numbers(n))
            """
        )
        yield connection


def test_an_origin_is_six_in_the_morning_of_its_first_day() -> None:
    assert ASKED.origin(number(date(2023, 1, 1))) == datetime(2023, 1, 1, 11)


def test_an_origin_is_a_local_time_of_the_zone_that_the_labels_name() -> None:
    asked = replace(ASKED, zone=None)
    madrid = asked.local(pa.table({"time_zone": ["Europe/Madrid"] * 2}))
    days = [date(2023, 3, 25), date(2023, 3, 26)]
    assert [madrid.origin(number(day)).hour for day in days] == [5, 4]
    with pytest.raises(TrainingError, match="in 2 zones"):
        asked.local(pa.table({"time_zone": ["Europe/Madrid", "UTC"]}))


def test_counts_have_holes_where_nobody_counted() -> None:
    labels = pa.table(
        {
            "place": ["a", "a", "b"],
            "day": pa.array([date(2023, 1, 1), date(2023, 1, 3), date(2023, 1, 2)]),
            "visitors": [5.0, 7.0, 9.0],
        }
    )
    counts = ASKED.counts(labels)
    assert counts["a"].window(number(FIRST) - 1, 5).reshape(-1).tolist() == pytest.approx(
        [np.nan, 5, np.nan, 7, np.nan], nan_ok=True
    )
    assert counts["a"].known(number(FIRST), 3) == 2
    assert counts["b"].first == number(date(2023, 1, 2))


def test_hours_follow_each_other_from_the_first_midnight_on() -> None:
    days = [FIRST + timedelta(days=n) for n in range(3)]
    hours = [[float(24 * n + hour) for hour in range(24)] for n in range(3)]
    counts = HOURS.counts(pa.table({"place": ["a"] * 3, "day": pa.array(days), "hours": hours}))
    assert counts["a"].window(number(FIRST), 3).reshape(-1).tolist() == list(range(72))


def test_the_seasonal_error_is_that_of_a_week_before() -> None:
    values = np.array([1.0, 2, 3, 4, 5, 6, 7, 3, np.nan, 6])[:, None]
    assert Counts(0, values).seasonal_error() == pytest.approx((2 + 3) / 2)
    assert np.isnan(Counts(0, values[:7]).seasonal_error())


def test_parts_follow_each_other_with_a_horizon_between(lake) -> None:
    parts, bounds = RollingOrigin(ASKED).read(lake, TABLE, datetime(2030, 1, 1))
    origins = {name: rows.column("event_timestamp").to_pylist() for name, rows in parts.items()}
    month = timedelta(days=28)
    assert max(origins[TRAIN]) + month <= min(origins[CALIBRATION]) == bounds.calibration_start
    assert max(origins[CALIBRATION]) + month <= min(origins[TEST]) == bounds.test_start
    assert sorted(set(origins[TEST])) == [bounds.test_start + number * month for number in range(6)]
    # The last target is the last day that was counted.
    newest = parts[TEST].column("visitors").to_pylist()[-1]
    assert len(newest) == 28 and not np.isnan(newest).any()
    assert parts[TEST].column(TARGET_DAY)[-1].as_py() == str(FIRST + timedelta(days=DAYS - 28))
    # Every weekday is an origin, and what MASE is a share of is 10 on six days, 60 on the seventh.
    assert {origin.weekday() for origin in origins[TRAIN]} == set(range(7))
    assert parts[TRAIN].column(SCALE)[0].as_py() == pytest.approx(0.0)


def test_later_counts_change_no_earlier_part(lake) -> None:
    split = RollingOrigin(ASKED)
    before, bounds = split.read(lake, TABLE, datetime(2030, 1, 1))
    lake.execute(
        "UPDATE lake.marts.counts SET visitors = visitors + 1000 WHERE created_timestamp > ?",
        [bounds.test_start],
    )
    after, _ = split.read(lake, TABLE, datetime(2030, 1, 1))
    assert after[TRAIN].equals(before[TRAIN])
    assert after[CALIBRATION].equals(before[CALIBRATION])
    assert not after[TEST].equals(before[TEST])


def test_a_history_holds_what_was_known_at_its_origin(lake) -> None:
    split = RollingOrigin(ASKED)
    parts, _ = split.read(lake, TABLE, datetime(2030, 1, 1))
    histories = split.histories(lake, TABLE, parts[TEST])
    for origin, counts in histories.items():
        last = counts["Ruins"].first + len(counts["Ruins"].values) - 1
        assert ASKED.origin(last + 1) == origin


def test_many_series_have_origins_further_apart(lake) -> None:
    few, _ = RollingOrigin(ASKED, most_rows=20).read(lake, TABLE, datetime(2030, 1, 1))
    assert 10 <= few[TRAIN].num_rows <= 20


def test_a_short_history_is_refused(lake) -> None:
    lake.execute("DELETE FROM lake.marts.counts WHERE day > DATE '2023-06-01'")
    with pytest.raises(TrainingError, match="too few labels"):
        RollingOrigin(ASKED).read(lake, TABLE, datetime(2030, 1, 1))


def test_a_mart_without_labels_is_refused(lake) -> None:
    with pytest.raises(TrainingError, match="no label known by 2020"):
        RollingOrigin(ASKED).read(lake, TABLE, datetime(2020, 1, 1))


def test_rows_that_ask_for_the_day_after_a_label() -> None:
    labels = pa.table({"day": pa.array([date(2024, 2, 28), date(2023, 12, 31)])})
    asked = ASKED.asked(labels).column(TARGET_DAY).to_pylist()
    assert asked == ["2024-02-29", "2024-01-01"]
