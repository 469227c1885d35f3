"""The health of vessels that send: begun from the lake, ahead of their time, and begun anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tambo.ingest import ingest
from tambo.settings import Settings
from tambo.sources.mqtt.arrival import Arrivals
from tambo.sources.mqtt.broker import Delivery
from tambo.sources.mqtt.stream import find_stream
from tambo.streaming.fleet.live import Health

STREAM = find_stream("fleet")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose lake knows a vessel and ten of its readings; nothing was built."""
    made = Settings(home=tmp_path / "home", threads=1)
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\nN-2\n")
    ingest(made, tmp_path / "aircraft.csv")
    take_in(made, tmp_path, [NOW - number * HOUR for number in range(1, 11)])
    return made


def take_in(settings: Settings, folder: Path, times: list[datetime]) -> None:
    """Take readings in as a file that came beside the broker."""
    path = folder / f"telemetry_{times[0]:%H%M}.csv"
    lines = [f"N-1,{at:%Y-%m-%d %H:%M:%S},80,9" for at in times]
    head = "aircraft_id,read_at,engine_health_score,temperature_variance\n"
    path.write_text(head + "\n".join(lines) + "\n")
    ingest(settings, path)


def told(vessel: str, read_at: datetime, at: datetime, score: float | None = 82.0):
    row = {
        "aircraft_id": vessel,
        "read_at": read_at.replace(tzinfo=None),
        "engine_health_score": score,
        "temperature_variance": 9.0,
        "withdrawn": False,
    }
    return row, at


def counts(rows: list[dict]) -> dict[str, int]:
    return {row["aircraft_id"]: row["readings_7d"] for row in rows}


def test_a_vessel_begins_with_what_the_lake_knows_and_others_stay_unread(settings):
    health = Health(settings, STREAM, lambda: NOW)
    assert counts(health.tell([told("N-1", NOW, NOW), told("N-2", NOW, NOW)])) == {
        "N-1": 11,
        "N-2": 1,
    }
    # Told again, as after a kill, it is the same, and offered again.
    assert counts(health.tell([told("N-1", NOW, NOW)])) == {"N-1": 11}


def test_a_reading_that_comes_before_its_time_counts_when_that_has_come(settings):
    health = Health(settings, STREAM, lambda: NOW)
    early = NOW + 200 * SECOND
    (state,) = health.tell([told("N-2", NOW, NOW, 70), told("N-2", early, NOW + SECOND, 60)])
    assert (state["engine_health_score"], state["event_timestamp"]) == (70, NOW)
    assert health.due(early - SECOND) == []
    (state,) = health.due(early)
    assert (state["engine_health_score"], state["created_timestamp"]) == (60, early)
    assert health.due(early + HOUR) == []


def test_after_a_release_all_begin_anew_and_nothing_that_waits_is_lost(settings, tmp_path):
    health = Health(settings, STREAM, lambda: NOW)
    health.tell([told("N-1", NOW - 30 * SECOND, NOW - 20 * SECOND)])
    take_in(settings, tmp_path, [NOW - number * HOUR for number in range(11, 14)])
    # What came beside the broker is not looked for with each reading,
    assert counts(health.tell([told("N-1", NOW, NOW)])) == {"N-1": 12}
    settings.registry.parent.mkdir(parents=True)
    settings.registry.touch()
    # but after a release; what the broker sent is in no file yet.
    assert counts(health.tell([told("N-1", NOW, NOW)])) == {"N-1": 15}


def test_no_two_messages_arrive_together_and_none_before_one_that_was_kept():
    arrivals = Arrivals()
    arrivals.go_on_after(NOW)
    found = [
        arrivals.of(Delivery("t", b"", False, NOW + wait * SECOND, None, 0))
        for wait in (-5, 0, 3, 3, 2)
    ]
    tick = timedelta(microseconds=1)
    later = NOW + 3 * SECOND
    assert found == [NOW + tick, NOW + 2 * tick, later, later + tick, later + 2 * tick]
