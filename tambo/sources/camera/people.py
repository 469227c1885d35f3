"""People in a frame: in blobs of what moves, or by their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tambo.sources.camera.foreground import Foreground, Image, Method, part_of
from tambo.sources.camera.scene import Floats, Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

BROAD = 0.4
"""Width of a person in heights."""
FILL = 0.24
"""Area of a person in squares of the height, before those of the camera are known."""
FILLS = (0.14, 0.36)
LEAST = 0.35
"""A blob of less than this of a person is none."""
LESS, MORE = 0.55, 0.75
"""A blob holds as many people as went into it, unless its area is so many less, or more."""
POINTS = 400
SHAPE_TALL = 96.0
"""Height in pixels of a person for the people detector's window of 64 by 128."""
MOTION_TALL = 48.0


class Finder(Protocol):
    """Finds people in frames."""

    scene: Scene

    def prime(self, frames: Sequence[Image]) -> None:
        """See what the place looks like."""
        ...

    def find(self, frame: Image, expected: Floats) -> Floats:
        """Middles of the people in a frame.

        Args:
            frame: the whole frame, BGR.
            expected: where people are expected, shape (n, 2).

        Returns:
            Points in the scaled part of the scene, shape (m, 2).
        """
        ...


class MovingPeople:
    """People as blobs of what moves; a blob of several is divided by its area."""

    def __init__(self, scene: Scene, method: Method) -> None:
        """Begin without a background."""
        self.scene = scene
        self._foreground = Foreground(scene, method)
        self._fill = FILL

    def prime(self, frames: Sequence[Image]) -> None:
        """Learn the background."""
        self._foreground.prime(frames)

    def find(self, frame: Image, expected: Floats) -> Floats:
        """Middles of the people that move."""
        import cv2

        mask = self._foreground.mask(frame)
        count, labels, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found: list[Floats] = []
        inside = _labels_at(labels, expected)
        for blob in range(1, count):
            tall = float(self.scene.person(middles[blob]))
            left, top, width, height, area = (int(value) for value in stats[blob])
            people = area / (self._fill * tall**2)
            if people < LEAST:
                continue
            part = labels[top : top + height, left : left + width] == blob
            guests = expected[inside == blob]
            self._learn(area, width, height, tall, len(guests), part)
            number = _number(people, width / tall, height / tall, len(guests))
            if number == 1:
                found.append(middles[blob])
            else:
                corner = np.array([left, top], np.float64)
                found.extend(_divide(part, number, guests - corner, tall) + corner)
        return np.array(found).reshape(-1, 2)

    def _learn(
        self, area: int, width: int, height: int, tall: float, guests: int, part: NDArray[np.bool_]
    ) -> None:
        """Learn how much of a person's square is filled, from those who walk alone."""
        alone = guests == 1 and 0.75 < height / tall < 1.25 and 0.2 < width / tall < 0.55
        if alone and part.shape[0] > 2:
            step = 0.003 * self._fill
            self._fill += step if area / tall**2 > self._fill else -step
            self._fill = float(np.clip(self._fill, *FILLS))


class ShapedPeople:
    """People by their shape: OpenCV's people detector, slow, with no need of a still camera."""

    def __init__(self, scene: Scene) -> None:
        """Set the detector up."""
        import cv2

        self.scene = scene
        self._detector = cv2.HOGDescriptor()
        self._detector.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def prime(self, frames: Sequence[Image]) -> None:
        """It needs no background."""

    def find(self, frame: Image, expected: Floats) -> Floats:
        """Middles of the people that are seen."""
        import cv2

        part = part_of(frame, self.scene)
        if part.shape[0] < 128 or part.shape[1] < 64:
            return np.empty((0, 2))
        found, sure = self._detector.detectMultiScale(
            part, winStride=(8, 8), padding=(16, 16), scale=1.1, groupThreshold=0
        )
        if not len(found):
            return np.empty((0, 2))
        boxes = np.asarray(found, np.float64)
        best = cv2.dnn.NMSBoxes(boxes.tolist(), np.ravel(sure).tolist(), 0.3, 0.35)
        chosen = boxes[np.asarray(best, int).ravel()]
        middles = chosen[:, :2] + chosen[:, 2:] / 2
        ratio = chosen[:, 3] * 0.75 / self.scene.person(middles)
        return np.asarray(middles[(ratio > 0.6) & (ratio < 1.6)])


def finder(method: Method, scene: Scene) -> Finder:
    """What finds people by a method."""
    return ShapedPeople(scene) if method == "hog" else MovingPeople(scene, method)


def height_for(method: Method) -> float:
    """Height in pixels that a person is scaled to for a method."""
    return SHAPE_TALL if method == "hog" else MOTION_TALL


def _number(people: float, width: float, height: float, guests: int) -> int:
    """How many people a blob holds.

    Args:
        people: by its area.
        width: in heights of a person.
        height: in heights of a person.
        guests: how many were seen going into it.
    """
    if guests and -LESS < people - guests < MORE:
        return guests
    if width < 1.4 * BROAD and height < 1.3:
        return 1
    return max(1, round(people))


def _labels_at(labels: NDArray[np.int32], points: Floats) -> NDArray[np.int32]:
    """Label below each point; 0 outside of the picture."""
    size = np.array([labels.shape[1], labels.shape[0]])
    spots = np.rint(points).astype(int).reshape(-1, 2)
    good = ((spots >= 0) & (spots < size)).all(axis=1)
    spots = np.clip(spots, 0, size - 1)
    return np.where(good, labels[spots[:, 1], spots[:, 0]], 0)


def _divide(part: NDArray[np.bool_], number: int, guests: Floats, tall: float) -> Floats:
    """Middles of several people in one blob: k-means that begins where they were last seen.

    Args:
        part: the blob's own pixels.
        number: how many people.
        guests: where they were last seen, shape (n, 2).
        tall: height of a person in pixels.
    """
    rows, columns = np.nonzero(part)
    step = max(1, len(rows) // POINTS)
    shape = np.array([BROAD * tall, tall])
    points = np.stack([columns, rows], axis=1)[::step] / shape
    centres = list(guests[:number] / shape) or [points.mean(axis=0) - [0.5, 0]]
    while len(centres) < number:
        away = np.min([((points - c) ** 2).sum(axis=1) for c in centres], axis=0)
        centres.append(points[int(away.argmax())])
    middles = np.array(centres)
    for _ in range(6):
        nearest = ((points[:, None] - middles[None]) ** 2).sum(axis=2).argmin(axis=1)
        for n in range(number):
            own = points[nearest == n]
            if len(own):
                middles[n] = own.mean(axis=0)
    return np.asarray(middles * shape)
