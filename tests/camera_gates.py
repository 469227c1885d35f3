"""Small videos of a gate with known crossings, and the file that describes its cameras."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from benchmarks.camera_scenes import FRONT, Scenario, Scene
from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.camera.camera_door import CameraDoor
from tambo.sources.door import Page, State

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
GATE = Scene(Scenario("gate", people=12, groups=0.0), seconds=17, size=(240, 180), seed=10)
_KEPT = TemporaryDirectory(prefix="tambo-gate-")


@cache
def video_bytes(codec: str = "mp4v", suffix: str = ".mp4") -> bytes:
    """The gate's video, drawn once a process."""
    return GATE.write(Path(_KEPT.name) / f"gate{codec}{suffix}", codec).read_bytes()


def entered() -> int:
    """How many truly go in."""
    return sum(inward for _, inward in GATE.crossings())


def put(path: Path, content: bytes | None = None, age: float = 3600) -> Path:
    """Write a video file that was last written to some seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(video_bytes() if content is None else content)
    then = NOW.timestamp() - age
    os.utime(path, (then, then))
    return path


def camera(name: str = "north", **other: Any) -> dict[str, Any]:
    return {
        "name": name, "location": "Sacsayhuaman", "source": name, "starts": "%Y%m%d_%H%M%S",
        "line": [list(FRONT.start), list(FRONT.end)], "inside": list(FRONT.inside),
        "people": [list(one) for one in FRONT.people], "minimum_cover": 0.0,
    } | other  # fmt: skip


def plan(folder: Path, *cameras: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cameras.yml"
    path.write_text(yaml.safe_dump({"cameras": list(cameras)}), encoding="utf-8")
    return path


def run(path: Path, state: State | None = None, now: datetime = NOW, **settings: Any) -> list[Page]:
    door = CameraDoor("tourism", lambda: now)
    return list(door.pages(Settings(cameras=path, **settings), state or {}, silent))


def rows(pages: list[Page]) -> list[tuple[datetime, str, int]]:
    return [
        (row["timestamp"], row["location"], row["tourist_count"])
        for page in pages
        for row in page.rows.to_pylist()
    ]


def notes(pages: list[Page]) -> str:
    return "\n".join(note for page in pages for note in page.notes)
