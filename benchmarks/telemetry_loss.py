"""Readings through a consumer that is killed on the way: what is in the lake and in answers."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.telemetry_answers import Answers, OnlineAnswers
from benchmarks.telemetry_home import VESSELS, broker, start_listener
from tambo.ingest import reports
from tambo.lake import reader
from tambo.settings import Settings

FROM_BROKER = "starts_with(_source_file, 'telemetry_mqtt_')"
MOST_SECONDS = 900
UNANSWERED = 1000
"""Readings that the publisher has under way at once."""


def score(number: int) -> int:
    """What a reading says, by its number."""
    return number // len(VESSELS) % 100


def message(number: int, first: float) -> tuple[str, str]:
    """Topic and payload of a reading; those of a vessel are a minute apart."""
    own = number // len(VESSELS)
    at = datetime.fromtimestamp(first, UTC) + timedelta(minutes=own)
    told = {
        "read_at": f"{at:%Y-%m-%d %H:%M:%S}",
        "engine_health_score": score(number),
        "temperature_variance": own % 7,
    }
    return f"fleet/{VESSELS[number % len(VESSELS)]}/telemetry", json.dumps(told)


def publish(port: int, count: int, first: float) -> None:
    """Send readings as fast as the broker answers; runs in a process of its own."""
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="vessels")
    client.max_inflight_messages_set(UNANSWERED)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = []
    for number in range(count):
        sent.append(client.publish(*message(number, first), qos=1))
        if number >= 2 * UNANSWERED:
            sent[number - 2 * UNANSWERED].wait_for_publish()
    for one in sent:
        one.wait_for_publish()
    client.disconnect()


def rows(settings: Settings, what: str = "count(*)") -> int:
    """Rows of the broker's readings in the lake."""
    with reader(settings) as lake:
        query = f"SELECT {what} FROM lake.raw.telemetry WHERE {FROM_BROKER}"
        found = lake.execute(query).fetchone()
    return int(found[0]) if found else 0


def answered_right(answers: Answers, count: int) -> int:
    """Vessels of which all readings are in the answer, each once."""
    own = count // len(VESSELS)
    mean = sum(number % 100 for number in range(own)) / own
    return sum(
        state["readings_7d"] == own
        and math.isclose(state["engine_health_score_mean_7d"], mean, rel_tol=1e-12)
        for state in answers.health(VESSELS)
    )


def loss(made: Settings, folder: Path, count: int, kills: int) -> dict[str, float]:
    """Send readings through a consumer that is killed on the way; what came of them."""
    folder.mkdir()
    settings = copied(made, folder)
    answers = OnlineAnswers(settings)
    with broker(folder) as mosquitto:
        port = mosquitto.port
        listener = start_listener(settings, folder, port)
        begun = time.perf_counter()
        # The last reading is of now.
        first = time.time() - 60 * (count // len(VESSELS))
        code = f"from benchmarks.telemetry_loss import publish; publish({port}, {count}, {first})"
        sender = subprocess.Popen([sys.executable, "-c", code])
        for number in range(kills):
            while rows(settings) < count * (number + 1) / (kills + 2):
                time.sleep(0.5)
            listener.kill()
            listener.wait()
            listener = start_listener(settings, folder, port)
        sender.wait()
        sent = time.perf_counter() - begun
        answered = wait_for_all(settings, answers, count) - begun
        seconds = time.perf_counter() - begun
        listener.terminate()
        listener.wait()
    timed = {"sent_seconds": sent, "answered_seconds": answered, "seconds": seconds}
    return {"kills": kills, **counted(settings, answers, count), **timed}


def wait_for_all(settings: Settings, answers: Answers, count: int) -> float:
    """Wait until all readings are in answers and in the lake; when the former was, as a counter."""
    deadline = time.perf_counter() + MOST_SECONDS
    while answered_right(answers, count) < len(VESSELS) and time.perf_counter() < deadline:
        time.sleep(0.05)
    answered = time.perf_counter()
    while rows(settings) < count and time.perf_counter() < deadline:
        time.sleep(0.5)
    return answered


def counted(settings: Settings, answers: Answers, count: int) -> dict[str, float]:
    """What came of the readings."""
    files = [one for one in reports(settings) if one.source_file.startswith("telemetry_mqtt_")]
    return {
        "readings": count,
        "rows": rows(settings),
        "keys": rows(settings, "count(DISTINCT (aircraft_id, read_at))"),
        "repeats": sum(one.repeat.records for one in files),
        "quarantined": sum(one.quarantined.records for one in files),
        "right": answered_right(answers, count),
    }


def copied(made: Settings, folder: Path) -> Settings:
    """A home of its own, as another was made."""
    home = folder / "home"
    shutil.copytree(made.home, home)
    return made.model_copy(update={"home": home})
