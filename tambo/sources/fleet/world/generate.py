"""Makes a world of a fleet in a folder."""

from __future__ import annotations

from pathlib import Path

from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.fleet.world.columns import COLUMNS
from tambo.sources.fleet.world.dirt import KINDS
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.fleet.world.truth_files import TruthWriter
from tambo.sources.fleet.world.writer import WorldWriter
from tambo.sources.sample.folder import Folder
from tambo.sources.sample.making import WorldSummary, check, make, read_parameters
from tambo.sources.sample.slots import SlotOutbox

VERSION = 1
"""Raise it when the same parameters give other files."""
LIMITS: dict[str, tuple[float, float]] = {
    "aircraft": (2, 400),
    "years": (1, 30),
    "seed": (0, 2**63),
    "dirty_share": (0, 0.5),
}


def generate(
    out: Path,
    *,
    aircraft: int,
    years: int,
    seed: int,
    dirty_share: float = 0.01,
    progress: Progress = silent,
) -> WorldSummary:
    """Write the sample world into a folder, or do nothing if it is there already.

    Args:
        out: folder to make; another world in it is replaced.
        aircraft: how many vessels there are, 2 to 400; half of them are yachts.
        years: how many years, the last being 2025.
        seed: the same seed gives the same bytes.
        dirty_share: chance of a line to be broken, 0 to 0.5.
        progress: called table by table, then vessel by vessel.

    Raises:
        TamboError: a parameter is out of range, the folder holds something else than an untouched
            world, another process is writing it, or the disk refuses.
    """
    parameters = {
        "generator": VERSION,
        "aircraft": aircraft,
        "years": years,
        "seed": seed,
        "dirty_share": dirty_share,
    }
    check(parameters, LIMITS)

    def write(folder: Folder) -> SlotOutbox:
        truth = Truth.draw(aircraft=aircraft, years=years, seed=seed)
        outbox = SlotOutbox(folder, COLUMNS, truth.draws, truth.calendar, KINDS, dirty_share)
        beside = TruthWriter(folder, truth)
        WorldWriter(outbox, truth, beside).write(progress)
        outbox.write_arrivals()
        beside.parameters()
        return outbox

    return make(out, parameters, write)


def sample(settings: Settings, out: Path, progress: Progress = silent) -> WorldSummary:
    """Write the fleet's part of a home's sample world, by its settings.

    Args:
        settings: the Tambo home.
        out: folder to make, for this domain alone.
        progress: called table by table, then vessel by vessel.

    Raises:
        TamboError: as `generate`.
    """
    return generate(
        out,
        aircraft=settings.world_aircraft,
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
    return Truth.draw(
        aircraft=parameters["aircraft"], years=parameters["years"], seed=parameters["seed"]
    )
