"""Roles: what says something about a person is read by stewards, whatever the definitions are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.errors import FeastPermissionError
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.permissions.action import ALL_ACTIONS, AuthzedAction
from feast.permissions.enforcer import enforce_policy
from feast.permissions.permission import Permission
from feast.permissions.user import User
from feast.types import Float64
from hypothesis import given
from hypothesis import strategies as st

from feature_repo.permissions import READS, permissions
from tambo.access.roles import DEPLOYER, READER, STEWARD

ENTITY = Entity(name="one", join_keys=["one"], value_type=ValueType.INT64)
TAGS = st.sampled_from(["true", "false", None])
# Names that mean more as patterns than as names.
NAMES = ["fares", "fares.*", "fare", "[a]", "a", ".*"]


def allowed(held, role, resource, action):
    try:
        found = enforce_policy(held, User("somebody", [role]), [resource], [action])
    except FeastPermissionError as error:
        assert resource.name in str(error)
        return False
    return found == [resource]


def tagged(value):
    return {} if value is None else {"personal_data": value}


def view(name, tag, fields):
    return FeatureView(
        name=name,
        entities=[ENTITY],
        ttl=timedelta(0),
        source=FileSource(name=f"{name}_source", path="x.parquet", timestamp_field="t"),
        schema=[
            Field(name=f"f{at}", dtype=Float64, tags=tagged(one)) for at, one in enumerate(fields)
        ],
        tags=tagged(tag),
    )


def on_demand(name, tag, sources):
    return OnDemandFeatureView(
        name=name,
        sources=sources,
        schema=[Field(name="g", dtype=Float64)],
        mode="python",
        udf=lambda columns: {"g": [0.0]},
        udf_string="lambda columns: {'g': [0.0]}",
        tags=tagged(tag),
    )


@st.composite
def definitions(draw):
    """Views, on-demand views over them, services over both, and which of them are personal."""
    made, personal = [], {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4)):
        tag, fields = draw(TAGS), draw(st.lists(TAGS, min_size=1, max_size=2))
        made.append(view(name, tag, fields))
        personal[name] = tag != "false" or "true" in fields
    if draw(st.booleans()):
        sources = draw(st.lists(st.sampled_from(made), unique_by=id, min_size=1, max_size=2))
        tag = draw(TAGS)
        made.append(on_demand("computed", tag, sources))
        personal["computed"] = tag != "false" or any(personal[one.name] for one in sources)
    parts = draw(st.lists(st.sampled_from(made), unique_by=id, min_size=1, max_size=3))
    # Services may be called as views are.
    service = FeatureService(name=draw(st.sampled_from(["fares", "s"])), features=parts)
    private = any(personal[one.name] for one in parts)
    return made, personal, service, private


@given(definitions())
def test_each_role_reads_what_it_may_and_only_deployers_write(case):
    made, personal, service, private = case
    held = permissions([ENTITY, *made, service])
    resources = [(one, personal[one.name]) for one in made] + [(service, private)]
    for resource, is_personal in resources:
        for action in ALL_ACTIONS:
            reads = action in READS
            assert allowed(held, READER, resource, action) is (reads and not is_personal)
            assert allowed(held, STEWARD, resource, action) is reads
            assert allowed(held, DEPLOYER, resource, action)
            assert not allowed(held, "nobody", resource, action)


def test_what_others_register_is_for_deployers():
    held = permissions([ENTITY, view("fares", "false", [None])])
    for foreign in (view("theirs", "false", [None]), ENTITY):
        assert not allowed(held, STEWARD, foreign, AuthzedAction.READ_ONLINE)
        assert allowed(held, DEPLOYER, foreign, AuthzedAction.READ_ONLINE)


def test_readers_of_this_repository_read_fares_and_no_traveller():
    from feature_repo.definitions import all_objects

    objects = all_objects()
    held = [one for one in objects if isinstance(one, Permission)]
    named = {
        one.name: allowed(held, READER, one, AuthzedAction.READ_ONLINE)
        for one in objects
        if isinstance(one, FeatureView | OnDemandFeatureView | FeatureService)
    }
    closed = {name for name, open_to_readers in named.items() if not open_to_readers}
    travellers = {"traveller_profile", "traveller_travel", "traveller_recent_stays"}
    assert {*travellers, "flight_request", "flight_price_v1"} <= closed
    assert {"fares_v1", "fare_prices", "route_fares", "place_demand"} <= set(named) - closed


@pytest.mark.xfail(reason="Feast 0.67 looks for required_tags where views have none", strict=True)
def test_feast_still_cannot_tell_views_by_their_tags():
    by_tag = Permission(
        name="public", types=[FeatureView], required_tags={"personal_data": "false"}
    )
    assert not by_tag.match_resource(view("names", "true", [None]))
