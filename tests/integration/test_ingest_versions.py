"""Repeats, corrections, tombstones, known times, orphans and withdrawn files."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ingest_files import (
    FLIGHTS,
    HOTELS,
    USERS,
    flight,
    hotel,
    new_home,
    query,
    rows,
    user,
    users_file,
    write,
)

from tambo.errors import IngestError
from tambo.ingest import ingest, quarantine, reports, withdraw
from tambo.lake import writer
from tambo.lake.state import now, raw_state
from tambo.settings import Settings

VERSION = '"travelCode", price::VARCHAR, withdrawn, _source_file, _row_number'


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    users_file(tmp_path / "raw")
    return tmp_path / "raw"


def state_hash(settings: Settings) -> str:
    with writer(settings, "test") as lake:
        return raw_state(lake)


def test_raw_tables_have_the_agreed_columns(settings: Settings, folder: Path) -> None:
    ingest(settings, folder)
    found = query(
        settings,
        "SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index) "
        "FROM duckdb_columns() WHERE database_name = 'lake' AND schema_name = 'raw' GROUP BY ALL",
    )
    tail = (
        "withdrawn BOOLEAN, _batch_id BIGINT, _source_file VARCHAR, _row_number BIGINT, "
        "_ingested_at TIMESTAMP, _event_at TIMESTAMP, _known_at TIMESTAMP, _known_from VARCHAR"
    )
    agreed = {
        "users": "code BIGINT, company VARCHAR, name VARCHAR, gender VARCHAR, age BIGINT, " + tail,
        "flights": "travelCode BIGINT, userCode BIGINT, from VARCHAR, to VARCHAR, flightType VARCHAR, "
        "price DECIMAL(18,4), time DOUBLE, distance DOUBLE, agency VARCHAR, date DATE, "
        "booked_at TIMESTAMP, " + tail,
        "hotels": "travelCode BIGINT, userCode BIGINT, name VARCHAR, place VARCHAR, days BIGINT, "
        "price DECIMAL(18,4), total DECIMAL(18,4), date DATE, booked_at TIMESTAMP, " + tail,
    }
    assert agreed.items() <= dict(found).items()


def test_the_same_content_is_taken_in_once_whatever_its_name(
    settings: Settings, folder: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS, flight())
    ingest(settings, folder)
    before = state_hash(settings)
    again = ingest(settings, folder)
    assert again.up_to_date
    assert [file.status for file in again.files] == ["known", "known"]
    write(folder / "flights_copy.csv", FLIGHTS, flight())
    assert ingest(settings, folder).up_to_date
    assert state_hash(settings) == before
    assert len(rows(settings, "flights")) == 1


def test_repeats_and_corrections(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2))
    ingest(settings, folder)
    later = write(folder / "flights_2.csv", FLIGHTS, flight(1), flight(2, price=600), flight(3))
    report = ingest(settings, later)
    assert (report.loaded, report.repeats, report.quarantined) == (2, 1, 0)
    third = write(folder / "flights_3.csv", FLIGHTS, flight(2), flight(3))
    report = ingest(settings, third)
    assert (report.loaded, report.repeats) == (1, 1)
    assert rows(settings, "flights", VERSION) == [
        (1, "500.2500", False, "flights.csv", 1),
        (2, "500.2500", False, "flights.csv", 2),
        (2, "500.2500", False, "flights_3.csv", 1),
        (2, "600.0000", False, "flights_2.csv", 2),
        (3, "500.2500", False, "flights_2.csv", 3),
    ]


def test_a_row_that_was_known_earlier_makes_the_later_one_a_repeat(
    settings: Settings, folder: Path
) -> None:
    days = {"flights_late.csv": 9, "flights_same.csv": 12, "flights_early.csv": 2}
    lines = (f"{name},2020-01-{day:02d} 00:00:00" for name, day in days.items())
    write(folder / "_arrivals.csv", "file,arrived_at", "users.csv,2020-01-01 00:00:00", *lines)
    ingest(settings, folder / "users.csv")
    for name, day in days.items():
        ingest(settings, write(folder / name, FLIGHTS, flight(1), flight(10 + day)))
    version = '"travelCode" = 1'
    repeats = "SELECT source_file, of_batch FROM lake.audit.repeats ORDER BY ALL"
    assert rows(settings, "flights", "_source_file", version) == [("flights_early.csv",)]
    assert query(settings, repeats) == [("flights_late.csv", 4), ("flights_same.csv", 4)]
    assert all(report.conserved for report in reports(settings))
    withdraw(settings, 4)
    assert rows(settings, "flights", "_source_file", version) == [("flights_late.csv",)]
    assert query(settings, repeats) == [("flights_same.csv", 2)]


def test_a_tombstone_withdraws_its_key_and_needs_no_more(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2))
    ingest(settings, folder)
    gone = write(
        folder / "flights_2.csv", FLIGHTS + ",withdrawn",
        "1,,Recife (PE),Natal (RN),,,,,,,true", "2,,,Natal (RN),,,,,,,true", flight(3) + ",no",
        flight(4) + ",maybe",
    )  # fmt: skip
    (report,) = ingest(settings, gone).files
    assert report.reasons == {"missing_value": 1, "not_a_boolean": 1}
    assert rows(settings, "flights", VERSION, "withdrawn") == [(1, None, True, "flights_2.csv", 1)]
    back = write(folder / "flights_3.csv", FLIGHTS, flight(1))
    assert ingest(settings, back).loaded == 1


def test_known_from_the_first_load_is_history_and_then_the_time_of_ingest(
    settings: Settings, folder: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1))
    before = now()
    ingest(settings, folder)
    ingest(settings, write(folder / "flights_2.csv", FLIGHTS, flight(2)))
    midnight = datetime(2019, 9, 26, 3)  # in São Paulo, as UTC
    (first, second) = rows(settings, "flights", '"travelCode", _event_at, _known_at, _known_from')
    assert first == (1, midnight, midnight + timedelta(days=1), "history")
    assert second[1] == midnight
    assert before <= second[2] <= now()
    assert second[3] == "ingest"
    assert rows(settings, "users", "DISTINCT _event_at, _known_at, _known_from") == [
        (None, datetime(1970, 1, 1), "history")
    ]


def test_history_can_be_declared(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1))
    ingest(settings, folder, history=False)
    ingest(settings, write(folder / "flights_2.csv", FLIGHTS, flight(2)), history=True)
    assert rows(settings, "flights", '"travelCode", _known_from') == [(1, "ingest"), (2, "history")]
    assert [report.history for report in reports(settings)] == [False, False, True]


def test_the_manifest_says_when_a_file_was_known(settings: Settings, folder: Path) -> None:
    write(folder / "flights_b.csv", FLIGHTS, flight(1))
    write(folder / "flights_a.csv", FLIGHTS, flight(1, price=7))
    write(folder / "flights_0.csv", FLIGHTS, flight(2))
    write(
        folder / "_arrivals.csv", "file,arrived_at",
        "flights_b.csv,2020-01-01 10:00:00", "flights_a.csv,2020-01-02 10:00:00",
    )  # fmt: skip
    report = ingest(settings, folder)
    names = [file.source_file for file in report.files if file.table == "flights"]
    assert names == ["flights_b.csv", "flights_a.csv", "flights_0.csv"]
    assert rows(settings, "flights", "_source_file, _known_at, _known_from") == [
        ("flights_0.csv", datetime(2019, 9, 27, 3), "history"),
        ("flights_a.csv", datetime(2020, 1, 2, 10), "manifest"),
        ("flights_b.csv", datetime(2020, 1, 1, 10), "manifest"),
    ]


def test_local_times_become_utc_and_a_repeated_hour_outside_the_key_is_the_first(
    settings: Settings, folder: Path
) -> None:
    # São Paulo: clocks went back at midnight before 18 February 2018, and forward on 4 November.
    booked = {
        1: ("2018-02-17 22:30:00", datetime(2018, 2, 18, 0, 30)),
        2: ("2018-02-17 23:30:00", datetime(2018, 2, 18, 1, 30)),
        3: ("2018-02-18 00:30:00", datetime(2018, 2, 18, 3, 30)),
        4: ("2018-11-03 23:59:59", datetime(2018, 11, 4, 2, 59, 59)),
        6: ("2018-11-04 01:30:00", datetime(2018, 11, 4, 3, 30)),
        7: ("", None),
    }
    lines = [flight(code, date="11/04/2018") + f",{text}" for code, (text, _) in booked.items()]
    skipped = flight(5) + ",2018-11-04 00:30:00"
    write(folder / "flights.csv", FLIGHTS + ",booked_at", *lines, skipped)
    ingest(settings, folder)
    assert [(line.reason, line.raw) for line in quarantine.lines(settings)] == [
        ("skipped_time", f"{skipped}\n".encode())
    ]
    # The day that began at 01:00 begins there: a date is no time that clocks can skip.
    found = rows(settings, "flights", '"travelCode", booked_at, _event_at')
    expected = [(code, at, at or datetime(2018, 11, 4, 3)) for code, (_, at) in booked.items()]
    assert found == expected


def test_orphans_load_by_themselves_when_their_parent_comes(
    settings: Settings, folder: Path
) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1, userCode=50), flight(2), flight(3, userCode=60)
    )
    write(folder / "hotels.csv", HOTELS, hotel(1, userCode=50))
    report = ingest(settings, folder)
    assert report.quarantined == 3
    before = state_hash(settings)
    more = ingest(settings, write(folder / "users_2.csv", USERS, user(50), user(51)))
    assert more.replayed == 2
    assert state_hash(settings) != before
    assert [row[:1] for row in rows(settings, "flights", VERSION)] == [(1,), (2,)]
    assert rows(settings, "flights", "_source_file, _row_number", '"travelCode" = 1') == [
        ("flights.csv", 1)
    ]
    assert len(rows(settings, "hotels")) == 1
    (left,) = quarantine.lines(settings)
    assert (left.reason, left.value, left.record) == ("orphan", "60", 3)
    assert all(report.conserved for report in reports(settings))


def test_a_parent_that_is_only_a_tombstone_is_none(settings: Settings, folder: Path) -> None:
    write(folder / "users_2.csv", USERS + ",withdrawn", "9,,,,,true")
    write(folder / "flights.csv", FLIGHTS, flight(1, userCode=9))
    ingest(settings, folder)
    assert [line.reason for line in quarantine.lines(settings)] == ["orphan"]


def test_a_withdrawn_file_stays_out_until_it_is_restored(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2, price=-1))
    ingest(settings, folder)
    batch = reports(settings)[1].batch_id
    assert batch is not None
    done = withdraw(settings, batch)
    assert (done.records, done.orphans, done.affected) == (2, 0, [])
    assert rows(settings, "flights") == []
    assert quarantine.lines(settings) == []
    again = ingest(settings, folder)
    assert again.up_to_date
    assert {file.source_file: file.status for file in again.files} == {
        "flights.csv": "withdrawn",
        "users.csv": "known",
    }
    with pytest.raises(IngestError, match="withdrawn already"):
        withdraw(settings, batch)
    with pytest.raises(IngestError, match="no batch 99"):
        withdraw(settings, 99)
    assert ingest(settings, folder, restore=True).loaded == 1
    assert ingest(settings, folder, restore=True).up_to_date


def test_withdrawing_parents_sends_their_children_to_quarantine_with_their_bytes(
    settings: Settings, folder: Path
) -> None:
    ingest(settings, folder)
    ingest(settings, write(folder / "users_2.csv", USERS, user(50)))
    write(
        folder / "flights.csv", FLIGHTS, flight(1, userCode=50), flight(2), flight(1, userCode=50)
    )
    ingest(settings, folder)
    done = withdraw(settings, 2)
    assert (done.orphans, done.affected) == (2, [3])
    found = [(line.record, line.reason, line.raw) for line in quarantine.lines(settings)]
    raw = (flight(1, userCode=50) + "\n").encode()
    assert found == [(1, "orphan", raw), (3, "orphan", raw)]
    assert all(report.conserved for report in reports(settings))
    assert ingest(settings, folder, restore=True).replayed == 2
    assert len(rows(settings, "flights")) == 2
    assert quarantine.lines(settings) == []


def test_a_table_that_a_contract_gained_is_there_after_the_next_ingest(settings, folder):
    ingest(settings, folder)
    with writer(settings, "test") as lake:
        lake.execute("DROP TABLE lake.raw.hotels")
    # Nothing of it is new, and a domain that lacks a table cannot be built.
    assert ingest(settings, folder).up_to_date
    assert query(settings, "SELECT count(*) AS rows FROM lake.raw.hotels") == [(0,)]
