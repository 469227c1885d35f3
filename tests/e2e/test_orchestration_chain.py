"""The chain of DAGs on a tiny world: a real scheduler, started and asked as a person would."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gate_lake
import httpx
import psutil
import pytest

from orchestration import home
from tambo.lake import reader, releases, writer
from tambo.settings import Settings
from tambo.sources.travel.world import generate

START_SECONDS = 180
CHAIN_SECONDS = 900
ASK_SECONDS = 3
"""Between two questions: each costs the API server some 50 ms of CPU, and five are asked."""
CHAIN = ("ingest_travel", "build_and_release", "materialize", "train_travel", "bundle_travel")


class Api:
    """Airflow's REST API, as the generated user."""

    def __init__(self, url: str, password: str) -> None:
        login = {"username": home.USER, "password": password}
        answer = httpx.post(f"{url}/auth/token", json=login, timeout=30)
        answer.raise_for_status()
        bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.client = httpx.Client(base_url=f"{url}/api/v2", headers=bearer, timeout=30)

    def get(self, path: str) -> dict[str, Any]:
        answer = self.client.get(path)
        answer.raise_for_status()
        return answer.json()

    def start(self, dag: str, conf: dict[str, Any]) -> httpx.Response:
        return self.client.post(f"/dags/{dag}/dagRuns", json={"logical_date": None, "conf": conf})

    def wait_for_dags(self, names: tuple[str, ...]) -> None:
        deadline = time.monotonic() + 120
        while not set(names) <= {dag["dag_id"] for dag in self.get("/dags")["dags"]}:
            assert time.monotonic() < deadline, self.get("/importErrors")
            time.sleep(1)

    def wait_for_success(self, dag: str, others: tuple[str, ...]) -> dict[str, Any]:
        """The first run of a DAG, once it has succeeded; fails early when any DAG fails."""
        deadline = time.monotonic() + CHAIN_SECONDS
        while True:
            for name in others:
                for run in self.get(f"/dags/{name}/dagRuns")["dag_runs"]:
                    assert run["state"] != "failed", f"{name} failed:\n{self.log_of(name, run)}"
            runs = self.get(f"/dags/{dag}/dagRuns")["dag_runs"]
            if runs and runs[0]["state"] == "success":
                return runs[0]
            assert time.monotonic() < deadline, f"{dag}: {runs}"
            time.sleep(ASK_SECONDS)

    def wait_for_failure(self, dag: str, started: httpx.Response) -> str:
        """The log of a run that is to fail, once it has."""
        started.raise_for_status()
        path = f"/dags/{dag}/dagRuns/{quote(started.json()['dag_run_id'])}"
        deadline = time.monotonic() + CHAIN_SECONDS
        while (run := self.get(path))["state"] != "failed":
            assert run["state"] != "success"
            assert time.monotonic() < deadline, run
            time.sleep(1)
        return self.log_of(dag, run)

    def log_of(self, dag: str, run: dict[str, Any]) -> str:
        """The log of a run's failed tasks."""
        path = f"/dags/{dag}/dagRuns/{run['dag_run_id']}/taskInstances"
        lines: list[str] = []
        for task in self.get(path)["task_instances"]:
            if task["state"] == "failed":
                tail = f"{path}/{task['task_id']}/logs/{task['try_number']}"
                log = self.get(f"{tail}?map_index={task['map_index']}")["content"]
                for line in log:
                    lines.append(str(line.get("event", line)))
                    lines += [error["exc_value"] for error in line.get("error_detail") or []]
        return "\n".join(lines[-60:])


class Running:
    """`make airflow` as a process."""

    def __init__(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.components"],
            env={**os.environ, "TAMBO_HOME": str(settings.home), "TAMBO_SEARCH_TRIALS": "0"},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.family: set[psutil.Process] = set()
        self.url = self._read_url()

    def _read_url(self) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.match(r"Airflow\s+(http\S+)", line):
                return found[1]
        raise AssertionError(f"Airflow ended with {self.process.wait()}")

    def see_family(self) -> set[psutil.Process]:
        """Every process seen so far that descends from it."""
        self.family |= set(psutil.Process(self.process.pid).children(recursive=True))
        return self.family

    def stop(self) -> str:
        """Ctrl-C, and what it says then."""
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=120)
        return out


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def world(settings: Settings) -> Path:
    folder = settings.world / "travel"
    generate(folder, travellers=120, years=1, seed=3)
    return folder


@pytest.fixture
def airflow(settings: Settings) -> Iterator[Running]:
    running = Running(settings)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(START_SECONDS + CHAIN_SECONDS)
def test_raw_files_become_a_release_and_a_bento_by_assets_alone(
    settings: Settings, world: Path, airflow: Running
):
    api = Api(airflow.url, home.password(settings))
    with api.client:
        api.wait_for_dags(CHAIN)
        refused = api.start("ingest_travel", {"path": 3})
        assert refused.status_code in (400, 422), refused.text
        assert api.start("ingest_travel", {"path": str(world)}).status_code == 200
        api.wait_for_success("bundle_travel", CHAIN)
        api.wait_for_success("data_quality", ("data_quality",))
        released = releases.get(settings)
        spoil(settings, released.as_of.of("travel"))
        said = api.wait_for_failure("data_quality", api.start("data_quality", {}))
    for words in (
        "ValidationFailedError: Build 2 does not pass the gate: 1 critical",
        "travel.marts.fare_prices: expected that fare_mean is at least 0",
        "1 of ",
        "found -1 in origin=",
    ):
        assert words in said
    with reader(settings) as lake:
        verdicts = lake.execute(
            "SELECT build_id, success, verdicts FROM lake.audit.validations ORDER BY validation_id"
        ).fetchall()
    # The gate before the release, then the DAG twice; each looked at every row.
    assert [row[:2] for row in verdicts] == [(1, True), (1, True), (2, False)]
    assert all(suite["whole"] for _, _, found in verdicts for suite in json.loads(found))
    assert releases.get(settings).number == released.number
    listening = {
        connection.laddr.ip
        for process in airflow.see_family()
        for connection in connections(process)
    }
    assert listening == {"127.0.0.1"}

    from bentos.bundle import latest

    assert released.status == "released"
    assert sum(released.row_counts.values()) > 0
    assert latest(settings, "travel")

    assert "stopped" in airflow.stop()
    assert airflow.process.returncode == 0
    assert [process for process in airflow.family if process.is_running()] == []
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(airflow.url.rpartition(":")[2]))) != 0


def spoil(settings: Settings, as_of: datetime) -> None:
    """A build with one row that no gate may pass."""
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.marts.fare_prices SELECT * REPLACE (-1 AS fare_mean) "
            "FROM lake.marts.fare_prices WHERE fare_observations = 1 LIMIT 1"
        )
    gate_lake.note_build(settings, as_of)


def connections(process: psutil.Process) -> list[Any]:
    """Sockets on which a process listens."""
    try:
        found = process.net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return []
    return [connection for connection in found if connection.status == psutil.CONN_LISTEN]
