"""The maintenance due model: how long until the next maintenance, and the chance of a failure.

Entity row: a vessel at the beginning of a planning day. Label: how long it was watched, and what
ended that. One fit of hazards by interval gives days, interval and all chances. What it must beat:
the fleet's life table, that of the fixed interval of today's practice, and proportional hazards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tambo.serving import survival
from training.backtest import Backtest
from training.behaviour import Predict
from training.design import Design
from training.fleet.vessel_inputs import (
    EDGES,
    HEALTH,
    INPUTS,
    KEY,
    KIND,
    LIMIT,
    LOGS,
    PAST,
    PLAN,
    PLANNED,
    SINCE,
    SPLIT,
    USE,
    VESSEL,
    WINDOW,
    entity_rows,
)
from training.gate import Check, GateRule
from training.labels import LabelTable
from training.spec import Grouping, ModelSpec
from training.survival.life_table import Clock, LifeTable
from training.survival.outcome import OUTCOME
from training.survival.periods import Layout
from training.survival.proportional import Proportional
from training.survival.task import TimeToEvent
from training.survival.trees import boosted, forest

TREES = Layout(
    EDGES,
    reads=(*HEALTH, *USE, *PLAN, *PAST, *LOGS, KIND),
    down=(PLANNED, LIMIT),
    up=(SINCE,),
    worse=(
        *HEALTH[3:5],
        *USE[:2],
        "aircraft_operations__utilisation_30d",
        SINCE,
        "maintenance_request__scaled_days",
        "aircraft_service_logs__major_entries_30d",
        "aircraft_service_logs__critical_entries_30d",
    ),
    better=(*HEALTH[:2], LIMIT),
)
PROPORTIONAL = (
    "aircraft_health__engine_health_score_mean_7d",
    "aircraft_health__temperature_variance_mean_7d",
    "aircraft_operations__scaled_flight_hours",
    "aircraft_operations__utilisation_30d",
    "maintenance_request__scaled_days",
    "aircraft_service_logs__major_entries_30d",
    KIND,
)
HAZARDS = Proportional(TREES, PROPORTIONAL)
SCORES, VARIANCES = HEALTH[:2], HEALTH[3:5]


def behaviour(predict: Predict, rows: Design) -> Sequence[Check]:
    """Test that curves are curves, that worn engines fail sooner, and that plans are heeded."""
    cases = [rows, rows.without([one.name for one in rows.inputs])]
    answers = [predict(one) for one in cases]
    finite = all(bool(np.isfinite(one).all()) for one in answers)
    sums = max(float(one.reshape(len(one), -1, 2).sum(axis=2).max()) for one in answers)
    least = min(float(one.min()) for one in answers)
    good, worn = (_failing(predict, _with_health(rows, share)) for share in (0.9, 0.1))
    return (
        Check("hazards_are_shares", finite and least >= 0 and sums <= 1.0 + 1e-5, sums, 1.0,
              "largest sum of both hazards of an interval"),
        Check("worn_fails_sooner", float(worn.mean()) >= float(good.mean()), float(worn.mean()),
              float(good.mean()), "mean chance of a failure in 30 days, worn against sound"),
    )  # fmt: skip


def _failing(predict: Predict, rows: Design) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return survival.chance_of_failure(survival.hazards(predict(rows)), EDGES, 30)


def _with_health(rows: Design, share: float) -> Design:
    """The same rows with sensors that show what so large a share of them is below."""
    matrix = rows.matrix.copy()
    for names, level in ((SCORES, share), (VARIANCES, 1.0 - share)):
        for position in rows.positions(names):
            column = matrix[:, position]
            known = column[~np.isnan(column)]
            if len(known):
                matrix[:, position] = np.quantile(known, level)
    return replace(rows, matrix=matrix)


MODEL = ModelSpec(
    name="maintenance_due",
    domain="fleet",
    description="Days to the next maintenance of a vessel, and chances of a failure",
    label=LabelTable(
        name="marts.label_maintenance", key=KEY, label="observed_until", window=WINDOW
    ),
    unit="days",
    task=TimeToEvent(EDGES, unit=VESSEL),
    feature_service="maintenance_due_v1",
    entity_rows=entity_rows,
    inputs=INPUTS,
    # Some fleets have two vessels: half of them would be none.
    unit_of_split="event_timestamp",
    report_by={"aircraft_type": (KIND,)},
    split=SPLIT,
    made=OUTCOME,
    # Only the register must come, and it tells of no maintenance.
    optional=True,
    groupings=(Grouping("unseen_aircraft", (VESSEL,), group=str, missing=()),),
    baselines=(
        LifeTable(TREES, "fleet_mean"),
        LifeTable(TREES, "fixed_interval", Clock(PLANNED, SINCE, KIND)),
        HAZARDS,
    ),
    candidate=boosted(TREES, HAZARDS),
    rivals=(forest(TREES),),
    behaviour=behaviour,
    backtest=Backtest(one_in=2),
    shown=("concordance", "mae_seen", "nll", "brier_30", "coverage"),
    # Of a hazard near one, four digits are those of single precision.
    gate=GateRule(metric="nll", parity=5e-4),
)
