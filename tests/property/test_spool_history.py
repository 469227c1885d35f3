"""Whatever order things are spooled, drained and killed in, nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from spooled import feedback, lines_apart, rows

from tambo.lake import drain, spool
from tambo.lake.waiting import waiting
from tambo.monitoring.feedback import TOPIC
from tambo.settings import Settings

STEPS = 50


class Killed(BaseException):
    """Stands for SIGKILL at a chosen place."""


class History:
    """A spool that things happen to, and what was acknowledged."""

    def __init__(self, home: Path, draw: random.Random) -> None:
        self.settings = Settings(home=home)
        self.draw = draw
        self.acknowledged: list[str] = []
        self.torn: list[bytes] = []

    def take(self) -> None:
        """Some records; now and then one said again, under its old id."""
        fresh = [f"{len(self.acknowledged) + n}" for n in range(self.draw.randrange(1, 4))]
        again = self.draw.sample(self.acknowledged, min(len(self.acknowledged), 1))
        given = fresh + (again if self.draw.random() < 0.4 else [])
        said = [feedback(id=one).model_dump(mode="json") for one in given]
        spool.append(self.settings, TOPIC, said)
        self.acknowledged += fresh

    def tear(self) -> None:
        """An appender is killed in the middle of its line."""
        line = json.dumps(feedback(id=f"torn {len(self.torn)}").model_dump(mode="json")).encode()
        cut = line[: self.draw.randrange(1, len(line))]
        path = self.settings.spool / TOPIC / spool.OPEN
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_bytes() if path.exists() else b""
        path.write_bytes(before + (b"" if before[-1:] in (b"", b"\n") else b"\n") + cut)
        self.torn.append(cut)

    def drain(self) -> None:
        drain.drain(self.settings)

    def killed_drain(self) -> None:
        """A drain is killed before its commit, after it, or before the segment is removed."""

        def die(*_: object) -> None:
            raise Killed

        unlink = Path.unlink

        def no_unlink(path: Path, missing_ok: bool = False) -> None:
            if path.suffix == spool.SEALED:
                die()
            unlink(path, missing_ok=missing_ok)

        places: list[tuple[object, str, Callable[..., None]]] = [
            (drain, "_prepare", die),
            (spool, "remove", die),
            (Path, "unlink", no_unlink),
        ]
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            patch.setattr(*self.draw.choice(places))
            self.take()
            drain.drain(self.settings)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=1, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_nothing_is_lost_and_nothing_doubled(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    history = History(tmp_path_factory.mktemp("spool"), draw)
    with pytest.MonkeyPatch.context() as patch:
        # Segments of a few records, so that there are several.
        patch.setattr(spool, "SEGMENT_BYTES", 1_500)
        steps = [history.take, history.take, history.tear, history.drain, history.killed_drain]
        chosen = draw.choices(steps, weights=[4, 4, 2, 1, 1], k=STEPS)
        for step in [history.tear, history.killed_drain, *chosen]:
            step()
            if step == history.drain:
                assert [one for (one,) in rows(history.settings)] == sorted(history.acknowledged)
    history.drain()
    assert [one for (one,) in rows(history.settings)] == sorted(history.acknowledged)
    assert sorted(lines_apart(history.settings)) == sorted(history.torn)
    assert not any(one.records for one in waiting(history.settings))
