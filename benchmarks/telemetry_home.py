"""A home whose release knows a hundred vessels, a broker, and `tambo listen` beside it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import publish as publish_features
from tambo.ingest import ingest
from tambo.lake import releases
from tambo.lake.build import build
from tambo.settings import Settings

VESSELS = [f"N-{number}" for number in range(100)]
CONSUMER = "tambo-telemetry"


class Mosquitto:
    """A broker on a free port of loopback, whose sessions outlive a stop.

    Args:
        folder: for its configuration, its log and its sessions.
    """

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise SystemExit("mosquitto is not installed: apt-get install mosquitto")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        conf = folder / "mosquitto.conf"
        conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\n"
            "max_queued_messages 0\nmax_inflight_messages 0\n"
            f"log_type subscribe\nlog_dest file {folder / 'broker.log'}\n"
        )
        self._command = [program, "-c", str(conf)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def stop(self) -> None:
        """Stop it, as a service manager does."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None


@contextmanager
def broker(folder: Path) -> Iterator[Mosquitto]:
    """Run a broker for the time of the block."""
    made = Mosquitto(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def released_home(folder: Path) -> Settings:
    """A home with a release of the fleet, published: each vessel has one reading of last week."""
    settings = Settings(home=folder / "home", threads=1)
    raw = folder / "raw"
    raw.mkdir()
    (raw / "aircraft.csv").write_text("aircraft_id\n" + "\n".join(VESSELS) + "\n")
    before = datetime.now(UTC) - timedelta(days=8)
    lines = [f"{one},{before:%Y-%m-%d %H:%M:%S},80,9" for one in VESSELS]
    head = "aircraft_id,read_at,engine_health_score,temperature_variance\n"
    (raw / "telemetry.csv").write_text(head + "\n".join(lines) + "\n")
    ingest(settings, raw)
    build(settings)
    if not validate(settings).success:
        raise SystemExit("the home of the benchmark does not pass its gate")
    releases.release(settings)
    publish_features(settings, all_objects(["fleet"]))
    return settings


def start_listener(settings: Settings, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start `tambo listen`; returns when it has subscribed."""
    log = folder / "broker.log"
    before = log.read_text().count(CONSUMER) if log.exists() else 0
    environment = os.environ | {
        "TAMBO_HOME": str(settings.home),
        "TAMBO_TELEMETRY_URL": f"mqtt://127.0.0.1:{port}",
        "TAMBO_TELEMETRY_BATCH_SECONDS": "5",
    }
    code = "from tambo.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "listen"], env=environment, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not log.exists() or log.read_text().count(CONSUMER) == before:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("tambo listen does not subscribe")
        time.sleep(0.05)
    return process
