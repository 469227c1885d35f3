"""Answers on a traveller's gender, from a store that Feast wrote and a real ONNX graph."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

import numpy as np
import online_feast
import onnx
import pytest
import served_model
from online_feast import AS_OF, EVENT

from bentos.inference.features import WITHHELD
from bentos.travel.traveller_gender.chances import FIRST_NAME
from bentos.travel.traveller_gender.documentation import TRAVELLER_GENDER
from tambo.errors import ServingError
from tambo.featurestore.online import StoreState, write_sqlite_state
from tambo.serving.spec import Input

PATH = "/v1/traveller-gender"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    return served_model.home(tmp_path_factory.mktemp("served"), "traveller_gender")


@pytest.fixture(scope="module")
def client(artefact):
    return served_model.client_of(*artefact, TRAVELLER_GENDER)


def ask(client, **body):
    return client.post(PATH, json=body)


def chances(answer) -> np.ndarray:
    return np.array([answer.json()["probabilities"][one] for one in served_model.GENDERS])


def expected(name: str | None, age: float) -> np.ndarray:
    """What the artefact's graph says, computed here."""
    evidence = np.log(np.array(served_model.SHARES))
    evidence[0] += age / 1000
    for end, says in served_model.SAYS.items():
        evidence[says] += 3.0 * (name or "").endswith(end[0])
    raised = np.exp(evidence)
    return raised / raised.sum()


def features(answer) -> dict[str, dict]:
    return {one["name"]: one for one in answer.json()["features"]}


def test_an_answer_says_what_it_rests_on_and_withholds_the_name(client):
    answer = ask(client, userCode=0)
    body = answer.json()
    assert chances(answer) == pytest.approx(expected(online_feast.FIRST_NAME, 44), abs=2e-6)
    assert (body["gender"], body["abstain_below"], body["coldStart"]) == ("female", 0.6, False)
    assert (body["model"]["name"], body["model"]["release"]) == ("traveller_gender", 2)
    assert (body["release"], body["warnings"]) == (2, [])
    assert body["as_of"] == body["asked_at"] == "2026-06-30T03:00:00Z"
    found = features(answer)
    assert list(found) == [
        FIRST_NAME,
        "traveller_profile__age",
        "traveller_travel__trips_booked",
        "traveller_travel__mean_fare_paid",
    ]
    assert found[FIRST_NAME] == {
        "name": FIRST_NAME, "value": None, "event_timestamp": "2026-06-01T12:30:15Z",
        "age_seconds": (AS_OF - EVENT).total_seconds(), "reason_if_null": WITHHELD,
    }  # fmt: skip
    assert found["traveller_profile__age"]["value"] == 44
    assert online_feast.FIRST_NAME not in answer.text


def test_a_name_in_the_request_replaces_the_stored_one(client):
    answer = ask(client, userCode=0, name="Paulo Maria")
    assert chances(answer) == pytest.approx(expected("Paulo", 44), abs=2e-6)
    assert answer.json()["gender"] == "male"
    withheld = features(answer)[FIRST_NAME]
    assert (withheld["value"], withheld["reason_if_null"]) == (None, WITHHELD)
    assert withheld["event_timestamp"] is None, "it is of the request, not of the store"
    assert "Paulo" not in answer.text
    only = ask(client, name="Paulo")
    assert chances(only) == pytest.approx(expected("Paulo", 0), abs=2e-6)
    assert features(only)["traveller_profile__age"]["reason_if_null"] == "no key given"
    assert (only.json()["warnings"], only.json()["coldStart"]) == ([], True)


def test_an_unknown_traveller_is_answered_and_said(client):
    answer = ask(client, userCode=99)
    assert chances(answer) == pytest.approx(served_model.SHARES, abs=2e-6)
    body = answer.json()
    assert (body["gender"], body["coldStart"]) == (None, True)
    assert body["warnings"] == [
        "nothing is stored of traveller 99",
        "no first name is known: little tells this traveller from any other",
    ]
    assert features(answer)[FIRST_NAME]["reason_if_null"] == "unknown key"
    named = ask(client, userCode=99, name="Ana")
    assert (named.json()["gender"], named.json()["coldStart"]) == ("female", True)
    assert named.json()["warnings"] == ["nothing is stored of traveller 99"]


def test_a_traveller_without_a_first_name_is_said(client):
    body = ask(client, userCode=1).json()
    assert not body["coldStart"]
    assert body["warnings"] == [
        "no first name is known: little tells this traveller from any other"
    ]


@pytest.mark.parametrize(
    "name",
    ["李小龙", "محمد علي", "Анна", "👩‍🚀🎉", "e\u0301\u0301\u0301", "\u0301", "O'Brien", "x" * 200, "İI", "ﬁ", "\u202eanA", "🏳️‍🌈" * 33],
)  # fmt: skip
def test_names_of_any_script_are_answered(client, name):
    answer = ask(client, name=name)
    assert answer.status_code == 200
    assert sum(chances(answer)) == pytest.approx(1.0, abs=1e-12)
    assert name not in answer.text


def test_the_form_of_a_name_does_not_matter(client):
    same = [
        "José",
        "JOSÉ",
        "josé",
        "Jose\u0301",
        "  José ",
        "\u00a0José\u2003",
        "\u3000 José da Ana",
    ]
    found = [ask(client, name=name).json()["probabilities"] for name in same]
    assert found == [found[0]] * len(same)


def test_asked_at_decides_what_was_known(client):
    early = ask(client, userCode=0, asked_at=(EVENT - timedelta(days=1)).isoformat())
    assert features(early)[FIRST_NAME]["reason_if_null"] == "newer than the request"
    assert chances(early) == pytest.approx(served_model.SHARES, abs=2e-6)
    late = ask(client, userCode=0, asked_at=(EVENT + timedelta(days=91)).isoformat())
    assert features(late)["traveller_travel__trips_booked"]["reason_if_null"] == "expired"


def test_a_batch_answers_in_order_and_like_single_requests(client):
    items = [{"userCode": 0}, {"name": "Ana"}, {"userCode": 99, "name": "Beto"}, {"userCode": 1}]
    answer = client.post(PATH, json={"items": items})
    assert answer.json()["items"] == [ask(client, **one).json() for one in items]
    many = client.post(PATH, json={"items": [{"name": "Ana"}] * 1000})
    assert len(many.json()["items"]) == 1000


def test_a_class_is_named_from_the_threshold_on(artefact, tmp_path):
    folder, path = artefact
    shutil.copytree(folder, tmp_path / "a")
    for threshold, gender in ((None, "male"), (0.4, "male"), (0.46, None), (1.01, None)):
        made = served_model.gender_spec(abstain_below=threshold)
        made.save(tmp_path / "a" / "serving.json")
        client = served_model.client_of(tmp_path / "a", path, TRAVELLER_GENDER)
        assert ask(client, userCode=99).json()["gender"] == gender


def test_a_store_older_than_the_model_and_a_baseline_are_said(artefact, tmp_path):
    folder, path = artefact
    shutil.copytree(folder, tmp_path / "a")
    made = served_model.gender_spec(baseline=True, estimator="shares")
    made.save(tmp_path / "a" / "serving.json")
    stale = tmp_path / "online.sqlite"
    shutil.copy(path, stale)
    write_sqlite_state(stale, online_feast.PROJECT, StoreState(1, online_feast.INSTANTS))
    body = ask(served_model.client_of(tmp_path / "a", stale, TRAVELLER_GENDER), userCode=0).json()
    assert body["model"]["baseline"] is True
    assert body["warnings"] == [
        "features are of release 1, older than release 2 that the model was trained at",
        "no trained model beat the baseline shares",
    ]


def test_a_model_of_other_classes_is_refused(artefact, tmp_path):
    shutil.copytree(artefact[0], tmp_path / "a")
    made = served_model.gender_spec(classes=("a", "b", "c"))
    made.save(tmp_path / "a" / "serving.json")
    with pytest.raises(ServingError, match=r"chances of a, b, c, and not of male, female, none"):
        served_model.client_of(tmp_path / "a", artefact[1], TRAVELLER_GENDER)


def test_what_fails_by_surprise_repeats_no_name(artefact, tmp_path, caplog):
    """A model that takes the name for a number fails with the name in its words."""
    shutil.copytree(artefact[0], tmp_path / "a")
    numbers = tuple(Input(name=name, kind="number") for name in (FIRST_NAME, served_model.AGE))
    served_model.gender_spec(inputs=numbers).save(tmp_path / "a" / "serving.json")
    onnx.save(served_model.gender_graph(2), tmp_path / "a" / "model.onnx")
    client = served_model.client_of(tmp_path / "a", artefact[1], TRAVELLER_GENDER)
    with caplog.at_level(logging.DEBUG):
        answers = [ask(client, name="Xyzzyvara Silva"), ask(client, userCode=0)]
    for answer in answers:
        assert (answer.status_code, answer.json()["detail"]) == (500, "see the service's log")
        assert "Xyzzyvara" not in answer.text
        assert online_feast.FIRST_NAME not in answer.text
    assert "ServingError at" in caplog.text
    assert "in predict" in caplog.text, "where it failed is said"
    assert "Xyzzyvara" not in caplog.text
    assert online_feast.FIRST_NAME not in caplog.text
