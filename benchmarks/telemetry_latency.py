"""How long a reading takes from its sender to the disk, and to the online store."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from tambo.as_of import AsOf
from tambo.featurestore.push import FeaturePush
from tambo.lake import releases, spool, writer
from tambo.lake.state import now, raw_state
from tambo.settings import Settings
from tambo.sources.mqtt.consumer import Consumer
from tambo.sources.mqtt.stream import find_stream

RATES = (100, 1000)
"""Readings a second."""
SECONDS = 10
STREAM = find_stream("fleet")


def latencies(settings: Settings, port: int, rate: int, vessels: int) -> dict[str, list[float]]:
    """Seconds from sending to the disk, and to the online store, of each reading that got there.

    The online store takes each vessel's newest only; the others are not timed there.
    """
    _declare(settings)
    durable: list[float] = []
    online: list[float] = []
    sent: dict[tuple[str, datetime], int] = {}
    append = spool.append

    def timed(home: Settings, topic: str, records: Sequence[Mapping[str, Any]]) -> None:
        append(home, topic, records)
        for one in records:
            durable.append((time.time_ns() - int(one["number"])) / 1e9)
            told = datetime.fromisoformat(one["fields"][1]).replace(tzinfo=UTC)
            sent[one["fields"][0], told] = int(one["number"])

    class Timed(FeaturePush):
        def push(self, rows: Sequence[Mapping[str, Any]], event: str) -> int:
            done = super().push(rows, event)
            at = time.time_ns()
            online.extend((at - sent[row["aircraft_id"], row[event]]) / 1e9 for row in rows)
            return done

    stop = threading.Event()
    consumer = Consumer(settings, STREAM, Timed(settings, STREAM.push_source))
    with mock.patch.object(spool, "append", timed):
        thread = threading.Thread(target=consumer.run, args=(stop,))
        thread.start()
        time.sleep(3)
        code = f"from benchmarks.telemetry_latency import send; send({port}, {rate}, {vessels})"
        subprocess.run([sys.executable, "-c", code], check=True)
        time.sleep(3)
        stop.set()
        thread.join()
    # The first second holds what is imported and opened once.
    return {"on the disk": durable[rate:], "online": online[vessels:]}


def send(port: int, rate: int, vessels: int) -> None:
    """Send readings at a steady rate; runs in a process of its own."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="vessels")
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun = time.perf_counter()
    for number in range(rate * SECONDS):
        time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number // vessels)
        told = {
            "message_id": str(time.time_ns()),
            "read_at": f"{at:%Y-%m-%d %H:%M:%S}",
            "engine_health_score": number % 100,
        }
        last = client.publish(f"fleet/N-{number % vessels}/telemetry", json.dumps(told), qos=1)
    last.wait_for_publish()
    client.disconnect()


def _declare(settings: Settings) -> None:
    """Release a table of readings, and declare a view of the push source over it."""
    from feast import Entity, FeatureStore, FeatureView, Field, PushSource, ValueType
    from feast.types import Float64, String

    from tambo.featurestore.source import DuckLakeSource
    from tambo.featurestore.store import repo_config

    _release(settings)
    vessel = Entity(name="aircraft", join_keys=["aircraft_id"], value_type=ValueType.STRING)
    batch = DuckLakeSource(table="marts.readings", created_timestamp_column="created_timestamp")
    view = FeatureView(
        name="aircraft_reading",
        entities=[vessel],
        ttl=timedelta(0),
        schema=[
            Field(name="aircraft_id", dtype=String),
            Field(name="engine_health_score", dtype=Float64),
            Field(name="temperature_variance", dtype=Float64),
        ],
        source=PushSource(name=STREAM.push_source, batch_source=batch),
    )
    settings.registry.parent.mkdir(parents=True, exist_ok=True)
    FeatureStore(config=repo_config(settings)).apply([vessel, view])


def _release(settings: Settings) -> None:
    """Release an empty table of readings."""
    with writer(settings, "benchmark") as lake:
        lake.execute(
            "CREATE TABLE lake.marts.readings (aircraft_id VARCHAR, event_timestamp TIMESTAMP, "
            "created_timestamp TIMESTAMP, engine_health_score DOUBLE, temperature_variance DOUBLE)"
        )
        row = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        snapshot = row[0] if row else 0
        instant = AsOf({"fleet": now()}).dump()
        lake.execute(
            "INSERT INTO lake.audit.builds VALUES (1, ?, ?, 'project', 'abc', 'run', ?, ?, '{}')",
            [now(), raw_state(lake), instant, snapshot],
        )
        lake.execute(
            "INSERT INTO lake.audit.validations VALUES (1, ?, 1, ?, 'suites', true, "
            """'[{"suite": "fleet"}]')""",
            [now(), snapshot],
        )
    releases.release(settings)
