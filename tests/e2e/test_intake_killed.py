"""The intake as a real server: what it acknowledged is in the lake, once, though it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import loopback
import psutil
import pytest
from oidc_issuer import API, Client, issuing

from bentos.serve import _free_port
from tambo.ingest import ingest, reports
from tambo.lake import reader
from tambo.monitoring.refusals import refusals
from tambo.settings import PROJECT_ROOT, Settings
from tambo.sources.arrived import take_in_told

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LOGS = "/v1/service-logs"


@contextmanager
def served(settings: Settings, discovery: str):
    """The service on loopback, and the process to kill; ready to answer."""
    port = _free_port("127.0.0.1")
    environment = {
        **os.environ,
        "TAMBO_HOME": str(settings.home),
        "TAMBO_OIDC_DISCOVERY_URL": discovery,
        "TAMBO_OIDC_CLIENT_ID": API,
        "BENTOML_HOME": str(settings.home / "bentoml"),
        "PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), str(PROJECT_ROOT / "tests")]),
    }
    command = ["serve", "intake_service:IntakeService", "--host", "127.0.0.1", "--port", str(port)]
    with (settings.home / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bentoml", *command],
            cwd=settings.home,
            env=environment,
            stdout=log,
            stderr=log,
        )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + loopback.SECONDS
    try:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if loopback.get(f"{url}/readyz").status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url, process
    finally:
        kill(process)
        process.wait()


def entry(number: int) -> dict[str, str]:
    at = f"2026-03-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"
    return {"aircraft_id": "N-1", "logged_at": at, "severity": "info", "entry": f"no. {number}"}


@pytest.mark.timeout(180)
def test_what_a_killed_server_acknowledged_is_in_the_lake_once(tmp_path: Path):
    settings = Settings(home=tmp_path / "home", threads=1)
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\n")
    ingest(settings, tmp_path / "aircraft.csv")
    acknowledged: dict[int, dict] = {}
    with issuing(Client("tina", ("technician",)), Client("eve", ("executive",))) as issuer:
        as_tina = {"Authorization": f"Bearer {issuer.token('tina')}"}
        as_eve = {"Authorization": f"Bearer {issuer.token('eve')}"}
        with (
            served(settings, issuer.discovery) as (url, process),
            loopback.client(base_url=url) as client,
        ):
            assert client.post(LOGS, json=entry(0)).status_code == 401
            assert client.post(LOGS, json=entry(0), headers=as_eve).status_code == 403
            killer = threading.Timer(1.0, kill, [process])
            with pytest.raises(httpx.HTTPError):
                for number in range(10_000):
                    answer = client.post(LOGS, json=entry(number), headers=as_tina)
                    assert answer.status_code == 201
                    acknowledged[number] = answer.json()
                    if number == 0:
                        killer.start()
            killer.join()
        assert acknowledged
        # Whoever got no answer tells it again, and all the others too.
        with served(settings, issuer.discovery) as (url, _):
            again = {"items": [entry(number) for number in range(len(acknowledged) + 1)]}
            told = loopback.post(url + LOGS, json=again, headers=as_tina).json()
        assert told["items"][:-1] == list(acknowledged.values())
    take_in_told(settings)
    with reader(settings) as lake:
        found = lake.execute("SELECT entry FROM lake.raw.service_logs ORDER BY logged_at")
        assert found.fetchall() == [(f"no. {one}",) for one in range(len(acknowledged) + 1)]
    assert all(one.conserved for one in reports(settings))
    assert [(one["status"], one["subject"]) for one in refusals(settings)] == [
        (403, "eve"),
        (401, None),
    ]


def kill(process: subprocess.Popen[bytes]) -> None:
    """The server and its worker, both at once, if they live."""
    if process.poll() is None:
        family = [process, *psutil.Process(process.pid).children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
