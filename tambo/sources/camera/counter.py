"""Counts the people who cross a line, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tambo.sources.camera.foreground import Image, Method
from tambo.sources.camera.people import Finder, finder, height_for
from tambo.sources.camera.scene import Line, Scene
from tambo.sources.camera.tracks import Tracks


@dataclass(frozen=True)
class Crossing:
    """Somebody crossed the line.

    Attributes:
        at: second, on the clock that the frames are given with.
        entering: whether to the inside.
    """

    at: float
    entering: bool


class Counter:
    """Counts in one run of frames; it is the same however the run is cut into parts.

    It holds the background and where people are now, and nothing of who they were.
    """

    def __init__(self, line: Line, method: Method) -> None:
        """Begin with a line and a method of finding people."""
        self._line, self._method = line, method
        self._size = (0, 0)
        self._finder: Finder | None = None
        self._tracks: Tracks | None = None

    def prime(self, frames: Sequence[Image]) -> None:
        """Show the counter what the place looks like, with or without people."""
        if frames:
            self._begin(frames[0])
            size = frames[0].shape
            if self._finder is not None:
                self._finder.prime([frame for frame in frames if frame.shape == size])

    def feed(self, frames: Iterable[tuple[float, Image]]) -> Iterator[Crossing]:
        """Count in the next frames.

        Args:
            frames: second and picture of each, in order; a picture of another size begins anew.
        """
        for at, frame in frames:
            for way in self.step(at, frame):
                yield Crossing(at, way > 0)

    def step(self, at: float, frame: Image) -> list[int]:
        """Count in the next frame: 1 for each who went in, -1 for each who went out."""
        if self._size != frame.shape[:2]:
            self.prime([frame])
        if self._finder is None or self._tracks is None:
            return []
        found = self._finder.find(frame, self._tracks.expected(at))
        return list(self._tracks.step(found, at))

    def _begin(self, frame: Image) -> None:
        height, width = frame.shape[:2]
        scene = Scene.of(self._line, width, height, height_for(self._method))
        self._size = (height, width)
        self._finder = finder(self._method, scene)
        self._tracks = Tracks(scene)
