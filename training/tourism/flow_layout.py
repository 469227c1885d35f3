"""What both visitor forecasts share: the days known ahead, their inputs, how they must behave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tambo.requesttime.tourism import EVENTS
from tambo.requesttime.tourism.variants import VIEW
from tambo.serving.spec import Input
from training.behaviour import Predict
from training.design import Design
from training.forecast.layout import Layout
from training.gate import Check


def of_step(*names: str) -> tuple[str, ...]:
    """Full names of request-time features."""
    return tuple(f"{VIEW}__{name}" for name in names)


CLOSED, FACTOR, SEASON = of_step("is_closed", "weekday_factor", "season_index")
AMOUNTS = of_step("precipitation", "campaign_spend", "weather_event_interaction")
DISTANCES = of_step(
    "days_to_next_holiday",
    "days_since_last_holiday",
    "days_to_nearest_holiday",
    "days_to_next_event",
    "days_since_last_event",
    "days_since_campaign",
)
PLAIN = of_step(
    "horizon_days",
    "weekday_sin",
    "weekday_cos",
    "season_sin",
    "season_cos",
    "holiday_type",
    "is_school_holiday",
    *(f"is_{kind}" for kind in EVENTS),
    "events_on",
    "temperature",
    "temperature_anomaly",
    "is_weather_forecast",
    "holiday_season_interaction",
)


def inputs(layout: Layout, past: int) -> tuple[Input, ...]:
    """The inputs of a layout: series of the past and of the steps, and the location."""
    steps = [name for name in layout.names if name not in {layout.series, layout.window}]
    return (
        Input(name=layout.series, kind="category", vocabulary=()),
        Input(name=layout.window, kind="series", length=past),
        *(Input(name=name, kind="series", length=layout.steps) for name in steps),
    )


def behaviour(
    predict: Predict, rows: Design, *, layout: Layout, history: tuple[str, ...]
) -> Sequence[Check]:
    """Test that answers are finite and in order whatever is missing, and 0 where it is shut.

    Args:
        predict: the model.
        rows: rows that it has not seen.
        layout: which series are what.
        history: series that a new location lacks.
    """
    unknown = rows.without([one.name for one in rows.inputs])
    new = rows.without([layout.series, *history])
    answers = [predict(one).reshape(len(rows), layout.steps, 3) for one in (rows, new, unknown)]
    least = min(float(np.nan_to_num(one, nan=-1.0).min()) for one in answers)
    apart = min(float(np.diff(one, axis=-1).min()) for one in answers)
    shut = rows.matrix.copy()
    shut[:, rows.positions([layout.closed])] = 1.0
    most = float(np.abs(predict(replace(rows, matrix=shut))).max())
    return (
        Check("never_below_zero", least >= 0.0, least, 0.0, "least quantile, whatever is missing"),
        Check("quantiles_in_order", apart >= 0.0, apart, 0.0, "least distance of two quantiles"),
        Check("nobody_where_shut", most == 0.0, most, 0.0, "most visitors of a step that is shut"),
    )
