"""From people found in each frame to the people who crossed the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tambo.sources.camera.scene import Floats, Scene

REACH = 0.6
"""How far from where he is expected somebody may be found, in heights of a person."""
GAP = 1.0
"""Seconds that somebody may be hidden."""
SEEN = 3
"""Frames in which somebody must be found before he counts."""
BAND = 0.25
"""Somebody has changed sides when he is this far behind the line, in heights of a person."""
ENDS = 0.05
"""How far beyond its ends the line still counts, as a share of its length."""
FASTEST = 3.0
"""Fastest walk in heights of a person a second."""
POSITION, VELOCITY = 0.5, 0.2
"""How much of a surprise goes into position and velocity."""


@dataclass
class Track:
    """Somebody who is followed.

    Attributes:
        point: where he is.
        velocity: in pixels a second.
        at: second of the last frame.
        seen_at: second of the last frame in which he was found.
        seen: frames in which he was found.
        side: 1 inside, -1 outside, 0 not known yet.
        left_from: point at which he was last surely on that side.
    """

    point: Floats
    velocity: Floats
    at: float
    seen_at: float
    seen: int = 1
    side: int = 0
    left_from: Floats | None = None

    def expect(self, at: float) -> Floats:
        """Where he will be."""
        return np.asarray(self.point + self.velocity * (at - self.at))


class Tracks:
    """Everybody who is followed in one scene."""

    def __init__(self, scene: Scene) -> None:
        """Begin with nobody."""
        self.scene = scene
        self.known: list[Track] = []

    def expected(self, at: float) -> Floats:
        """Where those who are followed are expected, shape (n, 2)."""
        return np.array([track.expect(at) for track in self.known]).reshape(-1, 2)

    def step(self, found: Floats, at: float) -> Iterator[int]:
        """Follow everybody to the people found in the next frame.

        Yields:
            1 for somebody who has gone in, -1 for somebody who has gone out.
        """
        free = set(range(len(found)))
        for index, spot in self._pairs(found, at):
            track = self.known[index]
            self._move(track, found[spot], at)
            free.discard(spot)
            if crossed := self._crossing(track):
                yield crossed
        self.known = [track for track in self.known if at - track.seen_at <= GAP]
        for track in self.known:
            if track.at < at:
                track.point, track.at = track.expect(at), at
        for spot in sorted(free):
            self.known.append(Track(found[spot], np.zeros(2), at, at))

    def _pairs(self, found: Floats, at: float) -> list[tuple[int, int]]:
        """Who is whom, so that surprises are smallest in total."""
        from scipy.optimize import linear_sum_assignment

        if not self.known or not len(found):
            return []
        expected = self.expected(at)
        away = np.hypot(*np.moveaxis(expected[:, None] - found[None], 2, 0))
        away /= self.scene.person(found)[None]
        hidden = np.array([at - track.seen_at for track in self.known])
        reach = (REACH + 0.5 * np.minimum(hidden, GAP))[:, None]
        # Those who have been followed for long go before those who have just appeared.
        new = np.array([0.2 * (track.seen < SEEN) for track in self.known])[:, None]
        cost = np.where(away < reach, away + new, 1e3)
        rows, columns = linear_sum_assignment(cost)
        return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < 1e3]

    def _move(self, track: Track, point: Floats, at: float) -> None:
        elapsed = max(at - track.at, 1e-3)
        expected = track.expect(at)
        surprise = point - expected
        if track.seen == 1:
            track.velocity = (point - track.point) / elapsed * 0.5
            track.point = point
        else:
            track.point = expected + POSITION * surprise
            track.velocity = track.velocity + VELOCITY * surprise / elapsed
        fastest = FASTEST * float(self.scene.person(point))
        speed = float(np.hypot(*track.velocity))
        if speed > fastest:
            track.velocity = track.velocity * (fastest / speed)
        track.at = track.seen_at = at
        track.seen += 1

    def _crossing(self, track: Track) -> int:
        """1 or -1 if somebody has now surely changed sides across the line, else 0."""
        depth = float(self.scene.depth(track.point))
        if abs(depth) < BAND or track.seen < SEEN:
            return 0
        side, before, origin = (1 if depth > 0 else -1), track.side, track.left_from
        track.side, track.left_from = side, track.point
        if before in {0, side} or origin is None:
            return 0
        behind = float(self.scene.depth(origin))
        share = behind / (behind - depth)
        place = float(self.scene.place(origin + share * (track.point - origin)))
        return side if -ENDS <= place <= 1 + ENDS else 0
