"""What moves the forecasts of a model: of test rows, by its ONNX file, and one in words."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
import served_flow
from online_tourism import FIRST, PLAZA, WEEK

from tambo.requesttime.tourism import FLOW_REQUEST_FEATURES, FLOW_REQUEST_STORED, day_number
from tambo.requesttime.tourism.drivers import Driver
from tambo.requesttime.tourism.variants import VIEW
from tambo.serving.spec import encode_columns, source_columns
from training import onnx_export
from training.design import column
from training.forecast.horizon import TARGET_DAY
from training.tourism import flow_attribution
from training.tourism.flow_rows import days_ahead
from training.tourism.visitor_flow import TASK

SPEC = served_flow.spec("visitor_flow")
FORECASTS, SATURDAY = 3, 5


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """Three times the same plain weeks before, and a festival on the Saturday to come."""
    festival = np.array([day_number(FIRST) + SATURDAY], np.float64)
    stored: dict[str, list[object]] = {
        f"{view}__{name}": [None] * FORECASTS for name, view in FLOW_REQUEST_STORED.items()
    }
    weeks = np.tile(WEEK, 8)
    stored |= {
        "location_flow__counted_until": [datetime(2026, 3, 30, 5)] * FORECASTS,
        "location_flow__time_zone": ["America/Lima"] * FORECASTS,
        "location_flow__daily_visitors": [weeks] * FORECASTS,
        "location_season__weekday_index": [WEEK / WEEK.mean()] * FORECASTS,
        "location_calendar__event_first_days": [festival] * FORECASTS,
        "location_calendar__event_last_days": [festival] * FORECASTS,
        "location_calendar__event_types": [np.array([1.0])] * FORECASTS,
        "location_calendar__event_names": [["Inti Raymi"]] * FORECASTS,
        "location_campaigns__campaign_first_days": [festival] * FORECASTS,
        "location_campaigns__campaign_last_days": [festival] * FORECASTS,
        "location_campaigns__campaign_daily_spend": [np.array([50.0])] * FORECASTS,
    }
    table = pa.table(
        {
            "location": [PLAZA] * FORECASTS,
            TARGET_DAY: [FIRST.isoformat()] * FORECASTS,
            "visitors": [np.ones(TASK.steps)] * FORECASTS,
            **stored,
            **{f"{VIEW}__{name}": [None] * FORECASTS for name in FLOW_REQUEST_FEATURES},
        }
    )
    return days_ahead(table, TASK.steps, label="visitors")


@pytest.fixture(scope="module")
def predict():
    session = onnx_export.open_session(served_flow.graph("visitor_flow"))
    return lambda matrix: onnx_export.answer(session, matrix)


@pytest.fixture(scope="module")
def found(rows, predict):
    return flow_attribution.attributions(rows, SPEC.inputs, predict, seed=1, task=TASK)


def test_values_sum_to_the_forecast_less_the_ordinary_one(rows, predict, found):
    """The forecast is what the model answers to the row as training encodes it."""
    columns = {name: column(rows, name) for name in source_columns(SPEC.inputs)}
    asked = predict(encode_columns(SPEC.inputs, columns)).reshape(FORECASTS, -1, 3)[..., 1]
    for one, answer in zip(found.each, asked, strict=True):
        assert one.answer == pytest.approx(answer)
        assert one.ordinary == pytest.approx(np.full(TASK.steps, np.median(WEEK)))
        assert one.ordinary + one.values.sum(axis=0) == pytest.approx(answer)


def test_only_what_the_model_reads_moves_it(found):
    moved = found.moved()
    assert list(moved) == sorted(Driver, key=lambda driver: -moved[driver])
    # There is a campaign, of which the model reads nothing.
    read = {Driver.WEEKDAY, Driver.RECENT, Driver.EVENTS}
    assert {driver for driver, value in moved.items() if value} == read
    assert moved[Driver.EVENTS] == pytest.approx(served_flow.FESTIVAL / TASK.steps)
    by_week = found.report()["by_week"]
    assert by_week[Driver.EVENTS] == pytest.approx([served_flow.FESTIVAL / 7, 0.0, 0.0, 0.0])


def test_one_forecast_is_told_in_words(found):
    example = found.report()["example"]
    assert (example["location"], example["date"]) == (PLAZA, f"{FIRST + timedelta(days=SATURDAY)}")
    assert example["says"][:3] == [
        "Saturday: +84 visitors", "Inti Raymi: +60 visitors", "Recent counts: +26 visitors",
    ]  # fmt: skip
    total = example["ordinary"] + sum(example["drivers"].values())
    assert total == pytest.approx(example["p50"]) == pytest.approx(300.0)


def test_of_many_rows_some_are_drawn_and_the_newest_is_told(rows, predict, monkeypatch):
    monkeypatch.setattr(flow_attribution, "MOST_ROWS", 2)
    newer = pa.concat_tables([rows, rows.set_column(0, "location", [["Puerto"] * FORECASTS])])
    report = flow_attribution.attributions(newer, SPEC.inputs, predict, seed=1, task=TASK).report()
    assert (report["rows"], report["of_rows"]) == (2, 2 * FORECASTS)
    assert report["example"]["location"] == "Puerto"
