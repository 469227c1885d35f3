"""Makes a world of travel in a folder."""

from __future__ import annotations

from pathlib import Path

from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.sample.folder import Folder
from tambo.sources.sample.making import WorldSummary, check, make, read_parameters
from tambo.sources.travel.world.outbox import MonthlyOutbox
from tambo.sources.travel.world.truth import Truth
from tambo.sources.travel.world.truth_files import write_truth
from tambo.sources.travel.world.writer import BLOCK, WorldWriter

VERSION = 1
"""Raise it when the same parameters give other files."""
LIMITS: dict[str, tuple[float, float]] = {
    "travellers": (1, 50_000_000),
    "years": (1, 30),
    "seed": (0, 2**63),
    "dirty_share": (0, 0.5),
}


def generate(
    out: Path,
    *,
    travellers: int,
    years: int,
    seed: int,
    dirty_share: float = 0.01,
    progress: Progress = silent,
) -> WorldSummary:
    """Write the sample world into a folder, or do nothing if it is there already.

    Args:
        out: folder to make; another world in it is replaced.
        travellers: how many people travel, 1 or more.
        years: how many years of bookings, the last being 2025.
        seed: the same seed gives the same bytes.
        dirty_share: chance of a line to be broken, 0 to 0.5.
        progress: called month by month.

    Raises:
        TamboError: a parameter is out of range, the folder holds something else than an untouched
            world, another process is writing it, or the disk refuses.
    """
    parameters = {
        "generator": VERSION,
        "travellers": travellers,
        "years": years,
        "seed": seed,
        "dirty_share": dirty_share,
    }
    check(parameters, LIMITS)

    def write(folder: Folder) -> MonthlyOutbox:
        truth = Truth.draw(years=years, seed=seed)
        outbox = MonthlyOutbox(folder, truth.draws, truth.calendar)
        WorldWriter(outbox, truth, count=travellers, dirty_share=dirty_share).write(progress)
        outbox.write_arrivals()
        write_truth(folder, truth, count=travellers, block=BLOCK)
        return outbox

    return make(out, parameters, write)


def sample(settings: Settings, out: Path, progress: Progress = silent) -> WorldSummary:
    """Write travel's part of a home's sample world, in the size and with the seed of its settings.

    Args:
        settings: the Tambo home.
        out: folder to make, for this domain alone.
        progress: called month by month.

    Raises:
        TamboError: as `generate`.
    """
    return generate(
        out,
        travellers=settings.world_travellers,
        years=settings.world_years,
        seed=settings.seed,
        progress=progress,
    )


def read_truth(out: Path) -> Truth:
    """The truth of the world in a folder.

    Raises:
        TamboError: there is no world.
    """
    parameters = read_parameters(out)
    return Truth.draw(years=parameters["years"], seed=parameters["seed"])
