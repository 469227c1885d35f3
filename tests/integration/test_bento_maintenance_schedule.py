"""Maintenance schedules of the fleet service, from a store that Feast wrote and a real ONNX graph."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta

import pytest
import served_fleet
import served_schedule
from oidc_issuer import API, Client, issuing
from online_fleet import (
    AS_OF,
    BOOKED,
    HANGAR,
    NEW,
    QUIET,
    SCORES,
    WORN,
)
from served_schedule import GAIN, LESS, STAY

from bentos.fleet.documentation import openapi
from bentos.fleet.endpoints import ENDPOINTS
from bentos.web.authorization import Guard
from tambo.access.fleet import ASKS, ROLES, WRITES
from tambo.intake.known import write_known
from tambo.monitoring.refusals import refusals
from tambo.planning.fleet.demand import usual_revenue
from tambo.settings import Settings

SCHEDULE = "/v1/maintenance-schedule"
TODAY = AS_OF.date()
USD = 1e5
JET = served_schedule.schedules().horizon.parameters.demand[0]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    made = served_schedule.schedules()
    return served_fleet.client(tmp_path_factory.mktemp("schedule"), schedules=made)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def after(days: float) -> str:
    return (AS_OF + timedelta(days=days)).isoformat()


def schedule(client, **given):
    answer = client.post(SCHEDULE, json=given)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def of(body, name: str) -> dict:
    (found,) = [one for one in body["vessels"] if one["aircraft_id"] == name]
    return found


def test_a_dated_plan_is_held_against_the_current_one(client) -> None:
    body = schedule(client, horizon=20)
    assert body["schedule"] == "optimiser"
    assert [one["priority"] for one in body["vessels"]] == [1, 2, 3, 4]
    worn = of(body, WORN)
    assert worn["planned"] == day(0), "its overdue maintenance begins now"
    assert worn["enters"] is not None
    assert worn["why"].startswith("the plan of least expected cost")
    stay = date.fromisoformat(worn["back"]) - date.fromisoformat(worn["enters"])
    assert stay.days == 8
    assert date.fromisoformat(worn["planned_back"]) == TODAY + stay, "the current plan's stay"
    inside = of(body, HANGAR)
    assert (inside["enters"], inside["alternatives"], inside["network"]) == (None, [], None)
    assert inside["planned_back"] is None
    assert f"is in its hangar, and expected back on {inside['back']}" == inside["why"]
    plan, current, difference = (body[one] for one in ("plan", "current_plan", "difference"))
    for name, value in difference.items():
        assert value == pytest.approx(plan[name] - current[name], abs=0.02)
    assert plan["cost"] <= current["cost"]
    parts = plan["maintenance"] + plan["failures"] + plan["absence"] - plan["worth"]
    assert plan["cost"] == pytest.approx(parts, abs=0.02)
    assert [one["name"] for one in body["schedules"] if one["serves"]] == ["optimiser"]
    assert body["model"]["name"] == "maintenance_schedule"
    assert body["ends_on"] == day(20)
    assert any("bookings are seen until 2026-01-15" in one for one in body["warnings"])
    assert any(f"{HANGAR} is in its hangar, and no end is told" in one for one in body["warnings"])
    assert body == schedule(client, horizon=20)


def test_an_alternative_costs_what_the_plan_that_takes_it_does(client) -> None:
    wanted = [{"aircraft_id": WORN, "enters": day(2)}]
    body = schedule(client, horizon=20, schedule="run_to_failure", current_plan=wanted)
    worn = of(body, WORN)
    moves = {one["kind"]: one for one in worn["alternatives"]}
    other = schedule(
        client,
        horizon=20,
        schedule="run_to_failure",
        current_plan=[{"aircraft_id": WORN, "enters": worn["enters"]}],
    )
    assert worn["enters"] == of(other, WORN)["planned"]
    planned = moves["planned"]
    assert (planned["enters"], planned["possible"]) == (day(2), True)
    for name, more in planned["more"].items():
        assert more == pytest.approx(-body["difference"][name], abs=0.02)
    assert not moves["not_within"]["enters"]
    assert moves["not_within"]["limit"].startswith("a legal limit is reached by 2026-01-07")
    assert planned["limit"] is None


def test_the_network_decides_and_what_moved_it_adds_up(client) -> None:
    body = schedule(client, horizon=10, schedule="network")
    health = -math.log(SCORES[WORN] / 100)
    booked = BOOKED["Lima", "Private Jet"] / (2 * usual_revenue(JET))
    gain = GAIN["health"] * health + GAIN["booked_1_3"] * booked - LESS
    worn = of(body, WORN)
    network = worn["network"]
    assert network["stay"] == pytest.approx(USD * STAY)
    assert network["enter"] == pytest.approx(USD * (STAY + gain), abs=1)
    moved = {one["what"]: one["usd"] for one in network["moved_by"]}
    assert moved["its health"] == pytest.approx(USD * GAIN["health"] * health, abs=1)
    assert set(moved) == {"its health", "bookings"}
    assert network["moved_by"][0]["what"] == "its health"
    assert worn["enters"] == day(0)
    assert f"worth {USD * gain:,.0f} USD more than staying" in worn["why"]
    # The other jet is sound, and the network holds it better to stay.
    assert of(body, QUIET)["enters"] is None


def test_closed_days_and_slots_of_the_request_are_kept(client) -> None:
    closed = [day(n) for n in range(4)]
    body = schedule(client, horizon=20, schedule="network", blackout_dates=closed)
    assert of(body, WORN)["enters"] == day(4)
    today = next(one for one in of(body, WORN)["alternatives"] if one["kind"] == "today")
    assert (today["possible"], today["why_not"]) == (False, "nobody may enter")
    assert any("cannot keep the dates of OB-1" in one for one in body["warnings"])
    outside = schedule(client, horizon=5, blackout_dates=[day(9)])
    assert any("1 of 1 blackout dates lie outside" in one for one in outside["warnings"])


def test_without_slots_it_says_which_legal_limit_is_not_met_and_why(client) -> None:
    told = {"horizon": 20, "schedule": "network", "hangar_slots": {"Lima": 0, "Callao": 0}}
    body = schedule(client, **told)
    assert all(one["enters"] is None for one in body["vessels"])
    (limit,) = body["limits"]
    assert (limit["aircraft_id"], limit["limit"]) == (WORN, "days_between_overhauls")
    assert limit["since"] == "2026-01-07T00:00:00Z", "the first morning after the 365th day"
    assert limit["says"] == (
        "the days that the law allows are used up by 2026-01-07, and the hangar of Lima has no"
        " slots: it stands still to the horizon's end"
    )
    assert "see limits" in of(body, WORN)["why"]
    assert [one["aircraft_id"] for one in body["current_limits"]] == [WORN]
    # With slots, the law is met.
    assert schedule(client, **told | {"hangar_slots": {"Lima": 1}})["limits"] == []


def test_legal_hours_that_end_sooner_than_is_usual_are_told(client) -> None:
    told = {"aircraft_ids": [NEW], "vessels": [{"aircraft_id": NEW, "failed": False}]}
    body = schedule(client, **told, horizon=60, schedule="run_to_failure")
    assert body["limits"] == [], "by the use that is usual of its kind"
    (said,) = [one for one in body["warnings"] if "legal hours" in one]
    # 20 of 400 hours are flown, eight a day are.
    assert said.startswith(f"the legal hours of {NEW} end on {day(47)} at its use of the newest 30")
    short = schedule(client, **told, horizon=40, schedule="run_to_failure")
    assert not any("legal hours" in one for one in short["warnings"])
    enters = [{"aircraft_id": NEW, "failed": True}]
    in_time = schedule(client, **told | {"vessels": enters}, horizon=60, schedule="run_to_failure")
    assert not any("legal hours" in one for one in in_time["warnings"])


def test_who_is_to_enter_and_cannot_is_told_what_keeps_it(client) -> None:
    told = {"horizon": 3, "schedule": "threshold"}
    none = schedule(client, **told, hangar_slots={"Lima": 0, "Callao": 0})
    assert of(none, WORN)["why"] == (
        f"is to enter from {day(0)} on: the hangar of Lima has no slots, and no other day is found"
        f" before {day(3)}"
    )
    closed = schedule(
        client,
        **told,
        blackout_dates=[day(n) for n in range(3)],
        vessels=[{"aircraft_id": QUIET, "failed": True}],
    )
    assert of(closed, QUIET)["why"].startswith(
        f"has failed, and is to enter from {day(0)} on: nobody may enter"
    )


def test_a_current_plan_that_is_told_takes_the_place_of_the_register_s(client) -> None:
    late = [{"aircraft_id": WORN, "enters": day(15)}]
    body = schedule(client, horizon=10, current_plan=late)
    said = " | ".join(body["warnings"])
    assert "has not begun" not in said, "that is the register's plan"
    assert of(body, WORN)["planned"] == day(6), "its legal days end"
    assert "cannot keep the dates of OB-1" in said


def test_what_the_request_tells_of_vessels_is_taken(client) -> None:
    vessels = [
        {"aircraft_id": QUIET, "failed": True},
        {"aircraft_id": WORN, "away_until": after(2.1)},
        {"aircraft_id": HANGAR, "back_at": after(3)},
    ]
    body = schedule(client, horizon=20, schedule="network", vessels=vessels)
    assert of(body, QUIET)["enters"] == day(0)
    assert of(body, QUIET)["why"] == "has failed, and cannot be used until it is maintained"
    assert body["vessels"][0]["aircraft_id"] == QUIET
    worn = of(body, WORN)
    assert worn["network"] is None
    assert worn["enters"] >= of(body, QUIET)["back"], "one slot at Lima"
    # Back in the middle of the third day after today: it is there on the morning of the fourth.
    assert of(body, HANGAR)["back"] == day(4)
    assert not any("no end is told" in one for one in body["warnings"])


def test_what_is_not_known_is_said(client) -> None:
    body = schedule(client, horizon=10, aircraft_ids=[NEW, QUIET], schedule="hours")
    said = " | ".join(body["warnings"])
    assert f"no reading of the engines of {NEW} is known: a health score of" in said
    assert "what is booked of Private Jet at Cusco is not known" in said
    assert "3 vessels that the model knows are not asked for" in said
    assert {one["base"] for one in body["vessels"]} == {"Lima", "Cusco"}
    assert of(body, NEW)["why"] == "has failed, and cannot be used until it is maintained"
    used = [{"aircraft_id": NEW, "failed": False}]
    body = schedule(client, horizon=10, aircraft_ids=[NEW], schedule="hours", vessels=used)
    assert of(body, NEW)["enters"] is None, "the request knows better"


def test_of_vessels_whose_state_is_not_known_nothing_is_made_up(client) -> None:
    answer = client.post(SCHEDULE, json={"asked_at": after(60)})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert f"no reading, hours or maintenance of {WORN} is known then" in error["detail"]


def test_a_home_without_schedules_says_what_to_load(tmp_path_factory) -> None:
    plain = served_fleet.client(tmp_path_factory.mktemp("plain"))
    answer = plain.post(SCHEDULE, json={})
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "no schedule was trained" in answer.json()["detail"]
    assert "hangars" in answer.json()["remedy"]
    assert plain.post("/v1/maintenance-alerts", json={}).status_code == 200


TRIP = {"booking_id": "B1", "vessel_type": "Private Jet", "origin": "Lima", "hours": 4}
ASKED = {
    "maintenance_due": {"aircraft_id": WORN},
    "maintenance_alerts": {},
    "maintenance_schedule": {"horizon": 3},
    "operations_plan": {"trips": [{**TRIP, "departs_at": after(2), "revenue": 1}], "horizon": 3},
    "service_logs": {"aircraft_id": WORN, "logged_at": after(-1), "severity": "info", "entry": "x"},
    "downtime": {"aircraft_id": WORN, "started_at": after(-1), "reason": "other"},
    "sensors": {"sensor": "oil_pressure", "unit": "bar"},
    "sensor_history": {},
}
"""A body that each operation of the service takes, by its name."""


def test_only_those_whose_work_it_is_are_answered_by_each_operation(tmp_path) -> None:
    made = served_schedule.schedules()
    people = [Client(role, (role,)) for role in ROLES]
    with issuing(*people, Client("late", ROLES, lifetime=-60), Client("nobody")) as issuer:
        settings = Settings(home=tmp_path, oidc_discovery_url=issuer.discovery, oidc_client_id=API)
        guarded = served_fleet.client(tmp_path, schedules=made, guard=Guard("fleet", settings))

        write_known(settings, "fleet", "aircraft", [WORN])
        paths = {one.operation.name: one.operation.path for one in ENDPOINTS}
        tokens = {role: issuer.token(role) for role in ROLES}

        def ask(name: str, token: str | None) -> int:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            return guarded.post(paths[name], json=ASKED[name], headers=headers).status_code

        may = {(name, role): ask(name, tokens[role]) < 400 for name in paths for role in ROLES}
        table = {**ASKS, **WRITES}
        assert may == {(name, role): role in table[name] for name in table for role in ROLES}
        shut_out = [issuer.token("nobody"), issuer.token("late"), None, "a.forged.one"]
        for name in paths:
            assert [ask(name, one) for one in shut_out] == [403, 401, 401, 401], name
    refused = Counter(
        (one["path"], one["subject"], one["status"]) for one in refusals(settings, 1_000)
    )
    expected = Counter(
        (paths[name], role, 403) for (name, role), answered in may.items() if not answered
    )
    for path in paths.values():
        expected.update([(path, "nobody", 403), *[(path, None, 401)] * 3])
    assert refused == expected


def test_the_examples_of_the_document_run(client) -> None:
    document = openapi({"maintenance_schedule": served_schedule.spec()})
    body = document["paths"][SCHEDULE]["post"]["requestBody"]["content"]["application/json"]
    for example in body["examples"].values():
        assert client.post(SCHEDULE, json=example["value"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"horizon": 0}, "horizon"),
        ({"horizon": 91}, "horizon"),
        ({"schedule": "guess"}, "schedule"),
        ({"aircraft_ids": [QUIET, "XX"]}, "aircraft_ids.1"),
        ({"aircraft_ids": []}, "aircraft_ids"),
        ({"hangar_slots": {"Lima": -1}}, "hangar_slots.Lima"),
        ({"hangar_slots": {"Paris": 1}}, "hangar_slots.Paris"),
        ({"blackout_dates": ["2025-12-31"]}, "blackout_dates.0"),
        ({"blackout_dates": ["soon"]}, "blackout_dates.0"),
        ({"current_plan": [{"aircraft_id": NEW, "enters": day(1)}]}, "current_plan.0.aircraft_id"),
        ({"current_plan": [{"aircraft_id": QUIET, "enters": day(-1)}]}, "current_plan.0.enters"),
        (
            {"current_plan": [{"aircraft_id": QUIET, "enters": day(n)} for n in (1, 2)]},
            "current_plan.1.aircraft_id",
        ),
        ({"vessels": [{"aircraft_id": "XX"}]}, "vessels.0.aircraft_id"),
        ({"vessels": [{"aircraft_id": QUIET, "back_at": after(-1)}]}, "vessels.0.back_at"),
        (
            {"vessels": [{"aircraft_id": QUIET, "back_at": after(1), "away_until": after(1)}]},
            "vessels.0.away_until",
        ),
        ({"asked_at": "2026-01-01T00:00:00"}, "asked_at"),
    ],
)
def test_what_is_wrong_is_named(client, changes, field) -> None:
    answer = client.post(SCHEDULE, json=changes)
    assert answer.status_code == 422, answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]
