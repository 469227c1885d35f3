"""The travel bento: built from the registry, started as a server, called over HTTP, stopped."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import loopback
import online_feast
import psutil
import pytest
import served_model
import yaml
from online_feast import AGENCIES, CITIES, INSTANTS

from bentos.bundle import DONE, bundle, latest, named_releases
from bentos.champions import champions
from bentos.requirements import FORBIDDEN
from bentos.serve import call, serving
from bentos.travel import MODELS
from bentos.travel.example import PATH
from tambo.errors import OnlineStoreError, ServingError
from tambo.featurestore.online import StoreState, write_redis_state, write_sqlite_state
from tambo.serving.spec import ServingSpec
from tambo.settings import Settings

GENDER, HOTELS = "/v1/traveller-gender", "/v1/hotel-recommendations"

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.xdist_group("travel-bento")]

ASK = {
    "from": CITIES[0], "to": CITIES[1], "flightType": "economic", "agency": AGENCIES[0],
    "date": "2026-07-10", "userCode": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    settings.online_store.parent.mkdir(parents=True)
    store = online_feast.repository(
        settings.online_store.parent, {"type": "sqlite", "path": str(settings.online_store)}
    )
    served_model.fill(store)
    write_sqlite_state(settings.online_store, online_feast.PROJECT, StoreState(4, INSTANTS))
    served_model.write_all(settings.home / "models", store)
    return settings


@pytest.fixture(scope="module")
def bundled(settings):
    with pytest.raises(ServingError, match="no champion"):
        champions(settings, ["flight_price"])
    assert champions(settings, ["flight_price"], optional=["flight_price"]) == []
    with pytest.raises(ServingError, match="tambo bundle travel"):
        latest(settings, "travel")
    for model in MODELS:
        served_model.register(settings, settings.home / "models" / model, model)
    return bundle(settings, "travel")


@pytest.fixture(scope="module")
def service(settings, bundled):
    with serving(settings, "travel") as process:
        yield process


def test_the_bento_holds_the_champion_and_its_labels(settings, bundled):
    assert not bundled.up_to_date
    assert (bundled.path / "src" / "models" / "hotel_recommendation" / "candidates.npz").exists()
    assert bundled.models == dict.fromkeys(MODELS, "1")
    assert latest(settings, "travel") == bundled.path
    labels = yaml.safe_load((bundled.path / "bento.yaml").read_text())["labels"]
    assert (labels["release"], labels["domain"]) == ("1,2,3", "travel")
    for model in MODELS:
        assert labels[f"model.{model}"] == "1"
        spec = bundled.path / "src" / "models" / model / "serving.json"
        assert ServingSpec.load(spec).version == "1"
    # Each model is of a release of its own.
    assert json.loads((bundled.path / DONE).read_text()) == {
        "flight_price": {"release": 3, "version": "1"},
        "traveller_gender": {"release": 2, "version": "1"},
        "hotel_recommendation": {"release": 1, "version": "1"},
    }


def test_the_bento_holds_nothing_but_what_serves(bundled):
    requirements = (bundled.path / "env" / "python" / "requirements.txt").read_text()
    names = {line.split("==")[0] for line in requirements.splitlines() if not line.startswith(" ")}
    assert {"bentoml", "onnxruntime", "redis"} < names
    assert not names & FORBIDDEN
    for path in bundled.path.rglob("*"):
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".pyc", ".csv", ".parquet"}, path
        if path.is_file() and path.suffix not in {".onnx", ".npz"}:
            text = path.read_text()
            assert not re.search("--index-url|--find-links", text), path
    docker = (bundled.path / "env" / "docker" / "Dockerfile").read_text()
    assert re.search(r"FROM docker\.io/library/python:3\.1\d\S*slim", docker)
    assert "USER bentoml" in docker
    assert "build-essential" not in docker
    assert "pip install --no-cache-dir uv==" in docker
    assert "ENV UV_NO_CACHE" in docker
    said = yaml.safe_load((bundled.path / "apis" / "openapi.yaml").read_text())["paths"]
    assert {PATH, GENDER, HOTELS} < set(said)
    for stranger in ("example.py", "bundle.py", "serve.py"):
        assert not list(bundled.path.rglob(stranger))


def test_bundling_again_finds_the_bento(settings, bundled):
    again = bundle(settings, "travel")
    assert again.up_to_date
    assert (again.tag, again.path) == (bundled.tag, bundled.path)
    assert named_releases(settings) == {1, 2, 3}, "spared by retention"


def test_one_price_over_http(service):
    body = call(service.url + PATH, ASK)
    assert body["price"] == online_feast.price(CITIES[0], CITIES[1], "economic") - 10
    assert body["model"]["version"] == "1"
    assert (body["release"], body["as_of"]) == (4, "2026-06-30T03:00:00Z")
    assert len(body["features"]) > 15


def test_a_gender_over_http_from_the_features_of_its_own_model(service):
    one = call(service.url + GENDER, {"userCode": 0, "name": "Ana"})
    assert (one["gender"], one["coldStart"], one["warnings"]) == ("female", False, [])
    assert (one["release"], one["model"]["release"]) == (4, 2)
    assert not [found for found in one["features"] if found["name"].startswith("fare")]
    many = call(service.url + GENDER, {"items": [{"userCode": 0, "name": "Ana"}] * 300})
    assert many["items"] == [one] * 300


def test_hotels_over_http_from_the_features_of_their_own_model(service):
    one = call(service.url + HOTELS, {"userCode": 0, "k": 2})
    assert [found["hotel"] for found in one["recommendations"]] == ["Pousada Sereia", "Duna"]
    assert (one["release"], one["model"]["release"], one["model"]["version"]) == (4, 1, "1")
    many = call(service.url + HOTELS, {"items": [{"userCode": 0, "k": 2}] * 50})
    assert many["items"] == [one] * 50


def test_many_prices_over_http(service):
    items = call(service.url + PATH, {"items": [{**ASK, "userCode": code} for code in range(500)]})[
        "items"
    ]
    assert len(items) == 500
    assert items[0] == call(service.url + PATH, ASK)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (json.dumps({**ASK, "distance": float("nan")}), "application/json", 422),
        (json.dumps({**ASK, "agency": "x"}), "application/json", 422),
        ("[" * 5000, "application/json", 400),
        ("\x80\x04", "application/vnd.bentoml+pickle", 415),
        ("", "multipart/form-data", 415),
    ],
)
def test_bad_requests_are_problems(service, content, kind, status):
    answer = loopback.post(service.url + PATH, content=content, headers={"content-type": kind})
    assert answer.status_code == answer.json()["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_bento_serves_from_redis(settings, bundled, service, tmp_path):
    with online_feast.redis_server(tmp_path) as (port, server):
        where = {"type": "redis", "connection_string": f"127.0.0.1:{port}"}
        served_model.fill(online_feast.repository(tmp_path, where))
        url = f"redis://127.0.0.1:{port}/0"
        write_redis_state(url, online_feast.PROJECT, StoreState(4, INSTANTS))
        with serving(settings.model_copy(update={"redis_url": url}), "travel") as near:
            answer = call(service.url + PATH, ASK)
            gender = call(service.url + GENDER, {"userCode": 0})
            hotels = call(service.url + HOTELS, {"userCode": 0})
            assert call(near.url + PATH, ASK) == answer
            assert call(near.url + GENDER, {"userCode": 0}) == gender
            assert call(near.url + HOTELS, {"userCode": 0}) == hotels
            counted = loopback.get(f"{service.url}/metrics").text
            assert f'request_total{{endpoint="{GENDER}"' in counted, "each counts its own"
            server.terminate()
            server.wait(loopback.SECONDS)
            down = loopback.post(near.url + PATH, json=ASK)
            assert (down.status_code, down.headers["retry-after"]) == (503, "5")
            assert down.headers["content-type"] == "application/problem+json"
            assert down.json()["remedy"] == "start Redis, or correct TAMBO_REDIS_URL"
            assert loopback.get(f"{near.url}/readyz").status_code == 503
            assert loopback.get(f"{near.url}/livez").status_code == 200
            empty = tmp_path / "empty"
            empty.mkdir()
            with online_feast.redis_server(empty, port):
                nothing = loopback.post(near.url + PATH, json=ASK)
                assert nothing.status_code == 503, nothing.text
                assert nothing.json()["remedy"] == "run tambo features with TAMBO_REDIS_URL set"
            with online_feast.redis_server(tmp_path, port):
                assert call(near.url + PATH, ASK) == answer
                assert loopback.get(f"{near.url}/readyz").status_code == 200


def test_a_client_hears_the_problem_in_words(service):
    with pytest.raises(ServingError, match="422: date: is no date"):
        call(service.url + PATH, {**ASK, "date": "2026-02-30"})


def test_health_metrics_and_documents(service):
    with loopback.client(base_url=service.url) as client:
        for path in ("/livez", "/readyz", "/healthz"):
            assert client.get(path).status_code == 200
        document = client.get("/docs.json").json()
        for path in (PATH, GENDER, HOTELS):
            asked = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            for example in asked["examples"].values():
                assert client.post(path, json=example["value"]).status_code == 200
            metrics = client.get("/metrics").text
            assert f'bentoml_service_request_total{{endpoint="{path}"' in metrics
        page = client.get("/").text
        assert "swagger-ui" in page
        assert "googletagmanager" not in page
        assert client.get("/static_content/swagger-ui-bundle.js").status_code == 200
        unknown = client.get("/nothing")
        assert unknown.status_code == 404
        assert unknown.headers["content-type"] == "application/problem+json"


MARKER = "Xyzzyvara"

NAMED = [
    ("POST", GENDER, {"json": body})
    for body in (
        {"name": MARKER},
        {"name": f"{MARKER} da Silva", "userCode": 0},
        {"items": [{"name": MARKER}, {"userCode": 99, "name": MARKER}]},
        {"name": f"{MARKER}\u0000"},
        {"name": MARKER * 40},
        {"name": [MARKER]},
        {"name": {MARKER: MARKER}},
        {"userCode": MARKER},
        {"asked_at": MARKER, "name": MARKER},
        {MARKER: MARKER, "name": MARKER},
        {"items": [{"name": MARKER}, {}]},
        {"items": MARKER},
        {"items": []} | {MARKER: 1},
        [MARKER],
        MARKER,
    )
] + [
    ("POST", GENDER, {"content": f'{{"name": "{MARKER}'.encode()}),
    ("POST", GENDER, {"content": f'{{"name": {MARKER}}}'.encode()}),
    ("POST", GENDER, {"content": MARKER.encode("utf-16")}),
    ("POST", GENDER, {"content": MARKER.encode() * 300_000}),
    ("POST", GENDER, {"data": {"name": MARKER}}),
    ("POST", GENDER, {"files": {MARKER: MARKER.encode()}}),
    ("POST", f"{GENDER}?name={MARKER}", {"json": {"name": MARKER}}),
    ("POST", f"{GENDER}/{MARKER}", {"json": {"name": MARKER}}),
    ("GET", f"{GENDER}?name={MARKER}", {}),
    ("GET", f"{GENDER}/{MARKER}", {}),
    ("GET", f"/{MARKER}", {}),
    ("GET", f"/static_content/{MARKER}", {}),
    ("GET", f"/readyz/{MARKER}", {}),
    (MARKER.upper(), GENDER, {}),
    ("PUT", GENDER, {"json": {"name": MARKER}}),
]  # fmt: skip


def test_a_name_stands_in_no_answer_log_or_metric(settings, service):
    """Whatever is asked with a name, well or badly, and whether features can be read or not."""
    away = settings.online_store.with_suffix(".away")
    with loopback.client(base_url=service.url) as client:

        def answers() -> list[httpx.Response]:
            stored = client.post(GENDER, json={"userCode": 0})
            return [client.request(*how[:2], **how[2]) for how in NAMED] + [stored]

        found = answers()
        settings.online_store.rename(away)
        try:
            found += answers()
        finally:
            away.rename(settings.online_store)
        statuses = {one.status_code for one in found}
        assert statuses == {200, 400, 404, 405, 413, 415, 422, 503}
        found += [client.get("/metrics"), client.get("/docs.json")]
    secrets = [word.casefold().encode() for word in (MARKER, online_feast.FIRST_NAME)]
    for one in found:
        said = one.content + repr(one.headers.raw).encode()
        assert not [secret for secret in secrets if secret in said.lower()], said[:500]
    written = [*settings.scratch.rglob("*"), *settings.bento_home.rglob("*")]
    assert service.log in written
    assert "is not there" in service.log.read_text(), "what failed is in the log"
    for path in written:
        if path.is_file():
            assert not [one for one in secrets if one in path.read_bytes().lower()], path


def test_it_is_not_ready_without_its_features(settings, service):
    away = settings.online_store.with_suffix(".away")
    settings.online_store.rename(away)
    try:
        assert loopback.get(f"{service.url}/readyz").status_code == 503
        assert loopback.get(f"{service.url}/livez").status_code == 200
        answer = loopback.post(service.url + PATH, json=ASK)
        assert (answer.status_code, answer.json()["remedy"]) == (503, "run tambo features")
        with pytest.raises(OnlineStoreError, match="not there"), serving(settings, "travel"):
            pytest.fail("nothing must be started without features")
    finally:
        away.rename(settings.online_store)
    assert loopback.get(f"{service.url}/readyz").status_code == 200


def test_stopping_leaves_nothing_running(settings, bundled):
    with serving(settings, "travel") as process:
        parent = psutil.Process(process.pid)
        family = [parent, *parent.children(recursive=True)]
        assert len(family) > 1
        port = int(process.url.rsplit(":", 1)[1])
    assert not [one for one in family if lives(one)]
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_service_that_cannot_start_says_why(settings, bundled):
    with ExitStack() as stack:
        taken = stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ServingError, match=r"(?i)address already in use|ended with"):
            stack.enter_context(serving(settings, "travel", taken.getsockname()[1]))


def test_a_new_champion_makes_a_new_bento_and_a_broken_one_is_built_again(settings, bundled):
    version = served_model.register(settings, settings.home / "models" / "flight_price")
    newer = bundle(settings, "travel")
    expected = {**dict.fromkeys(MODELS, "1"), "flight_price": version}
    assert (newer.models, newer.up_to_date) == (expected, False)
    assert newer.path != bundled.path
    (newer.path / DONE).unlink()
    again = bundle(settings, "travel")
    assert (again.tag, again.up_to_date) == (newer.tag, False)
    assert not list(Path(settings.scratch).glob("bundle-*"))


def test_a_champion_without_its_artefact_is_refused(settings, bundled):
    empty = settings.home / "half"
    empty.mkdir()
    (empty / "model.onnx").write_bytes(
        (settings.home / "models" / "flight_price" / "model.onnx").read_bytes()
    )
    served_model.register(settings, empty)
    with pytest.raises(ServingError, match=r"lacks serving/serving\.json"):
        bundle(settings, "travel")


def test_nobody_answers(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(ServingError, match="does not answer"):
        call(f"http://127.0.0.1:{port}{PATH}", ASK)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_serves_on_when_its_caller_has_ended(settings, bundled, how):
    code = (
        "import sys; from bentos.serve import serve_forever; from tambo.settings import Settings;"
        "serve_forever(Settings(home=sys.argv[1]), 'travel', 0)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(settings.home)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", said).group()
        assert call(url + PATH, ASK)["currency"] == "BRL"
        family = psutil.Process(process.pid).children(recursive=True)
        # The guard, BentoML and its worker.
        assert len(family) == 3
        process.send_signal(how)
        killed = how == signal.SIGKILL
        assert process.wait(loopback.SECONDS) == (-how if killed else 0)
        assert process.stdout.read() == ("" if killed else "travel service stopped\n")
    finally:
        process.kill()
        process.stdout.close()
    end = time.monotonic() + loopback.SECONDS
    while (left := [one for one in family if lives(one)]) and killed and time.monotonic() < end:
        time.sleep(0.1)
    assert not left


def lives(one: psutil.Process) -> bool:
    return one.is_running() and one.status() != psutil.STATUS_ZOMBIE
