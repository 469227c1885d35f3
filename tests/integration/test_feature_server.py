"""`tambo features serve` where no issuer is set: reading is open, writing is closed."""

from __future__ import annotations

import signal
import socket
import ssl
from datetime import timedelta
from functools import partial

import loopback
import pytest
from feature_lake import AS_OF, release, write
from feature_server import FARE, cells, certify, feature_server, online_home, publish
from feature_server import ask as post

from tambo.errors import LakeError, OnlineStoreError, ServingError, SettingsError
from tambo.settings import Settings

ROUTE = {name: FARE[name] for name in ("origin", "destination")}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return online_home(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def tls(home):
    return certify(home.home)


@pytest.fixture(scope="module")
def trusted(tls):
    """Who trusts the server's certificate."""
    return ssl.create_default_context(cafile=str(tls[0]))


@pytest.fixture(scope="module")
def ask(server, trusted):
    return partial(post, server, verify=trusted)


@pytest.fixture(scope="module")
def server(home, tls):
    """The server's address; every question to it is asked under TLS."""
    options = ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])]
    with feature_server(home, signal.SIGINT, options) as (url, said):
        assert url.startswith("https://")
        assert f"{url}, release 1, as of 2024-06-01 00:00" in said
        assert "fares_v1, flight_price_v1, hotel_recommendation_v1" in said
        assert f"{url}/docs" in said
        yield url


def test_a_service_is_answered_with_what_is_online(ask):
    found = cells(ask({"feature_service": "fares_v1", "entities": FARE}))
    assert (found["fare_mean"], found["fare_observations"]) == (150.0, 2)
    assert (found["route_distance_km"], found["route_fare_std"]) == (500.0, None)


def test_request_features_are_computed_at_the_instant_that_is_given(ask):
    request = {"travel_date": "2024-06-11", "asked_at": "2024-06-01T12:00:00Z"}
    given = {**request, "user_code": 7, "distance_km": 320.0, "duration_hours": None}
    entities = {**ROUTE, **{name: [value] for name, value in given.items()}}
    features = [f"flight_request:{name}" for name in ("days_to_travel", "flight_distance_km")]
    found = cells(ask({"features": features, "entities": entities}))
    assert (found["days_to_travel"], found["flight_distance_km"]) == (10.0, 320.0)


def test_a_model_service_is_answered_under_full_names(ask):
    request = {"travel_date": "2024-06-11", "asked_at": "2024-06-01T12:00:00Z", "user_code": 7}
    given = {**request, "distance_km": None, "duration_hours": None}
    found = cells(
        ask(
            {
                "feature_service": "flight_price_v1",
                "entities": {**FARE, **{name: [value] for name, value in given.items()}},
                "full_feature_names": True,
            },
        )
    )
    assert (found["traveller_profile__age"], found["fare_prices__fare_mean"]) == (33, 150.0)
    # Feast leaves on-demand features of Python mode out under full names, online.
    assert not [name for name in found if name.startswith("flight_request__")]


def test_the_running_server_answers_with_a_release_that_is_published(ask, home):
    body = {"features": ["route_fares:route_fare_mean"], "entities": ROUTE}
    assert cells(ask(body))["route_fare_mean"] == 100.0
    write(
        home,
        "INSERT INTO lake.marts.route_fares BY NAME SELECT * REPLACE "
        "(TIMESTAMP '2024-02-01' AS event_timestamp, TIMESTAMP '2024-02-01' AS created_timestamp, "
        "120.0 AS route_fare_mean) FROM lake.marts.route_fares",
    )
    release(home, 2, as_of=AS_OF + timedelta(days=1))
    publish(home)
    assert cells(ask(body))["route_fare_mean"] == 120.0


BAD = {
    "no features": ({"entities": ROUTE}, 422, "names no features"),
    "no service": ({"feature_service": "none_v1", "entities": ROUTE}, 404, "none_v1"),
    "no view": ({"features": ["none:x"], "entities": ROUTE}, 404, "none"),
    "no feature": ({"features": ["route_fares:x"], "entities": ROUTE}, 422, "x not found"),
    "no reference": ({"features": ["route_fares"], "entities": ROUTE}, 422, "route_fares"),
    "no key": (
        {"features": ["route_fares:route_fare_mean"], "entities": {"origin": ["a"]}},
        422,
        "no column destination; these features are keyed by destination, origin",
    ),
    "null key": (
        {
            "features": ["route_fares:route_fare_mean"],
            "entities": {"origin": ["a", None], "destination": ["b", "b"]},
        },
        422,
        "origin is null in row 2",
    ),
    "lengths": (
        {
            "features": ["route_fares:route_fare_mean"],
            "entities": {"origin": ["a", "b"], "destination": ["b"]},
        },
        422,
        "destination: 1, origin: 2",
    ),
    "type": ({"features": ["traveller_profile:age"], "entities": {"user_code": ["x"]}}, 422, "'x'"),
    "no zone": (
        {
            "features": ["flight_request:days_to_travel"],
            "entities": {
                **ROUTE,
                "user_code": [7],
                "travel_date": ["2024-06-11"],
                "asked_at": ["2024-06-01T00:00:00"],
                "distance_km": [None],
                "duration_hours": [None],
            },
        },
        422,
        "not an instant with its zone",
    ),
    "names collide": (
        {"features": ["place_demand:arrivals"] * 2, "entities": {"place": ["a"]}},
        422,
        "Duplicate features named arrivals",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_question_is_the_askers_and_says_what_is_wrong(ask, case):
    body, status, words = BAD[case]
    answer = ask(body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_an_online_store_that_is_gone_is_said_and_found_again(ask, home):
    body = {"feature_service": "fares_v1", "entities": FARE}
    away = home.online_store.rename(home.online_store.with_suffix(".away"))
    try:
        answer = ask(body)
        assert answer.status_code == 503
        assert "tambo features" in answer.json()["remedy"]
    finally:
        away.rename(home.online_store)
    assert cells(ask(body))["fare_mean"] == 150.0


def test_nobody_writes_and_what_is_not_ours_is_not_there(server, ask, trusted):
    row = {"origin": ["a"], "destination": ["b"], "event_timestamp": ["2024-06-01"]}
    writes = {
        "/push": {"push_source_name": "x", "df": row},
        "/write-to-online-store": {"feature_view_name": "route_fares", "df": row},
        "/materialize": {"start_ts": "2024-01-01", "end_ts": "2024-06-01"},
        "/materialize-incremental": {"end_ts": "2024-06-01"},
    }
    for path, body in writes.items():
        answer = ask(body, path=path)
        assert answer.status_code == 403, path
        assert "tambo features" in answer.text
    for path in ("/chat", "/search", "/v1/vector_stores"):
        assert ask({}, path=path).status_code == 404, path
    paths = loopback.get(f"{server}/openapi.json", verify=trusted).json()["paths"]
    assert set(paths) == {"/get-online-features", "/health"}
    assert loopback.get(f"{server}/docs", verify=trusted).status_code == 200
    assert loopback.get(f"{server}/health", verify=trusted).status_code == 200


def test_what_stands_in_the_way_is_named_before_anything_is_served(home, tmp_path):
    from tambo.featurestore.server import serve_forever

    with pytest.raises(LakeError, match="no lake") as error:
        serve_forever(Settings(home=tmp_path / "none"), 0)
    assert error.value.remedy
    empty = Settings(home=tmp_path / "empty")
    write(empty, "CREATE TABLE lake.marts.fares (x BIGINT)")
    release(empty, 1)
    with pytest.raises(OnlineStoreError, match="nothing to serve") as error:
        serve_forever(empty, 0)
    assert error.value.remedy == "tambo features"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServingError, match=f"cannot listen on 127.0.0.1:{port}") as error:
            serve_forever(home, port)
    assert "TAMBO_FEATURES_PORT" in error.value.remedy


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"oidc_discovery_url": "http://127.0.0.1:9/x"}, "TAMBO_OIDC_CLIENT_ID is not"),
        ({"oidc_discovery_url": "http://issuer.example/x", "oidc_client_id": "a"}, "in the clear"),
        ({"oidc_discovery_url": "http://127.0.0.1:9/x", "oidc_client_id": "a"}, "cannot be read"),
    ],
)
def test_an_issuer_that_cannot_be_asked_is_named(home, settings, words):
    from tambo.featurestore.server import serve_forever

    with pytest.raises(SettingsError, match=words):
        serve_forever(home.model_copy(update=settings), 0)


def test_a_certificate_that_cannot_be_used_is_named(home, tls, tmp_path):
    from tambo.featurestore.server import Tls, serve_forever

    (tmp_path / "not.pem").write_text("not a certificate")
    for pair in ((tmp_path / "none.pem", tls[1]), (tmp_path / "not.pem", tls[1])):
        with pytest.raises(ServingError, match="certificate cannot be used") as error:
            serve_forever(home, 0, Tls(*pair))
        assert "--tls-cert" in error.value.remedy
