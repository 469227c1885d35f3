"""The fleet service's document, and what of its answers is decided by rules alone."""

from __future__ import annotations

from datetime import date

import pytest
import served_fleet
import served_schedule
from jsonschema import Draft202012Validator
from online_fleet import WORN

from bentos.fleet.documentation import openapi
from bentos.fleet.endpoints import ENDPOINTS
from bentos.fleet.maintenance_alerts.urgency import urgency
from bentos.fleet.maintenance_due.reasons import group_of
from bentos.fleet.maintenance_schedule import drivers
from feature_repo.fleet.services import maintenance_due_v1
from tambo.planning.fleet.look import NAMES


@pytest.mark.parametrize(
    "specs",
    [{}, {"maintenance_due": served_fleet.spec(), "maintenance_schedule": served_schedule.spec()}],
)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.operation.name)
def test_the_openapi_document_holds_valid_examples(endpoint, specs) -> None:
    document = openapi(specs)
    operation = document["paths"][endpoint.operation.path]["post"]
    request = operation["requestBody"]["content"]["application/json"]
    answer = operation["responses"]["200"]["content"]["application/json"]
    for content in (request, answer):
        whole = {**content["schema"], "components": document["components"]}
        assert content["examples"]
        for example in content["examples"].values():
            Draft202012Validator(whole).validate(example["value"])
    if specs and "One vessel" in request["examples"]:
        assert request["examples"]["One vessel"]["value"]["aircraft_id"] == WORN


def test_every_feature_is_shown_as_part_of_something() -> None:
    names = [
        f"{view.name_to_use()}__{field.name}"
        for view in maintenance_due_v1.feature_view_projections
        for field in view.features
    ]
    groups = {group_of(name) for name in names}
    assert groups == {
        "the sensors", "hours and use", "the plan", "the last maintenance", "earlier faults",
        "the service log", "kind and age", "the season",
    }  # fmt: skip


def test_every_feature_of_the_network_is_shown_as_part_of_something() -> None:
    shown = [name for names in drivers.GROUPS.values() for name in names]
    assert sorted([*shown, *drivers.SHARED]) == sorted(NAMES)


@pytest.mark.parametrize(
    ("deadline", "said"),
    [(1, "now"), (2, "soon"), (8, "soon"), (9, "watch")],
)
def test_urgency_by_deadline(deadline, said) -> None:
    assert urgency(date(2026, 1, deadline), date(2026, 1, 1)) == said
