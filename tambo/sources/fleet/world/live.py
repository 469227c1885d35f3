"""The sample fleet goes on: what its sensors read in the weeks after the world's end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tambo.settings import Settings
from tambo.sources.fleet.world.generate import read_truth
from tambo.sources.fleet.world.history import under_practice
from tambo.sources.fleet.world.sensors import HOURS, readings
from tambo.sources.fleet.world.times import at

DAYS = 28
"""Days that go on: as many as a trend looks back. The other tables of the world end before them."""

Row = dict[str, Any]


def rounds(settings: Settings) -> Iterator[tuple[datetime, list[Row]]]:
    """What all vessels read at one time, round after round; a vessel that drops out is left out.

    Args:
        settings: of a home that holds the sample world.

    Returns:
        When it is read, UTC, and rows of `telemetry` without that.

    Raises:
        TamboError: the home has no sample world of a fleet.
    """
    truth = read_truth(settings.world / "fleet")
    begin = truth.calendar.world_days
    history = under_practice(truth.fleet, truth.trips, truth.wear, begin + DAYS)
    found = [
        readings(
            truth.draws,
            truth.fleet,
            vessel.number,
            history.wear[:, vessel.number],
            history.maintained(vessel.number),
        )
        for vessel in truth.fleet.vessels
    ]
    for day in range(begin, begin + DAYS):
        for place, hour in enumerate(HOURS, start=day * len(HOURS)):
            rows = [
                {
                    "aircraft_id": vessel.name,
                    "engine_health_score": _read(told.score[place]),
                    "temperature_variance": _read(told.variance[place]),
                }
                for vessel, told in zip(truth.fleet.vessels, found, strict=True)
                if told.sent[place]
            ]
            yield at(truth.calendar, day, hour * 60), rows


def _read(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
