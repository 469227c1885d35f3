"""Whoever walks, and however the frames are cut: everybody is counted once."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.camera_scenes import FRONT, Scenario, Scene
from tambo.sources.camera.counter import Counter, Crossing
from tambo.sources.camera.foreground import Image
from tambo.sources.camera.scene import Scene as View
from tambo.sources.camera.tracks import Tracks

SMALL = Scene(Scenario("busy", people=40, groups=0.3), seconds=12, size=(240, 180), seed=5)
VIEW = View.of(FRONT, 320, 240, 48.0)


@cache
def frames() -> list[tuple[float, Image]]:
    return [(n / SMALL.fps, frame) for n, frame in enumerate(SMALL.frames())]


def counted(*parts: list[tuple[float, Image]]) -> list[Crossing]:
    counter = Counter(FRONT, "mog2")
    counter.prime([frame for _, frame in frames()[::12]])
    return [crossing for part in parts for crossing in counter.feed(part)]


@given(cuts=st.lists(st.integers(0, 150), max_size=4))
@settings(max_examples=3)
def test_the_count_is_the_same_however_the_frames_are_cut(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(frames())]
    whole = counted(frames())
    assert whole
    assert counted(*(frames()[a:b] for a, b in pairwise(ends))) == whole


walks = st.lists(
    st.tuples(
        st.floats(0.1, 0.9),  # where across
        st.booleans(),  # inward
        st.floats(0.5, 1.2),  # heights a second
        st.floats(0, 3),  # seconds on the line
        st.booleans(),  # turns back at the line
    ),
    max_size=3,
)


@given(
    walks=walks, fps=st.sampled_from([8.0, 12.5]), noise=st.floats(0, 0.04), seed=st.integers(0, 9)
)
@settings(max_examples=60)
def test_who_crosses_counts_once_who_turns_back_or_dwells_not_twice(
    walks: list[tuple[float, bool, float, float, bool]], fps: float, noise: float, seed: int
) -> None:
    """Points that walk one after the other, jitter, stand on the line and turn back."""
    random, tracks = np.random.default_rng(seed), Tracks(VIEW)
    found, at, expected = 0, 0.0, 0
    going_in = going_out = 0
    for across, inward, pace, dwell, turns in walks:
        way = 1.0 if inward else -1.0
        there = 1.5 / pace
        steps = int(fps * (2 * there + dwell))
        for step in range(steps):
            second = step / fps
            depth = -way * 1.5 + way * pace * min(second, there)
            if second > there + dwell:
                depth = (-1 if turns else 1) * way * pace * (second - there - dwell)
            spot = VIEW.start + across * VIEW.along
            point = spot + VIEW.inward * depth * VIEW.person(spot)
            point = point + random.normal(0, noise, 2) * VIEW.tall
            for crossed in tracks.step(point[None], at):
                found += 1
                going_in += crossed > 0
                going_out += crossed < 0
            at += 1 / fps
        expected += not turns
        at += 2.0
        assert list(tracks.step(np.empty((0, 2)), at)) == []
    assert found == expected
    assert going_in == sum(inward and not turns for _, inward, _, _, turns in walks)


@pytest.mark.parametrize("hidden", [0.3, 0.8])
def test_somebody_who_is_hidden_at_the_line_counts(hidden: float) -> None:
    tracks, found = Tracks(VIEW), list[int]()
    spot = VIEW.start + 0.5 * VIEW.along
    for step in range(50):
        at, depth = step / 12.5, -1.5 + 0.8 * step / 12.5
        point = (spot + VIEW.inward * depth * VIEW.person(spot))[None]
        behind_a_post = abs(depth) < 0.8 * hidden / 2
        found += tracks.step(point[:0] if behind_a_post else point, at)
    assert found == [1]


def test_nobody_is_counted_beyond_the_ends_of_the_line() -> None:
    tracks = Tracks(VIEW)
    for step in range(50):
        spot = VIEW.start + 1.3 * VIEW.along + VIEW.inward * (-1.5 + 0.064 * step) * VIEW.tall
        assert list(tracks.step(spot[None], step / 12.5)) == []
