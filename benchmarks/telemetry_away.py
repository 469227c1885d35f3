"""The broker goes away amid readings that come at a steady rate, and comes back.

Vessels read on while it is away: their client holds what it cannot send, as MQTT's QoS 1 has it.
The consumer runs on all the time. It is stopped by SIGTERM, so its sessions are kept
(`persistence true`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.telemetry_answers import OnlineAnswers
from benchmarks.telemetry_home import VESSELS, broker, released_home, start_listener
from benchmarks.telemetry_loss import MOST_SECONDS, counted, message, wait_for_all

BEFORE = 0.2
"""Share of the readings that come before the broker goes."""
AROUND = 5 / 3
"""Readings come for so many times as long as it is away."""
ABOUT = """\
`python -m benchmarks.telemetry --away 60` on 2 cores, with broker, publisher and consumer on the same machine.
100 vessels send readings with QoS 1 at a steady rate; amid them the broker is stopped (SIGTERM) for so many
seconds. `tambo listen` runs on. Keys are distinct pairs of vessel and time among the rows. Answered right are
vessels whose features, read in the end, hold all of their readings and the exact mean of these. Caught up is the
first answer, after the broker was back, that holds every reading from before that.
"""  # noqa: E501


def steadily(port: int, count: int, first: float, rate: float, note: str) -> None:
    """Send readings at a rate, whether the broker is there or not; runs in a process of its own.

    When it began stands in the file `note`.
    """
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, client_id="vessels", clean_session=False)
    client.reconnect_delay_set(1, 1)
    taken: list[int] = []
    client.on_publish = lambda _, __, number, *___: taken.append(number)
    client.connect("127.0.0.1", port)
    client.loop_start()
    begun = time.monotonic()
    Path(note).write_text(str(begun))
    for number in range(count):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        client.publish(*message(number, first), qos=1)
    while len(taken) < count:
        time.sleep(0.05)
    client.disconnect()


def away(folder: Path, count: int, seconds: float) -> dict[str, float]:
    """Send readings with the broker away for some seconds; what came of them.

    Args:
        folder: for the home and the broker.
        count: of readings.
        seconds: for which the broker is away.
    """
    settings = released_home(folder)
    answers = OnlineAnswers(settings)
    rate = count / (seconds * AROUND)

    def answered() -> int:
        return sum(state["readings_7d"] or 0 for state in answers.health(VESSELS))

    with broker(folder) as mosquitto:
        listener = start_listener(settings, folder, mosquitto.port)
        # The last reading is of now.
        first = time.time() - 60 * (count // len(VESSELS))
        note = folder / "begun"
        given = f"{mosquitto.port}, {count}, {first}, {rate}, {str(note)!r}"
        code = f"from benchmarks.telemetry_away import steadily; steadily({given})"
        sender = subprocess.Popen([sys.executable, "-c", code])
        while answered() < count * BEFORE:
            time.sleep(0.05)
        mosquitto.stop()
        gone = time.monotonic()
        time.sleep(seconds)
        mosquitto.start()
        back = time.monotonic()
        begun = float(note.read_text())
        sent = [min(count, int((at - begun) * rate)) for at in (gone, back)]
        while answered() < sent[1] and time.monotonic() < back + MOST_SECONDS:
            time.sleep(0.05)
        caught_up = time.monotonic() - back
        sender.wait()
        wait_for_all(settings, answers, count)
        in_lake = time.monotonic() - back
        if listener.poll() is not None:
            raise SystemExit("tambo listen ended while the broker was away")
        listener.terminate()
        listener.wait()
    return {
        "away": back - gone,
        "rate": rate,
        "meanwhile": sent[1] - sent[0],
        **counted(settings, answers, count),
        "caught_up": caught_up,
        "last": begun + count / rate - back,
        "in_lake": in_lake,
    }


def away_page(one: dict[str, float]) -> str:
    """The measurement as a table."""
    names = ("readings", "meanwhile", "rows", "keys", "repeats", "quarantined", "right")
    told = [f"{one['away']:.1f}", f"{one['rate']:,.0f}", *(f"{one[name]:,.0f}" for name in names)]
    told.append(f"{one['caught_up']:.1f}")
    head = (
        "away, s",
        "readings a second",
        "readings",
        "of these while it was away",
        "rows",
        "keys",
        "repeats",
        "quarantined",
        "vessels answered right",
        "caught up after, s",
    )
    lines = [
        "# Telemetry: a broker that goes away\n",
        ABOUT,
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        f"| {' | '.join(told)} |",
        "",
        f"All were in the lake {one['in_lake']:.1f} s after the broker was back, and "
        f"{one['in_lake'] - one['last']:.1f} s after the last was sent.",
        "",
        f"Load of the machine at the end, other work included: {os.getloadavg()[0]:.1f}.",
    ]
    return "\n".join(lines) + "\n"
