"""Video files: which are complete and new, when each begins, and its frames."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tambo.errors import SourceError
from tambo.sources.camera.foreground import Image
from tambo.sources.camera.plan import Camera
from tambo.sources.door import State

if TYPE_CHECKING:
    import cv2

RATE = 12.5
"""Frames a second that are looked at; others are passed over."""
PIECE = 1 << 20
PRIMED_SECONDS, PRIMED_FRAMES = 40.0, 31
MOST_FAILURES = 100


@dataclass(frozen=True)
class Stamp:
    """What a file is known by: its size, when it was written, and a hash of both of its ends."""

    size: int
    written: int
    digest: str


@dataclass(frozen=True)
class Video:
    """A file that waits to be counted."""

    path: Path
    stamp: Stamp
    start: datetime


@dataclass
class Done:
    """Files of one camera that were counted or refused, by name; refused ones with the reason.

    Attributes:
        files: stamp of each, and why it was refused; empty if it was counted.
    """

    files: dict[str, tuple[Stamp, str]] = field(default_factory=dict)

    @classmethod
    def remembered(cls, state: State) -> dict[str, Done]:
        """Read the files of all cameras from a door's state.

        Raises:
            SourceError: the state is none of ours.
        """
        try:
            told = json.loads(str(state.get("files") or "{}"))
            return {
                camera: cls({name: (Stamp(*saw[:3]), str(saw[3])) for name, saw in own.items()})
                for camera, own in told.items()
            }
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            raise SourceError(
                f"The state of the cameras cannot be read: {error}",
                remedy="remove the door's state; every video that is still there is counted anew",
            ) from error

    @staticmethod
    def text(done: dict[str, Done]) -> str:
        """The files of all cameras, as JSON for the state."""
        told: dict[str, Any] = {
            camera: {
                name: [stamp.size, stamp.written, stamp.digest, why]
                for name, (stamp, why) in own.files.items()
            }
            for camera, own in done.items()
        }
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def counts(self, digest: str) -> bool:
        """Whether content was counted, under whatever name."""
        return any(stamp.digest == digest and not why for stamp, why in self.files.values())


@dataclass
class Found:
    """What lies in a camera's folder.

    Attributes:
        videos: files to be counted, the earliest first.
        growing: names of files that are not complete yet.
        notes: for the steward.
    """

    videos: list[Video] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def look(
    camera: Camera, done: Done, *, zone: ZoneInfo, now: datetime, settle_seconds: float
) -> Found:
    """Find the files of a camera that are complete and have not been counted.

    Args:
        camera: whose files.
        done: what was counted; a file that was renamed, or cannot be counted, is added.
        zone: zone of the contract.
        now: the present instant.
        settle_seconds: a file is complete when it was not written to for so long.

    Raises:
        SourceError: there is no such file or folder.
    """
    source, found = Path(camera.source), Found()
    if not source.exists():
        raise SourceError(
            f"{camera.name}: there is no video at {source}.",
            remedy="put videos there, or correct the camera's source",
        )
    paths = [source] if source.is_file() else sorted(source.glob(camera.files))
    for path in paths:
        if not path.is_file() or path.name[0] in "._":
            continue
        told = path.stat()
        if now.timestamp() - told.st_mtime < settle_seconds:
            found.growing.append(path.name)
            continue
        known = done.files.get(path.name)
        if known and (known[0].size, known[0].written) == (told.st_size, told.st_mtime_ns):
            continue
        stamp = Stamp(told.st_size, told.st_mtime_ns, _digest(path, told.st_size))
        if known and not known[1] and known[0].digest != stamp.digest:
            found.notes.append(f"{camera.name}: {path.name} changed after it was counted; left out")
            done.files[path.name] = (stamp, "")
        elif done.counts(stamp.digest):
            done.files[path.name] = (stamp, "")
        elif (start := camera.start_of(path.name, zone)) is None or start > now:
            why = "nothing says when it begins" if start is None else "it begins in the future"
            found.notes.append(f"{camera.name}: {path.name} is left out: {why}")
        else:
            found.videos.append(Video(path, stamp, start))
    found.videos.sort(key=lambda video: (video.start, video.path.name))
    return found


def is_as_it_was(video: Video) -> bool:
    """Whether a file was not written to since it was found."""
    try:
        told = video.path.stat()
    except OSError:
        return False
    return (told.st_size, told.st_mtime_ns) == (video.stamp.size, video.stamp.written)


class Frames:
    """The frames of one video file, about 12 a second, those that can be read.

    Attributes:
        told: frames that the file says it has; 0 if it does not say.
        read: frames that could be decoded so far.
        seconds: where the last frame ends.
    """

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            SourceError: it is no video, or holds no frame.
        """
        self._path = path
        self.read = 0
        self.seconds = 0.0
        capture = _open(path)
        fps = float(capture.get(5))  # CAP_PROP_FPS
        self.fps = fps if 0.1 <= fps <= 1000 else 25.0
        count = capture.get(7)  # CAP_PROP_FRAME_COUNT
        self.told = int(count) if 0 < count < 1e9 else 0
        whole, _ = capture.read() if capture.isOpened() else (False, None)
        capture.release()
        if not whole:
            raise SourceError(
                f"{path.name} is no video, or holds no frame.",
                remedy="play it; record it again, or take it away",
            )

    def first(self) -> list[Image]:
        """Some frames of the first seconds, to see what the place looks like."""
        step = max(1, round(PRIMED_SECONDS * self.fps / PRIMED_FRAMES))
        capture, found = _open(self._path), list[Image]()
        for number in range(step * PRIMED_FRAMES):
            if not capture.grab():
                break
            if number % step == 0:
                good, frame = capture.retrieve()
                found += [frame] if good else []
        capture.release()
        return found

    def __iter__(self) -> Iterator[tuple[float, Image]]:
        """Second in the file and picture of each frame; those that cannot be read are left out."""
        capture, failures, number = _open(self._path), 0, 0
        step = max(1, round(self.fps / RATE))
        try:
            while failures < MOST_FAILURES and not (failures and number >= self.told):
                number += 1
                if not capture.grab():
                    failures += 1
                    continue
                failures = 0
                self.read += 1
                self.seconds = self._second(capture, number - 1)
                if (self.read - 1) % step == 0:
                    good, frame = capture.retrieve()
                    if good and frame is not None:
                        yield self.seconds, frame
        finally:
            capture.release()
            self.seconds += 1 / self.fps

    def _second(self, capture: cv2.VideoCapture, number: int) -> float:
        """When a frame is shown; files without times have frames of equal length."""
        told = float(capture.get(0)) / 1000  # CAP_PROP_POS_MSEC
        return told if told > self.seconds or number == 0 else max(number / self.fps, self.seconds)


def _open(path: Path) -> cv2.VideoCapture:
    # Both write to stderr, past all logs; what is wrong with a file is said by this module.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    import cv2

    # Of a file with a strange name OpenCV would make a sequence of pictures; FFmpeg does not.
    return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)


def _digest(path: Path, size: int) -> str:
    """Hash of a file's size and of its first and last MiB: videos are large."""
    whole = blake2b(str(size).encode(), digest_size=12)
    with path.open("rb") as file:
        whole.update(file.read(PIECE))
        file.seek(max(0, size - PIECE))
        whole.update(file.read(PIECE))
    return whole.hexdigest()
