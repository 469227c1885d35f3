"""Readings over a real broker: none lost over three kills, how many a second, how soon answered.

    python -m benchmarks.telemetry [--readings 100000] [--out docs/benchmarks/telemetry.md]

Loss: a publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them;
`tambo listen` is killed (SIGKILL) three times on the way and started again at once. Counted is what
is in the lake (rows, repeats, quarantined lines) and what is answered of every vessel in the end:
how many readings its windows hold, and their mean, which no reading that is lost or doubled leaves
as it is. Latency: readings come at a steady rate, and the features of all vessels are read again
and again (`OnlineReader`, SQLite); each reading is timed from before it was sent to the first
answer that was given with it. Needs mosquitto.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.telemetry_answers import RATES, Answers, OnlineAnswers, latencies
from benchmarks.telemetry_home import VESSELS, broker, released_home, start_listener
from tambo.ingest import reports
from tambo.lake import reader
from tambo.settings import Settings

KILLS = 3
FROM_BROKER = "starts_with(_source_file, 'telemetry_mqtt_')"
MOST_SECONDS = 900
UNANSWERED = 1000
"""Readings that the publisher has under way at once."""
ABOUT = """\
`python -m benchmarks.telemetry` on 2 cores, with broker, publisher, consumer and who asks on the same machine.
A publisher sends readings of 100 vessels with QoS 1 as fast as the broker takes them; `tambo listen` is killed
(SIGKILL) on the way and started again. Keys are distinct pairs of vessel and time among the rows. Answered
right are vessels whose features, read in the end, hold all of their readings and the exact mean of these.
"""  # noqa: E501


def score(number: int) -> int:
    """What a reading says, by its number."""
    return number // len(VESSELS) % 100


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
        own = number // len(VESSELS)
        at = datetime.fromtimestamp(first, UTC) + timedelta(minutes=own)
        told = {
            "read_at": f"{at:%Y-%m-%d %H:%M:%S}",
            "engine_health_score": score(number),
            "temperature_variance": own % 7,
        }
        topic = f"fleet/{VESSELS[number % len(VESSELS)]}/telemetry"
        sent.append(client.publish(topic, json.dumps(told), qos=1))
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
    with broker(folder) as port:
        listener = start_listener(settings, folder, port)
        begun = time.perf_counter()
        # The last reading is of now.
        first = time.time() - 60 * (count // len(VESSELS))
        code = f"from benchmarks.telemetry import publish; publish({port}, {count}, {first})"
        sender = subprocess.Popen([sys.executable, "-c", code])
        for number in range(kills):
            while rows(settings) < count * (number + 1) / (kills + 2):
                time.sleep(0.5)
            listener.kill()
            listener.wait()
            listener = start_listener(settings, folder, port)
        sender.wait()
        sent = time.perf_counter() - begun
        while answered_right(answers, count) < len(VESSELS) and _in_time(begun):
            time.sleep(0.05)
        answered = time.perf_counter() - begun
        while rows(settings) < count and _in_time(begun):
            time.sleep(0.5)
        seconds = time.perf_counter() - begun
        listener.terminate()
        listener.wait()
    files = [one for one in reports(settings) if one.source_file.startswith("telemetry_mqtt_")]
    return {
        "kills": kills,
        "readings": count,
        "rows": rows(settings),
        "keys": rows(settings, "count(DISTINCT (aircraft_id, read_at))"),
        "repeats": sum(one.repeat.records for one in files),
        "quarantined": sum(one.quarantined.records for one in files),
        "right": answered_right(answers, count),
        "sent_seconds": sent,
        "answered_seconds": answered,
        "seconds": seconds,
    }


def _in_time(begun: float) -> bool:
    return time.perf_counter() - begun < MOST_SECONDS


def copied(made: Settings, folder: Path) -> Settings:
    """A home of its own, as another was made."""
    home = folder / "home"
    shutil.copytree(made.home, home)
    return made.model_copy(update={"home": home})


def page(outcomes: Sequence[dict[str, float]], timed: dict[int, list[float]]) -> str:
    """The measurements as tables."""
    lines = [
        "# Telemetry: readings from a broker into the lake and into answers\n",
        ABOUT,
        "| kills | readings | rows | keys | repeats | quarantined | vessels answered right "
        "| sent, s | all in answers, s | all in the lake, s | readings a second, end to end |",
        "|" + "---|" * 11,
    ]
    for one in outcomes:
        counts = ("kills", "readings", "rows", "keys", "repeats", "quarantined", "right")
        told = [f"{one[name]:,.0f}" for name in counts]
        told += [f"{one[f'{name}seconds']:.1f}" for name in ("sent_", "answered_", "")]
        told.append(f"{one['readings'] / max(one['answered_seconds'], one['seconds']):,.0f}")
        lines.append(f"| {' | '.join(told)} |")
    lines += [
        "",
        "Seconds from sending a reading to the first answer that was given with it:",
        "",
        "| readings a second | readings | p50, ms | p99, ms | most, ms |",
        "|---|---|---|---|---|",
    ]
    for rate, seconds in timed.items():
        low, high, most = np.percentile(seconds, [50, 99, 100]) * 1000
        lines.append(f"| {rate:,} | {len(seconds):,} | {low:.0f} | {high:.0f} | {most:.0f} |")
    load = os.getloadavg()[0]
    lines += ["", f"Load of the machine at the end, other work included: {load:.1f}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        made = released_home(Path(scratch))
        outcomes = [
            loss(made, Path(scratch) / f"kills{kills}", chosen.readings, kills)
            for kills in (0, KILLS)
        ]
        timed = {}
        for rate in RATES:
            folder = Path(scratch) / f"rate{rate}"
            folder.mkdir()
            settings = copied(made, folder)
            with broker(folder) as port:
                timed[rate] = latencies(settings, folder, port, rate)
    told = page(outcomes, timed)
    sys.stdout.write(told)
    if chosen.out is not None:
        chosen.out.write_text(told)


if __name__ == "__main__":
    main()
