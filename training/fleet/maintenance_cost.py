"""The maintenance cost model: what the next maintenance of a vessel will cost.

Entity row: a vessel at the beginning of a planning day. Label: the cost of the first maintenance
that begins after it, once its job card is closed. What it must beat: the mean of the kind, and the
mean of the vessel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.amounts import AmountBoosted, AmountForest
from training.backtest import Backtest
from training.baselines import GroupMean
from training.behaviour import Predict, positive
from training.design import Design
from training.fleet.vessel_inputs import (
    COSTS,
    HEALTH,
    INPUTS,
    KEY,
    KIND,
    LOGS,
    PAST,
    PLAN,
    SPLIT,
    USE,
    VESSEL,
    WINDOW,
    entity_rows,
)
from training.gate import Check, GateRule
from training.intervals import IntervalRule
from training.labels import LabelTable
from training.regression import Regression
from training.spec import Grouping, ModelSpec

READS = (*HEALTH, *USE, *PLAN, *PAST, *COSTS, *LOGS, KIND)


def behaviour(predict: Predict, rows: Design) -> Sequence[Check]:
    """Test that a cost is above zero and of a size that was seen, whatever is missing."""
    unknown = rows.without([one.name for one in rows.inputs])
    most = max(float(predict(one).max()) for one in (rows, unknown))
    limit = 3.0 * float(np.max(rows.label))
    return (
        positive(predict, [rows, unknown]),
        Check(
            "of_a_known_size", most <= limit, most, limit, "largest answer; three times the most"
        ),
    )


MODEL = ModelSpec(
    name="maintenance_cost",
    domain="fleet",
    description="Cost of the next maintenance of a vessel, in USD",
    label=LabelTable(
        name="marts.label_maintenance", key=KEY, label="maintenance_cost", window=WINDOW
    ),
    unit="USD",
    task=Regression(IntervalRule(group_by=KIND)),
    feature_service="maintenance_due_v1",
    entity_rows=entity_rows,
    inputs=INPUTS,
    # Some fleets have two vessels: half of them would be none.
    unit_of_split="event_timestamp",
    report_by={"aircraft_type": (KIND,)},
    split=SPLIT,
    optional=True,
    groupings=(Grouping("unseen_aircraft", (VESSEL,), group=str, missing=()),),
    baselines=(
        GroupMean("fleet_mean", category=KIND, fallback=VESSEL),
        GroupMean("aircraft_mean", category=VESSEL, fallback=KIND),
    ),
    candidate=AmountBoosted(READS),
    rivals=(AmountForest(READS),),
    behaviour=behaviour,
    backtest=Backtest(one_in=2),
    shown=("rmse", "mae", "wape", "r2", "coverage"),
    gate=GateRule(metric="rmse"),
)
