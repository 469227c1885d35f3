"""The sample fleet goes on: what its sensors read in the year after the world's last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle
from typing import Any

from tambo.settings import Settings
from tambo.sources.fleet.world.generate import read_truth
from tambo.sources.fleet.world.history import under_practice
from tambo.sources.fleet.world.sensors import HOURS, readings

Row = dict[str, Any]


def rounds(settings: Settings) -> Iterator[list[Row]]:
    """Readings of all vessels together, six hours of the world after the last ones, without end.

    After a year it begins again. A vessel that drops out is not in a round.

    Args:
        settings: of a home that holds the sample world.

    Returns:
        Rows of `telemetry` without the time at which they are read.

    Raises:
        TamboError: the home has no sample world of a fleet.
    """
    truth = read_truth(settings.world / "fleet")
    history = under_practice(truth.fleet, truth.trips, truth.wear, truth.calendar.days)
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
    first, end = (days * len(HOURS) for days in (truth.calendar.world_days, truth.calendar.days))
    for at in cycle(range(first, end)):
        yield [
            {
                "aircraft_id": vessel.name,
                "engine_health_score": _read(told.score[at]),
                "temperature_variance": _read(told.variance[at]),
            }
            for vessel, told in zip(truth.fleet.vessels, found, strict=True)
            if told.sent[at]
        ]


def _read(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
