"""Whatever is asked of a fleet, its schedule keeps the rules or says what is wrong with the question."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
import served_fleet
import served_schedule
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from online_fleet import AS_OF, BASES, HANGAR, NEW, QUIET, REPORTED, WORN

from tambo.planning.fleet.schedules import KINDS

TODAY = AS_OF.date()
NAMES = (WORN, QUIET, REPORTED, HANGAR, NEW)

days = st.integers(0, 40).map(lambda n: (TODAY + timedelta(days=n)).isoformat())
instants = st.floats(0.1, 20).map(lambda n: (AS_OF + timedelta(days=n)).isoformat())
vessels = st.sampled_from(NAMES)
told = st.fixed_dictionaries(
    {"aircraft_id": vessels},
    optional={"failed": st.booleans(), "back_at": instants, "away_until": instants},
)
questions = st.fixed_dictionaries(
    {"horizon": st.integers(1, 35), "schedule": st.sampled_from(KINDS)},
    optional={
        "aircraft_ids": st.lists(vessels, min_size=1, max_size=5),
        "hangar_slots": st.dictionaries(st.sampled_from(sorted(set(BASES.values()))),
                                        st.integers(0, 3)),
        "blackout_dates": st.lists(days, max_size=20),
        "current_plan": st.lists(
            st.fixed_dictionaries({"aircraft_id": vessels, "enters": days}),
            max_size=3, unique_by=lambda one: one["aircraft_id"],
        ),
        "vessels": st.lists(told, max_size=3, unique_by=lambda one: one["aircraft_id"]),
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    made = served_schedule.schedules()
    return served_fleet.client(tmp_path_factory.mktemp("asked"), schedules=made)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(question=questions)
def test_a_schedule_keeps_the_rules_whatever_is_asked(client, question) -> None:
    answer = client.post("/v1/maintenance-schedule", json=question)
    body = answer.json()
    if answer.status_code == 422:
        assert body["errors"]
        return
    assert answer.status_code == 200, body
    closed = {date.fromisoformat(one) for one in question.get("blackout_dates", ())}
    slots = dict.fromkeys(BASES.values(), 1) | question.get("hangar_slots", {})
    end = TODAY + timedelta(days=question["horizon"])
    busy: dict[str, Counter[date]] = {base: Counter() for base in slots}
    for one in body["vessels"]:
        if one["enters"] is None:
            continue
        enters, back = (date.fromisoformat(one[name]) for name in ("enters", "back"))
        assert TODAY <= enters < end
        assert enters not in closed
        for n in range((back - enters).days):
            busy[one["base"]][enters + timedelta(days=n)] += 1
    for one in body["vessels"]:
        if one["enters"] is None and one["back"] is not None:
            for n in range((date.fromisoformat(one["back"]) - TODAY).days):
                day = TODAY + timedelta(days=n)
                # One that is inside stays, whatever slots are told.
                busy[one["base"]][day] += busy[one["base"]][day] > 0
    for base, by_day in busy.items():
        assert all(number <= slots[base] for number in by_day.values())
    asked = set(question.get("aircraft_ids", (WORN, QUIET, REPORTED, HANGAR)))
    assert {one["aircraft_id"] for one in body["vessels"]} == asked
    assert [one["priority"] for one in body["vessels"]] == [*range(1, len(asked) + 1)]
    for name, value in body["difference"].items():
        apart = body["plan"][name] - body["current_plan"][name]
        assert value == pytest.approx(apart, abs=0.03)
