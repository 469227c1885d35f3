"""What is known of a door between two fetches: how far its source was read, and what came of it.

A folder of the home holds it all:

    landing/<domain>/<door>/state.json     this state
    landing/<domain>/<door>/history/       pages of the first pass that wait for the lake
    landing/<domain>/<door>/live/          pages of later passes that wait for the lake
    landing/<domain>/<door>/fetch.lock     held by the one fetch
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tambo.errors import SourceError
from tambo.settings import Settings
from tambo.sources.door import Scalar


@dataclass
class FetchState:
    """How far a door was read.

    Attributes:
        door: where to go on from, in the door's own words.
        zone: in which its local times were written; None: of no page.
        page: number of the last page that is safe on the disk; ascending over all fetches.
        history: the first pass over the source is not complete: its rows are history.
        rows: rows of all pages so far.
        fetched_to: up to which instant the source was read, naive UTC.
        started_at: of the last fetch, UTC.
        ended_at: of the last fetch that read to the end, UTC.
        error: of the last fetch, with its remedy; None: it had none.
        notes: what the last fetch had to say to the steward.
    """

    door: dict[str, Scalar] = field(default_factory=dict)
    zone: str | None = None
    page: int = 0
    history: bool = True
    rows: int = 0
    fetched_to: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None
    notes: list[str] = field(default_factory=list)


_TIMES = ("fetched_to", "started_at", "ended_at")


def door_folder(settings: Settings, domain: str, door: str) -> Path:
    """Where a door's state and its pages lie."""
    return settings.landing / domain / door


def read_state(folder: Path) -> FetchState:
    """The state in a door's folder; an empty one before the first fetch.

    Raises:
        SourceError: the file is not what was written.
    """
    path = folder / "state.json"
    if not path.exists():
        return FetchState()
    try:
        values: dict[str, Any] = json.loads(path.read_text())
        times = {name: _time(values[name]) for name in _TIMES}
        return FetchState(**{**values, **times})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SourceError(
            f"{path} is no state of a door: {error}.",
            remedy="put it back from a backup; or remove it, and the source is read from its "
            "beginning (what is in the lake already counts as repeats)",
        ) from error


def write_state(folder: Path, state: FetchState) -> None:
    """Put a state on the disk: afterwards it is this one, or, after a kill, the one before."""
    values = asdict(state)
    values |= {name: None if values[name] is None else str(values[name]) for name in _TIMES}
    write_file(folder / "state.json", json.dumps(values, indent=1).encode() + b"\n")


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
