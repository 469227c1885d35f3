"""What is answered of vessels while readings come: when each reading is first in an answer.

A reading carries its number among those of its vessel, as thousandths of the variance. An answer
that shows a number was given with that reading and all before it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from benchmarks.telemetry_home import VESSELS, start_listener
from tambo.featurestore.online import OnlineReader, resolve
from tambo.featurestore.store import open_store
from tambo.lake import releases
from tambo.settings import Settings

RATES = (100, 1000)
"""Readings a second."""
SECONDS = 20
ASK_SECONDS = 0.005
SERVICE, VIEW = "maintenance_due_v1", "aircraft_health__"


class Answers(Protocol):
    """Whoever answers what is known of vessels."""

    def health(self, vessels: Sequence[str]) -> list[dict[str, Any]]:
        """Features of `aircraft_health` by name, of each vessel."""
        ...


class OnlineAnswers:
    """The reader that services answer from, in this process."""

    def __init__(self, settings: Settings) -> None:
        held = releases.get(settings)
        store = open_store(settings)
        manifest = resolve(store, SERVICE, release=held.number, as_of=held.as_of)
        every = OnlineReader.open(manifest, sqlite=settings.online_store)
        self._reader = every.narrowed({"aircraft_health"})

    def health(self, vessels: Sequence[str]) -> list[dict[str, Any]]:
        """See `Answers`."""
        rows = self._reader.read([{"aircraft_id": vessel} for vessel in vessels])
        return [
            {n.removeprefix(VIEW): v for n, v in row.values.items() if n.startswith(VIEW)}
            for row in rows
        ]


def number_of(state: dict[str, Any]) -> int:
    """Number of the newest reading that an answer was given with; 0: none of ours."""
    read = state["temperature_variance_read"]
    return 0 if read is None or read >= 9 else round(read * 1000)


def latencies(settings: Settings, folder: Path, port: int, rate: int) -> list[float]:
    """Seconds from sending each reading to the first answer that was given with it."""
    answers = OnlineAnswers(settings)
    listener = start_listener(settings, folder, port)
    log = folder / "sent.json"
    code = f"from benchmarks.telemetry_answers import send; send({port}, {rate}, {str(log)!r})"
    sender = subprocess.Popen([sys.executable, "-c", code])
    seen: list[list[float]] = [[] for _ in VESSELS]
    last = rate * SECONDS // len(VESSELS)
    deadline = time.monotonic() + SECONDS + 60
    while any(len(times) < last for times in seen) and time.monotonic() < deadline:
        found = answers.health(VESSELS)
        now = time.time()
        for times, state in zip(seen, found, strict=True):
            times.extend([now] * (number_of(state) - len(times)))
        time.sleep(ASK_SECONDS)
    sender.wait()
    listener.terminate()
    listener.wait()
    sent = json.loads(log.read_text())
    return [
        answered - sent[vessel][number]
        for vessel, times in enumerate(seen)
        for number, answered in enumerate(times)
    ]


def send(port: int, rate: int, log: str) -> None:
    """Send readings at a steady rate; runs in a process of its own."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="vessels")
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun, first = time.perf_counter(), datetime.now(UTC) - timedelta(hours=1)
    sent: list[list[float]] = [[] for _ in VESSELS]
    for number in range(rate * SECONDS):
        time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        vessel, own = number % len(VESSELS), number // len(VESSELS)
        at = first + timedelta(seconds=own)
        told = {
            "read_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "engine_health_score": 80 + number % 7,
            "temperature_variance": (own + 1) / 1000,
        }
        sent[vessel].append(time.time())
        last = client.publish(f"fleet/{VESSELS[vessel]}/telemetry", json.dumps(told), qos=1)
    last.wait_for_publish()
    client.disconnect()
    Path(log).write_text(json.dumps(sent))
