"""A reading changes what is served at once, and a later release agrees with all that was pushed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import released_fleet
from mqtt_broker import MosquittoBroker, needs_broker, publisher, reading
from mqtt_listener import Listener
from released_fleet import NOW, VESSELS, release

from feature_repo.definitions import all_objects
from tambo.featurestore.online import OnlineReader
from tambo.featurestore.publish import publish
from tambo.lake import reader
from tambo.proofs.parity import prove_parity
from tambo.settings import Settings

pytestmark = [needs_broker, pytest.mark.slow]

PROMISED_SECONDS = 2.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A release of a fleet alone, published."""
    return released_fleet.home(tmp_path)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    made = MosquittoBroker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def online(settings: Settings) -> Iterator[OnlineReader]:
    manifest = released_fleet.manifest(settings)
    with OnlineReader.open(manifest, sqlite=settings.online_store) as opened:
        yield opened


def health(online: OnlineReader, vessel: str) -> dict[str, Any]:
    """What is served of a vessel's sensors."""
    (row,) = online.read([{"aircraft_id": vessel}])
    of = "aircraft_health__"
    found = {name.removeprefix(of): v for name, v in row.values.items() if name.startswith(of)}
    assert len(found) == 24
    return found


def served(online: OnlineReader, vessel: str, score: float) -> float:
    """Seconds until a vessel's score is served."""
    begun = time.monotonic()
    while health(online, vessel)["engine_health_score_read"] != score:
        assert time.monotonic() < begun + 60, health(online, vessel)
        time.sleep(0.005)
    return time.monotonic() - begun


def told(vessel: str, seconds: float, **values: Any) -> tuple[str, bytes]:
    """A reading so many seconds after the test began, to the millisecond."""
    at = NOW + timedelta(seconds=seconds)
    return reading(
        vessel, 0, read_at=f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z", **values
    )


def in_raw(settings: Settings) -> int:
    with reader(settings) as lake:
        return lake.execute(
            "SELECT count(*) FROM lake.raw.telemetry WHERE _source_file LIKE 'telemetry_mqtt_%'"
        ).fetchone()[0]


def unruly() -> list[tuple[str, bytes]]:
    """Readings of three vessels within a quarter of an hour: out of order, corrected, taken back."""
    draw = random.Random(6)
    numbers = draw.sample(range(60), 60)
    sent = []
    for number in numbers:
        for vessel in VESSELS:
            score = 5.0 if draw.random() < 0.1 else round(draw.gauss(80, 2), 1)
            values = {"engine_health_score": score, "temperature_variance": number / 8}
            if draw.random() < 0.1:
                values["temperature_variance"] = None
            sent.append(told(vessel, number * 15 - 900, **values))
            if draw.random() < 0.1:
                sent.append(told(vessel, number * 15 - 900, **values | {"engine_health_score": 79}))
            if draw.random() < 0.1:
                sent.append(told(vessel, number * 15 - 900, withdrawn=True))
    return sent


def test_a_reading_is_served_within_two_seconds_and_a_release_agrees_with_what_was_pushed(
    settings, broker, online
):
    before = {vessel: health(online, vessel) for vessel in VESSELS}
    listener = Listener(settings, broker)
    listener.start()
    with publisher(broker) as publish_messages:
        waits = []
        for number in range(5):
            publish_messages([told("OB-1", 0.1 * number - 5, engine_health_score=60 + number)])
            waits.append(served(online, "OB-1", 60 + number))
        # The quickest: what keeps the promise at all may be held up by a busy machine.
        assert min(waits) < PROMISED_SECONDS, waits
        assert health(online, "OB-2") == before["OB-2"]
        assert health(online, "OB-1")["engine_health_score_mean_7d"] != before["OB-1"][
            "engine_health_score_mean_7d"
        ]  # fmt: skip
        messages = unruly()
        third = len(messages) // 3
        publish_messages(messages[:third])
        publish_messages.wait()
        # Some is in the lake, some on the disk, some at the broker.
        listener.kill()
        publish_messages(messages[third : 2 * third])
        listener.start()
        publish_messages(messages[2 * third :])
        listener.kill()
        listener.start()
        publish_messages([told("YT-1", 1, engine_health_score=51.25)])
        publish_messages.wait()
        served(online, "YT-1", 51.25)
    said = listener.end()
    assert "pushed" in said
    pushed = {vessel: health(online, vessel) for vessel in VESSELS}

    release(settings)
    with reader(settings) as lake:
        found = lake.execute(
            "FROM lake.marts.aircraft_health "
            "QUALIFY row_number() OVER (PARTITION BY aircraft_id ORDER BY created_timestamp DESC) = 1"
        )
        names = [column[0] for column in found.description]
        rows = {row[0]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
    # To the last bit: what was pushed by a consumer that was killed twice is what the mart says.
    for vessel in VESSELS:
        mart = {name: rows[vessel][name] for name in pushed[vessel]}
        mart["read_at"] = mart["read_at"].replace(tzinfo=UTC)
        assert pushed[vessel] == mart
    publish(settings, all_objects(["fleet"]))
    assert {vessel: health(online, vessel) for vessel in VESSELS} == pushed
    proof = prove_parity(settings, sample=50, seed=7)
    assert proof.failures == [], proof
    assert in_raw(settings) >= len(set(messages))
