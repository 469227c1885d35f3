"""What follows from what cameras saw: rows by location and hour, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from camera_gates import camera

from tambo.errors import SourceError
from tambo.sources.camera.hours import Hours, Watch, Watched
from tambo.sources.camera.plan import Camera

LIMA, TEN = ZoneInfo("America/Lima"), datetime(2026, 5, 1, 15, tzinfo=UTC)
LATER = TEN + timedelta(days=1)


def gate(name: str = "north", **other: Any) -> Camera:
    return Camera.model_validate(camera(name, minimum_cover=0.9) | other)


def due(hours: Hours, *cameras: Camera, now: datetime = LATER) -> list[tuple[datetime, int]]:
    rows = hours.due(cameras, now).to_pylist()
    return [(row["timestamp"], row["tourist_count"]) for row in rows]


def test_an_hour_is_given_once_when_it_is_over() -> None:
    hours = Hours(LIMA)
    hours.add("north", {TEN: Watched(12, 3, 3600)})
    assert due(hours, gate(), now=TEN + timedelta(minutes=59)) == []
    assert due(hours, gate(), now=TEN + timedelta(hours=1)) == [(datetime(2026, 5, 1, 10), 12)]
    assert due(hours, gate()) == []


def test_an_hour_of_which_too_little_was_watched_waits_for_the_rest() -> None:
    hours = Hours(LIMA)
    hours.add("north", {TEN: Watched(5, 0, 1800)})
    assert due(hours, gate()) == []
    assert "30 minutes" in hours.missed(gate(), [TEN], LATER)[0]
    hours.add("north", {TEN: Watched(7, 0, 1700)})
    assert due(hours, gate()) == [(datetime(2026, 5, 1, 10), 12)]


def test_gates_of_one_location_add_up_and_a_late_one_corrects() -> None:
    hours, both = Hours(LIMA), (gate(), gate("south"))
    hours.add("north", {TEN: Watched(5, 0, 3600)})
    assert due(hours, *both) == [(datetime(2026, 5, 1, 10), 5)]
    hours.add("south", {TEN: Watched(4, 0, 3600)})
    assert due(hours, *both) == [(datetime(2026, 5, 1, 10), 9)]
    apart = (gate(), gate("south", location="Pisac"))
    assert due(hours, *apart) == [(datetime(2026, 5, 1, 10), 5), (datetime(2026, 5, 1, 10), 4)]


def test_nobody_is_a_count_too() -> None:
    hours = Hours(LIMA)
    hours.add("north", {TEN: Watched(0, 0, 3600)})
    assert due(hours, gate()) == [(datetime(2026, 5, 1, 10), 0)]


def test_hours_survive_as_state() -> None:
    hours = Hours(LIMA)
    hours.add("north", {TEN: Watched(12, 3, 3600)}, TEN.timestamp())
    assert due(hours, gate())
    again = Hours.remembered(LIMA, hours.state())
    assert again == hours
    assert due(again, gate()) == []
    with pytest.raises(SourceError, match="state of the cameras"):
        Hours.remembered(LIMA, {"hours": "[1]"})


def test_old_hours_are_forgotten_with_what_was_given() -> None:
    hours = Hours(LIMA)
    hours.add("north", {TEN: Watched(1, 0, 3600), TEN + timedelta(days=40): Watched(2, 0, 3600)})
    due(hours, gate(), now=TEN + timedelta(days=50))
    hours.forget(31)
    assert set(hours.by_camera["north"]) == {TEN + timedelta(days=40)}
    assert set(hours.given["Sacsayhuaman"]) == {TEN + timedelta(days=40)}


def test_of_an_hour_that_comes_twice_both_are_given_in_order() -> None:
    madrid = Hours(ZoneInfo("Europe/Madrid"))
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)  # 02:00, an hour later again
    second, later = first + timedelta(hours=1), first + timedelta(days=1)
    madrid.add("north", {first: Watched(1, 0, 3600)})
    assert due(madrid, gate(), now=later) == [(datetime(2026, 10, 25, 2), 1)]
    madrid.add("north", {second: Watched(2, 0, 3600)})
    assert due(madrid, gate(), now=later) == [
        (datetime(2026, 10, 25, 2), 1),
        (datetime(2026, 10, 25, 2), 2),
    ]
    alone = Hours(ZoneInfo("Europe/Madrid"))
    alone.add("north", {second: Watched(2, 0, 3600)})
    assert due(alone, gate(), now=later) == []  # it would be taken for the first


def test_hours_are_local_also_where_zones_are_half_an_hour_off() -> None:
    hours = Hours(ZoneInfo("Asia/Kolkata"))
    at = datetime(2026, 5, 1, 4, 45, tzinfo=UTC).timestamp()  # 10:15 there
    assert hours.hour_of(at) == datetime(2026, 5, 1, 4, 30, tzinfo=UTC)


def test_a_watch_splits_at_the_hour_and_does_not_count_gaps() -> None:
    watch, begin = Watch(Hours(LIMA)), TEN.timestamp() + 3598
    for n in range(40):
        watch.frame(begin + n / 10, [1] if n in {5, 25} else [])
    watch.frame(begin + 60, [-1])
    first, second = watch.seen[TEN], watch.seen[TEN + timedelta(hours=1)]
    assert (first.entered, second.entered, second.left) == (1, 1, 1)
    assert first.seconds + second.seconds == pytest.approx(3.9, abs=0.01)
    assert watch.totals() == (2, 1)
