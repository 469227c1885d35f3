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
from tambo.access import fleet
from tambo.access.roles import DEPLOYER, READER, STEWARD

ENTITY = Entity(name="one", join_keys=["one"], value_type=ValueType.INT64)
TAGS = st.sampled_from(["true", "false", None])
ROLES = st.sampled_from(["technician", "executive"])
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
    reads = {
        one.name: draw(st.lists(ROLES, unique=True, max_size=2))
        for one in made
        if isinstance(one, FeatureView) and draw(st.booleans())
    }
    return made, personal, service, parts, reads


def readers(one, reads):
    """Roles of a domain that read a view, worked out from its sources; None: it is for no roles."""
    sources = getattr(one, "source_feature_view_projections", None)
    if sources is None:
        return None if one.name not in reads else set(reads[one.name])
    bound = [set(reads[each.name]) for each in sources.values() if each.name in reads]
    return set.intersection(*bound) if bound else None


@given(definitions())
def test_each_role_reads_what_it_may_and_only_deployers_write(case):
    made, personal, service, parts, reads = case
    held = permissions([ENTITY, *made, service], reads)
    of_parts = [readers(one, reads) for one in parts]
    own = [] if None in of_parts else set.intersection(*of_parts)
    private = any(personal[one.name] or readers(one, reads) is not None for one in parts)
    resources = [(service, private, own)]
    for one in made:
        roles = readers(one, reads)
        resources.append((one, personal[one.name] or roles is not None, roles or set()))
    for resource, is_closed, roles in resources:
        for role in ("technician", "executive"):
            assert allowed(held, role, resource, AuthzedAction.READ_ONLINE) is (role in roles)
            assert not allowed(held, role, resource, AuthzedAction.WRITE_ONLINE)
        for action in ALL_ACTIONS:
            reads_it = action in READS
            assert allowed(held, READER, resource, action) is (reads_it and not is_closed)
            assert allowed(held, STEWARD, resource, action) is reads_it
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


FLEET = {
    "aircraft_profile": fleet.ROLES,
    "aircraft_health": (fleet.FLEET_MANAGER, fleet.TECHNICIAN),
    "maintenance_request": (fleet.FLEET_MANAGER, fleet.TECHNICIAN),
    "fleet_demand": (
        fleet.FLEET_MANAGER,
        fleet.OPERATIONS,
        fleet.CUSTOMER_SUPPORT,
        fleet.EXECUTIVE,
    ),
    "maintenance_due_v1": (fleet.FLEET_MANAGER, fleet.TECHNICIAN),
    "maintenance_schedule_v1": (fleet.FLEET_MANAGER,),
    "aircraft_predicted_cost": (fleet.FLEET_MANAGER, fleet.TECHNICIAN, fleet.EXECUTIVE),
    "maintenance_schedule_v2": (fleet.FLEET_MANAGER,),
    "fare_prices": (),
    "traveller_profile": (),
}


def test_the_fleet_s_roles_read_what_their_work_needs_and_readers_none_of_it():
    from feature_repo.definitions import all_objects

    objects = all_objects()
    held = [one for one in objects if isinstance(one, Permission)]
    kinds = (FeatureView, OnDemandFeatureView, FeatureService)
    views = {one.name: one for one in objects if isinstance(one, kinds)}
    assert set(fleet.READS) <= set(views)
    for name, roles in FLEET.items():
        may = {one for one in fleet.ROLES if allowed(held, one, views[name], READS[1])}
        assert may == set(roles), name
        if roles:
            assert not allowed(held, READER, views[name], AuthzedAction.READ_ONLINE)
            assert allowed(held, STEWARD, views[name], AuthzedAction.READ_ONLINE)
    of_fleet = {
        name
        for name, one in views.items()
        if isinstance(one, FeatureView) and one.tags.get("domain") == "fleet"
    }
    assert of_fleet <= set(fleet.READS)


@pytest.mark.xfail(reason="Feast 0.67 looks for required_tags where views have none", strict=True)
def test_feast_still_cannot_tell_views_by_their_tags():
    by_tag = Permission(
        name="public", types=[FeatureView], required_tags={"personal_data": "false"}
    )
    assert not by_tag.match_resource(view("names", "true", [None]))
