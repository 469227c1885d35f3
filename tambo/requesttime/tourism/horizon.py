"""All steps of one forecast: the days from a first day on, or the hours of these days.

Training makes its rows with it and the service its answers, so both ask for the same steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.flow import flow_features


class Expected(NamedTuple):
    """What a request expects of each day in place of what was forecast and announced.

    Attributes:
        temperature: degrees Celsius, float64 [days]; NaN: the forecast's.
        precipitation: mm, float64 [days]; NaN: the forecast's.
        events: an event of each day that was not announced; None: none.
    """

    temperature: Floats
    precipitation: Floats
    events: Sequence[str | None]


def horizon_features(
    first: int,
    days: int,
    stored: Mapping[str, Any],
    *,
    hourly: bool = False,
    expected: Expected | None = None,
) -> dict[str, Floats]:
    """Compute the features of all steps of one location.

    Args:
        first: number of the first day.
        days: how many days.
        stored: `FLOW_REQUEST_STORED`; what is not there is missing.
        hourly: whether the steps are the hours of these days.
        expected: a what-if; None: none.

    Returns:
        float64 [steps] for each name in `FLOW_REQUEST_FEATURES`; NaN: missing.
    """
    ahead, hours = np.arange(days), None
    if hourly:
        ahead, hours = np.repeat(ahead, 24), np.tile(np.arange(24.0), days)
    if expected is None:
        return flow_features(ahead + first, stored, hours=hours)
    return flow_features(
        ahead + first,
        stored,
        hours=hours,
        expected_temperature=expected.temperature[ahead],
        expected_precipitation=expected.precipitation[ahead],
        expected_event=[expected.events[day] for day in ahead.tolist()],
    )
