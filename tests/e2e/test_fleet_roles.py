"""The feature server over the fleet's own views: each role is answered what its work needs."""

from __future__ import annotations

import feature_lake
import pytest
from feast import FeatureView
from feature_server import ask, feature_server
from oidc_issuer import API, Client, issuing

from feature_repo.definitions import all_objects
from feature_repo.fleet import views
from tambo.access import fleet
from tambo.access.roles import READER, STEWARD
from tambo.featurestore.publish import publish
from tambo.monitoring.refusals import refusals
from tambo.settings import Settings

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KEYS = {"aircraft_id": "'OB-1'", "base": "'Lima'", "vessel_type": "'Yacht'"}
SQL = {"String": "VARCHAR", "Float64": "DOUBLE", "Int64": "BIGINT", "Bool": "BOOLEAN"}


def mart(view: FeatureView) -> str:
    """A mart of one row, its features empty."""
    times = [f"TIMESTAMP '2024-05-31' AS {one}_timestamp" for one in ("event", "created")]
    keys = [f"{KEYS[one.name]} AS {one.name}" for one in view.entity_columns]
    features = [f"NULL::{sql_type(str(one.dtype))} AS {one.name}" for one in view.features]
    return f"CREATE TABLE lake.marts.{view.name} AS SELECT {', '.join([*keys, *times, *features])}"


def sql_type(name: str) -> str:
    if name.startswith("Array"):
        return f"{SQL[name.removeprefix('Array(').removesuffix(')')]}[]"
    return SQL.get(name, "TIMESTAMP")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    settings = Settings(home=tmp_path_factory.mktemp("fleet") / "home", threads=1)
    held = [one for one in vars(views).values() if isinstance(one, FeatureView)]
    feature_lake.write(settings, *(mart(view) for view in held))
    feature_lake.release(settings, 1, domain="fleet")
    publish(settings, all_objects(["fleet"]))
    return settings


@pytest.mark.timeout(180)
def test_each_role_is_answered_what_its_work_needs_and_each_refusal_is_recorded(home):
    clients = [Client(role, (role,)) for role in (*fleet.ROLES, READER, STEWARD)]
    asked = {
        view: {
            "features": [f"{view}:{feature}"],
            "entities": {key.name: [KEYS[key.name].strip("'")] for key in keys},
        }
        for view, feature, keys in (
            (one.name, one.features[0].name, one.entity_columns)
            for one in vars(views).values()
            if isinstance(one, FeatureView)
        )
    }
    assert set(asked) == set(fleet.READS)
    with issuing(*clients) as issuer:
        variables = {"TAMBO_OIDC_DISCOVERY_URL": issuer.discovery, "TAMBO_OIDC_CLIENT_ID": API}
        with feature_server(home, **variables) as (url, _):
            tokens = {one.client_id: issuer.token(one.client_id) for one in clients}
            answered = {
                (view, role): ask(url, body, token).status_code
                for view, body in asked.items()
                for role, token in tokens.items()
            }
    expected = {
        (view, role): 200 if role in (*fleet.READS[view], STEWARD) else 403
        for view in asked
        for role in tokens
    }
    assert answered == expected
    refused = {(one["subject"], one["status"]) for one in refusals(home, 1000)}
    assert refused == {(role, 403) for (_, role), status in expected.items() if status == 403}
    assert len(refusals(home, 1000)) == sum(status == 403 for status in expected.values())
