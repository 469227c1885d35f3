"""The visitor forecast by day: visitors of each of the next 28 days, by location.

Row: a location at an origin, six in the morning. Labels: visitors of that day and of the 27 after
it. What it must beat: the last same weekday, and exponential smoothing.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from tambo.requesttime.tourism import HORIZON
from training.backtest import Backtest
from training.forecast.horizon import Horizon
from training.forecast.layout import Layout
from training.forecast.recurrent import Recurrent
from training.forecast.references import Reference, auto_arima, auto_ets
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

PAST = 56
COUNTS = of_step("same_weekday_mean", "same_weekday_last", "visitors_year_before")
LAYOUT = Layout(
    window="location_flow__daily_visitors",
    steps=HORIZON,
    level=28,
    usual=COUNTS[:1],
    counts=COUNTS,
    ratios=(SEASON, FACTOR),
    amounts=AMOUNTS,
    distances=DISTANCES,
    plain=PLAIN,
    changes=(SEASON,),
    series="location",
    factor=FACTOR,
    closed=CLOSED,
)
HISTORY = (COUNTS[-1], SEASON)
"""What a location lacks in its first year."""

ASKED = Horizon(
    series="location",
    day="local_day",
    label="visitors",
    days=HORIZON,
    ahead=partial(days_ahead, days=HORIZON, label="visitors"),
)
TASK = Forecast(steps=HORIZON, unit="day", block=7, block_name="week")
reference = partial(Reference, season=7, steps=HORIZON, series="location")

MODEL = ModelSpec(
    name="visitor_flow",
    domain="tourism",
    description="Visitors of each of the next 28 days, by location",
    label=LabelTable(
        name="marts.label_visitor_flow",
        key=("location", "local_day"),
        label="visitors",
        # A day becomes known at the midnight that ends it.
        window=timedelta(days=HORIZON + 1),
    ),
    unit="visitors",
    task=TASK,
    feature_service="visitor_flow_v1",
    entity_rows=entity_rows,
    inputs=inputs(LAYOUT, PAST),
    unit_of_split="event_timestamp",
    report_by={"location": ("location",), "origin": ("event_timestamp",)},
    horizon=ASKED,
    split=RollingOrigin(ASKED),
    baselines=(SeasonalNaive(LAYOUT, of=(COUNTS[1], COUNTS[0])),),
    candidate=Recurrent(LAYOUT, HISTORY),
    rivals=(Trees(LAYOUT),),
    references=(
        reference("ets", auto_ets, days=730, most_series=300),
        # A fit takes some three seconds.
        reference("arima", auto_arima, days=365, most_series=4),
    ),
    space={
        "window": Dimension(14, PAST, first=28, whole=True),
        "units": Dimension(16, 64, first=24, log=True, whole=True),
        "learning_rate": Dimension(2e-3, 2e-2, first=8e-3, log=True),
    },
    trials=4,
    behaviour=partial(behaviour, layout=LAYOUT, history=HISTORY),
    backtest=Backtest(),
    attributions=partial(attributions, task=TASK),
    shown=("mase", "wape", "pinball", "coverage", "bias"),
    gate=GateRule(metric="mase"),
)
