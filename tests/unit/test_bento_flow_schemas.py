"""The tourism service's document and words."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
import served_flow
from jsonschema import Draft202012Validator
from online_tourism import PLAZA

from bentos.tourism.documentation import openapi
from bentos.tourism.endpoints import ENDPOINTS
from tambo.requesttime.tourism import EVENTS, FLOW_REQUEST_FEATURES, HOLIDAYS, day_number
from tambo.requesttime.tourism.drivers import Driver
from tambo.requesttime.tourism.words import Words, with_visitors
from tambo.settings import PROJECT_ROOT

DAY = date(2026, 4, 2)


@pytest.mark.parametrize("specs", [{}, {"visitor_flow": served_flow.spec("visitor_flow")}])
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.operation.name)
def test_the_openapi_document_holds_valid_examples(endpoint, specs):
    document = openapi(specs)
    operation = document["paths"][endpoint.operation.path]["post"]
    request = operation["requestBody"]["content"]["application/json"]
    later = endpoint.operation.later
    first = operation["responses"]["202" if later else "200"]
    contents = [request, first["content"]["application/json"]]
    for question in ("status", "result") if later else ():
        looked = document["paths"][f"{endpoint.operation.path}/{question}"]["get"]
        contents.append(looked["responses"]["200"]["content"]["application/json"])
    for content in contents:
        whole = {**content["schema"], "components": document["components"]}
        for example in content["examples"].values():
            Draft202012Validator(whole).validate(example["value"])
    if specs and "A week" in request["examples"]:
        assert request["examples"]["A week"]["value"]["location"] == PLAZA


def test_kinds_are_called_as_the_marts_number_them():
    macros = (PROJECT_ROOT / "dbt/macros/tourism/calendar_codes.sql").read_text()
    holidays, events = (
        tuple(re.findall(r"'(\w+)'", part)) for part in macros.split("{% macro ")[1:]
    )
    assert (holidays, events) == ((*HOLIDAYS, "school"), EVENTS)


def said(driver: Driver, calendar: dict[str, list] | None = None, **features: float) -> str:
    values = {f"location_calendar__{name}": given for name, given in (calendar or {}).items()}
    whole = dict.fromkeys(FLOW_REQUEST_FEATURES, 0.0) | features
    return Words(values, {name: np.array([value]) for name, value in whole.items()}).say(
        driver, DAY, 0
    )


def listed(kind: str, ahead: int, number: int, name: str | None) -> dict[str, list]:
    first = (day_number(DAY) or 0) + ahead
    return {
        f"{kind}_first_days": [first],
        f"{kind}_last_days": [first + 1],
        f"{kind}_types": [number],
        f"{kind}_names": [name],
    }


STRIKE = EVENTS.index("strike") + 1


@pytest.mark.parametrize(
    ("driver", "calendar", "features", "words"),
    [
        (Driver.HOLIDAYS, listed("holiday", 3, 1, "Holy Week"), {}, "Holy Week in 3 days"),
        (Driver.HOLIDAYS, listed("holiday", -1, 1, "Holy Week"), {}, "Holy Week"),
        (Driver.HOLIDAYS, listed("holiday", -2, 2, None), {}, "Regional holiday 1 day ago"),
        (Driver.HOLIDAYS, listed("holiday", 15, 1, "Far"), {}, "No holiday near"),
        (Driver.HOLIDAYS, listed("holiday", -17, 1, "Far"), {}, "No holiday near"),
        (Driver.HOLIDAYS, {}, {"is_school_holiday": 1.0}, "School holiday"),
        (Driver.EVENTS, listed("event", 1, 1, "unnamed"), {}, "Festival in 1 day"),
        (Driver.EVENTS, listed("event", 0, 8, ""), {"is_other": 1.0}, "Other event"),
        (Driver.EVENTS, listed("event", 0, 1, "Inti"), {"is_fair": 1.0}, "Inti and Fair"),
        (Driver.EVENTS, listed("event", 2, STRIKE, "unnamed"), {}, "No event near"),
        (Driver.EVENTS, listed("event", 0, STRIKE, "unnamed"), {}, "Strike"),
        (Driver.CAMPAIGNS, {}, {"days_since_campaign": 1.0}, "Campaign 1 day ago"),
        (Driver.CAMPAIGNS, {}, {"days_since_campaign": np.nan}, "No campaign near"),
        (Driver.WEATHER, {}, {"temperature": np.nan, "precipitation": np.nan}, "Weather unknown"),
        (Driver.WEATHER, {}, {"temperature": 9.6, "precipitation": np.nan}, "10 °C as usual"),
        (Driver.WEEKDAY, {}, {}, "Thursday"),
        (Driver.SEASON, {}, {}, "Time of year, April"),
        (Driver.CLOSURE, {}, {"is_closed": 1.0}, "Shut"),
    ],
)
def test_a_driver_is_named(driver, calendar, features, words):
    assert said(driver, calendar, **features) == words


@pytest.mark.parametrize(
    ("visitors", "words"),
    [(1234.4, "+1,234 visitors"), (-1.2, "-1 visitor"), (0.4, "0 visitors"), (-0.4, "0 visitors")],
)
def test_what_it_brings_is_a_whole_number(visitors, words):
    assert with_visitors("Fair", visitors) == f"Fair: {words}"
