"""How the app ranks vessels, lays out the board and keeps what it saw served."""

from __future__ import annotations

import copy
import doctest
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fleet import answers, board, seen, vessel_view
from app.fleet.answers import Fleet
from bentos.fleet.maintenance_alerts.documentation import MAINTENANCE_ALERTS
from bentos.fleet.maintenance_due.documentation import MAINTENANCE_DUE
from tambo.serving.problem import ProblemError, field_error, invalid

(ALERT,) = MAINTENANCE_ALERTS.operation.answer_examples["A fleet"]["alerts"]
DUE = next(iter(MAINTENANCE_DUE.operation.answer_examples.values()))
READ_AT = datetime(2026, 1, 1, 3)


def answer(**features: object) -> dict[str, Any]:
    """The documented answer, with some features."""
    made = copy.deepcopy(dict(DUE))
    made["features"] = [{"name": name, "value": value} for name, value in features.items()]
    return made


def alert(name: str, deadline: str, chance: float, **changes: object) -> Mapping[str, Any]:
    told = {"aircraft_id": name, "deadline": deadline, "chance_of_failure": chance}
    return {**ALERT, **told, **changes}


@pytest.mark.parametrize("module", [board, vessel_view], ids=lambda one: one.__name__)
def test_the_examples_hold(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_the_board_is_in_the_order_of_what_must_be_done() -> None:
    names = ["A", "B", "C", "D", "E"]
    register = pd.DataFrame(
        {"aircraft_id": names, "aircraft_type": "Yacht", "model": None, "home_base": "Lima"}
    )
    hangar = answer(aircraft_maintenance__in_maintenance=True)
    later = answer() | {"date": "2026-03-01"}
    never = answer() | {"date": None}
    fleet = Fleet(
        due={"A": never, "B": later, "C": hangar, "D": answer()},
        refused={"E": "nothing is stored of E"},
        alerts=[alert("D", "2026-01-05", 0.2)],
    )
    rows = board.table(register, {}, fleet)
    assert list(rows["vessel"]) == ["D", "B", "A", "C", "E"]
    assert list(rows["state"]) == [
        board.SOON, board.QUIET, board.QUIET, board.HANGAR, board.UNKNOWN,
    ]  # fmt: skip
    assert rows["until"].iloc[0] == date(2026, 1, 5)
    assert set(rows["model"]) == {"not told"}


def test_a_row_of_the_board_is_what_is_served() -> None:
    register = pd.DataFrame(
        [{"aircraft_id": "A", "aircraft_type": "Yacht", "model": "M", "home_base": "Lima"}]
    )
    told = answer(
        aircraft_health__engine_health_score=71.4,
        aircraft_health__engine_health_score_trend_28d=-0.5,
        aircraft_health__read_at="2026-01-01T01:31:00Z",
        aircraft_operations__hours_since_maintenance=100.0,
        aircraft_profile__hours_between_overhauls=400.0,
        aircraft_maintenance__next_maintenance_date="2026-02-03T00:00:00Z",
    )
    (row,) = board.table(register, {"A": [80.0]}, Fleet({"A": told}, {}, [])).to_dict("records")
    assert (row["health"], row["lately"], row["week"]) == (71.4, [80.0, 71.4], -3.5)
    assert row["age"] == pytest.approx(3.0)
    assert (row["hours"], row["hours_share"]) == (100.0, 25.0)
    assert row["planned"] == date(2026, 2, 3)
    assert row["next"] == date.fromisoformat(told["date"])
    assert row["chance"] == pytest.approx(100 * told["failure"][1]["chance"])
    assert row["days_limit"] is None


def test_a_reading_that_is_newer_than_the_clock_of_the_release_is_new() -> None:
    assert board.hours_old(answer(aircraft_health__read_at="2026-01-03T00:00:00Z")) == 0.0
    assert board.hours_old(answer()) is None


def test_each_reason_says_until_when_it_can_wait() -> None:
    reasons = [
        {"kind": "grave_entry", "says": "a", "deadline": "2026-01-05"},
        {"kind": "failure", "says": "b", "deadline": "2026-01-09"},
    ]
    rows = board.urgent([alert("A", "2026-01-05", 0.25, reasons=reasons, cost=None)])
    assert list(rows["why"]) == ["a", "b"]
    assert list(rows["until"]) == [date(2026, 1, 5), date(2026, 1, 9)]
    assert set(rows["rank"]) == {1}
    assert set(rows["chance"]) == {25.0}
    assert rows["cost"].isna().all()


@given(st.permutations(range(6)), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_the_ranking_does_not_depend_on_how_the_fleet_was_asked(order, days) -> None:
    told = [alert(f"V{n}", f"2026-01-0{1 + day}", n % 2 / 10) for n, day in enumerate(days)]
    ranked = answers.ranked([told[n] for n in order])
    assert ranked == answers.ranked(told)
    keys = [(one["deadline"], -one["chance_of_failure"]) for one in ranked]
    assert keys == sorted(keys)


def test_only_vessels_that_are_refused_are_left_out() -> None:
    says = "nothing is stored of X"
    unknown = invalid(("items", 3, "aircraft_id"), says)
    assert answers.wrong_items(unknown) == {3: says}
    planned = invalid(("aircraft_ids", 2), says)
    assert answers.wrong_items(planned, answers.VESSEL) == {2: says}
    assert answers.wrong_items(unknown, answers.VESSEL) == {}
    other = field_error(("horizon",), "must be 180 or less")
    assert answers.wrong_items(ProblemError(422, "both", [*unknown.problem.errors, other])) == {}
    assert answers.wrong_items(ProblemError(503, "busy")) == {}


@given(st.lists(st.integers(0, 2_000), max_size=40), st.integers(1, 10))
def test_the_newest_readings_are_kept_each_once(seconds, most) -> None:
    kept: dict[str, seen.Readings] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "MOST", most)
        for second in seconds:
            at = READ_AT + timedelta(seconds=second)
            told = answer(
                aircraft_health__read_at=f"{at.isoformat()}Z",
                aircraft_health__engine_health_score_read=float(second),
            )
            seen.note(kept, {"A": told, "silent": answer()})
    found = seen.after(kept.get("A", {}), None)
    assert len(found) <= most
    assert set(found["score"]) <= set(map(float, seconds))
    assert found["read_at"].is_monotonic_increasing
    if seconds:
        assert found["score"].iloc[-1] == max(seconds[-1], *found["score"])
    assert "silent" not in kept


def test_what_the_release_holds_is_not_drawn_twice() -> None:
    readings = {READ_AT: (80.0, 9.0), READ_AT + timedelta(hours=6): (79.0, None)}
    found = seen.after(readings, READ_AT)
    assert list(found["score"]) == [79.0]
    assert found["variance"].isna().all()
    assert len(seen.after(readings, None)) == 2
