"""Metrics of forecasts, worked out by hand, and quantiles that are moved to where they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import forecast_rows
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tambo.serving.spec import Forecast as ServedForecast
from training.forecast.metrics import LEVELS, forecast_metrics
from training.forecast.task import Forecast


def quantiles(*steps):
    return np.array([steps], dtype=np.float64)


def test_metrics_by_hand() -> None:
    label = np.array([[10.0, 20.0, np.nan]])
    found = forecast_metrics(label, quantiles((8, 12, 16), (5, 10, 15), (0, 0, 0)), np.array([4.0]))
    # Errors of +2 and -10 on 30 visitors; the third step was not counted.
    assert found["targets"] == 2
    assert found["mase"] == pytest.approx((2 + 10) / 2 / 4)
    assert found["mae"] == 6
    assert found["bias"] == -4
    assert found["rmse"] == pytest.approx(np.sqrt((4 + 100) / 2))
    assert found["wape"] == pytest.approx(12 / 30)
    assert found["coverage"] == 0.5
    assert found["width"] == 9
    low, middle, high = 0.1 * (2 + 15) / 2, 0.5 * (2 + 10) / 2, (0.1 * 6 + 0.9 * 5) / 2
    assert found["pinball"] == pytest.approx((low + middle + high) / 3)


def test_a_series_without_a_scale_has_no_mase_and_all_else() -> None:
    found = forecast_metrics(np.array([[10.0]]), quantiles((8, 12, 16)), np.array([np.nan]))
    assert np.isnan(found["mase"])
    assert found["mae"] == 2


def test_nothing_counted_and_nothing_answered_are_left_out() -> None:
    nothing = np.full((1, 1), np.nan)
    answered = quantiles((8, 12, 16))
    for label, found in ((nothing, answered), (np.array([[1.0]]), np.full((1, 1, 3), np.nan))):
        assert forecast_metrics(label, found, np.array([1.0]))["targets"] == 0


def test_blocks_are_measured_apart() -> None:
    task = Forecast(steps=28, unit="day", block=7, block_name="week")
    rows = forecast_rows.design(6)
    answers = np.repeat(rows.label[..., None], 3, axis=2)
    answers[:, 7:14] += 50.0
    found = task.measure(rows, answers.reshape(len(rows), -1))
    assert found["mase_week_1"] == found["mase_week_3"] == 0
    assert found["mase_week_2"] > 0
    assert found["bias_week_2"] == pytest.approx(50)


def test_intervals_hold_as_often_as_they_say_on_rows_of_the_kind() -> None:
    task = Forecast(steps=28, unit="day", block=7, block_name="week")
    rows, others = forecast_rows.design(90, seed=2), forecast_rows.design(90, seed=3)

    def answers(design):
        # The law without its noise, and an interval of nothing at all.
        smooth = forecast_rows.design(90, seed=2 if design is rows else 3, noise=0.0).label
        return np.repeat(smooth[..., None], 3, axis=2).reshape(len(design), -1)

    sized = task.size(rows, answers(rows), None)
    found = sized.measure(others, answers(others))
    assert found["coverage"] == pytest.approx(LEVELS[2] - LEVELS[0], abs=0.05)


def test_what_is_over_when_a_forecast_is_made_sizes_it_and_nothing_later() -> None:
    """Of one row an origin, four weeks apart: each adds to those after it, the last to none."""
    task = Forecast(steps=28, unit="day", block=28, block_name="month")
    rows = _monthly(7)
    answers = np.repeat(rows.label[..., None], 3, axis=2).reshape(len(rows), -1)
    calibrate, test = rows.take(np.arange(2)), rows.take(np.arange(2, len(rows)))
    wide = answers[2:] * np.linspace(1.1, 1.9, len(test))[:, None]
    sized = task.size(calibrate, answers[:2], None).after(test, wide)
    spreads = [one.high[0] - one.low[0] for one in sized.at.values()]
    assert spreads == sorted(spreads)
    assert spreads[0] == 0.0 < spreads[1] < spreads[-1]
    served = sized.serving()["forecast"]
    assert served.high[0] - served.low[0] > spreads[-1]
    # Labels of the last origin change what it is measured by, not how wide it is.
    later = test.label.copy()
    later[-1] *= 10.0
    again = task.size(calibrate, answers[:2], None).after(replace(test, label=later), wide)
    assert again.at == sized.at
    assert np.array_equal(again.quantiles(test, wide), sized.quantiles(test, wide))
    # And of one part of the rows, each is as wide as among all.
    half = np.arange(0, len(test), 2)
    part = sized.quantiles(test.take(half), wide[half])
    assert np.array_equal(part, sized.quantiles(test, wide)[half])


def test_a_day_of_summer_time_is_no_day_late() -> None:
    task = Forecast(steps=28, unit="day", block=28, block_name="month")
    rows = _monthly(2)
    times = rows.columns["event_timestamp"].copy()
    times[1] -= timedelta(hours=1)
    moved = replace(rows, columns={**rows.columns, "event_timestamp": times})
    answers = np.repeat(moved.label[..., None] * 1.5, 3, axis=2).reshape(2, -1)
    none = task.size(moved.take(np.arange(0)), answers[:0], None)
    first, second = none.after(moved, answers).at.values()
    assert first.low[0] == 0.0
    assert second.low[0] < -0.3


def _monthly(origins: int):
    """Rows of one place, 28 days apart."""
    apart = 28 * len(forecast_rows.PLACES)
    return forecast_rows.design(apart * origins).take(np.arange(0, apart * origins, apart))


@given(
    arrays.arrays(np.float64, (2, 9), elements=st.floats(0, 1e6)),
    st.lists(st.floats(-3, 3), min_size=6, max_size=6),
)
def test_moved_quantiles_never_cross_and_are_never_below_zero(answers, moves) -> None:
    served = ServedForecast(
        steps=3, unit="day", levels=LEVELS, low=tuple(moves[:3]), high=tuple(moves[3:])
    )
    found = served.quantiles(np.sort(answers.reshape(2, 3, 3), axis=2).reshape(2, 9))
    assert (found >= 0).all()
    assert (np.diff(found, axis=2) >= 0).all()
    assert served.quantiles(found.reshape(2, 9))[..., 1] == pytest.approx(found[..., 1])
