"""How the app lays days out as a calendar, asks for forecasts and tells how good they were."""

from __future__ import annotations

import doctest
import io
import math
import zipfile
from datetime import date, timedelta
from types import ModuleType

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import tables
from app.tourism import calendar_grid, forecasts, open_forecast
from app.tourism.accuracy import Accuracy
from app.tourism.calendar_grid import COUNTED, GAP, MENDED, NOBODY, SHUT, grid
from app.tourism.forecasts import Question, WhatIf
from tambo.serving.problem import ProblemError, field_error, invalid

DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("module", [calendar_grid, open_forecast], ids=lambda one: one.__name__)
def test_the_examples_hold(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


@given(DAYS)
def test_a_week_of_the_calendar_is_a_monday_week_within_its_year(day: date) -> None:
    after = day + timedelta(days=1)
    assert 0 <= calendar_grid.week(day) <= 53
    if after.year == day.year:
        assert calendar_grid.week(after) - calendar_grid.week(day) == (after.weekday() == 0)
    else:
        assert calendar_grid.week(after) == 0


def test_each_day_of_the_calendar_says_what_is_known_of_it() -> None:
    found = pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-12-30", "2025-12-31", "2026-01-02"]),
            "visitors": [10.0, 20.0, math.nan],
            "missing": [0, 0, 2],
            "mended": [0, 3, 0],
        }
    )
    shut = (date(2026, 1, 3), date(2026, 1, 9))
    rows = grid(found, (date(2025, 12, 30), date(2026, 1, 3)), [shut])
    assert list(rows["state"]) == [COUNTED, MENDED, NOBODY, GAP, SHUT]
    assert list(rows["visitors"].fillna(-1)) == [10, 20, -1, -1, -1]
    assert list(zip(rows["year"], rows["week"], rows["weekday"], strict=True)) == [
        (2025, 52, 1),
        (2025, 52, 2),
        (2026, 0, 3),
        (2026, 0, 4),
        (2026, 0, 5),
    ]


def test_a_question_holds_only_what_is_supposed() -> None:
    assert Question("A").request() == {"location": "A", "unit": "day"}
    days = {"date": "2026-01-02", "until": "2026-01-03"}
    wet = WhatIf(date(2026, 1, 2), date(2026, 1, 3), event="fair", precipitation=0.0)
    assert Question("A", "hour", wet).request() == {
        "location": "A",
        "unit": "hour",
        "what_if": {
            "weather": [days | {"precipitation": 0.0}],
            "events": [days | {"kind": "fair"}],
        },
    }
    assert wet.says_something
    assert not WhatIf(date(2026, 1, 2), date(2026, 1, 3)).says_something


def test_locations_that_are_refused_are_told_from_a_request_that_is_wrong() -> None:
    two = [field_error(("items", at, "location"), "has no history") for at in (1, 4)]
    refused = ProblemError(422, "items.1.location: has no history (and 1 more)", two)
    assert forecasts.wrong_items(refused) == {1: "has no history", 4: "has no history"}
    assert forecasts.wrong_items(invalid(("items", 1, "horizon"), "is missing")) == {}
    assert forecasts.wrong_items(ProblemError(503, "no online store")) == {}


def answer(*middles: float, closed: bool = False) -> dict[str, object]:
    """An answer from Thursday, 2026-01-01, on."""
    steps = [
        {
            "date": f"2026-01-{number:02d}",
            "hour": None,
            "starts_at": f"2026-01-{number:02d}T00:00:00-05:00",
            "closed": closed,
            "p10": middle * 0.8,
            "p50": middle,
            "p90": middle * 1.25,
        }
        for number, middle in enumerate(middles, 1)
    ]
    return {"visitors": steps}


def test_steps_are_told_in_local_time() -> None:
    (step,) = forecasts.steps(answer(100.0)).to_dict("records")
    assert step["starts_at"] == pd.Timestamp("2026-01-01")
    assert (step["day"], step["low"], step["middle"], step["high"]) == (
        date(2026, 1, 1),
        80.0,
        100.0,
        125.0,
    )


def test_the_open_forecast_says_how_busy_a_day_is_in_words() -> None:
    answers = {"A": answer(130.4, 100, 50), "B": answer(0, closed=True), "C": answer(7)}
    rows = open_forecast.table(answers, {("A", 4): 100.0, ("A", 5): 100.0, ("A", 6): 100.0})
    assert list(rows["says"]) == [
        "busier than lately",
        "as lately",
        "quieter than lately",
        "closed",
        "not known",
    ]
    first = rows.iloc[0]
    assert (first["expected"], first["from"], first["to"]) == (130, 104, 163)
    assert first["against_lately"] == pytest.approx(0.304)
    assert rows["against_lately"].isna().tolist() == [False, False, False, True, True]


def measured(mase: float, coverage: float = 0.8) -> dict[str, float]:
    """Figures as training reports them."""
    by_week = {
        f"{name}_week_{number}": value * number
        for number in (1, 2)
        for name, value in (("mase", mase), ("bias", 1.0), ("coverage", coverage / 2))
    }
    return {"targets": 56.0, "mase": mase, "wape": 0.2, "coverage": coverage, **by_week}


REPORTS = {
    "metrics": {"lstm": measured(0.8), "xgboost": measured(0.7), "ets": measured(0.9)},
    "by_group": {
        "lstm": {"location": {"A": measured(0.8)}},
        "xgboost": {
            "location": {"A": measured(0.6), "B": measured(1.1), "C": measured(math.nan)},
            "origin": {"2025-07-17 11:00:00": measured(0.5), "2025-08-14 11:00:00": measured(0.9)},
        },
    },
}


def test_errors_are_told_by_location_and_by_how_far_ahead() -> None:
    found = Accuracy.of("xgboost", REPORTS)
    assert (found.block, found.blocks) == ("week", [1, 2])
    assert found.estimators[0] == "xgboost", "what serves comes first"
    assert list(found.side_by_side()["mase"]) == [0.7, 0.8, 0.9]
    assert list(found.locations("xgboost")["location"]) == ["B", "A", "C"], "the worst first"
    ahead = found.locations_ahead("mase", "xgboost")
    assert ahead[ahead["location"] == "A"]["value"].tolist() == [0.6, 1.2]
    coverage = found.ahead("coverage", ["lstm"])
    assert coverage["value"].tolist() == [0.4, 0.8]


def test_errors_over_time_are_those_of_the_versions_that_kept_them() -> None:
    found = Accuracy.of("xgboost", REPORTS)
    rows = found.over_time("mase", found.estimators)
    assert list(rows["estimator"]) == ["xgboost", "xgboost"]
    assert list(rows["origin"]) == [pd.Timestamp("2025-07-17"), pd.Timestamp("2025-08-14")]
    assert list(rows["value"]) == [0.5, 0.9]


ODD = pd.DataFrame({"name": ["=1+1", "Río", "-3"], "visitors": [1, -2, 3]})


def test_a_csv_is_text_and_numbers_for_every_spreadsheet() -> None:
    written = tables.csv(ODD)
    assert written.decode("utf-8-sig").splitlines() == [
        "name,visitors",
        "'=1+1,1",
        "Río,-2",
        "'-3,3",
    ]
    assert written.startswith(b"\xef\xbb\xbf"), "spreadsheets read UTF-8 only if they are told"


def test_a_workbook_holds_each_table_and_no_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(tables.xlsx({"Plan": ODD, "Totals": ODD[:1]}))) as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
        texts = book.read("xl/sharedStrings.xml").decode()
        assert 'name="Plan"' in book.read("xl/workbook.xml").decode()
    assert all("<f>" not in sheet for sheet in sheets)
    assert "=1+1" in texts
    assert "Río" in texts
    assert "<v>-2</v>" in sheets[0]
