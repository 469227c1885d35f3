"""Splits of planning days: thinned, with a gap, and no label that was not known at the time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tambo.errors import FewLabelsError
from training.fleet.maintenance_due import MODEL
from training.fleet.vessel_inputs import EDGES
from training.splits import CALIBRATION, TEST, TRAIN
from training.survival.outcome import OUTCOME, Outcomes

FIRST = datetime(2024, 1, 1)
DAY = timedelta(days=1)


def lake(days: int, vessels: int = 3, every: int = 40) -> duckdb.DuckDBPyConnection:
    """Each vessel fails every so many days; it is told two days later, and so is what was watched."""
    rows = []
    for vessel in range(vessels):
        for number in range(days):
            at, until = FIRST + number * DAY, float(every - number % every)
            for step in EDGES[1:]:
                known = until <= step
                rows.append(
                    {
                        "aircraft_id": f"V{vessel}",
                        "planning_day": at.date(),
                        "event_timestamp": at,
                        "created_timestamp": at + (step + 2) * DAY,
                        "days_to_maintenance": until if known else None,
                        "maintenance_kind": "unscheduled" if known else None,
                        "observed_until": at + step * DAY,
                    }
                )
    told = pa.Table.from_pylist(rows)
    connection = duckdb.connect()
    connection.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.marts")
    connection.register("told", told)
    connection.execute("CREATE TABLE lake.marts.label_maintenance AS SELECT * FROM told")
    return connection


def test_parts_are_weeks_apart_and_hold_what_was_known_at_their_end() -> None:
    end = FIRST + 600 * DAY
    parts, bounds = MODEL.split.read(lake(600), MODEL.label, end)
    known_by = {TRAIN: bounds.calibration_start, CALIBRATION: bounds.test_start, TEST: end}
    weekdays = Counter()
    for name, rows in parts.items():
        for vessel in ("V0", "V1", "V2"):
            days = [
                at
                for one, at in zip(
                    rows.column("aircraft_id").to_pylist(),
                    rows.column("event_timestamp").to_pylist(),
                    strict=True,
                )
                if one == vessel
            ]
            assert {later - day for day, later in pairwise(days)} == {7 * DAY}
            weekdays[vessel, days[0].weekday()] += 1
        assert max(rows.column("created_timestamp").to_pylist()) <= known_by[name]
        watched = Outcomes.of(np.array(rows.column(OUTCOME).to_pylist())).until(EDGES)
        ends = [
            at + float(days) * DAY
            for at, days in zip(rows.column("event_timestamp").to_pylist(), watched, strict=True)
        ]
        assert max(ends) <= known_by[name], "nothing is counted that came after the part"
    assert len(weekdays) == 3, "a vessel keeps its weekday"
    gap = min(MODEL.label.window, (bounds.test_start - bounds.calibration_start) / 3)
    newest = max(parts[TRAIN].column("event_timestamp").to_pylist())
    assert newest < bounds.calibration_start - gap


def test_a_short_history_is_split_and_one_of_days_is_refused() -> None:
    parts, _ = MODEL.split.read(lake(240, vessels=2), MODEL.label, FIRST + 240 * DAY)
    assert min(rows.num_rows for rows in parts.values()) >= 6
    with pytest.raises(FewLabelsError, match="too few labels"):
        MODEL.split.read(lake(30, vessels=1), MODEL.label, FIRST + 30 * DAY)
