"""The travel service's answers, from a store that Feast wrote and a real ONNX graph."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta

import online_feast
import onnx
import pytest
import served_model
from online_feast import AGENCIES, AS_OF, CITIES, EVENT

from bentos.inference.features import NOT_COMPUTED
from bentos.web.endpoint import MAX_BYTES
from tambo.errors import ServingError
from tambo.featurestore.online import StoreState, write_sqlite_state
from tambo.requesttime.travel import FLIGHT_CLASSES
from tambo.serving.model import ServedModel
from tambo.serving.spec import Input, ServingSpec

ASK = {
    "from": CITIES[0], "to": CITIES[1], "flightType": "economic", "agency": AGENCIES[0],
    "date": "2026-07-10", "userCode": 0,
}  # fmt: skip
DAYS = 10.0


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    return served_model.home(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def client(artefact):
    return served_model.client_of(*artefact)


def ask(client, **changes):
    return client.post("/v1/flight-price", json={**ASK, **changes})


def features(answer) -> dict[str, dict]:
    return {one["name"]: one for one in answer.json()["features"]}


def test_a_price_says_what_it_rests_on(client):
    answer = ask(client)
    body = answer.json()
    fare = online_feast.price(CITIES[0], CITIES[1], "economic")
    assert body["price"] == fare - DAYS
    assert body["currency"] == "BRL"
    assert body["interval"] == {
        "level": 0.9, "low": round(0.9 * (fare - DAYS), 2), "high": round(1.1 * (fare - DAYS), 2),
        "basis": "flights of type economic",
    }  # fmt: skip
    assert body["model"] == {
        "name": "flight_price",
        "version": None,
        "estimator": "formula",
        "baseline": False,
        "release": 3,
    }
    assert (body["release"], body["warnings"]) == (3, [])
    assert body["as_of"] == body["asked_at"] == "2026-06-30T03:00:00Z"
    found = features(answer)
    assert found["fare_prices__fare_mean"] == {
        "name": "fare_prices__fare_mean", "value": fare, "event_timestamp": "2026-06-01T12:30:15Z",
        "age_seconds": (AS_OF - EVENT).total_seconds(), "reason_if_null": None,
    }  # fmt: skip
    assert found["flight_request__days_to_travel"]["value"] == DAYS
    assert found["flight_request__days_since_last_booking"]["value"] == 29.0
    assert found["flight_request__flight_distance_km"]["value"] == 500.5


def test_a_store_older_than_the_model_is_said(artefact, tmp_path):
    folder, path = artefact
    stale = tmp_path / "online.sqlite"
    shutil.copy(path, stale)
    write_sqlite_state(stale, online_feast.PROJECT, StoreState(2, online_feast.INSTANTS))
    body = ask(served_model.client_of(folder, stale)).json()
    assert body["release"] == 2
    assert body["warnings"] == [
        "features are of release 2, older than release 3 that the model was trained at"
    ]


def test_unknown_routes_and_travellers_still_get_a_price(client):
    answer = ask(client, to="Atlantis", userCode=99)
    body, found = answer.json(), features(answer)
    assert answer.status_code == 200
    assert body["price"] == 400.0 - DAYS
    assert body["interval"]["low"] == round(0.5 * body["price"], 2)
    assert body["interval"]["basis"] == "routes that the model has not seen"
    assert body["warnings"] == [f"no fare is stored for {CITIES[0]} → Atlantis"]
    assert found["fare_prices__fare_mean"]["value"] is None
    assert found["fare_prices__fare_mean"]["reason_if_null"] == "unknown key"
    assert found["traveller_travel__trips_booked"]["reason_if_null"] == "unknown key"
    assert found["flight_request__flight_distance_km"]["reason_if_null"] == NOT_COMPUTED
    nobody = features(ask(client, userCode=None))
    assert nobody["traveller_travel__trips_booked"]["reason_if_null"] == "no key given"
    stated = features(ask(client, to="Atlantis", distance=812.5, time=2))
    assert stated["flight_request__flight_distance_km"]["value"] == 812.5


def test_the_traveller_and_the_clock_do_not_move_what_the_model_does_not_use(client):
    assert ask(client, userCode=0).json()["price"] == ask(client, userCode=1).json()["price"]


def test_asked_at_moves_ages_and_days(client):
    later = AS_OF + timedelta(days=3)
    answer = ask(client, asked_at=later.isoformat())
    assert answer.json()["price"] == ask(client).json()["price"] + 3.0
    assert (
        features(answer)["fare_prices__fare_mean"]["age_seconds"] == (later - EVENT).total_seconds()
    )
    assert datetime.fromisoformat(answer.json()["asked_at"]) == later
    old = features(ask(client, asked_at=(EVENT + timedelta(days=30)).isoformat()))
    assert old["origin_place__arrivals"]["reason_if_null"] == "expired"
    early = features(ask(client, asked_at=(EVENT - timedelta(days=1)).isoformat()))
    assert early["fare_prices__fare_mean"]["reason_if_null"] == "newer than the request"


def test_a_batch_answers_in_order_and_like_single_requests(client):
    items = [
        {**ASK, "flightType": kind, "agency": agency}
        for kind in FLIGHT_CLASSES
        for agency in AGENCIES
    ]
    answer = client.post("/v1/flight-price", json={"items": items})
    assert answer.json()["items"] == [ask(client, **item).json() for item in items]
    assert (
        len(client.post("/v1/flight-price", json={"items": [ASK] * 1000}).json()["items"]) == 1000
    )


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"agency": "FlyNowhere"}, "agency", "must be one of CloudFy, Rainbow"),
        ({"date": "2026-06-29"}, "date", "2026-06-29 has passed"),
        ({"date": "2029-01-01"}, "date", "more than 731 days ahead"),
        ({"date": "2026-07-10", "asked_at": "2026-07-11T12:00:00-03:00"}, "date", "has passed"),
        ({"flightType": "cargo"}, "flightType", "must be 'economic', 'premium' or 'firstClass'"),
    ],
)
def test_what_cannot_be_priced_is_named(client, changes, field, words):
    answer = ask(client, **changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert words in error["detail"]
    batch = client.post("/v1/flight-price", json={"items": [ASK, {**ASK, **changes}]})
    assert batch.json()["errors"][0]["pointer"] == f"#/items/1/{field}"


def test_today_can_still_be_flown(client):
    # 03:00 UTC of the 30th is midnight in São Paulo.
    assert ask(client, date="2026-06-30").status_code == 200
    assert ask(client, date="2026-06-29", asked_at="2026-06-30T02:59:59Z").status_code == 200


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/vnd.bentoml+pickle"}, b"\x80\x04.", 415),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x--", 415),
        ({"content-type": "application/x-www-form-urlencoded"}, b"from=a", 415),
        ({"content-encoding": "gzip"}, json.dumps(ASK).encode(), 415),
        ({}, b" " * (MAX_BYTES + 1), 413),
        ({}, b"", 400),
        ({}, b"{", 400),
    ],
)
def test_bodies_that_are_not_taken(client, headers, body, status):
    answer = client.post(
        "/v1/flight-price", content=body, headers={"content-type": "application/json", **headers}
    )
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_other_methods_and_paths_are_problems_too(client):
    for method in ("GET", "PUT", "DELETE"):
        answer = client.request(method, "/v1/flight-price")
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json()["status"] == 405
    answer = client.get("/v2/flight-price")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tambo:problem:not-found")


def test_a_store_that_went_away_is_unavailable_and_says_no_path(artefact, tmp_path):
    folder, path = artefact
    copy = tmp_path / "online.sqlite"
    shutil.copy(path, copy)
    client = served_model.client_of(folder, copy)
    assert ask(client).status_code == 200
    copy.unlink()
    answer = ask(client)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["remedy"] == "run tambo features"
    assert str(tmp_path) not in answer.text
    shutil.copy(path, copy)
    assert ask(client).status_code == 200


def test_a_baseline_says_so_in_every_answer(artefact, tmp_path):
    folder, path = artefact
    shutil.copytree(folder, tmp_path / "a")
    pair = Input(
        name="origin|agency",
        kind="category",
        vocabulary=("Recife (PE)|CloudFy",),
        columns=("origin", "agency"),
    )
    inputs = (*served_model.spec().inputs[:3], pair)
    served_model.spec(baseline=True, estimator="route_class_mean", inputs=inputs, known={}).save(
        tmp_path / "a" / "serving.json"
    )
    answer = ask(served_model.client_of(tmp_path / "a", path), agency="one of which nobody said")
    assert answer.json()["model"]["baseline"] is True
    assert answer.json()["warnings"] == ["no trained model beat the baseline route_class_mean"]


@pytest.mark.parametrize("missing", ["model.onnx", "serving.json", "online_manifest.json"])
def test_an_artefact_that_is_not_whole_is_refused(artefact, tmp_path, missing):
    shutil.copytree(artefact[0], tmp_path / "a")
    (tmp_path / "a" / missing).write_bytes(b"broken")
    with pytest.raises(Exception, match=missing.replace(".", r"\.")) as error:
        ServedModel.load(tmp_path / "a")
    assert "train the model again" in str(error.value)


def test_a_graph_that_does_not_fit_its_spec_is_refused(artefact, tmp_path):
    shutil.copytree(artefact[0], tmp_path / "a")
    fewer = served_model.spec()
    fewer.model_copy(update={"inputs": fewer.inputs[:3]}).save(tmp_path / "a" / "serving.json")
    with pytest.raises(ServingError, match="3 features"):
        ServedModel.load(tmp_path / "a")
    graph = served_model.graph()
    graph.graph.output.append(onnx.ValueInfoProto(name="ranked", type=graph.graph.output[0].type))
    onnx.save(graph, tmp_path / "a" / "model.onnx")
    fewer.save(tmp_path / "a" / "serving.json")
    with pytest.raises(ServingError, match="gives price, ranked"):
        ServedModel.load(tmp_path / "a")
    assert isinstance(ServingSpec.load(artefact[0] / "serving.json"), ServingSpec)


def test_a_model_that_wants_what_nobody_gives_is_refused(artefact, tmp_path):
    shutil.copytree(artefact[0], tmp_path / "a")
    inputs = (*served_model.spec().inputs[:3], Input(name="leg_number", kind="number"))
    served_model.spec(inputs=inputs).save(tmp_path / "a" / "serving.json")
    with pytest.raises(ServingError, match="wants leg_number"):
        served_model.client_of(tmp_path / "a", artefact[1])


def test_instants_are_answered_in_utc(client):
    answer = ask(client, asked_at="2026-07-01T00:00:00-03:00")
    assert answer.json()["asked_at"] == "2026-07-01T03:00:00Z"
