"""A real MQTT broker that can be stopped and started again, and readings published to it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SBIN = "/usr/sbin"


def program() -> str | None:
    """Where mosquitto is; Debian puts it where users do not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)


needs_broker = pytest.mark.skipif(program() is None, reason="mosquitto is not installed")


def reading(aircraft: str, number: int, **values) -> tuple[str, bytes]:
    """Topic and payload of an aircraft's reading, a minute after the one before."""
    told = {
        "read_at": f"{BEGIN + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}",
        "engine_health_score": 50 + number % 50,
        "temperature_variance": 1.5,
    }
    return f"fleet/{aircraft}/telemetry", json.dumps(told | values).encode()


class MosquittoBroker:
    """One broker; its sessions outlive a stop."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._log = folder / "log"
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\nmax_queued_messages 0\n"
            f"max_inflight_messages 0\nlog_type all\nlog_dest file {self._log}\n"
            + "".join(f"{option}\n" for option in options)
        )
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen([str(program()), "-c", str(self._conf)])
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the broker does not listen")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def subscriptions(self) -> int:
        """How often somebody subscribed so far."""
        return self._log.read_text().count("Received SUBSCRIBE") if self._log.exists() else 0


@contextmanager
def publisher(broker: MosquittoBroker):
    """A client that publishes with QoS 1, and returns only when the broker has all of it."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, clean_session=False, client_id="vessels")
    client.max_inflight_messages_set(500)
    client.reconnect_delay_set(1, 1)
    done: set[int] = set()
    client.on_publish = lambda _, __, mid, *rest: done.add(mid)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    sent: set[int] = set()

    def publish(messages) -> None:
        # What is published while the broker is away is sent when it is back.
        sent.update(client.publish(topic, payload, qos=1).mid for topic, payload in messages)

    def wait() -> None:
        deadline = time.monotonic() + 120
        while not sent <= done:
            assert time.monotonic() < deadline, len(sent - done)
            time.sleep(0.02)

    publish.wait = wait
    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()
