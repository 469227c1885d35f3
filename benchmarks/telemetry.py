"""Readings over a real broker: none lost over three kills, how many a second, how soon safe.

    python -m benchmarks.telemetry [--readings 100000] [--out docs/benchmarks/telemetry.md]

Loss: a publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them;
`tambo listen` is killed (SIGKILL) three times on the way and started again at once. Counted is what
is in the lake: rows, repeats, quarantined lines. Latency: readings come at a steady rate; each
carries the time at which it was sent, and is timed when its line is synced to the disk, and when
the online store has taken it (SQLite, a view of its own with the two columns of a reading). Needs
mosquitto.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.telemetry_latency import RATES, latencies
from tambo.ingest import ingest, reports
from tambo.lake import reader
from tambo.lake.tables import table_exists
from tambo.settings import Settings

VESSELS = 100
KILLS = 3
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ABOUT = """\
`python -m benchmarks.telemetry` on 2 cores, with broker, publisher and consumer on the same machine. A
publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them; `tambo listen` is killed
(SIGKILL) on the way and started again. Keys are distinct pairs of vessel and time among the rows.
"""  # noqa: E501
UNANSWERED = 1000
"""Readings that the publisher has under way at once."""


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """Run mosquitto on a free port of loopback; gives the port."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        raise SystemExit("mosquitto is not installed: apt-get install mosquitto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    conf = folder / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 0\n"
        f"max_inflight_messages 0\nlog_type subscribe\nlog_dest file {folder / 'broker.log'}\n"
    )
    process = subprocess.Popen([program, "-c", str(conf)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()


def home(folder: Path, port: int) -> Settings:
    """A home whose lake knows the vessels."""
    settings = Settings(home=folder / "home", telemetry_url=f"mqtt://127.0.0.1:{port}")
    names = "\n".join(f"N-{number}" for number in range(VESSELS))
    (folder / "aircraft.csv").write_text(f"aircraft_id\n{names}\n")
    ingest(settings, folder / "aircraft.csv")
    return settings


def publish(port: int, count: int) -> None:
    """Send readings as fast as the broker answers; runs in a process of its own."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="vessels")
    client.max_inflight_messages_set(UNANSWERED)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = []
    for number in range(count):
        at = BEGIN + timedelta(minutes=number // VESSELS)
        told = {
            "read_at": f"{at:%Y-%m-%d %H:%M:%S}",
            "engine_health_score": number % 100,
            "temperature_variance": number % 7,
        }
        topic = f"fleet/N-{number % VESSELS}/telemetry"
        sent.append(client.publish(topic, json.dumps(told), qos=1))
        if number >= 2 * UNANSWERED:
            sent[number - 2 * UNANSWERED].wait_for_publish()
    for one in sent:
        one.wait_for_publish()
    client.disconnect()


def start_listener(settings: Settings, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start `tambo listen`; returns when it has subscribed."""
    log = folder / "broker.log"
    before = log.read_text().count("tambo-telemetry") if log.exists() else 0
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
    while not log.exists() or log.read_text().count("tambo-telemetry") == before:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("tambo listen does not subscribe")
        time.sleep(0.05)
    return process


def rows(settings: Settings) -> int:
    """Rows of telemetry in the lake."""
    with reader(settings) as lake:
        if not table_exists(lake, "raw.telemetry"):
            return 0
        found = lake.execute("SELECT count(*) FROM lake.raw.telemetry").fetchone()
    return int(found[0]) if found else 0


def loss(folder: Path, count: int, kills: int) -> dict[str, float]:
    """Send readings through a consumer that is killed on the way; what came of them."""
    folder.mkdir()
    with broker(folder) as port:
        settings = home(folder, port)
        listener = start_listener(settings, folder, port)
        begun = time.perf_counter()
        code = f"from benchmarks.telemetry import publish; publish({port}, {count})"
        sender = subprocess.Popen([sys.executable, "-c", code])
        for number in range(kills):
            while rows(settings) < count * (number + 1) / (kills + 2):
                time.sleep(0.5)
            listener.kill()
            listener.wait()
            listener = start_listener(settings, folder, port)
        sender.wait()
        sent = time.perf_counter() - begun
        while rows(settings) < count and time.perf_counter() - begun < 900:
            time.sleep(0.5)
        seconds = time.perf_counter() - begun
        listener.terminate()
        listener.wait()
    files = [one for one in reports(settings) if one.table == "telemetry"]
    with reader(settings) as lake:
        found = lake.execute(
            "SELECT count(DISTINCT (aircraft_id, read_at)) FROM lake.raw.telemetry"
        ).fetchone()
    return {
        "kills": kills,
        "readings": count,
        "rows": rows(settings),
        "keys": int(found[0]) if found else 0,
        "repeats": sum(one.repeat.records for one in files),
        "quarantined": sum(one.quarantined.records for one in files),
        "sent_seconds": sent,
        "seconds": seconds,
    }


def page(outcomes: Sequence[dict[str, float]], timed: dict[int, dict[str, list[float]]]) -> str:
    """The measurements as tables."""
    lines = [
        "# Telemetry: readings from a broker into the lake\n",
        ABOUT,
        "| kills | readings | rows | keys | repeats | quarantined | sent, s | in the lake, s "
        "| readings a second |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        counts = ("kills", "readings", "rows", "keys", "repeats", "quarantined")
        told = [f"{one[name]:,.0f}" for name in counts]
        told += [f"{one['sent_seconds']:.1f}", f"{one['seconds']:.1f}"]
        told.append(f"{one['readings'] / one['seconds']:,.0f}")
        lines.append(f"| {' | '.join(told)} |")
    lines += [
        "",
        "| readings a second | until | readings | p50, ms | p99, ms |",
        "|---|---|---|---|---|",
    ]
    for rate, kinds in timed.items():
        for kind, seconds in kinds.items():
            low, high = np.percentile(seconds, [50, 99]) * 1000
            lines.append(f"| {rate:,} | {kind} | {len(seconds):,} | {low:.0f} | {high:.0f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = [
            loss(Path(scratch) / f"kills{kills}", chosen.readings, kills) for kills in (0, KILLS)
        ]
        timed = {}
        for rate in RATES:
            folder = Path(scratch) / f"rate{rate}"
            folder.mkdir()
            with broker(folder) as port:
                timed[rate] = latencies(home(folder, port), port, rate, VESSELS)
    told = page(outcomes, timed)
    sys.stdout.write(told)
    if chosen.out is not None:
        chosen.out.write_text(told)


if __name__ == "__main__":
    main()
