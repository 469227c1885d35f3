"""Makes a world of tourism in a folder."""

from __future__ import annotations

from pathlib import Path

from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.contracts import load, of_home
from tambo.sources.sample.folder import Folder
from tambo.sources.sample.making import WorldSummary, check, make, read_parameters
from tambo.sources.sample.slots import SlotOutbox
from tambo.sources.tourism.world.columns import COLUMNS, FORECAST
from tambo.sources.tourism.world.dirt import KINDS
from tambo.sources.tourism.world.truth import Truth
from tambo.sources.tourism.world.truth_files import TruthWriter
from tambo.sources.tourism.world.writer import WorldWriter

VERSION = 1
"""Raise it when the same parameters give other files."""
LIMITS: dict[str, tuple[float, float]] = {
    "locations": (3, 300),
    "years": (1, 30),
    "seed": (0, 2**63),
    "dirty_share": (0, 0.5),
}

MORNINGS = {FORECAST: (6 * 60 + 5, 6 * 60 + 50)}
"""Minutes of its day in which a forecast arrives."""


def generate(
    out: Path,
    *,
    locations: int,
    years: int,
    seed: int,
    zone: str | None = None,
    dirty_share: float = 0.01,
    progress: Progress = silent,
) -> WorldSummary:
    """Write the sample world into a folder, or do nothing if it is there already.

    Args:
        out: folder to make; another world in it is replaced.
        locations: how many are counted, 3 to 300.
        years: how many years, the last being 2025.
        seed: the same seed gives the same bytes.
        zone: IANA name of the zone of the local times; None: the contract's.
        dirty_share: chance of a line to be broken, 0 to 0.5.
        progress: called location by location.

    Raises:
        TamboError: a parameter is out of range, the folder holds something else than an untouched
            world, another process is writing it, or the disk refuses.
    """
    zone = zone or load("tourism").zone
    parameters = {
        "generator": VERSION,
        "locations": locations,
        "years": years,
        "seed": seed,
        "zone": zone,
        "dirty_share": dirty_share,
    }
    check(parameters, LIMITS)

    def write(folder: Folder) -> SlotOutbox:
        truth = Truth.draw(locations=locations, years=years, seed=seed, zone=zone)
        outbox = SlotOutbox(
            folder, COLUMNS, truth.draws, truth.calendar, KINDS, dirty_share, MORNINGS
        )
        beside = TruthWriter(folder, truth)
        WorldWriter(outbox, truth, beside).write(progress)
        outbox.write_arrivals()
        beside.parameters()
        return outbox

    return make(out, parameters, write)


def sample(settings: Settings, out: Path, progress: Progress = silent) -> WorldSummary:
    """Write tourism's part of a home's sample world, in the size and with the seed of its settings.

    Args:
        settings: the Tambo home.
        out: folder to make, for this domain alone.
        progress: called location by location.

    Raises:
        TamboError: as `generate`.
    """
    return generate(
        out,
        locations=settings.world_locations,
        years=settings.world_years,
        seed=settings.seed,
        zone=of_home(settings, "tourism").zone,
        progress=progress,
    )


def read_truth(out: Path) -> Truth:
    """The truth of the world in a folder.

    Raises:
        TamboError: there is no world.
    """
    parameters = read_parameters(out)
    return Truth.draw(
        locations=parameters["locations"],
        years=parameters["years"],
        seed=parameters["seed"],
        zone=parameters["zone"],
    )
