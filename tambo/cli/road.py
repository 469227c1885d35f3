"""The road from raw files to a served model: stages in order, each timed and reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from tambo.cli import console, interrupts
from tambo.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """What one stage has to say when it ends.

    Attributes:
        line: what it did.
        up_to_date: there was nothing to do.
        skipped: its domain has no raw files.
        notes: further lines, printed below.
    """

    line: str
    up_to_date: bool = False
    skipped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stage:
    """One stage of the road.

    Attributes:
        name: the verb that runs the stage alone.
        run: does the work; called with the progress callback.
        locked: consecutive locked stages share one hold of the writer's lock, so that a release
            never mixes two states of the raw tables.
    """

    name: str
    run: Callable[[Progress], Outcome]
    locked: bool = False


@dataclass(frozen=True)
class Timing:
    """How long one stage took, and whether it had anything to do."""

    name: str
    seconds: float
    up_to_date: bool


def go(stages: Iterable[Stage], lock: Callable[[], AbstractContextManager[None]]) -> list[Timing]:
    """Run the stages in order, print a line for each, and return their timings.

    Args:
        stages: what to run.
        lock: opens the writer's lock; entered at the first locked stage of a run of them.

    Raises:
        TamboError: the first stage that fails ends the road.
    """
    timings: list[Timing] = []
    with ExitStack() as held:
        inside = False
        for stage in stages:
            if stage.locked and not inside:
                held.enter_context(lock())
            elif inside and not stage.locked:
                held.close()
            inside = stage.locked
            timings.append(run_stage(stage))
    return timings


def run_stage(stage: Stage) -> Timing:
    """Run one stage, and print its line."""
    started = time.perf_counter()
    with console.progress_bar(stage.name) as progress:
        outcome = stage.run(progress)
        interrupts.check()
    seconds = time.perf_counter() - started
    mark = "[dim]=[/dim]" if outcome.up_to_date else "[green]✓[/green]"
    if outcome.skipped:
        mark = "[yellow]-[/yellow]"
    console.out.print(f"{mark} [bold]{stage.name:<9}[/bold] {seconds:7.1f} s  {outcome.line}")
    for note in outcome.notes:
        console.out.print(f"  {note}", markup=False)
    return Timing(stage.name, seconds, outcome.up_to_date)
