from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tambo.cli.road import Outcome, Stage, go
from tambo.errors import BuildError


def test_consecutive_locked_stages_share_one_hold() -> None:
    seen: list[str] = []

    @contextmanager
    def lock() -> Iterator[None]:
        seen.append("lock")
        yield
        seen.append("free")

    def stage(name: str, *, locked: bool) -> Stage:
        return Stage(name, lambda _: seen.append(name) or Outcome(name), locked)

    plan = [("a", False), ("b", True), ("c", True), ("d", False), ("e", True)]
    timings = go([stage(name, locked=locked) for name, locked in plan], lock)
    assert seen == ["a", "lock", "b", "c", "free", "d", "lock", "e", "free"]
    assert [timing.name for timing in timings] == list("abcde")


def test_a_failing_stage_ends_the_road_and_frees_the_lock() -> None:
    seen: list[str] = []

    @contextmanager
    def lock() -> Iterator[None]:
        try:
            yield
        finally:
            seen.append("free")

    def fail(_: object) -> Outcome:
        raise BuildError("broken")

    stages = [Stage("build", fail, locked=True), Stage("after", lambda _: Outcome(""))]
    with pytest.raises(BuildError):
        go(stages, lock)
    assert seen == ["free"]
