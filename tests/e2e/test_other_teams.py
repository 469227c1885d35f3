"""Another team: its roles hold, and the recipes of docs/other-teams.md run where it lives."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
from feast import FeatureService, FeatureStore, RepoConfig
from feast.errors import FeastPermissionError
from feature_lake import release
from feature_server import FARE, ask, cells, feature_server, online_home
from oidc_issuer import API, Client, issuing
from other_team import Environment, blocks

from tambo.errors import FeatureError
from tambo.monitoring.refusals import refusals

pytestmark = pytest.mark.e2e

PAGE = Path(__file__).resolve().parents[2] / "docs" / "other-teams.md"
HEAVY = ["airflow", "bentoml", "dbt", "great_expectations", "mlflow", "sklearn", "tensorflow", "xgboost"]  # fmt: skip
INSIDER = "aW5zaWRlcg=="
CLIENTS = (
    Client("fares-app", ("reader",)),
    Client("records-app", ("steward",)),
    Client("pipeline", ("deployer",)),
    Client("roleless"),
    Client("of-entra", claims={"roles": ["steward"]}),
    Client("late", ("reader",), lifetime=-60),
    Client("for-others", ("reader",), audience="other-api"),
    Client("by-others", ("reader",), claims={"iss": "https://issuer.example"}),
)
AGE = {"features": ["traveller_profile:age"], "entities": {"user_code": [7]}}
FARES = {"feature_service": "fares_v1", "entities": FARE}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Release 1 is online, and there is a second one."""
    settings = online_home(tmp_path_factory.mktemp("other"))
    release(settings, 2)
    return settings


@pytest.fixture(scope="module")
def issuer():
    with issuing(*CLIENTS) as running:
        yield running


@pytest.fixture(scope="module")
def server(home, issuer):
    settings = {"TAMBO_OIDC_DISCOVERY_URL": issuer.discovery, "TAMBO_OIDC_CLIENT_ID": API}
    # With it, stock Feast takes unsigned tokens of that user, for everything.
    settings["INTRA_COMMUNICATION_BASE64"] = INSIDER
    with feature_server(home, **settings) as (url, said):
        assert f"by tokens of {issuer.url}" in said
        assert "release 1 (2 is the newest: tambo features), as of" in said
        yield url


FARE_LIST = {"features": ["fare_prices:fare_mean"], "entities": FARE}
MIXED = {
    "features": ["fare_prices:fare_mean", "traveller_profile:age"],
    "entities": {**FARE, "user_code": [7]},
}
COMPUTED = {
    "features": ["flight_request:days_to_travel"],
    "entities": {
        **{name: FARE[name] for name in ("origin", "destination")},
        "user_code": [7],
        "travel_date": ["2024-06-11"],
        "asked_at": ["2024-06-01T12:00:00Z"],
        "distance_km": [None],
        "duration_hours": [None],
    },
}
MODEL = {
    "feature_service": "flight_price_v1",
    "entities": {**COMPUTED["entities"], **FARE},
    "full_feature_names": True,
}
PERSONAL = {
    "FeatureView:traveller_profile": AGE,
    "FeatureView:traveller_profile ": MIXED,
    "FeatureView:traveller_travel": COMPUTED,
    "FeatureService:flight_price_v1": MODEL,
}


@pytest.mark.parametrize("named", PERSONAL)
def test_personal_data_is_for_stewards_and_the_refusal_names_it(server, issuer, named):
    refused = ask(server, PERSONAL[named], issuer.token("fares-app"))
    assert refused.status_code == 403
    problem = json.loads(refused.json())
    assert problem["class"] == "FeastPermissionError"
    assert named.strip() in problem["message"] and "steward" in problem["message"]
    for client in ("records-app", "of-entra", "pipeline"):
        assert ask(server, PERSONAL[named], issuer.token(client)).status_code == 200, client


def test_what_is_not_personal_is_for_all_roles_and_nobody_else(server, issuer):
    for body in (FARES, FARE_LIST):
        for client in ("fares-app", "records-app", "pipeline"):
            assert cells(ask(server, body, issuer.token(client)))["fare_mean"] == 150.0
        assert ask(server, body, issuer.token("roleless")).status_code == 403


def tampered(token):
    """The same token with another role and the old signature."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["resource_access"][API]["roles"] = ["deployer"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{signature}"


def unsigned(token):
    claims = jwt.decode(token, options={"verify_signature": False})
    head = {**jwt.get_unverified_header(token), "alg": "none"}
    return jwt.encode(claims, "", algorithm="none", headers=head)


def test_only_tokens_that_the_issuer_made_out_to_this_server_are_taken(server, home, issuer):
    good = issuer.token("fares-app")
    with issuing(*CLIENTS) as stranger:
        tokens = {
            "none": None,
            "nonsense": "nonsense",
            "tampered": tampered(good),
            "unsigned": unsigned(good),
            "of an insider": jwt.encode({"preferred_username": INSIDER}, "", algorithm="none"),
            "of another issuer": stranger.token("fares-app"),
            **{name: issuer.token(name) for name in ("late", "for-others", "by-others")},
        }
    for name, token in tokens.items():
        answer = ask(server, FARES, token)
        assert answer.status_code == 401, name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["detail"], name
        newest = refusals(home, 1)[0]
        assert (newest["service"], newest["status"]) == ("feature server", 401)
        assert newest["subject"] is None
        assert (newest["token_digest"] is None) is (token is None)
    assert refusals(home, 1)[0]["claimed_subject"] == "by-others"
    assert ask(server, FARES, good).status_code == 200
    assert ask(server, AGE, good).status_code == 403
    newest = refusals(home, 1)[0]
    assert (newest["subject"], newest["status"], newest["path"]) == (
        "fares-app",
        403,
        "/get-online-features",
    )
    assert "traveller_profile" in newest["reason"]


def test_roles_are_not_served_from_a_registry_without_permissions(home, issuer):
    from tambo.featurestore.server import open_served
    from tambo.featurestore.store import open_store

    roles = {"oidc_discovery_url": issuer.discovery, "oidc_client_id": API}
    settings = home.model_copy(update={**roles, "home": home.home.with_name("bare")})
    shutil.copytree(home.home, settings.home)
    assert len(open_served(settings).list_permissions()) == 5
    registry = open_store(settings).registry
    for one in registry.list_permissions("tambo"):
        registry.delete_permission(one.name, "tambo")
    with pytest.raises(FeatureError, match="holds no permissions") as error:
        open_served(settings)
    assert error.value.remedy == "tambo features"


def test_only_deployers_write(server, issuer):
    key = {"origin": ["written"], "destination": ["written"]}
    at = ["2024-06-01T00:00:00Z"]
    times = {"event_timestamp": at, "created_timestamp": at}
    values = {
        "route_observations": [1], "route_fare_mean": [77.0], "route_fare_std": [1.0],
        "route_fare_mean_90d": [77.0], "route_observations_90d": [1], "route_distance_km": [1.0],
        "route_duration_hours": [1.0],
    }  # fmt: skip
    row = {"feature_view_name": "route_fares", "df": {**key, **times, **values}}
    materialize = {"end_ts": "2024-06-01", "feature_views": ["route_fares"]}
    for client in ("fares-app", "records-app", "roleless"):
        token = issuer.token(client)
        for path, body in (
            ("/write-to-online-store", row),
            ("/materialize-incremental", materialize),
        ):
            assert ask(server, body, token, path).status_code == 403, (client, path)
    asked = {"features": ["route_fares:route_fare_mean"], "entities": key}
    token = issuer.token("pipeline")
    assert cells(ask(server, asked, token))["route_fare_mean"] is None
    assert ask(server, row, token, "/write-to-online-store").status_code == 200
    assert cells(ask(server, asked, token))["route_fare_mean"] == 77.0


def test_feasts_own_client_reads_by_role(server, issuer, tmp_path):
    def store(client):
        return FeatureStore(
            config=RepoConfig(
                project="tambo",
                provider="local",
                registry=str(tmp_path / "registry.db"),
                online_store={"type": "remote", "path": server},
                entity_key_serialization_version=3,
                auth={
                    "type": "oidc",
                    "auth_discovery_url": issuer.discovery,
                    "client_id": client,
                    "client_secret": issuer.clients[client].secret,
                },
            )
        )

    fare = [{name: values[0] for name, values in FARE.items()}]
    service = FeatureService(name="fares_v1", features=[])
    assert store("fares-app").get_online_features(service, fare).to_dict()["fare_mean"] == [150.0]
    with pytest.raises(FeastPermissionError, match="FeatureView:traveller_profile"):
        store("fares-app").get_online_features(AGE["features"], [{"user_code": 7}])
    personal = store("records-app").get_online_features(AGE["features"], [{"user_code": 7}])
    assert personal.to_dict()["age"] == [33]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """A folder with the files of the page."""
    folder = tmp_path_factory.mktemp("recipes")
    for name, text in blocks(PAGE.read_text()).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """An environment with feast alone."""
    environment = Environment(tmp_path_factory.mktemp("team") / "venv")
    environment.add("feast")
    environment.check()
    return environment


@pytest.fixture
def variables(home, server, issuer):
    client = issuer.clients["fares-app"]
    return {
        "TAMBO_FEATURES_URL": server,
        "TAMBO_OIDC_DISCOVERY_URL": issuer.discovery,
        "TAMBO_HOME": str(home.home),
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.secret,
    }


def importable(team, cwd):
    code = "import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if u.find_spec(m)))"
    return team.run("-c", code, "feast", "tambo", "duckdb", *HEAVY, cwd=cwd).split()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_recipe_for_curl(recipes, variables):
    def bash(script, **more):
        command = ["bash", "-eu", "-o", "pipefail", script]
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **variables, **more}
        done = subprocess.run(
            command, cwd=recipes, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    answer = json.loads(bash("ask.sh", TOKEN=bash("token.sh").strip()))
    names = answer["metadata"]["feature_names"]
    assert answer["results"][names.index("fare_mean")]["values"] == [150.0]


def test_the_recipes_that_need_feast_alone_or_nothing(team, recipes, variables, issuer):
    assert importable(team, recipes) == ["feast"]
    said = team.run("-I", "ask.py", cwd=recipes, TOKEN=issuer.token("fares-app"), **variables)
    assert "fare_mean 150.0 PRESENT\n" in said
    said = team.run("online.py", cwd=recipes / "online", **variables)
    assert "'fare_mean': [150.0]" in said and "'route_distance_km': [500.0]" in said


def test_the_recipe_for_training_data_only_reads(team, recipes, variables, home, tmp_path):
    team.add_ours(tmp_path)
    team.check()
    assert importable(team, recipes) == ["feast", "tambo", "duckdb"]
    before = contents(home.home)
    said = team.run("training.py", cwd=recipes / "offline", **variables)
    frame = json.loads(said)
    # The second row became known on the 12th.
    assert frame["fare_mean"] == {"0": 100.0, "1": 150.0}
    assert frame["route_distance_km"] == {"0": 500.0, "1": 500.0}
    assert contents(home.home) == before


def contents(folder):
    """Hash of each file; SQLite's shared memory is a file that readers write to."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in {".sqlite-shm", ".log"}
    }
