"""Makes a world in a folder: once, whole or not at all."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tambo.errors import TamboError
from tambo.sources.sample.folder import Folder, hash_of
from tambo.sources.sample.outbox import DIRT_COLUMNS, DIRT_FILE, Outbox

NOTE = "_world.json"


@dataclass(frozen=True)
class WorldSummary:
    """What a world holds.

    Args:
        out: its folder.
        up_to_date: it was there already and nothing was done.
        files: number of raw files, those with a leading underscore not counted.
        rows: data lines by table, broken ones, corrections and withdrawals included.
        dirty: broken lines by kind.
        events: lines by table and what was special: late, corrected, withdrawn, sent again.
        size_bytes: size of all files.
        seconds: time taken.
    """

    out: Path
    up_to_date: bool
    files: int
    rows: dict[str, int]
    dirty: dict[str, int]
    events: dict[str, int]
    size_bytes: int
    seconds: float


def make(out: Path, parameters: dict[str, Any], write: Callable[[Folder], Outbox]) -> WorldSummary:
    """Write a world into a folder, or do nothing if it is there already.

    Args:
        out: folder to make; another world in it is replaced.
        parameters: what the world is made of, the generator's version among them.
        write: writes all files, and says what it sent.

    Raises:
        TamboError: the folder holds something else than an untouched world, another process is
            writing it, or the disk refuses.
    """
    out = out.resolve()
    started = time.perf_counter()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(out):
            note = _untouched(out)
            fresh = note is not None and note["parameters"] == parameters
            if note is None or not fresh:
                note = _write(out, parameters, write)
    except OSError as error:
        raise TamboError(
            f"The sample world cannot be written to {out}: {error}.",
            remedy="Choose a folder that you may write to, on a disk with room.",
        ) from error
    return _summary(out, note, up_to_date=fresh, seconds=time.perf_counter() - started)


def check(parameters: dict[str, Any], limits: dict[str, tuple[float, float]]) -> None:
    """Refuse a parameter outside its limits, both of which are allowed.

    Raises:
        TamboError: naming the first such parameter.
    """
    for name, (low, high) in limits.items():
        if not low <= parameters[name] <= high:
            raise TamboError(
                f"The sample world cannot have {name} = {parameters[name]}.",
                remedy=f"Choose {name} from {low} to {high}.",
            )


def read_parameters(out: Path) -> dict[str, Any]:
    """What the world in a folder was made of.

    Raises:
        TamboError: there is no world.
    """
    if not (out / NOTE).exists():
        raise TamboError(f"There is no sample world in {out}.", remedy="tambo world")
    parameters: dict[str, Any] = _read_note(out)["parameters"]
    return parameters


def _only_one(out: Path) -> Any:
    lock = FileLock(out.with_name(f".{out.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        raise TamboError(
            f"Another process is writing a sample world into {out}.",
            remedy="Wait for it, or choose another folder.",
        ) from None


def _untouched(out: Path) -> dict[str, Any] | None:
    """The note of the world in a folder; None if there is nothing there.

    Raises:
        TamboError: the folder holds other files, or a file of the world was changed.
    """
    if not out.exists():
        return None
    remedy = "Choose another folder, or move these files away."
    if not out.is_dir():
        raise TamboError(f"{out} is a file; the sample world needs a folder.", remedy=remedy)
    present = {path.name for path in out.iterdir()}
    if not present:
        return None
    if NOTE not in present:
        raise TamboError(f"{out} holds {_some(present)} and is not a sample world.", remedy=remedy)
    note = _read_note(out)
    foreign = present - set(note["files"]) - {NOTE}
    changed = {
        name
        for name, each in note["files"].items()
        if name not in present or hash_of(out / name) != each["sha256"]
    }
    if foreign or changed:
        raise TamboError(
            f"The sample world in {out} was changed by hand: {_some(foreign | changed)}.",
            remedy=f"Choose another folder, or delete {out} to have it made anew.",
        )
    return note


def _read_note(out: Path) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads((out / NOTE).read_text())
    except ValueError:
        note = {}
    if not {"parameters", "files"} <= set(note):
        raise TamboError(
            f"{out / NOTE} is not the note of a sample world.",
            remedy=f"Choose another folder, or delete {out} to have it made anew.",
        )
    return note


def _some(names: set[str]) -> str:
    shown = sorted(names)[:3]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _write(
    out: Path, parameters: dict[str, Any], write: Callable[[Folder], Outbox]
) -> dict[str, Any]:
    # Made beside the goal and renamed: a killed run leaves no half world, and the next clears up.
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    with Folder(partial) as folder:
        folder.begin(DIRT_FILE, DIRT_COLUMNS)
        outbox = write(folder)
    note = {
        "parameters": parameters,
        "rows": dict(sorted(outbox.rows.items())),
        "dirty": dict(sorted(outbox.dirty.items())),
        "events": dict(sorted(outbox.events.items())),
        "files": folder.notes(),
    }
    (partial / NOTE).write_text(json.dumps(note, indent=1) + "\n")
    if out.exists():
        shutil.rmtree(out)
    partial.rename(out)
    return note


def _summary(out: Path, note: dict[str, Any], *, up_to_date: bool, seconds: float) -> WorldSummary:
    return WorldSummary(
        out=out,
        up_to_date=up_to_date,
        files=sum(not name.startswith("_") for name in note["files"]),
        rows=note["rows"],
        dirty=note["dirty"],
        events=note["events"],
        size_bytes=sum(each["bytes"] for each in note["files"].values()),
        seconds=seconds,
    )
