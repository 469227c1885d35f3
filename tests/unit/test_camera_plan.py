"""The file that describes the cameras: what it may say, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from camera_gates import camera, plan

from tambo.errors import SourceError
from tambo.sources.camera.plan import Camera, read_plan

LIMA = ZoneInfo("America/Lima")


def described(**other: Any) -> Camera:
    return Camera.model_validate(camera(**other))


def test_paths_are_beside_the_file_and_secrets_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_PASSWORD", "abc")
    file = plan(tmp_path, camera(), camera("south", source="rtsp://me:${GATE_PASSWORD}@10.0.0.7/1"))
    north, south = read_plan(file).cameras
    assert north.source == str(tmp_path / "north")
    assert south.source == "rtsp://me:abc@10.0.0.7/1"
    assert (north.is_stream, south.is_stream) == (False, True)


@pytest.mark.parametrize(
    ("name", "starts", "start"),
    [
        ("gate1_20260501_093000.mp4", "%Y%m%d_%H%M%S", datetime(2026, 5, 1, 14, 30)),
        ("2026-05-01T09-30-00.avi", "%Y-%m-%dT%H-%M-%S", datetime(2026, 5, 1, 14, 30)),
        ("cam-1.05.2026.mp4", "%d.%m.%Y", None),  # one digit
        ("cam20261301_000000.mp4", "%Y%m%d_%H%M%S", None),  # month 13
        ("holiday.mp4", "%Y%m%d", None),
    ],
)
def test_a_video_begins_when_its_name_says(name: str, starts: str, start: datetime | None) -> None:
    found = described(starts=starts).start_of(name, LIMA)
    assert found == (start.replace(tzinfo=UTC) if start else None)


def test_other_clocks_and_stated_starts() -> None:
    assert described(clock="UTC").start_of("x_20260501_093000", LIMA) == datetime(
        2026, 5, 1, 9, 30, tzinfo=UTC
    )
    stated = described(
        starts=None, started={"a.mp4": "2026-05-01 09:30:00", "b.mp4": "2026-05-01T09:30:00Z"}
    )
    assert stated.start_of("a.mp4", LIMA) == datetime(2026, 5, 1, 14, 30, tzinfo=UTC)
    assert stated.start_of("b.mp4", LIMA) == datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
    assert stated.start_of("c.mp4", LIMA) is None


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"line": [[0.1, 0.5], [1.5, 0.5]]}, "less than or equal to 1"),
        ({"line": [[0.1, 0.5], [0.1, 0.5]]}, "are one"),
        ({"inside": [0.5, 0.46]}, "beside the line"),
        ({"people": [[0.5, 0.0]]}, "greater than or equal to 0.02"),
        ({"people": [[0.5, 0.2], [0.5, 0.3]]}, "different heights"),
        ({"starts": None}, "when a video begins"),
        ({"clock": "Lima"}, "no time zone"),
        ({"method": "yolo"}, "mog2"),
        ({"colour": "red"}, "colour"),
        ({"location": ""}, "at least 1 character"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    tmp_path: Path, other: dict[str, Any], told: str
) -> None:
    with pytest.raises(SourceError, match=r"cameras\.yml") as caught:
        read_plan(plan(tmp_path, camera(**other)))
    assert told in caught.value.message


def test_no_file_no_yaml_and_two_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_plan(tmp_path / "cameras.yml")
    with pytest.raises(SourceError, match="several cameras are called north"):
        read_plan(plan(tmp_path, camera(), camera()))
    (tmp_path / "cameras.yml").write_text("cameras: [")
    with pytest.raises(SourceError, match="cannot be read"):
        read_plan(tmp_path / "cameras.yml")
    (tmp_path / "cameras.yml").write_text("")
    with pytest.raises(SourceError, match="cannot be read"):
        read_plan(tmp_path / "cameras.yml")
