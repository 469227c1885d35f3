"""A visitor forecast between an ordinary day and the day as it is: what attribution asks with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tambo.requesttime.tourism.calendar import Floats
from tambo.requesttime.tourism.drivers import WAYS, Driver, features_without, sides_of
from tambo.requesttime.tourism.flow_fields import FLOW_REQUEST_STORED
from tambo.requesttime.tourism.horizon import Expected
from tambo.serving.attribution import NONE, Numbers, Variants
from tambo.serving.spec import Input, encode_columns, source_columns

VIEW = "visitor_flow_request"
DRIVERS = tuple(Driver)
"""The players, in the order of an attribution's values."""

_COUNTS = ("daily_visitors", "hourly_visitors")


def stored_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """`FLOW_REQUEST_STORED` by its own names, from stored features by full name."""
    return {name: values[f"{view}__{name}"] for name, view in FLOW_REQUEST_STORED.items()}


def variants_of(
    inputs: Sequence[Input],
    location: str,
    values: Mapping[str, Any],
    first: int,
    days: int,
    *,
    hourly: bool = False,
    expected: Expected | None = None,
) -> tuple[Variants, dict[str, Floats]]:
    """Make the four rows of a model's matrix from which those of all coalitions follow.

    Args:
        inputs: of the model.
        location: whose visitors are forecast.
        values: what is stored of it, by full feature name.
        first: number of the first day.
        days: how many days.
        hourly: whether the steps are the hours of these days.
        expected: a what-if.

    Returns:
        The rows, and the request-time features of the steps as they are.

    Raises:
        ServingError: the model reads what nothing gives.
    """
    stored = stored_of(values)
    ways = [
        features_without(absent, first, days, stored, hourly=hourly, expected=expected)
        for absent in WAYS
    ]
    rows = [inputs_of(location, values, *way) for way in ways]
    named = [name for name in source_columns(inputs) if name in rows[0]]
    matrix = encode_columns(inputs, {name: [row[name] for row in rows] for name in named})
    return Variants(matrix, *_players(inputs), len(DRIVERS)), ways[-1][0]


def inputs_of(
    location: str,
    values: Mapping[str, Any],
    features: Mapping[str, Floats],
    kept: Mapping[str, Any],
) -> dict[str, Any]:
    """A model's inputs, where features were computed from something else than is stored.

    Args:
        location: whose.
        values: what is stored of it, by full feature name.
        features: of the request, by name.
        kept: what they were computed from.
    """
    return {
        "location": location,
        **values,
        **{f"location_flow__{name}": kept[name] for name in _COUNTS},
        **{f"{VIEW}__{name}": steps for name, steps in features.items()},
    }


def _players(inputs: Sequence[Input]) -> tuple[Numbers, Numbers]:
    """The driver of either side that each column of the model's matrix is of."""
    sides = [
        [NONE if driver is None else DRIVERS.index(driver) for driver in sides_of(one.name)]
        for one in inputs
    ]
    first, second = np.repeat(np.array(sides, np.int64), [one.width for one in inputs], axis=0).T
    return first, second
