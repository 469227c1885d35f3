"""Video drawn by chance, of people who walk through a gate, with every crossing known.

People are textured figures that swing their legs and sway; they come alone or in groups, at their
own speeds, both ways, and grow as they come nearer. On top of that come shadows, noise, drifting
light, a camera that shakes, and what the codec does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tambo.sources.camera.foreground import Image
from tambo.sources.camera.scene import Line
from tambo.sources.camera.tracks import BAND

Floats = NDArray[np.float64]
HORIZON, GROUND, TALL = 0.08, 0.5, 0.24
"""At distance 1: a foot stands at HORIZON + GROUND, and a person is TALL high, of the frame."""
NEAR, FAR = 0.62, 2.2
PEOPLE = ((HORIZON + GROUND / 2, TALL / 2), (HORIZON + GROUND, TALL))
FRONT = Line((0.04, 0.46), (0.96, 0.46), (0.5, 0.9), PEOPLE)
SIDE = Line((0.5, 0.24), (0.5, 0.7), (0.9, 0.5), PEOPLE)


@dataclass(frozen=True)
class Scenario:
    """What happens in a video.

    Attributes:
        name: what it is called in tables.
        people: who come a minute.
        view: whether the camera looks along the way or across it.
        groups: share of arrivals that are two or three side by side.
        dwell: share of people who stand on the line for some seconds.
        turn: share of people who turn back, at the line or behind it.
        shadows: whether people throw shadows.
        noise: standard deviation of the pixels' noise.
        drift: share of the light that comes and goes in half a minute.
        shake: pixels by which the camera shakes.
    """

    name: str
    people: float
    view: str = "front"
    groups: float = 0.2
    dwell: float = 0.0
    turn: float = 0.0
    shadows: bool = False
    noise: float = 4.0
    drift: float = 0.0
    shake: float = 0.0

    @property
    def line(self) -> Line:
        """The line of its camera."""
        return FRONT if self.view == "front" else SIDE


@dataclass(frozen=True)
class Walker:
    """One person: where he is at which second, and how he looks."""

    times: Floats
    across: Floats
    away: Floats
    colours: NDArray[np.int64]
    tall: float
    stride: float

    def at(self, second: float) -> tuple[float, float] | None:
        """Across and distance on the ground; None: he is not there."""
        if not self.times[0] <= second <= self.times[-1]:
            return None
        return (
            float(np.interp(second, self.times, self.across)),
            float(np.interp(second, self.times, self.away)),
        )


@dataclass(frozen=True)
class Scene:
    """A video to be drawn.

    Attributes:
        scenario: what happens in it.
        seconds: how long it is.
        fps: frames a second.
        size: width and height in pixels.
        seed: of all chance.
    """

    scenario: Scenario
    seconds: float = 60.0
    fps: float = 12.5
    size: tuple[int, int] = (640, 480)
    seed: int = 7

    def walkers(self) -> list[Walker]:
        """Everybody who comes."""
        random = np.random.default_rng([self.seed, 1])
        scenario, found = self.scenario, list[Walker]()
        mean_group = 1 + scenario.groups * 1.4
        at = float(random.exponential(1)) - 3
        while at < self.seconds:
            size = (
                int(random.choice([2, 3], p=[0.6, 0.4])) if random.random() < scenario.groups else 1
            )
            found += _group(scenario, at, size, random)
            at += float(random.exponential(60 / scenario.people * mean_group))
        return found

    def crossings(self) -> list[tuple[float, bool]]:
        """Second and direction of each true crossing, in order; true is inward."""
        found: list[tuple[float, bool]] = []
        for walker in self.walkers():
            found += self._crossings_of(walker)
        return sorted(found)

    def frames(self) -> Iterator[Image]:
        """The pictures, BGR."""
        random = np.random.default_rng([self.seed, 2])
        walkers, ground = self.walkers(), _ground(self.size, random)
        for number in range(round(self.seconds * self.fps)):
            second = number / self.fps
            yield self._picture(ground, walkers, second, random)

    def write(self, path: Path, codec: str = "mp4v") -> Path:
        """Write the video."""
        import cv2

        code = cv2.VideoWriter.fourcc(*codec)
        writer = cv2.VideoWriter(str(path), code, self.fps, self.size)
        for frame in self.frames():
            writer.write(frame)
        writer.release()
        return path

    def _picture(
        self, ground: Image, walkers: list[Walker], second: float, random: np.random.Generator
    ) -> Image:
        import cv2

        scenario, (width, height) = self.scenario, self.size
        picture = ground.copy()
        there = [(walker, spot) for walker in walkers if (spot := walker.at(second)) is not None]
        there.sort(key=lambda one: -one[1][1])
        if scenario.shadows:
            shade = np.zeros((height, width), np.uint8)
            for walker, spot in there:
                _draw_shadow(shade, self.size, walker, spot)
            soft = cv2.GaussianBlur(shade, (0, 0), 2).astype(np.float32)[..., None] / 255
            picture = (picture * (1 - 0.4 * soft)).astype(np.uint8)
        for walker, spot in there:
            _draw(picture, self.size, walker, spot, second)
        if scenario.shake:
            x, y = random.normal(0, scenario.shake, 2)
            shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
            picture = cv2.warpAffine(picture, shift, self.size, borderMode=cv2.BORDER_REFLECT)
        light = 1 + scenario.drift * np.sin(2 * np.pi * second / 30)
        noisy = picture * light + random.normal(0, scenario.noise, (height, width, 1))
        return np.asarray(np.clip(noisy, 0, 255), np.uint8)

    def _crossings_of(self, walker: Walker) -> list[tuple[float, bool]]:
        """Changes of the side on which somebody's middle is more than the band behind the line."""
        side, found = 0, list[tuple[float, bool]]()
        line, size = self.scenario.line, np.array(self.size)
        start, end, inside = (np.array(p) * size for p in (line.start, line.end, line.inside))
        along = end - start
        inward = np.array([-along[1], along[0]]) / np.hypot(*along)
        inward *= np.sign((inside - start) @ inward)
        for second in np.arange(0, self.seconds, 0.02):
            spot = walker.at(second)
            if spot is None:
                continue
            foot, tall = _foot(self.size, spot, walker.tall)
            depth = (foot - [0, tall / 2] - start) @ inward / tall
            now = int(np.sign(depth)) if abs(depth) > BAND else 0
            if side and now == -side:
                found.append((float(second), now > 0))
            side = now or side
        return found


def _group(scenario: Scenario, at: float, size: int, random: np.random.Generator) -> list[Walker]:
    """People who walk side by side."""
    inward, pace = bool(random.random() < 0.6), float(random.uniform(0.55, 0.95))
    middle = float(random.uniform(-1.0, 1.0))
    found = []
    for place in range(size):
        beside = (place - (size - 1) / 2) * float(random.uniform(0.42, 0.6))
        late = at + float(random.uniform(0, 0.4))
        fate = random.random()
        stop = float(random.uniform(2, 5)) if fate < scenario.dwell else 0.0
        turn = scenario.dwell <= fate < scenario.dwell + scenario.turn
        path = _path(scenario.view, inward, pace, late, stop, turn, random)
        times, there, fixed = path
        if scenario.view == "front":
            across, away = np.full_like(there, (middle + beside) * 0.9), there
        else:
            across, away = there, np.full_like(there, 1.1 + 0.12 * middle + 0.3 * beside)
        sway = 0.03 * np.sin(np.arange(len(there)) * 1.7 + fixed)
        found.append(
            Walker(
                times, across + sway, away, random.integers(10, 235, (4, 3)),
                float(random.uniform(0.9, 1.1)), float(random.uniform(1.6, 2.2)),
            )
        )  # fmt: skip
    return found


def _path(
    view: str, inward: bool, pace: float, at: float, stop: float, turn: bool,
    random: np.random.Generator,
) -> tuple[Floats, Floats, float]:  # fmt: skip
    """Seconds, and where on the way somebody is at each: distance, or place across."""
    first, last = (FAR, NEAR) if view == "front" else (-4.2, 4.2)
    if not inward:
        first, last = last, first
    middle = 1.0 if view == "front" else 0.0
    legs = [first, middle, last]
    if turn:
        beyond = float(random.choice([0.0, 0.35])) * np.sign(last - first)
        reached = middle + beyond * (1 if view == "front" else 4)
        legs = [first, reached, first]
    times, spots = [at], [legs[0]]
    for leg in legs[1:]:
        # On the ground a height of a person is TALL of the frame at distance 1.
        length = abs(leg - spots[-1]) * (GROUND / TALL if view == "front" else 1.0)
        times.append(times[-1] + max(length / pace, 0.01))
        spots.append(leg)
        if stop and leg == middle:
            times.append(times[-1] + stop)
            spots.append(leg)
    fine = np.linspace(times[0], times[-1], 400)
    return fine, np.interp(fine, times, spots), float(random.uniform(0, 6))


def _foot(size: tuple[int, int], spot: tuple[float, float], tall: float) -> tuple[Floats, float]:
    """Where somebody stands in the picture, and how tall he is there, in pixels."""
    width, height = size
    across, away = spot
    unit = TALL * height / away
    return np.array([width / 2 + across * unit, (HORIZON + GROUND / away) * height]), unit * tall


def _ground(size: tuple[int, int], random: np.random.Generator) -> Image:
    """A paved place with walls and plants."""
    import cv2

    width, height = size
    grey = random.integers(105, 150, (height // 20 + 1, width // 20 + 1, 1))
    coarse = np.clip(grey + random.integers(-8, 8, (1, 1, 3)), 0, 255).astype(np.uint8)
    ground = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    grain = random.normal(0, 10, (height, width, 1))
    ground = np.clip(ground + grain, 0, 255).astype(np.uint8)
    for row in range(0, height, height // 12):
        cv2.line(ground, (0, row), (width, row + height // 20), (100, 100, 105), 1)
    cv2.rectangle(ground, (0, 0), (width, round(0.12 * height)), (120, 140, 150), -1)
    return np.asarray(ground, np.uint8)


def _draw_shadow(
    shade: Image, size: tuple[int, int], walker: Walker, spot: tuple[float, float]
) -> None:
    import cv2

    foot, tall = _foot(size, spot, walker.tall)
    middle = (round(foot[0] + 0.35 * tall), round(foot[1] - 0.03 * tall))
    cv2.ellipse(shade, middle, (round(0.38 * tall), round(0.09 * tall)), -8, 0, 360, 255, -1)


def _draw(
    picture: Image, size: tuple[int, int], walker: Walker, spot: tuple[float, float], second: float
) -> None:
    """One figure: two legs that swing, a striped body, two arms, a head."""
    import cv2

    foot, tall = _foot(size, spot, walker.tall)
    legs, body, stripe, skin = (tuple(map(int, colour)) for colour in walker.colours)
    swing = np.sin(2 * np.pi * second * walker.stride / 2)
    x, y = float(foot[0]), float(foot[1])

    def limb(
        begin: tuple[float, float], end: tuple[float, float], thick: float, colour: Any
    ) -> None:
        ends = [(round(x + h * tall), round(y - v * tall)) for h, v in (begin, end)]
        cv2.line(picture, ends[0], ends[1], colour, max(1, round(thick * tall)), cv2.LINE_AA)

    for way in (1, -1):
        limb((0.03 * way, 0.48), (0.11 * swing * way, 0.03), 0.10, legs)
        limb((0.13 * way, 0.80), (0.13 * way - 0.08 * swing * way, 0.48), 0.06, stripe)
    limb((0, 0.76), (0, 0.52), 0.24, body)
    for level in (0.74, 0.64, 0.55):
        limb((-0.09, level), (0.09, level), 0.035, stripe)
    cv2.circle(picture, (round(x), round(y - 0.92 * tall)), max(1, round(0.075 * tall)), skin, -1)
