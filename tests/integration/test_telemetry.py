"""Readings over a real broker: none lost, none doubled, whoever is killed or away."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from feature_server import certify
from mqtt_broker import MosquittoBroker, needs_broker, publisher, reading
from mqtt_listener import Listener
from pydantic import SecretStr

from tambo.cli.listening import publish_sample
from tambo.cli.source import claim, claim_doors, sample_source
from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.ingest import ingest, replay, reports
from tambo.lake import reader
from tambo.lake.tables import table_exists
from tambo.lake.waiting import waiting
from tambo.settings import Settings
from tambo.sources.fleet.world import generate, read_truth
from tambo.sources.mqtt.consumer import Consumer
from tambo.sources.mqtt.stream import find_stream

VESSELS = [f"N-{number}" for number in range(8)]

pytestmark = [needs_broker, pytest.mark.slow]


@pytest.fixture
def broker(tmp_path: Path):
    made = MosquittoBroker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose lake knows the vessels."""
    made = Settings(home=tmp_path / "home", threads=1)
    (tmp_path / "aircraft.csv").write_text("\n".join(["aircraft_id", *VESSELS]) + "\n")
    ingest(made, tmp_path / "aircraft.csv")
    return made


def loaded(settings: Settings) -> list[tuple]:
    """Every row of raw."""
    with reader(settings) as lake:
        if not table_exists(lake, "raw.telemetry"):
            return []
        return lake.execute(
            "SELECT aircraft_id, read_at, engine_health_score FROM lake.raw.telemetry ORDER BY ALL"
        ).fetchall()


def quarantined(settings: Settings) -> Counter:
    with reader(settings) as lake:
        rows = lake.execute(
            "SELECT reason, count(*) FROM lake.quarantine.lines GROUP BY ALL"
        ).fetchall()
    return Counter(dict(rows))


def in_lake(settings: Settings) -> tuple[int, int, int]:
    """Records of telemetry: loaded, repeats, quarantined."""
    files = [one for one in reports(settings) if one.table == "telemetry"]
    assert all(one.conserved for one in files)
    return (
        sum(one.loaded.records for one in files),
        sum(one.repeat.records for one in files),
        sum(one.quarantined.records for one in files),
    )


def until(what, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def bad() -> list[tuple[str, bytes]]:
    """A message of each kind that cannot be loaded."""
    soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    return [
        ("fleet/N-1/telemetry", b'{"read_at": '),
        ("fleet/N-1/telemetry", b'\xff\x00\n"a",\r\n\''),
        ("fleet/N-1/telemetry", b"x" * 100_000),
        ("fleet/N-1/telemetry", b""),
        reading("N-1", 1, oil_pressure=7),
        reading("N-1", 2, aircraft_id="N-2"),
        reading("N-1", 3, read_at=soon),
        reading("N-1", 4, message_id="one"),
        reading("N-9", 5),
        reading("N-1", 6, engine_health_score=101),
        reading("N-1", 7, temperature_variance="hot"),
        reading("N-1", 8, read_at="yesterday"),
        reading("N-1", 9, read_at=None),
        # Half a surrogate pair: JSON may hold it, and no text can.
        reading("N-1", 10, engine_health_score="\ud800"),
    ]


WHY = {
    "not_json": 3,
    "message_too_long": 1,
    "unknown_field": 1,
    "topic_mismatch": 1,
    "from_the_future": 1,
    "message_id_reused": 1,
    "orphan": 1,
    "out_of_range": 1,
    "not_a_number": 1,
    "bad_date": 1,
    "missing_value": 1,
    "not_utf8": 1,
}


def test_nothing_is_lost_or_doubled_when_consumer_and_broker_fail(settings, broker):
    """Six rounds of readings; the consumer is killed in two of them, the broker is away in one."""
    good = [reading(vessel, number) for number in range(300) for vessel in VESSELS]
    rounds = [good[start : start + 400] for start in range(0, 2400, 400)]
    listener = Listener(settings, broker)
    listener.start()
    with publisher(broker) as publish:
        publish([reading("N-0", 1_000, message_id="one")])
        for number, messages in enumerate(rounds):
            publish(messages[:200])
            if number in {1, 4}:
                listener.kill()
            if number == 3:
                broker.stop()
                time.sleep(1.5)
                broker.start()
            publish(messages[200:])
            if number in {1, 4}:
                listener.start()
            if number < 3:
                # Each in micro-batches of its own.
                until(lambda: len(loaded(settings)) >= 400 * (number + 1))  # noqa: B023
        publish.wait()
        # Out of order, a repeat, a correction, an id that was given before two kills and many
        # micro-batches, and each kind of wrong message.
        publish([reading("N-0", 900), good[7]])
        publish([reading("N-0", 900, engine_health_score=1), *bad()])
        publish.wait()
        # Nobody can take it in before all of them are on the disk.
        until(lambda: len(loaded(settings)) >= 2400 + 3)
        until(lambda: quarantined(settings).total() >= sum(WHY.values()))
    said = listener.end()

    assert waiting(settings) == []
    counts = in_lake(settings)
    # A message that was sent again, by either side, is a repeat and no row.
    assert counts == (2400 + 3, counts[1], sum(WHY.values()))
    assert counts[1] >= 1
    rows = loaded(settings)
    assert len({row[:2] for row in rows}) == 2400 + 2
    assert sorted(row[2] for row in rows if row[1] == datetime(2026, 1, 1, 15)) == [1, 50]
    assert quarantined(settings) == WHY
    assert "nothing is pushed" in said


def test_refused_messages_keep_their_bytes_and_orphans_find_their_parent(
    settings, broker, tmp_path
):
    listener = Listener(settings, broker)
    listener.start()
    with publisher(broker) as publish:
        publish([reading("N-0", 0, message_id="one"), *bad()])
        publish.wait()
    until(lambda: quarantined(settings).total() >= sum(WHY.values()))
    listener.end()
    assert quarantined(settings) == WHY
    with reader(settings) as lake:
        raws = {
            row[0]
            for row in lake.execute(
                "SELECT raw FROM lake.quarantine.lines WHERE reason = 'not_json'"
            ).fetchall()
        }
        known = lake.execute("SELECT DISTINCT _known_from FROM lake.raw.telemetry").fetchall()
    assert raws == {b'"{""read_at"": ",,,,\n', b'"\xff\x00\n""a"",\r\n\'",,,,\n', b'"",,,,\n'}
    assert known == [("manifest",)]
    # What a message was refused for is not for the contract to say.
    assert replay(settings).replayed == 0
    (tmp_path / "new.csv").write_text("aircraft_id\nN-9\n")
    ingest(settings, tmp_path / "new.csv")
    assert quarantined(settings) == {**WHY, "orphan": 0} or quarantined(settings)["orphan"] == 0
    assert len(loaded(settings)) == 2


class Nobody:
    """An online store that takes nothing."""

    def prepare(self) -> None: ...

    def push(self, rows, event) -> int:
        return 0


def test_a_secured_broker_lets_in_whom_it_knows_and_one_consumer_listens(settings, tmp_path):
    cert, key = certify(tmp_path)
    passwords = tmp_path / "passwords"
    maker = shutil.which("mosquitto_passwd")
    subprocess.run([maker, "-b", "-c", passwords, "tambo", "right"], check=True)
    broker = MosquittoBroker(
        tmp_path / "broker",
        f"certfile {cert}",
        f"keyfile {key}",
        "allow_anonymous false",
        f"password_file {passwords}",
    )
    secured = settings.model_copy(
        update={
            "telemetry_url": broker.url.replace("mqtt:", "mqtts:"),
            "telemetry_ca": cert,
            "telemetry_user": "tambo",
            "telemetry_password": SecretStr("wrong"),
        }
    )
    broker.start()
    try:
        with pytest.raises(SourceError, match="refuses us: Not authorized"):
            Consumer(secured, find_stream(), Nobody()).run(threading.Event())
        right = secured.model_copy(update={"telemetry_password": SecretStr("right")})
        stop = threading.Event()
        first = threading.Thread(target=Consumer(right, find_stream(), Nobody()).run, args=(stop,))
        first.start()
        until(lambda: broker.subscriptions() == 1)
        with pytest.raises(SourceBusyError):
            Consumer(right, find_stream(), Nobody()).run(threading.Event())
        stop.set()
        first.join()
    finally:
        broker.stop()


def test_sample_sensors_are_heard_by_who_asks_for_them_and_by_nobody_else(
    settings, broker, tmp_path
):
    home = settings.model_copy(update={"home": tmp_path / "sample", "telemetry_url": broker.url})
    generate(home.world / "fleet", aircraft=3, years=1, seed=7)
    claim(home, sample_source(home))
    ingest(home, home.world / "fleet" / "aircraft.csv")
    with pytest.raises(SettingsError, match="not the sample world"):
        publish_sample(settings, None, 1, 1)
    real, sample = Listener(settings, broker), Listener(home, broker, "--sample")
    real.start()
    sample.start()
    publish_sample(home, None, 0.01, 5)
    publish_sample(home, None, 0.01, 3)
    until(lambda: len(loaded(home)) == 16)
    sample.end()
    said = real.end()
    rows = loaded(home)
    names = {one.name for one in read_truth(home.world / "fleet").fleet.vessels}
    # One of the three drops out for these days.
    assert {row[0] for row in rows} < names
    # The world goes on where it ended, and is known by its own time; a second call goes on again.
    assert {row[1] for row in rows} == {
        datetime(2026, 1, 1) + timedelta(hours=6 * number) for number in range(8)
    }
    with reader(home) as lake:
        late = lake.execute("SELECT max(_known_at - read_at) FROM lake.raw.telemetry").fetchone()
    assert late[0] < timedelta(seconds=1)
    # Real senders' topics carry none of it.
    assert "0 messages kept" in said
    assert loaded(settings) == []
    with pytest.raises(SettingsError, match="holds the sample world"):
        claim_doors(home)
