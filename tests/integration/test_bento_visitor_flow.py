"""The tourism service's answers, from a store that Feast wrote and real ONNX graphs."""

from __future__ import annotations

from datetime import datetime, timedelta

import online_tourism
import pytest
import served_flow
from online_tourism import (
    ABROAD,
    AS_OF,
    FESTIVAL,
    FIRST,
    HOLIDAY,
    HOURS,
    NEW,
    OLD,
    PLAZA,
    SHUT,
    UNCOUNTED,
    UNTIL,
    WEEK,
)

FLOW, WHY = "/v1/visitor-flow", "/v1/visitor-flow/explanations"
ASK = {"location": PLAZA}
USUAL_RAIN = 1.0


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served_flow.client(tmp_path_factory.mktemp("flow"))


def ask(client, path=FLOW, **changes):
    return client.post(path, json={**ASK, **changes})


def days(answer) -> dict[str, dict]:
    body = answer.json()
    return {one["date"]: one for one in body.get("visitors") or body["explained"]}


def rain(ahead: int) -> float:
    """The forecast's while there is one, then the usual."""
    return online_tourism.RAIN[ahead] if ahead < len(online_tourism.RAIN) else USUAL_RAIN


def middle(ahead: int, usual: float | None = None) -> float:
    """What the formula says of a day."""
    day = FIRST + timedelta(days=ahead)
    if SHUT[0] <= day <= SHUT[1]:
        return 0.0
    count = WEEK[ahead % 7] if usual is None else usual
    count *= served_flow.HOLIDAY if HOLIDAY <= day <= HOLIDAY + timedelta(days=1) else 1.0
    count += served_flow.FESTIVAL if day == FESTIVAL else 0.0
    return count - served_flow.RAIN * rain(ahead)


def test_four_weeks_by_day(client):
    answer = ask(client)
    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert len(body["visitors"]) == 28
    for ahead, one in enumerate(body["visitors"]):
        day = FIRST + timedelta(days=ahead)
        assert (one["date"], one["hour"]) == (day.isoformat(), None)
        assert one["starts_at"] == f"{day}T00:00:00-05:00"
        assert one["closed"] is (SHUT[0] <= day <= SHUT[1])
        assert one["p50"] == pytest.approx(middle(ahead), abs=0.06), day
        assert one["p10"] == pytest.approx(0.8 * one["p50"], abs=0.1)
        assert one["p90"] == pytest.approx(1.2 * one["p50"], abs=0.1)
    assert body["model"] == {
        "name": "visitor_flow",
        "version": None,
        "estimator": "formula",
        "baseline": False,
        "release": 2,
    }
    assert (body["location"], body["unit"], body["release"]) == (PLAZA, "day", 2)
    assert (
        datetime.fromisoformat(body["as_of"]) == datetime.fromisoformat(body["asked_at"]) == AS_OF
    )
    assert datetime.fromisoformat(body["origin"]) == UNTIL
    assert (body["new_to_model"], body["warnings"]) == (False, [])
    fresh = {one["view"]: one for one in body["freshness"]}
    assert fresh["location_flow"]["age_seconds"] == (AS_OF - UNTIL).total_seconds()
    assert fresh["location_factors"]["reason_if_null"] == "unknown key"


def test_three_days_by_hour(client):
    body = ask(client, unit="hour").json()
    assert body["model"]["name"] == "visitor_flow_hourly"
    assert len(body["visitors"]) == 72
    for ahead, one in enumerate(body["visitors"]):
        assert one["hour"] == ahead % 24
        assert one["date"] == (FIRST + timedelta(days=ahead // 24)).isoformat()
        assert one["starts_at"] == f"{one['date']}T{ahead % 24:02}:00:00-05:00"
        count = max(0.0, WEEK.mean() * HOURS[ahead % 24] - served_flow.RAIN * rain(ahead // 24))
        assert one["p50"] == pytest.approx(count, abs=0.06)
    assert ask(client, unit="hour", horizon=5).json()["visitors"] == body["visitors"][:5]


def test_days_and_hours_are_those_of_the_zone_that_is_stored(client):
    # Half past midnight in Madrid, and the afternoon before in Lima.
    late = (AS_OF + timedelta(hours=15, minutes=30)).isoformat()
    there = ask(client, location=ABROAD, asked_at=late, unit="hour").json()["visitors"]
    here = ask(client, asked_at=late, unit="hour").json()["visitors"]
    assert here[0]["starts_at"] == f"{FIRST}T00:00:00-05:00"
    assert there[0]["starts_at"] == f"{FIRST + timedelta(days=1)}T00:00:00+02:00"
    assert there[10]["p50"] == pytest.approx(WEEK.mean() * HOURS[10], abs=0.06)


def test_a_shorter_horizon_is_the_beginning_of_a_longer(client):
    assert ask(client, horizon=1).json()["visitors"] == ask(client).json()["visitors"][:1]


def test_many_locations_and_units_at_once_are_the_same_one_by_one(client):
    items = [ASK, {**ASK, "unit": "hour", "horizon": 9}, {"location": NEW}, {**ASK, "horizon": 3}]
    answer = client.post(FLOW, json={"items": items})
    assert answer.json()["items"] == [client.post(FLOW, json=one).json() for one in items]
    why = client.post(WHY, json={"items": items})
    assert why.json()["items"] == [client.post(WHY, json=one).json() for one in items]


def test_a_what_if_moves_its_days_and_no_others(client):
    plain = ask(client).json()["visitors"]
    rainy, party = FIRST + timedelta(days=4), FIRST + timedelta(days=6)
    what_if = {
        "weather": [
            {"date": f"{rainy}", "until": f"{rainy + timedelta(days=1)}", "precipitation": 20.0}
        ],
        "events": [{"date": f"{party}", "kind": "festival"}],
    }
    moved = ask(client, what_if=what_if).json()["visitors"]
    gained = [b["p50"] - a["p50"] for a, b in zip(plain, moved, strict=True)]
    lost = served_flow.RAIN * (20.0 - USUAL_RAIN)
    wanted = [0.0] * 28
    wanted[4] = wanted[5] = -lost
    wanted[6] = served_flow.FESTIVAL
    assert gained == pytest.approx(wanted, abs=0.11)
    by_hour = ask(
        client, unit="hour", what_if={"events": [{"date": f"{FIRST}", "kind": "festival"}]}
    )
    before = ask(client, unit="hour").json()["visitors"]
    after = by_hour.json()["visitors"]
    assert all(b["p50"] > a["p50"] for a, b in zip(before[:24], after[:24], strict=True))
    assert after[24:] == before[24:]


def test_a_new_location_is_forecast_from_its_counts_and_said_to_be_new(client):
    body = ask(client, location=NEW).json()
    assert body["new_to_model"] is True
    assert body["warnings"] == [
        f"the model has not learnt {NEW}: its counts alone say",
        "only 5 of the last 56 days were counted",
    ]
    assert body["visitors"][2]["p50"] == pytest.approx(WEEK[2], abs=0.06)


def test_counts_that_ended_before_the_first_day_are_said(client):
    later = AS_OF + timedelta(days=3)
    body = ask(client, asked_at=later.isoformat()).json()
    assert body["visitors"][0]["date"] == (FIRST + timedelta(days=3)).isoformat()
    assert body["warnings"] == ["the newest counts end 3 days before the first day"]


def test_a_model_that_failed_its_gate_says_so(tmp_path):
    one = served_flow.client(tmp_path, failed=("beats_ets", "beats_arima"))
    assert ask(one).json()["warnings"] == [
        "the best model that can serve, though it failed the gate: beats_ets, beats_arima"
    ]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"location": "Atlantis"}, "location", "is not known: nothing is stored of it"),
        ({"location": UNCOUNTED}, "location", "has no history"),
        ({"location": OLD}, "location", "has no counts of the last weeks"),
        ({"location": ""}, "location", "must not be empty"),
        ({"horizon": 0}, "horizon", "must be 1 or more"),
        ({"horizon": -1}, "horizon", "must be 1 or more"),
        ({"horizon": 10_000}, "horizon", "must be 28 days or less"),
        ({"horizon": 73, "unit": "hour"}, "horizon", "must be 72 hours or less"),
        ({"horizon": "7"}, "horizon", "must be a whole number"),
        ({"unit": "week"}, "unit", "must be 'day' or 'hour'"),
        ({"asked_at": "2026-03-30T07:00:00"}, "asked_at", "has no zone"),
        ({"asked_at": "2026-03-01T07:00:00Z"}, "asked_at", "lies before the counts"),
    ],
)
@pytest.mark.parametrize("path", [FLOW, WHY])
def test_what_cannot_be_forecast_is_named(client, path, changes, field, words):
    answer = ask(client, path, **changes)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["detail"]
    many = client.post(path, json={"items": [ASK, {**ASK, **changes}]})
    assert many.json()["errors"][0]["pointer"] == f"#/items/1/{field}"


RAINY = {"date": "2026-04-01", "precipitation": 3.0}
PARTY = {"date": "2026-04-01", "kind": "fair"}


@pytest.mark.parametrize(
    ("what_if", "field", "words"),
    [
        ({"events": [{**PARTY, "kind": "riot"}]}, "events.0.kind", "must be one of festival, "),
        ({"events": [{**PARTY, "date": "2026-03-29"}]}, "events.0.date", "outside the forecast"),
        (
            {"events": [{**PARTY, "date": "2026-04-06"}]},
            "events.0.date",
            "2026-03-30 to 2026-04-05",
        ),
        (
            {"weather": [{**RAINY, "until": "2026-04-09"}]},
            "weather.0.until",
            "outside the forecast",
        ),
        ({"weather": [{**RAINY, "until": "2026-03-31"}]}, "weather.0.until", "lies before date"),
        ({"weather": [RAINY, RAINY]}, "weather.1", "2026-04-01 is stated twice"),
        ({"events": [PARTY, PARTY]}, "events.1", "2026-04-01 is stated twice"),
        ({"weather": [{"date": "2026-04-01"}]}, "weather.0", "must hold temperature"),
        ({"weather": [{**RAINY, "temperature": 200}]}, "weather.0.temperature", "60 or less"),
        ({"weather": [{**RAINY, "precipitation": -1}]}, "weather.0.precipitation", "0 or more"),
        ({"weather": [RAINY] * 29}, "weather", "must hold at most 28"),
        ({"closure": []}, "closure", "is not a field"),
    ],
)
def test_a_what_if_that_cannot_be_is_named(client, what_if, field, words):
    answer = ask(client, horizon=7, what_if=what_if)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == f"what_if.{field}"
    assert words in error["detail"]


def test_what_moved_each_day_sums_to_its_forecast(client):
    forecast, why = ask(client), ask(client, WHY)
    assert why.status_code == 200, why.text
    for one, two in zip(forecast.json()["visitors"], why.json()["explained"], strict=True):
        assert two["p50"] == pytest.approx(one["p50"], abs=0.06)
        total = two["ordinary"] + sum(each["visitors"] for each in two["drivers"])
        assert total == pytest.approx(two["p50"], abs=0.06)
        assert two["says"] == two["drivers"][0]["says"]
        sizes = [abs(each["visitors"]) for each in two["drivers"]]
        assert sizes == sorted(sizes, reverse=True)
        assert len(two["drivers"]) == 8


def test_drivers_are_what_the_formula_says(client):
    """Rain is subtracted and a festival added, so what they move is known exactly."""
    found = days(ask(client, WHY))

    def of(day, driver):
        (one,) = [each for each in found[f"{day}"]["drivers"] if each["driver"] == driver]
        return one

    wet = FIRST + timedelta(days=2)
    lost = -served_flow.RAIN * (online_tourism.RAIN[2] - USUAL_RAIN)
    assert of(wet, "weather")["visitors"] == pytest.approx(lost, abs=0.02)
    assert of(wet, "weather")["says"] == "20 °C, 12 mm of rain: -22 visitors"
    assert of(FESTIVAL, "events") == {
        "driver": "events", "visitors": served_flow.FESTIVAL, "says": "Festival: +60 visitors",
    }  # fmt: skip
    assert of(HOLIDAY, "holidays")["visitors"] > 0
    assert of(HOLIDAY, "holidays")["says"].startswith("Holy Week: +")
    assert of(HOLIDAY - timedelta(days=3), "holidays")["says"] == "Holy Week in 3 days: 0 visitors"
    assert of(FESTIVAL + timedelta(days=1), "events")["says"] == "Festival 1 day ago: 0 visitors"
    assert of(FIRST, "campaigns")["says"] == "Campaign: 0 visitors"
    assert of(FIRST + timedelta(days=3), "campaigns")["says"] == "Campaign 2 days ago: 0 visitors"
    shut = found[f"{SHUT[0]}"]
    assert shut["p50"] == 0.0
    assert shut["says"].startswith("Shut: -")
    saturday = found["2026-04-04"]
    assert saturday["drivers"][0]["says"].startswith("Saturday: +")
    assert of("2026-04-04", "events")["visitors"] == 0.0


def test_an_expected_event_is_explained_as_one(client):
    what_if = {"events": [{"date": f"{FIRST}", "kind": "festival"}]}
    found = days(ask(client, WHY, horizon=1, what_if=what_if))[f"{FIRST}"]
    (one,) = [each for each in found["drivers"] if each["driver"] == "events"]
    assert one == {"driver": "events", "visitors": 60.0, "says": "Festival: +60 visitors"}


def test_more_than_fifty_explanations_at_once_are_refused(client):
    answer = client.post(WHY, json={"items": [ASK] * 51})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "items")
    assert "at most 50" in answer.json()["detail"]
