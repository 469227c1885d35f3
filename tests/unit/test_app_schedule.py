"""What the page Schedule asks the service, and how it lays out what is answered."""

from __future__ import annotations

import copy
import doctest
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fleet import answers, schedule, schedule_editor
from app.fleet.schedule import Wish
from bentos.fleet.maintenance_schedule.documentation import MAINTENANCE_SCHEDULE
from bentos.fleet.maintenance_schedule.schemas import (
    LONGEST,
    MAX_VESSELS,
    MOST_SLOTS,
    MaintenanceScheduleRequest,
    PlanFigures,
)
from tambo.serving.problem import ProblemError, field_error, invalid

ANSWER = next(iter(MAINTENANCE_SCHEDULE.operation.answer_examples.values()))
NOW = datetime(2026, 1, 1, 4, 31, tzinfo=UTC)


def answer(**vessels: dict[str, Any]) -> dict[str, Any]:
    """The documented answer of some vessels, each with what is told of it."""
    made = copy.deepcopy(dict(ANSWER))
    (one,) = made["vessels"]
    made["vessels"] = [{**one, "aircraft_id": name, **told} for name, told in vessels.items()]
    return made


NEVER = {"enters": None, "back": None, "planned": None, "planned_back": None}
INSIDE = {**NEVER, "back": "2026-01-03"}


def test_the_examples_hold() -> None:
    found = doctest.testmod(schedule_editor)
    assert (found.attempted, found.failed) == (1, 0)


def test_the_page_offers_what_the_service_takes() -> None:
    limits = (schedule.LONGEST, schedule.MOST, schedule_editor.MOST_SLOTS)
    assert limits == (LONGEST, MAX_VESSELS, MOST_SLOTS)
    assert set(schedule.FIGURES) == set(PlanFigures.model_fields)


def test_only_what_is_wished_is_asked() -> None:
    assert Wish().request(NOW) == {"horizon": 28, "asked_at": "2026-01-01T04:31:00+00:00"}
    days = (date(2026, 1, 5), date(2026, 1, 2))
    body = Wish(10, {"Lima": 0}, days, "network").request(NOW)
    read = MaintenanceScheduleRequest.model_validate_json(json.dumps(body))
    assert (read.horizon, read.hangar_slots, read.schedule) == (10, {"Lima": 0}, "network")
    assert [str(one) for one in read.blackout_dates or ()] == ["2026-01-02", "2026-01-05"]


def test_slots_that_nobody_changed_or_that_are_left_empty_are_not_asked() -> None:
    stored = {"Callao": 1, "Lima": 2, "Pisco": None}
    table = pd.DataFrame({"base": list(stored), "slots": pd.array([1, None, 4], dtype="Int64")})
    assert schedule_editor.changed(stored, table) == {"Pisco": 4}


def test_stays_of_both_plans_stand_beside_each_other() -> None:
    rows = schedule.stays(answer(A={}, B=NEVER, C=INSIDE))
    assert list(rows["vessel"]) == ["A", "A", "C"]
    assert list(rows["plan"]) == [schedule.PROPOSED, schedule.PRACTICE, schedule.PROPOSED]
    assert list(rows["enters"]) == [date(2026, 1, 4), date(2026, 1, 17), date(2026, 1, 1)]
    assert list(rows["back"]) == [date(2026, 1, 8), date(2026, 1, 21), date(2026, 1, 3)]
    own = schedule.stays(answer(A={}), schedule.OWN)
    assert list(own["plan"]) == [schedule.PROPOSED, schedule.OWN]
    assert schedule.stays(answer(B=NEVER)).empty


def test_who_is_in_a_hangar_has_no_date_to_change() -> None:
    rows = schedule.editable(answer(A={}, B=NEVER, C=INSIDE))
    assert list(rows["vessel"]) == ["A", "B"]
    assert schedule.entries(rows) == [{"aircraft_id": "A", "enters": "2026-01-04"}]
    own = schedule.editable(answer(A={}, B=NEVER), {"B": date(2026, 1, 9)})
    assert schedule.entries(own) == [{"aircraft_id": "B", "enters": "2026-01-09"}]


@given(st.lists(st.none() | st.integers(0, 89), max_size=8))
def test_dates_come_back_as_they_were_written(days: list[int | None]) -> None:
    dates = {
        f"V{number}": NOW.date() + timedelta(days=ahead)
        for number, ahead in enumerate(days)
        if ahead is not None
    }
    fleet = answer(**{f"V{number}": NEVER for number in range(len(days))})
    entries = schedule.entries(schedule.editable(fleet, dates))
    assert {one["aircraft_id"]: one["enters"] for one in entries} == {
        name: day.isoformat() for name, day in dates.items()
    }


def test_figures_of_plans_are_those_of_the_answer() -> None:
    of = {schedule.PROPOSED: ANSWER["plan"], schedule.PRACTICE: ANSWER["current_plan"]}
    rows = schedule.compared(of).set_index("plan")
    for name, figures in of.items():
        assert rows.loc[name].to_dict() == figures
    (other,) = schedule.alternatives(ANSWER["vessels"][0]).to_dict("records")
    (told,) = ANSWER["vessels"][0]["alternatives"]
    assert {part: other[part] for part in told["more"]} == told["more"]
    assert (other["what"], other["why_not"]) == (schedule.MOVES["planned"], told["why_not"])


def test_vessels_that_the_service_does_not_know_are_left_out_and_nothing_else() -> None:
    def put(names: list[str]) -> list[str]:
        wrong = [
            field_error(("aircraft_ids", at), "nothing is stored of it")
            for at, one in enumerate(names)
            if one.startswith("X")
        ]
        if wrong:
            raise ProblemError(422, "wrong", wrong)
        return names

    assert answers.of_known(put, ["A", "X2", "B", "X1"]) == (["A", "B"], ["X1", "X2"])
    with pytest.raises(ProblemError):
        answers.of_known(put, ["X1"])

    def refuse(names: list[str]) -> list[str]:
        raise invalid(("hangar_slots", "Lima"), "no vessel is based there")

    with pytest.raises(ProblemError, match="Lima"):
        answers.of_known(refuse, ["A"])
