"""Local times as UTC agree with the time-zone database, on ordinary days and when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from tambo.ingest.zones import clock_changes, register_table, utc, zone_days

ZONES = ["America/Sao_Paulo", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_of_an_hour_of_a_year_agrees(zone: str) -> None:
    connection = duckdb.connect()
    register_table(connection, "days", zone_days(zone, date(2018, 1, 1), date(2018, 12, 31)))
    rows = connection.execute(
        f"SELECT l, {utc('l', 'd')} FROM (SELECT unnest(generate_series(TIMESTAMP '2018-01-01', "
        "TIMESTAMP '2018-12-31 23:45:00', INTERVAL 15 MINUTE)) AS l) "
        "LEFT JOIN days d ON d.day = l::DATE"
    ).fetchall()
    info = ZoneInfo(zone)
    assert len(rows) == 365 * 96
    for local, found in rows:
        # PEP 495: of two, the first; of none, as if clocks had not changed yet.
        assert found == local.replace(tzinfo=info).astimezone(UTC).replace(tzinfo=None)


def test_the_change_is_found_to_the_microsecond() -> None:
    days = zone_days("America/Sao_Paulo", date(2018, 11, 4), date(2018, 11, 4)).to_pylist()
    (day,) = days
    assert day["change"] == datetime(2018, 11, 4, 1)
    assert (day["before"], day["after"]) == (-3 * 3_600_000_000, -2 * 3_600_000_000)


def test_changes_say_which_times_come_twice_and_which_never() -> None:
    found = clock_changes("America/Sao_Paulo", date(2018, 1, 1), date(2018, 12, 31)).to_pylist()
    hour = 3_600_000_000
    assert [tuple(row.values()) for row in found] == [
        (date(2018, 2, 17), datetime(2018, 2, 17, 23), datetime(2018, 2, 18), True, hour),
        (date(2018, 11, 4), datetime(2018, 11, 4), datetime(2018, 11, 4, 1), False, hour),
    ]


def test_a_repeated_hour_may_lie_on_two_days_and_a_skipped_day_is_a_change() -> None:
    # Newfoundland changed a minute past midnight; Samoa went over 30 December 2011.
    night = clock_changes("America/St_Johns", date(2000, 10, 28), date(2000, 10, 29)).to_pylist()
    assert [row["day"].day for row in night] == [28, 29]
    assert {row["starts"] for row in night} == {datetime(2000, 10, 28, 23, 1)}
    (gone,) = clock_changes("Pacific/Apia", date(2011, 12, 1), date(2011, 12, 31)).to_pylist()
    assert (gone["day"], gone["twice"]) == (date(2011, 12, 30), False)


def test_no_days_have_no_changes() -> None:
    empty = date(2018, 11, 4), date(2018, 11, 3)
    assert clock_changes("Europe/Berlin", *empty).num_rows == 0
    assert zone_days("Europe/Berlin", *empty).num_rows == 0


def test_a_day_without_change_has_none() -> None:
    (day,) = zone_days("Europe/Berlin", date(2020, 1, 1), date(2020, 1, 1)).to_pylist()
    assert day["change"] is None
    assert day["before"] == day["after"] == timedelta(hours=1) // timedelta(microseconds=1)
