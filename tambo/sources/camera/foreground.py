"""What moves before the background, against shake, changing light, shadows and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tambo.sources.camera.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

Image = NDArray[np.uint8]
Method = Literal["mog2", "knn", "hog"]
REMEMBERED = 3_000
"""Frames of the background's memory, five minutes; who stands a minute is still no background."""
YOUNG = 300
"""A new background learns as if it had this many frames: who was taken for it soon is no more."""
FLOOD = 0.5
"""Where more of the picture than this moves, it was the light or the camera."""
SHAKE = 0.08
"""Largest shake that is taken out, as a share of the picture's width."""


class Foreground:
    """Masks of what moves, in the scaled part of a scene; one for each run of frames."""

    def __init__(self, scene: Scene, method: Method) -> None:
        """Begin without a background; `prime` gives one."""
        import cv2

        self.scene = scene
        if method == "knn":
            knn = cv2.createBackgroundSubtractorKNN(REMEMBERED, 500.0, detectShadows=True)
            self._model: cv2.BackgroundSubtractor = knn
        else:
            mog2 = cv2.createBackgroundSubtractorMOG2(REMEMBERED, 20.0, detectShadows=True)
            mog2.setBackgroundRatio(0.8)
            mog2.setShadowThreshold(0.45)
            self._model = mog2
        self._reference: NDArray[np.float32] | None = None
        self._flooded = self._frames = 0
        tall = scene.tall
        self._open = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        self._close = np.ones((max(3, round(tall / 5)), max(3, round(tall / 16))), np.uint8)

    def prime(self, frames: Sequence[Image]) -> None:
        """Take the median of frames as the background."""
        parts = [self._part(frame) for frame in frames]
        still = np.median(np.stack(parts), axis=0).astype(np.uint8)
        self._reference = _gray(still)
        self._model.apply(still, learningRate=1.0)
        for part in parts:
            calm = np.abs(part.astype(np.int16) - still).max(axis=2) < 40
            self._model.apply(np.where(calm[..., None], part, still), learningRate=0.05)

    def mask(self, frame: Image) -> Image:
        """255 where something moves in the scaled part of a frame; 0 elsewhere."""
        import cv2

        part = self._steady(self._part(frame))
        self._frames += 1
        rate = max(1 / REMEMBERED, 1 / (self._frames + YOUNG))
        found = self._model.apply(part, learningRate=0.1 if self._flooded else rate)
        moving: Image = (found == 255).astype(np.uint8) * 255
        if moving.mean() > FLOOD * 255:
            self._flooded = 5
            self._reference = _gray(part)
            return np.zeros_like(moving)
        self._flooded = max(0, self._flooded - 1)
        moving = cv2.morphologyEx(moving, cv2.MORPH_OPEN, self._open)
        closed: Image = cv2.morphologyEx(moving, cv2.MORPH_CLOSE, self._close)
        return closed

    def _part(self, frame: Image) -> Image:
        return part_of(frame, self.scene)

    def _steady(self, part: Image) -> Image:
        """Take the camera's shake and the light's drift out, against the mean of the past."""
        import cv2

        gray = _gray(part)
        if self._reference is None:
            self._reference = gray
            return part
        (x, y), sure = cv2.phaseCorrelate(self._reference, gray, None)
        if sure > 0.1 and 0.3 < np.hypot(x, y) < SHAKE * gray.shape[1]:
            shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
            size = (part.shape[1], part.shape[0])
            part = cv2.warpAffine(part, shift, size, borderMode=cv2.BORDER_REPLICATE)
            gray = _gray(part)
        # A median: people cover less than half of the picture.
        ratio = self._reference[::4, ::4] / np.maximum(gray[::4, ::4], 1)
        gain = float(np.clip(np.median(ratio), 0.5, 2))
        cv2.accumulateWeighted(gray * gain, self._reference, 0.01)
        return cv2.convertScaleAbs(part, alpha=gain) if abs(gain - 1) > 0.01 else part


def part_of(frame: Image, scene: Scene) -> Image:
    """The part of a frame around the line, scaled."""
    import cv2

    left, top, right, bottom = scene.box
    kind = cv2.INTER_AREA if scene.scale < 1 else cv2.INTER_LINEAR
    part = frame[top:bottom, left:right]
    scaled: Image = cv2.resize(part, None, fx=scene.scale, fy=scene.scale, interpolation=kind)
    return scaled


def _gray(image: Image) -> NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.float32)
