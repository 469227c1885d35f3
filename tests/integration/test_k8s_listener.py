"""The consumer of readings started here as its image and its manifest start it.

No image is built: the interpreter sees the code and the packages that the image would hold, and no
others.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import online_feast
import pytest
from k8s_rendered import containers, one
from mqtt_broker import MosquittoBroker, needs_broker, publisher, reading

from bentos.listener import stage
from tambo.ingest import ingest
from tambo.lake import reader
from tambo.settings import Settings

pytestmark = [pytest.mark.slow, needs_broker]

PASSWORD = "4f1c0ffee5ecure"
MOST_MEGABYTES = 700


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the image, and its packages."""
    folder = tmp_path_factory.mktemp("image")
    stage(Settings(home=folder / "none"), folder)
    (folder / "packages").mkdir()
    pinned = re.findall(r"^([\w.-]+)==", (folder / "requirements.txt").read_text(), re.MULTILINE)
    for name in pinned:
        held = distribution(name)
        for first in {path.parts[0] for path in held.files or ()} - {"..", "__pycache__"}:
            link = folder / "packages" / first
            if not link.exists():
                link.symlink_to(Path(str(held.locate_file(first))))
    return folder


class Pod:
    """The Deployment's container as a process: its folders moved below a temporary one."""

    def __init__(self, image: Path, home: Path, tmp: Path, broker: str, redis: int) -> None:
        self.container = containers(one("Deployment", "telemetry"))[0]
        self.moved = {"/var/lib/tambo": str(home), "/tmp": str(tmp), "60 seconds": "4 seconds"}
        given = {
            "REDIS_PASSWORD": PASSWORD,
            "TAMBO_REDIS_URL": f"redis://127.0.0.1:{redis}/0",
            "TAMBO_TELEMETRY_USER": "tambo",
            "TAMBO_TELEMETRY_PASSWORD": PASSWORD,
        }
        assert set(given) == {item["name"] for item in self.container["env"]}
        literals = one("ConfigMap", "telemetry-settings")["data"]
        self.environment = {
            **{name: self.here(value) for name, value in literals.items()},
            **given,
            "PATH": os.environ["PATH"],
            "TAMBO_TELEMETRY_URL": broker,
            "PYTHONPATH": f"{image}:{image / 'packages'}",
        }
        program, *arguments = self.container["command"]
        assert program == "python"
        self.process = subprocess.Popen(
            # Without this environment's own packages.
            [sys.executable, "-S", *arguments],
            env=self.environment,
            cwd=image,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def here(self, text: str) -> str:
        """The same text with the folders of this run, in one pass: they lie in /tmp themselves."""
        return re.sub("|".join(self.moved), lambda found: self.moved[found[0]], text)

    def probe(self, name: str) -> bool:
        command = [self.here(part) for part in self.container[f"{name}Probe"]["exec"]["command"]]
        ran = subprocess.run(command, env=self.environment, check=False, capture_output=True)
        return ran.returncode == 0

    def wait(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end
            time.sleep(0.2)

    def megabytes(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) // 1024


@contextmanager
def running(image: Path, home: Path, tmp: Path, broker: str, redis: int) -> Iterator[Pod]:
    tmp.mkdir()
    pod = Pod(image, home, tmp, broker, redis)
    try:
        yield pod
    finally:
        pod.process.kill()
        pod.process.communicate()


def rows(home: Settings) -> int:
    with reader(home) as lake:
        return lake.execute("SELECT count(*) FROM lake.raw.telemetry").fetchone()[0]


def test_it_listens_answers_its_probes_and_leaves_nothing_behind(image: Path, tmp_path: Path):
    home = Settings(home=tmp_path / "home")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "aircraft.csv").write_text("aircraft_id\nN-1\n")
    ingest(home, tmp_path / "raw")
    broker = MosquittoBroker(tmp_path / "broker")
    broker.start()
    try:
        with (
            online_feast.redis_server(tmp_path / "redis") as (port, _),
            running(image, home.home, tmp_path / "tmp", broker.url, port) as pod,
        ):
            pod.wait(lambda: pod.probe("startup"))
            pod.wait(lambda: pod.probe("readiness"))
            assert pod.probe("liveness")
            with publisher(broker) as publish:
                publish([reading("N-1", number) for number in range(20)])
                publish.wait()
                # A broker that is away is waited for: not ready, and alive.
                broker.stop()
                pod.wait(lambda: not pod.probe("readiness"))
                assert pod.probe("liveness")
                broker.start()
                pod.wait(lambda: pod.probe("readiness"))
            # One that hangs is not alive.
            pod.process.send_signal(signal.SIGSTOP)
            pod.wait(lambda: not pod.probe("liveness"))
            pod.process.send_signal(signal.SIGCONT)
            pod.wait(lambda: pod.probe("liveness"))
            assert pod.megabytes() < MOST_MEGABYTES
            pod.process.send_signal(signal.SIGTERM)
            said, _ = pod.process.communicate(timeout=60)
            assert pod.process.returncode == 0, said
            assert rows(home) == 20, said
    finally:
        broker.stop()
