"""Operations plans of the fleet service, from a store that Feast wrote and a real ONNX graph."""

from __future__ import annotations

from datetime import timedelta

import pytest
import served_fleet
from online_fleet import AS_OF, FLOWN, HANGAR, HOURS_LIMIT, NEW, QUIET, REPORTED, WORN

PLAN = "/v1/operations-plan"
LEFT = HOURS_LIMIT - FLOWN
SOUND = HOURS_LIMIT - 20

PLACES = ("Lima", "Callao", "Nowhere")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    return served_fleet.client(tmp_path_factory.mktemp("operations"))


def after(days: float) -> str:
    return (AS_OF + timedelta(days=days)).isoformat()


def trip(booking: str, days: float, hours: float = 4, **given) -> dict[str, object]:
    return {
        "booking_id": booking,
        "vessel_type": "Private Jet",
        "origin": "Lima",
        "departs_at": after(days),
        "hours": hours,
        "revenue": 10_000,
        **given,
    }


def stay(name: str, begins: float, ends: float) -> dict[str, object]:
    return {"aircraft_id": name, "begins_at": after(begins), "ends_at": after(ends)}


def plan(client, *trips, **given):
    answer = client.post(PLAN, json={"trips": list(trips), **given})
    assert answer.status_code == 200, answer.json()
    return answer.json()


def flown(body) -> dict[str, str | None]:
    return {one["booking_id"]: one["aircraft_id"] for one in body["trips"]}


def test_the_sound_vessel_flies_and_its_use_is_told(client) -> None:
    body = plan(client, trip("B1", 2, 6, returns_at=after(3)), maintenance=[], horizon=10)
    assert flown(body) == {"B1": QUIET}, "the worn one is likelier to fail"
    (use,) = [one for one in body["vessels"] if one["aircraft_id"] == QUIET]
    assert (use["trips"], use["hours"], use["away"], use["revenue"]) == (1, 6, 0.1, 10_000)
    assert use["legal_hours_left"] == SOUND - 6
    assert body["at_risk"] == []
    assert body["proven"]
    assert any("the horizon ends on 2026-01-11" in one for one in body["warnings"])
    assert body == plan(client, trip("B1", 2, 6, returns_at=after(3)), maintenance=[], horizon=10)


def test_the_known_plan_is_kept_where_none_is_told(client) -> None:
    both = [trip("B1", 2), trip("B2", 2, revenue=9_000)]
    body = plan(client, *both, horizon=10)
    assert flown(body) == {"B1": QUIET, "B2": None}
    (blocked,) = [one for one in body["trips"][1]["blocked"] if one["aircraft_id"] == WORN]
    assert blocked["kind"] == "in_hangar", "its overdue maintenance begins now"
    assert any(f"maintenance of {WORN} was planned 3 days ago" in one for one in body["warnings"])
    assert any(f"{HANGAR} is in its hangar" in one for one in body["warnings"])
    (risk,) = body["at_risk"]
    assert (risk["booking_id"], risk["revenue_at_risk"]) == ("B2", 9_000)
    told = plan(client, *both, maintenance=[], horizon=10)
    assert set(flown(told).values()) == {QUIET, WORN}


def test_legal_hours_are_never_exceeded_and_the_vessel_is_named(client) -> None:
    body = plan(client, trip("B1", 2, LEFT + 1, aircraft_id=WORN), maintenance=[], horizon=10)
    (risk,) = body["at_risk"]
    assert risk["says"] == (
        f"nobody flies it: {WORN} has {LEFT:.1f} legal hours left, and the trip takes {LEFT + 1:.1f}"
    )
    assert (risk["alternative"]["kind"], risk["alternative"]["aircraft_id"]) == ("vessel", QUIET)
    just = plan(client, trip("B1", 2, LEFT, aircraft_id=WORN), maintenance=[], horizon=10)
    assert flown(just) == {"B1": WORN}
    renewed = plan(
        client,
        trip("B1", 4, LEFT + 1, aircraft_id=WORN),
        maintenance=[stay(WORN, 1, 3)],
        horizon=10,
    )
    assert flown(renewed) == {"B1": WORN}
    assert renewed["trips"][0]["chance_of_failure"] is None, "nothing is foretold beyond a stay"


def test_a_vessel_that_is_away_or_has_failed_flies_nothing_until_then(client) -> None:
    both = [trip("B1", 2, aircraft_id=QUIET), trip("B2", 6, aircraft_id=QUIET)]
    away = [{"aircraft_id": QUIET, "away_until": after(3)}]
    body = plan(client, *both, maintenance=[], horizon=10, vessels=away)
    assert flown(body) == {"B1": None, "B2": QUIET}
    (blocked,) = body["trips"][0]["blocked"]
    assert (blocked["kind"], blocked["says"]) == ("away", "is away until 2026-01-04 06:00")
    failed = [{"aircraft_id": QUIET, "failed": True}]
    mended = plan(client, *both, maintenance=[stay(QUIET, 3, 5)], horizon=10, vessels=failed)
    assert flown(mended) == {"B1": None, "B2": QUIET}
    assert mended["trips"][0]["blocked"][0]["kind"] == "failed"
    back = [{"aircraft_id": HANGAR, "back_at": after(0.5)}]
    said = plan(client, *both, horizon=10, vessels=back)["warnings"]
    assert not any("no end is told" in one for one in said)
    over = client.post(PLAN, json={"trips": both, "vessels": [{**away[0], "away_until": after(0)}]})
    assert over.status_code == 422


def test_a_plan_that_cannot_meet_a_limit_says_which_and_why(client) -> None:
    body = plan(client, trip("B1", 7, aircraft_id=WORN), maintenance=[], horizon=10)
    (limit,) = body["limits"]
    assert (limit["aircraft_id"], limit["limit"]) == (WORN, "days_between_overhauls")
    assert limit["since"] == "2026-01-06T06:00:00Z"
    assert limit["says"].endswith("no maintenance is planned after that")
    (blocked,) = body["trips"][0]["blocked"]
    assert (blocked["kind"], blocked["aircraft_id"]) == ("legal_days", WORN)
    met = plan(client, trip("B1", 7, aircraft_id=WORN), maintenance=[stay(WORN, 4, 6)], horizon=10)
    assert met["limits"] == []
    assert flown(met) == {"B1": WORN}


def test_more_stays_at_once_than_a_hangar_has_slots_are_told(client) -> None:
    """The hangar of Lima has one slot."""

    def said(*stays) -> list[str]:
        body = plan(client, trip("B1", 9), maintenance=list(stays), horizon=10)
        return [one for one in body["warnings"] if "slot" in one]

    assert said(stay(WORN, 2, 4), stay(QUIET, 4, 6)) == []
    (one,) = said(stay(WORN, 2, 4), stay(QUIET, 3, 6))
    assert one == (
        "from 2026-01-04 06:00 on the maintenance plan has 2 in the hangar of Lima, which has 1"
        " slot: it cannot be kept"
    )
    assert said(stay(WORN, 20, 22), stay(QUIET, 20, 22)) == [], "it lies after the horizon"


def test_a_likely_failure_puts_its_share_of_the_revenue_at_risk(client) -> None:
    given = {"maintenance": [], "horizon": 10, "least_chance": 0.02}
    body = plan(client, trip("B1", 4, aircraft_id=WORN), **given)
    (risk,) = body["at_risk"]
    chance = body["trips"][0]["chance_of_failure"]
    assert (risk["kind"], risk["aircraft_id"]) == ("failure", WORN)
    assert risk["revenue_at_risk"] == pytest.approx(10_000 * chance)
    assert risk["alternative"]["aircraft_id"] == QUIET
    assert (
        plan(client, trip("B1", 4, aircraft_id=WORN), **given | {"least_chance": 0.5})["at_risk"]
        == []
    )


def test_a_ferry_a_shift_and_none_are_offered_in_turn(client) -> None:
    planned = {"maintenance": [stay(QUIET, 1, 3), stay(WORN, 1, 3)], "horizon": 10}
    sound = [{"aircraft_id": NEW, "failed": False}]
    jets = {"aircraft_ids": [QUIET, WORN, NEW], "vessels": sound, **planned}
    ferried = plan(client, trip("B1", 2), ferry_hours=2, **jets)["at_risk"][0]["alternative"]
    assert (ferried["kind"], ferried["aircraft_id"]) == ("ferry", NEW)
    assert "from Cusco to Lima: 4.0 hours of ferry there and back" in ferried["says"]
    shifted = plan(client, trip("B1", 2), aircraft_ids=[QUIET], maintenance=[stay(QUIET, 1, 3)])
    found = shifted["at_risk"][0]["alternative"]
    assert (found["kind"], found["aircraft_id"], found["days"]) == ("shift", QUIET, -1)
    moved = [stay(QUIET, 1 + found["days"], 3 + found["days"])]
    assert flown(plan(client, trip("B1", 2), aircraft_ids=[QUIET], maintenance=moved)) == {
        "B1": QUIET
    }
    none = plan(client, trip("B1", 2, vessel_type="Zeppelin"))["at_risk"][0]
    assert none["alternative"]["kind"] == "none"
    assert none["alternative"]["says"] == "the fleet has no Zeppelin"
    assert none["says"] == "nobody flies it: no Zeppelin of the fleet is at Lima"


def test_a_trip_that_names_no_kind_is_flown_by_any_vessel_of_its_base(client) -> None:
    trips = [trip(f"B{n}", 2, vessel_type=None, origin=base) for n, base in enumerate(PLACES)]
    trips.append({name: value for name, value in trip("LATE", 3).items() if name != "vessel_type"})
    body = plan(client, *trips, horizon=10, maintenance=[])
    assert flown(body) == {"B0": QUIET, "B1": REPORTED, "B2": None, "LATE": QUIET}
    (risk,) = body["at_risk"]
    assert risk["says"] == "nobody flies it: no vessel of the fleet is at Nowhere"
    assert risk["alternative"]["kind"] == "ferry"


def test_trips_beyond_the_horizon_are_left_out_with_a_warning(client) -> None:
    body = plan(client, trip("B1", 2), trip("B2", 12), maintenance=[], horizon=10)
    assert flown(body) == {"B1": QUIET, "B2": None}
    assert body["trips"][1]["why_not"].startswith("departs after the horizon")
    assert body["at_risk"] == []
    assert any("1 of 2 trips depart after the horizon" in one for one in body["warnings"])


def test_bookings_at_risk_are_ranked_by_revenue(client) -> None:
    yachts = {"vessel_type": "Yacht", "origin": "Callao"}
    many = [trip(f"B{n}", 2, revenue=1_000 * n, **yachts) for n in range(1, 5)]
    body = plan(client, *many, horizon=5)
    assert flown(body) == {"B1": None, "B2": None, "B3": None, "B4": REPORTED}
    assert [one["booking_id"] for one in body["at_risk"]] == ["B3", "B2", "B1"]
    assert [one["rank"] for one in body["at_risk"]] == [1, 2, 3]
    assert body["revenue_at_risk"] == 6_000
    assert body["revenue"] == 4_000


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"trips": []}, "trips"),
        ({"trips": [trip("B1", -1)]}, "trips.0.departs_at"),
        ({"trips": [trip("B1", 1), trip("B1", 2)]}, "trips.1.booking_id"),
        ({"trips": [trip("B1", 1, departs_at="2026-01-03T06:00:00")]}, "trips.0.departs_at"),
        ({"trips": [trip("B1", 1, returns_at=after(1))]}, "trips.0.returns_at"),
        ({"trips": [trip("B1", 1, hours=0)]}, "trips.0.hours"),
        ({"trips": [trip("B1", 1, aircraft_id="XX")]}, "trips.0.aircraft_id"),
        ({"trips": [trip("B1", 1, aircraft_id=REPORTED)]}, "trips.0.aircraft_id"),
        ({"aircraft_ids": [QUIET, "XX"]}, "aircraft_ids.1"),
        ({"maintenance": [stay("XX", 1, 2)]}, "maintenance.0.aircraft_id"),
        ({"maintenance": [stay(QUIET, 2, 1)]}, "maintenance.0.ends_at"),
        ({"maintenance": [stay(QUIET, 1, 3), stay(QUIET, 2, 4)]}, "maintenance.1.begins_at"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": 181}, "horizon"),
    ],
)
def test_what_is_wrong_is_named(client, changes, field) -> None:
    answer = client.post(PLAN, json={"trips": [trip("B1", 1)], **changes})
    assert answer.status_code == 422, answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert [one["field"] for one in answer.json()["errors"]] == [field]
