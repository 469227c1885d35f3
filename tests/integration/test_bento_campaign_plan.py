"""Campaign plans over HTTP: submitted, looked at and fetched; refused where they cannot be made."""

from __future__ import annotations

import time
from datetime import date, timedelta

import campaign_plans
import online_tourism
import pytest
import served_flow
from online_tourism import FIRST, NEW, PLAZA, UNCOUNTED

from tambo.planning.tourism.plan import make_plan
from tambo.planning.tourism.request import PlanRequest

PATH = "/v1/campaign-plan"
LAST = FIRST + timedelta(weeks=8, days=-1)
ASK = {"budget": 4_000, "first": FIRST.isoformat(), "last": LAST.isoformat(), "off_peak": None}
WEEKS = (FIRST, FIRST + timedelta(weeks=1), FIRST + timedelta(weeks=2), FIRST + timedelta(weeks=3))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served_flow.client(tmp_path_factory.mktemp("plan"))


def submit(client, **changes):
    return client.post(PATH, json={**ASK, **changes})


def fetch(client, **changes) -> dict:
    """Submit a request, wait, and fetch its plan."""
    found = result(client, **changes)
    assert found.status_code == 200, found.text
    return found.json()


def result(client, **changes):
    submitted = submit(client, **changes)
    assert submitted.status_code == 202, submitted.text
    task = submitted.json()
    assert submitted.headers["location"] == task["status_url"]
    while task["status"] == "in_progress":
        time.sleep(0.02)
        task = client.get(task["status_url"]).json()
    return client.get(task["result_url"])


def test_a_plan_spends_the_budget_and_names_what_it_rests_on(client):
    plan = fetch(client, value_per_visitor=20)
    assert plan["basis"] == "response"
    assert sum(row["spend"] for row in plan["rows"]) == pytest.approx(4_000)
    total = plan["total"]
    assert total["extra"]["low"] < total["extra"]["expected"] < total["extra"]["high"]
    assert total["return_per_usd"] == pytest.approx(20 * total["extra"]["expected"] / 4_000)
    assert total["extra"]["expected"] > plan["equal_spread"]["total"]["extra"]["expected"]
    assert (plan["model"]["name"], plan["model"]["release"]) == ("campaign_uplift", 2)
    assert (plan["forecast_model"]["name"], plan["release"]) == ("visitor_flow", 2)
    assert plan["as_of"] == online_tourism.AS_OF.isoformat().replace("+00:00", "Z")


def test_the_weeks_that_the_forecast_reaches_are_forecast(client):
    plan = fetch(client, locations=[PLAZA])
    assert plan["forecast_weeks"] == len(WEEKS)
    assert plan["warnings"] == [
        f"the season alone tells what is expected of Playa, {UNCOUNTED}: 2 locations have no counts"
        " to forecast from"
    ]
    days = client.post("/v1/visitor-flow", json={"location": PLAZA}).json()["visitors"]
    gaps = {gap["week"]: gap for gap in plan["gaps"] if gap["location"] == PLAZA}
    for number, week in enumerate(WEEKS):
        middle = sum(day["p50"] for day in days[7 * number : 7 * number + 7])
        assert gaps[week.isoformat()]["expected"] == pytest.approx(middle, abs=1)
    known = campaign_plans.learned(places=served_flow.PLACES)
    request = PlanRequest(4_000, FIRST, LAST, locations=(PLAZA,), off_peak=None)
    season = {gap.week: gap for gap in make_plan(known, request).gaps if gap.location == PLAZA}
    later = FIRST + timedelta(weeks=5)
    assert gaps[later.isoformat()]["expected"] == pytest.approx(season[later].expected)


def test_the_same_request_gives_the_same_plan(client):
    assert fetch(client) == fetch(client)


def test_a_running_plan_is_planned_again(client):
    spent = [{"location": PLAZA, "market": "brazil", "week": FIRST.isoformat(), "usd": 1_500}]
    today = FIRST + timedelta(weeks=2, days=2)
    plan = fetch(client, today=today.isoformat(), already=spent)
    assert plan["total"]["spend"] == pytest.approx(2_500)
    assert min(row["week"] for row in plan["rows"]) == WEEKS[2].isoformat()


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"budget": 0}, "budget", "must be greater than 0"),
        ({"budget": -5}, "budget", "must be greater than 0"),
        ({"budget": "7"}, "budget", "must be a number"),
        ({"budget": float("1e300")}, "budget", "must be 1000000000000 or less"),
        ({"last": "2026-03-01"}, "last", "lies before first"),
        ({"first": "yesterday"}, "first", "YYYY-MM-DD"),
        ({"locations": ["Atlantis"]}, "locations.0", "Atlantis"),
        ({"markets": ["domestic", "martian"]}, "markets.1", "known are all, brazil, domestic"),
        ({"segments": {"martian": {"all": 1.0}}}, "segments.martian", "martian"),
        ({"limits": [{"minimum": 9, "maximum": 3}]}, "limits.0", "less than minimum"),
        (
            {"limits": [{"first": "2026-04-20", "last": "2026-04-06"}]},
            "limits.0.last",
            "lies before first",
        ),
        ({"limits": [{"location": NEW}]}, "limits.0", NEW),
        ({"off_peak": 0}, "off_peak", "must be greater than 0"),
        ({"value_per_visitor": -1}, "value_per_visitor", "must be greater than 0"),
        ({"spend": 3}, "spend", "is not a field of this request"),
        (
            {"already": [{"location": PLAZA, "market": "all", "week": "2026-03-30", "usd": 1}]},
            "",
            "without today",
        ),
        (
            {"spent": [{"location": PLAZA, "market": "all", "week": "2026-03-30", "usd": -1}]},
            "spent.0.usd",
            "must be 0 or more",
        ),
    ],
)
def test_what_is_wrong_is_said_at_once(client, changes, field, says):
    answer = submit(client, **changes)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (422, 422)
    assert [one["field"] for one in problem["errors"]] == [field]
    assert says in problem["detail"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"last": (FIRST + timedelta(weeks=60)).isoformat()}, "has 61 weeks"),
        ({"segments": {"brazil": {"all": 0.4}}}, "do not share it out"),
        ({"today": "2027-01-01"}, "Nothing is left to plan"),
        (
            {
                "today": FIRST.isoformat(),
                "already": [
                    {"location": PLAZA, "market": "brazil", "week": "2026-05-04", "usd": 3.0}
                ],
            },
            "told as spent in the week of 2026-05-04",
        ),
    ],
)
def test_what_cannot_be_planned_says_what_to_do(client, changes, says):
    answer = submit(client, **changes)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert answer.json()["remedy"]


def test_a_plan_that_cannot_be_made_has_failed_and_says_why(client):
    answer = result(client, limits=[{"minimum": 9_000, "required": True}])
    assert answer.status_code == 422
    assert "more than the budget" in answer.json()["detail"]


def test_a_task_that_is_not_there(client):
    for question in ("status", "result"):
        unknown = client.get(f"{PATH}/{question}?task_id=0")
        assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
        assert client.get(f"{PATH}/{question}").status_code == 400
        assert client.post(f"{PATH}/{question}", json={}).headers["allow"] == "GET"


def test_weeks_that_are_over_are_said(client):
    over = date(2026, 3, 2).isoformat()
    assert "4 weeks lie before 2026-03-30" in fetch(client, first=over)["warnings"][0]


def test_without_enough_campaigns_nobody_is_promised(tmp_path):
    client = served_flow.client(tmp_path)
    served_flow.write_response(tmp_path / "models" / "campaign_uplift", enough=False)
    again = served_flow.client_of(tmp_path)
    assert fetch(client)["basis"] == "response"
    plan = fetch(again)
    assert (plan["basis"], plan["total"]["extra"], plan["bound"]) == ("gaps", None, None)
    assert "Not enough data" in plan["says"]
