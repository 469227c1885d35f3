"""Recommended hotels, from a store that Feast wrote, a real ONNX graph and a real index."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import online_feast
import pytest
import served_hotels
import served_model
from online_feast import AS_OF, EVENT
from online_hotels import GONE, HOME, HOTELS, NATAL, NEW, OLINDA, RECIFE, STAYS

from bentos.travel.hotel_recommendation.documentation import HOTEL_RECOMMENDATIONS
from tambo.errors import ServingError
from tambo.featurestore.online import OnlineManifest, StoreState, write_sqlite_state
from tambo.serving.candidate_index import TASTE, TASTE_OF_ALL

PATH = HOTEL_RECOMMENDATIONS.operation.path
MONDAY, TUESDAY = "2026-07-06", "2026-07-07"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    return served_model.home(tmp_path_factory.mktemp("served"), "hotel_recommendation")


@pytest.fixture(scope="module")
def client(artefact):
    return served_model.client_of(*artefact, HOTEL_RECOMMENDATIONS)


def ask(client, **body) -> dict:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(client, **body) -> dict:
    answer = client.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    return error


def hotels(answer: dict) -> list[str]:
    return [one["hotel"] for one in answer["recommendations"]]


def places(answer: dict) -> set[str]:
    return {one["place"] for one in answer["recommendations"]}


def features(one: dict) -> dict[str, object]:
    return {found["name"]: found["value"] for found in one["features"]}


def stay(check_in: str, nights: int = 3) -> dict[str, str]:
    return {"checkIn": check_in, "checkOut": f"{check_in[:8]}{int(check_in[8:]) + nights:02}"}


def test_an_answer_says_what_it_rests_on(client):
    body = ask(client, userCode=0, budget=300, k=2, **stay(MONDAY, 4))
    assert (body["coldStart"], body["home"], body["warnings"]) == (False, HOME, [])
    assert (body["considered"], body["scored"], body["currency"]) == (7, 2, "BRL")
    assert (body["model"]["name"], body["model"]["release"]) == ("hotel_recommendation", 1)
    assert body["as_of"] == body["asked_at"] == "2026-06-30T03:00:00Z"
    first, second = body["recommendations"]
    assert (first["rank"], first["hotel"], first["place"]) == (1, "Pousada Sereia", RECIFE)
    # What the last 90 days cost, not what it cost before.
    assert (first["nightlyPrice"], first["totalPrice"]) == (275.0, 1100.0)
    assert first["reasons"] == [
        "you stayed here twice",
        "in your usual price range",
        f"you travelled to {RECIFE} twice in 3 trips",
    ]
    found = features(first)
    assert found["traveller_hotels__stays_here"] == 2
    assert found["hotel_request__nights_asked"] == 4.0
    # Twice itself; Duna leads nowhere else, and its followers are others.
    assert (found["index__co_visits"], found["index__follows"]) == (2.0, 0.0)
    assert features(second)["hotel_request__was_last_hotel"] == 1.0
    assert second["reasons"][0] == "you stayed here the last time"


def test_a_taste_is_told_by_all_stays_whatever_is_asked_for(client):
    """The stays in hotels that a destination or a budget leaves out count none the less."""
    index = served_hotels.index()
    pairs = list(zip(index.names.tolist(), index.places.tolist(), strict=True))
    stays = np.array([STAYS[0].count(pair) for pair in pairs], dtype=np.float64)
    history = index.numbers(*zip(*STAYS[0], strict=True))
    expected = index.describe(np.arange(len(index)), history, stays)
    assert np.abs(expected[TASTE] - expected[TASTE_OF_ALL]).max() > 0.1
    for asked in ({}, {"to": RECIFE}, {"budget": 280.0}):
        for one in ask(client, userCode=0, **asked)["recommendations"]:
            for name in (TASTE, TASTE_OF_ALL):
                told = expected[name][pairs.index((one["hotel"], one["place"]))]
                assert features(one)[name] == pytest.approx(float(told), abs=1e-6)


def test_scores_are_the_chances_that_the_graph_gives(client):
    answer = ask(client, userCode=0)
    scores = []
    for one in answer["recommendations"]:
        told = features(one)
        scores.append(sum(w * (told[name] or 0.0) for name, w in served_hotels.WEIGHTS.items()))
    raised = np.exp(np.array(scores) / served_hotels.TEMPERATURE)
    found = [one["score"] for one in answer["recommendations"]]
    assert found == pytest.approx(raised / raised.sum(), rel=1e-5)
    assert len(found) == answer["scored"] == 4


def test_somebody_unknown_is_answered_with_what_is_popular_and_told_so(client):
    stranger, nobody = ask(client, userCode=99), ask(client)
    assert stranger["coldStart"] is nobody["coldStart"] is True
    assert stranger["home"] is nobody["home"] is None
    assert stranger["warnings"] == [
        "nothing is stored of traveller 99: what is popular comes first"
    ]
    assert nobody["warnings"] == [], "nobody was named, so nobody is unknown"
    by_bookings = sorted(HOTELS, key=lambda one: -HOTELS[one][1])
    assert hotels(stranger) == hotels(nobody) == [name for name, _ in by_bookings][:5]
    told = features(stranger["recommendations"][0])
    assert told["traveller_hotels__stays_here"] is None


def test_the_hotels_of_the_place_they_leave_from_are_left_out(client):
    assert HOME not in places(ask(client, userCode=0, k=100))
    assert HOME in places(ask(client, k=100))
    moved = ask(client, userCode=0, k=100, **{"from": RECIFE})
    assert (moved["home"], places(moved)) == (RECIFE, {HOME})
    # Nobody is known to have left from Olinda: all may be reached, but for Olinda itself.
    unknown = ask(client, k=100, **{"from": OLINDA})
    assert places(unknown) == {HOME, RECIFE, NATAL}
    assert unknown["warnings"] == [
        f"no flight from {OLINDA} is known, so nothing tells what can be reached"
    ]


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ({"userCode": 0, "to": HOME}, f"{HOME} is where they leave from; say another from to stay there"),
        ({"userCode": 0, "to": OLINDA}, f"no flight from {HOME} to {OLINDA} is known"),
        ({"userCode": 0, "to": NATAL, **stay(TUESDAY)}, f"no flight from {HOME} to {NATAL} on a Tuesday is known"),
        ({"from": RECIFE, "to": NATAL}, f"no flight from {RECIFE} to {NATAL} is known"),
        ({"to": RECIFE, "budget": 100}, "no hotel that fits costs 100.00 BRL a night or less; the cheapest costs 275.00"),
        ({"userCode": 0, "budget": 0.01}, "no hotel that fits costs 0.01 BRL a night or less; the cheapest costs 198.00"),
        ({"asked_at": "2020-01-01T00:00:00Z"}, "nothing was known of any hotel that fits the request when it was asked"),
    ],
)  # fmt: skip
def test_an_empty_list_says_why(client, body, warning):
    answer = ask(client, **body)
    assert (answer["recommendations"], answer["scored"]) == ([], 0)
    assert answer["warnings"] == [warning]


def test_the_day_of_the_week_decides_where_flights_lead(client):
    assert places(ask(client, userCode=0, k=100, **stay(MONDAY))) == {RECIFE, NATAL}
    assert places(ask(client, userCode=0, k=100, **stay(TUESDAY))) == {RECIFE}


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        ("recife (pe)", "did you mean Recife (PE)?"),
        ("RECIFE", "did you mean Recife (PE)?"),
        ("Sao Paulo", "did you mean São Paulo (SP)?"),
        ("sao paulo (sp)", "did you mean São Paulo (SP)?"),
        ("São Paolo", "did you mean São Paulo (SP)?"),
        ("Paulo", "did you mean São Paulo (SP)?"),
        ("lin", "did you mean Olinda (PE)?"),
        ("Nattal (RN)", "did you mean Natal (RN)?"),
        ("Atlantis-on-Sea", "as are Natal (RN), Olinda (PE), Recife (PE) and 1 more"),
        ("李小龙", "as are Natal (RN), Olinda (PE), Recife (PE) and 1 more"),
    ],
)
def test_an_unknown_place_is_refused_with_what_may_be_meant(client, place, meant):
    for field in ("from", "to"):
        error = refusal(client, userCode=0, **{field: place})
        assert error["field"] == field
        assert error["detail"].startswith("is no place that is known")
        assert error["detail"].endswith(meant)


def test_every_unknown_place_and_wrong_date_of_a_bulk_is_named(client):
    items = [{}, {"to": "Recif"}, {"from": "Nata", "to": "Olind"}]
    problem = client.post(PATH, json={"items": items}).json()
    wrong = [one["field"] for one in problem["errors"]]
    assert wrong == ["items.1.to", "items.2.from", "items.2.to"]
    assert problem["detail"].endswith("(and 2 more)")
    items = [stay("2026-06-20"), {}, stay("2029-06-20")]
    problem = client.post(PATH, json={"items": items}).json()
    assert [one["field"] for one in problem["errors"]] == ["items.0.checkIn", "items.2.checkIn"]


def test_days_of_the_past_and_of_a_far_future_are_refused(client):
    says = "the request is of 2026-06-30 in America/Sao_Paulo"
    for day, words in (("2026-06-29", "has passed"), ("2028-07-01", "more than 731 days ahead")):
        error = refusal(client, **stay(day, 1) if day < "2027" else {**stay(day)})
        assert error["field"] == "checkIn"
        assert words in error["detail"]
        assert error["detail"].endswith(says)
    assert ask(client, checkIn="2026-06-30", checkOut="2026-07-01")["scored"] == 6
    early = {"asked_at": "2026-06-30T02:59:59Z"}
    assert ask(client, checkIn="2026-06-29", checkOut="2026-06-30", **early)["scored"] == 6


def test_a_hotel_that_the_index_does_not_know_yet_harms_nothing(client):
    answer = ask(client, userCode=2, k=100)
    assert answer["coldStart"] is False
    assert hotels(answer)[0] == "Hotel Mar"
    assert NEW[0] not in hotels(answer), "it is recommended from the next training on"
    # What it does not know does not stand for the last hotel either: Hotel Mar does.
    assert features(answer["recommendations"][0])["hotel_request__was_last_hotel"] == 0.0


def test_a_hotel_of_which_nothing_is_left_is_not_recommended(client):
    for body in ({}, {"userCode": 0}, {"userCode": 0, "to": RECIFE, "budget": 1e6}):
        assert GONE[0] not in hotels(ask(client, k=100, **body))


def test_prices_stay_within_the_budget(client):
    for budget in (180.0, 198.0, 300, 484, 999_999.0):
        for one in ask(client, budget=budget, k=100)["recommendations"]:
            assert one["nightlyPrice"] <= budget
    # No stay in the last 90 days: the price of all time stands for it.
    (convento,) = ask(client, to=OLINDA)["recommendations"]
    assert (convento["nightlyPrice"], convento["totalPrice"]) == (90.0, None)


def test_diversity_puts_other_places_first(client):
    def order(diversity: float) -> list[str]:
        answer = ask(client, userCode=0, diversity=diversity)
        return [one["place"] for one in answer["recommendations"]]

    likeliest = [RECIFE, NATAL, RECIFE, NATAL]
    assert order(0.0) == likeliest
    crowded = ask(client, diversity=0, k=3)
    spread = ask(client, diversity=1, k=4)
    assert len(places(crowded)) < 3
    assert len(places(spread)) == 4
    # A score says how likely a hotel is, wherever diversity puts it.
    chance = {one["hotel"]: one["score"] for one in ask(client)["recommendations"]}
    assert all(
        chance.get(one["hotel"], one["score"]) == one["score"] for one in spread["recommendations"]
    )


def test_a_bulk_answers_in_order_and_like_single_requests(client):
    items = [{"userCode": 0}, {}, {"userCode": 99, "k": 1}, {"userCode": 2, "to": RECIFE, **stay(MONDAY)}, {"userCode": 0, "from": NATAL}]  # fmt: skip
    answer = client.post(PATH, json={"items": items})
    assert answer.json()["items"] == [ask(client, **one) for one in items]
    assert (
        client.post(PATH, json={"items": items[::-1]}).json()["items"]
        == answer.json()["items"][::-1]
    )


def test_asked_at_decides_what_was_known(client):
    early = ask(client, userCode=0, asked_at=(EVENT - timedelta(days=1)).isoformat())
    assert (early["coldStart"], early["home"], early["recommendations"]) == (True, None, [])
    later = ask(client, userCode=0, asked_at=(AS_OF + timedelta(days=30)).isoformat())
    told = features(later["recommendations"][0])
    assert told["hotel_request__days_since_stay_here"] == pytest.approx(29 + 9 + 30, abs=1)


def test_a_store_that_went_away_is_unavailable_and_says_no_path(artefact, tmp_path):
    folder, path = artefact
    copy = tmp_path / "online.sqlite"
    shutil.copy(path, copy)
    client = served_model.client_of(folder, copy, HOTEL_RECOMMENDATIONS)
    assert ask(client, userCode=0)["scored"] == 4
    copy.unlink()
    for body in ({}, {"userCode": 0}, {"items": [{}]}):
        answer = client.post(PATH, json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["remedy"] == "run tambo features"
        assert str(tmp_path) not in answer.text


def test_a_store_older_than_the_model_and_a_baseline_are_said(artefact, tmp_path):
    shutil.copytree(artefact[0], tmp_path / "a")
    served_hotels.spec(baseline=True, estimator="popularity", release=3).save(
        tmp_path / "a" / "serving.json"
    )
    stale = tmp_path / "online.sqlite"
    shutil.copy(artefact[1], stale)
    write_sqlite_state(stale, online_feast.PROJECT, StoreState(2, online_feast.INSTANTS))
    client = served_model.client_of(tmp_path / "a", stale, HOTEL_RECOMMENDATIONS)
    assert ask(client)["warnings"] == [
        "features are of release 2, older than release 3 that the model was trained at",
        "no trained model beat the baseline popularity",
    ]


def test_an_artefact_that_cannot_recommend_is_refused(artefact, tmp_path):
    def opened(folder):
        return served_model.client_of(folder, artefact[1], HOTEL_RECOMMENDATIONS)

    shutil.copytree(artefact[0], tmp_path / "a")
    served_hotels.spec(temperature=None).save(tmp_path / "a" / "serving.json")
    with pytest.raises(ServingError, match="no candidate index, or no temperature"):
        opened(tmp_path / "a")
    shutil.copytree(artefact[0], tmp_path / "b")
    (tmp_path / "b" / "candidates.npz").unlink()
    with pytest.raises(ServingError, match="no candidate index, or no temperature"):
        opened(tmp_path / "b")
    shutil.copytree(artefact[0], tmp_path / "c")
    manifest = OnlineManifest.load(tmp_path / "c" / "online_manifest.json")
    kept = tuple(view for view in manifest.views if view.name != "traveller_recent_stays")
    manifest.model_copy(update={"views": kept}).save(tmp_path / "c" / "online_manifest.json")
    with pytest.raises(ServingError, match="has no traveller_recent_stays__recent_hotels"):
        opened(tmp_path / "c")


def test_where_there_are_many_hotels_the_budget_narrows_what_is_read(artefact, tmp_path):
    """A thousand more hotels in Recife, all dear: those that can be paid are found nevertheless."""
    many = served_hotels.index()
    extra = 1000

    def longer(values: np.ndarray, more: np.ndarray | float | str) -> np.ndarray:
        shape = (extra, *values.shape[1:])
        return np.concatenate([values, np.broadcast_to(np.asarray(more, values.dtype), shape)])

    index = replace(
        many,
        names=np.concatenate([many.names, [f"Torre {n}" for n in range(extra)]]),
        places=longer(many.places, RECIFE),
        popularity=longer(many.popularity, 1000.0),
        prices=longer(many.prices, 5000.0),
        near=longer(many.near, -1),
        near_weights=longer(many.near_weights, 0.0),
        next=longer(many.next, -1),
        next_weights=longer(many.next_weights, 0.0),
        factors=longer(many.factors, 0.0),
        weights=longer(many.weights, 0.0),
    )
    shutil.copytree(artefact[0], tmp_path / "a")
    index.save(tmp_path / "a" / "candidates.npz")
    client = served_model.client_of(tmp_path / "a", artefact[1], HOTEL_RECOMMENDATIONS)
    affordable = ask(client, to=RECIFE, budget=300)
    assert (affordable["considered"], hotels(affordable)) == (1007, ["Pousada Sereia"])
    (warning,) = ask(client, to=RECIFE, budget=10)["warnings"]
    assert warning.endswith("the cheapest costs 275.00")
    assert math.isclose(sum(one["score"] for one in affordable["recommendations"]), 1.0)
