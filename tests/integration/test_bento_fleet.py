"""The fleet service's answers, from a store that Feast wrote and real ONNX graphs."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
import served_fleet
from online_fleet import AS_OF, HANGAR, NEW, QUIET, REPORTED, SCORES, WORN
from served_fleet import COSTS, OTHER, hazard

DUE, ALERTS = "/v1/maintenance-due", "/v1/maintenance-alerts"
TODAY = AS_OF.date()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served_fleet.client(tmp_path_factory.mktemp("fleet"))


@pytest.fixture(scope="module")
def without_costs(tmp_path_factory):
    return served_fleet.client(tmp_path_factory.mktemp("costless"), costs=False)


def failing(score: float | None) -> float:
    """Chance of a failure in the first interval where no other maintenance comes first."""
    fails = hazard(score)
    share = fails / (fails + OTHER)
    return 1 - math.exp(math.log(1 - fails - OTHER) * share)


def test_days_date_interval_chances_and_cost_follow_from_the_hazards(client) -> None:
    answer = client.post(DUE, json={"aircraft_id": WORN})
    body = answer.json()
    assert answer.status_code == 200, body
    total = hazard(SCORES[WORN]) + OTHER
    # 0.34 of each interval ends: half are over in the second, of 60 days.
    days = 30 + 60 * (math.log(0.5) / math.log(1 - total) - 1)
    assert body["days"] == pytest.approx(days, abs=0.06)
    assert body["date"] == (AS_OF + timedelta(days=days)).date().isoformat()
    interval = body["interval"]
    assert interval["earliest_days"] < body["days"]
    assert interval["latest_days"] is None, "nine in ten are not over after three intervals"
    chances = {one["within_days"]: one for one in body["failure"]}
    assert chances[30]["chance"] == pytest.approx(failing(SCORES[WORN]), abs=1e-4)
    assert chances[30]["chance_before_other"] == pytest.approx(hazard(SCORES[WORN]), abs=1e-4)
    assert chances[7]["chance"] < chances[30]["chance"] < chances[90]["chance"]
    cost = body["cost"]
    assert (cost["amount"], cost["low"], cost["high"]) == (90_000, 45_000, 180_000)
    assert cost["currency"] == "USD"
    assert cost["model"]["baseline"]
    assert body["model"]["name"] == "maintenance_due"
    assert body["as_of"] == body["asked_at"] == "2026-01-01T06:00:00Z"
    assert any("baseline" in one for one in body["warnings"])


def test_what_moved_it_adds_up_to_the_answer(client) -> None:
    body = client.post(DUE, json={"aircraft_id": WORN}).json()
    (moved,) = body["moved_by"]
    assert moved["what"] == "the sensors"
    ordinary = served_fleet.spec().survival.ordinary[served_fleet.SCORE]
    added = failing(SCORES[WORN]) - failing(ordinary)
    assert moved["chance"] == pytest.approx(added, abs=1e-4)
    assert moved["days"] < 0


def test_many_are_answered_in_the_order_of_the_request(client) -> None:
    names = [QUIET, WORN, NEW]
    items = client.post(DUE, json={"items": [{"aircraft_id": one} for one in names]}).json()
    assert [one["aircraft_id"] for one in items["items"]] == names
    quiet, worn, new = items["items"]
    assert quiet["failure"][1]["chance"] < worn["failure"][1]["chance"]
    assert f"{NEW} was not there when the model was trained" in new["warnings"]
    assert "no reading of its engines is known" in new["warnings"]


def test_without_a_cost_model_the_rest_is_answered(without_costs) -> None:
    body = without_costs.post(DUE, json={"aircraft_id": WORN}).json()
    assert body["cost"] is None
    assert any("no costs" in one for one in body["warnings"])
    alerts = without_costs.post(ALERTS, json={}).json()["alerts"]
    assert {one["cost"] for one in alerts} == {None}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (DUE, {"aircraft_id": "XX"}, "aircraft_id"),
        (DUE, {"items": [{"aircraft_id": QUIET}, {"aircraft_id": "XX"}]}, "items.1.aircraft_id"),
        (DUE, {"aircraft_id": 7}, "aircraft_id"),
        (DUE, {"aircraft_id": "A\nB"}, "aircraft_id"),
        (DUE, {"aircraft_id": QUIET, "horizon": 3}, "horizon"),
        (ALERTS, {"horizon": 0}, "horizon"),
        (ALERTS, {"horizon": 181}, "horizon"),
        (ALERTS, {"horizon": "30"}, "horizon"),
        (ALERTS, {"least_chance": 1.0}, "least_chance"),
        (ALERTS, {"aircraft_ids": []}, "aircraft_ids"),
        (ALERTS, {"aircraft_ids": [QUIET, "XX"]}, "aircraft_ids.1"),
        (ALERTS, {"asked_at": "2026-01-01T06:00:00"}, "asked_at"),
    ],
)
def test_what_is_wrong_is_named(client, path, body, field) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422, answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_alerts_are_ranked_with_reasons_and_deadlines(client) -> None:
    answer = client.post(ALERTS, json={"horizon": 30, "least_chance": 0.2})
    body = answer.json()
    assert answer.status_code == 200, body
    ranks = [(one["rank"], one["aircraft_id"]) for one in body["alerts"]]
    assert ranks == [(1, WORN), (2, REPORTED)], "both are due today; the worn one fails sooner"
    assert body["quiet"] == [QUIET]
    assert body["in_maintenance"] == [HANGAR]
    worn, reported = body["alerts"]
    assert worn["urgency"] == "now"
    reasons = {one["kind"]: one for one in worn["reasons"]}
    assert set(reasons) == {"plan_overdue", "legal_days", "legal_hours", "failure"}
    assert [one["deadline"] for one in worn["reasons"]] == sorted(
        one["deadline"] for one in worn["reasons"]
    )
    # 20 hours are left, two a day are flown; 5 of the 365 days are left.
    assert reasons["legal_hours"]["deadline"] == str(TODAY + timedelta(days=10))
    assert reasons["legal_hours"]["says"].startswith("20 of 400 legal hours are left: 10 days")
    assert reasons["legal_days"]["deadline"] == str(TODAY + timedelta(days=5))
    assert reasons["plan_overdue"]["says"].startswith("maintenance was planned 3 days ago")
    # A constant hazard: the first whole day on which the chance is two in ten.
    day = math.ceil(30 * math.log(0.8) / math.log(1 - failing(SCORES[WORN])))
    assert reasons["failure"]["deadline"] == str(TODAY + timedelta(days=day))
    (grave,) = reported["reasons"]
    assert (grave["kind"], grave["deadline"]) == ("grave_entry", str(TODAY))
    assert reported["cost"]["amount"] == COSTS["Yacht"]


def test_an_entry_that_a_maintenance_followed_is_no_reason(client) -> None:
    body = client.post(ALERTS, json={"aircraft_ids": [QUIET, QUIET], "least_chance": 0.9}).json()
    assert (body["alerts"], body["quiet"]) == ([], [QUIET])


def test_a_major_entry_after_the_maintenance_of_a_critical_one_waits_a_week(client) -> None:
    body = client.post(ALERTS, json={"aircraft_ids": [NEW], "least_chance": 0.9}).json()
    (alert,) = body["alerts"]
    waits, major = alert["reasons"]
    assert major["says"] == "a major entry in the service log 3 days ago"
    assert major["deadline"] == str(TODAY + timedelta(days=4))
    assert (waits["kind"], alert["urgency"]) == ("waiting", "now")
    assert waits["says"].startswith("cannot be used since 2025-12-31 18:00")


def test_a_shorter_horizon_gives_fewer_reasons_and_none_before_today(client) -> None:
    short, long = (
        client.post(ALERTS, json={"horizon": days, "least_chance": 0.05}).json()
        for days in (1, 180)
    )

    def said(body) -> set[tuple[str, str]]:
        return {
            (one["aircraft_id"], why["kind"]) for one in body["alerts"] for why in one["reasons"]
        }

    assert said(short) < said(long)
    deadlines = [date.fromisoformat(one["deadline"]) for one in long["alerts"]]
    assert deadlines == sorted(deadlines)
    assert min(deadlines) >= TODAY


def test_who_is_quiet_for_want_of_readings_is_named(client) -> None:
    later = {"asked_at": (AS_OF + timedelta(days=300)).isoformat(), "least_chance": 0.9}
    for asked, unread in (({}, []), (later, [QUIET]), ({"aircraft_ids": [NEW]}, [NEW])):
        body = client.post(ALERTS, json={"aircraft_ids": [QUIET], **asked}).json()
        said = [one for one in body["warnings"] if one.startswith("no reading of the engines of")]
        assert len(said) == len(unread), (asked, body)
        assert all(name in one for name, one in zip(unread, said, strict=True))
