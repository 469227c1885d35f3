"""Kills a fetch at its n-th step: before or after each file that is written, moved or removed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tambo.sources import fetch_state, fetching, page_file


class KilledError(BaseException):
    """As a kill: nothing of ours may catch it."""


@contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Raise at the n-th step; steps are counted before and after each act that lasts."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            raise KilledError

    def watched(act: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **named: Any) -> Any:
            count()
            result = act(*arguments, **named)
            count()
            return result

        return do

    unlink = Path.unlink

    def removed(path: Path, *arguments: Any, **named: Any) -> None:
        if path.suffix == ".csv" and "landing" in path.parts:
            count()
        unlink(path, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch_state, "write_file", watched(fetch_state.write_file))
        patch.setattr(page_file, "write_file", watched(page_file.write_file))
        patch.setattr(fetching, "ingest", watched(fetching.ingest))
        patch.setattr(Path, "unlink", removed)
        yield
