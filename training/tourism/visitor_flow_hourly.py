"""The visitor forecast by hour: visitors of each hour of the next three days, by location.

Row: a location at an origin, six in the morning. Labels: visitors of the 72 hours of that day and
of the two after it. What it must beat: the same hour of the last same weekday, and exponential
smoothing.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tambo.requesttime.tourism import HOURLY_DAYS
from training.forecast.horizon import Horizon
from training.forecast.layout import Layout
from training.forecast.recurrent import Recurrent
from training.forecast.references import Reference, auto_ets
from training.forecast.rolling import RollingOrigin
from training.forecast.seasonal import SeasonalNaive
from training.forecast.task import Forecast
from training.forecast.trees import Trees
from training.gate import GateRule
from training.labels import LabelTable
from training.search import Dimension
from training.spec import ModelSpec
from training.tourism.flow_attribution import attributions
from training.tourism.flow_layout import (
    AMOUNTS,
    CLOSED,
    DISTANCES,
    FACTOR,
    PLAIN,
    SEASON,
    behaviour,
    inputs,
    of_step,
)
from training.tourism.flow_rows import days_ahead, entity_rows

PAST = 168
STEPS = 24 * HOURLY_DAYS
COUNTS = of_step("same_hour_last_week", "same_hour_mean")
LAYOUT = Layout(
    window="location_flow__hourly_visitors",
    steps=STEPS,
    level=PAST,
    usual=COUNTS,
    counts=COUNTS,
    ratios=(FACTOR, SEASON),
    amounts=AMOUNTS,
    distances=DISTANCES,
    plain=(*PLAIN, *of_step("hour_sin", "hour_cos", "same_hour_share")),
    changes=(),
    series="location",
    factor=FACTOR,
    closed=CLOSED,
)
HISTORY = (SEASON,)
"""What a location lacks in its first year."""

ASKED = Horizon(
    series="location",
    day="local_day",
    label="hourly_visitors",
    days=HOURLY_DAYS,
    ahead=partial(days_ahead, days=HOURLY_DAYS, label="hourly_visitors", hourly=True),
    hourly=True,
)
TASK = Forecast(steps=STEPS, unit="hour", block=24, block_name="day")

MODEL = ModelSpec(
    name="visitor_flow_hourly",
    domain="tourism",
    description="Visitors of each of the next 72 hours, by location",
    label=LabelTable(
        name="marts.label_visitor_flow",
        key=("location", "local_day"),
        label="hourly_visitors",
        # A day becomes known at the midnight that ends it.
        window=timedelta(days=HOURLY_DAYS + 1),
    ),
    unit="visitors",
    task=TASK,
    feature_service="visitor_flow_v1",
    entity_rows=entity_rows,
    inputs=inputs(LAYOUT, PAST),
    unit_of_split="event_timestamp",
    report_by={"location": ("location",), "origin": ("event_timestamp",)},
    horizon=ASKED,
    # Origins eight days apart: each weekday comes, and no hour is forecast twice.
    split=RollingOrigin(ASKED, origins=12, every=8, calibration_every=8, most_rows=2_000),
    baselines=(SeasonalNaive(LAYOUT, of=COUNTS),),
    candidate=Recurrent(LAYOUT, HISTORY, window=72),
    rivals=(Trees(LAYOUT, most_targets=100_000),),
    # AutoARIMA takes minutes for one hourly series.
    references=(
        Reference(
            "ets", auto_ets, season=24, steps=STEPS, days=56, series="location", most_series=4
        ),
    ),
    space={
        "units": Dimension(16, 64, first=24, log=True, whole=True),
        "learning_rate": Dimension(2e-3, 2e-2, first=8e-3, log=True),
    },
    trials=2,
    behaviour=partial(behaviour, layout=LAYOUT, history=HISTORY),
    attributions=partial(attributions, task=TASK),
    shown=("mase", "wape", "pinball", "coverage", "bias"),
    gate=GateRule(metric="mase"),
)
