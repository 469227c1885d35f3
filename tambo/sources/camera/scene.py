"""Where a camera looks: its line, which side is inside, and how large a person is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AROUND = 2.5
"""Only this many heights of a person around the line are looked at."""


@dataclass(frozen=True)
class Line:
    """A line across the way, in shares of the frame's width and height.

    Attributes:
        start: one end.
        end: the other end.
        inside: any point on the side that is entered.
        people: how tall people are who stand at two heights of the picture: (where their feet are,
            their height) each, as shares of the frame's height from its top. On level ground the
            height grows evenly with where the feet are.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    inside: tuple[float, float]
    people: tuple[tuple[float, float], tuple[float, float]]

    def growth(self) -> tuple[float, float]:
        """Height of a person whose middle is at the top of the frame, and how it grows downwards.

        Both are shares of the frame's height.
        """
        (high, small), (low, tall) = self.people
        slope = (tall - small) / (low - high) if low != high else 0.0
        # The middle is half a person above the feet.
        return (small - slope * high) / (1 - slope / 2), slope / (1 - slope / 2)


@dataclass(frozen=True)
class Scene:
    """The part of a frame around the line, scaled so that a person has one size.

    Attributes:
        box: left, top, right, bottom of the part, in pixels of the frame.
        scale: pixels of the scaled part for a pixel of the frame.
        start: the line's start in the scaled part.
        along: from its start to its end.
        inward: unit vector across the line, to the inside.
        top: height of a person whose middle is at the top of the scaled part.
        growth: how much taller he is for each pixel downwards.
        tall: height of a person in the middle of the line.
    """

    box: tuple[int, int, int, int]
    scale: float
    start: Floats
    along: Floats
    inward: Floats
    top: float
    growth: float
    tall: float

    @classmethod
    def of(cls, line: Line, width: int, height: int, person: float) -> Scene:
        """The scene in frames of a size, scaled so that a person is `person` pixels tall.

        Frames are not enlarged by more than 1.5 times: that adds no detail.
        """
        size = np.array([width, height], dtype=np.float64)
        start, end, inside = (np.array(p) * size for p in (line.start, line.end, line.inside))
        top, growth = line.growth()
        tall = (top + growth * (line.start[1] + line.end[1]) / 2) * height
        scale = min(1.5, person / tall)
        margin = AROUND * tall
        low = np.maximum(np.floor(np.minimum(start, end) - margin), 0)
        high = np.minimum(np.ceil(np.maximum(start, end) + margin), size)
        along = end - start
        inward = np.array([-along[1], along[0]]) / np.hypot(*along)
        if float((inside - start) @ inward) < 0:
            inward = -inward
        return cls(
            (int(low[0]), int(low[1]), int(high[0]), int(high[1])),
            scale, (start - low) * scale, along * scale, inward,
            (top * height + growth * float(low[1])) * scale, growth, tall * scale,
        )  # fmt: skip

    def place(self, points: Floats) -> Floats:
        """Where along the line points are: 0 at its start, 1 at its end; any shape (..., 2)."""
        return np.asarray((points - self.start) @ self.along / (self.along @ self.along))

    def depth(self, points: Floats) -> Floats:
        """How far inside of the line points are, in heights of a person; negative: outside."""
        return np.asarray((points - self.start) @ self.inward / self.person(points))

    def person(self, points: Floats) -> Floats:
        """Height in pixels of a person at points."""
        tall = self.top + self.growth * np.asarray(points)[..., 1]
        return np.asarray(np.clip(tall, 0.3 * self.tall, 3 * self.tall))
