"""What the OpenAPI document says of sensors, with examples."""

from __future__ import annotations

from pydantic import TypeAdapter

from bentos.fleet.sensors.schemas import (
    EXAMPLE,
    AskHistory,
    SensorChange,
    SensorHistory,
    SetSensor,
)
from bentos.fleet.sensors.setting import SensorHistorian, SensorSetter
from bentos.inference.documentation import problem_examples
from bentos.inference.intake import IntakeEndpoint
from bentos.inference.requests import WORDS
from bentos.web.endpoint import Operation
from tambo.access.fleet import ASKS, WRITES

_RANGE = {name: value for name, value in EXAMPLE.items() if name != "sensor"}
_CHANGE = {
    "sensor": EXAMPLE["sensor"],
    "version": 1,
    "is_now": _RANGE,
    "was": None,
    "by": "A. Ríos",
    "at": "2026-03-01T10:15:00Z",
}

SET_SENSOR = IntakeEndpoint(
    Operation(
        path="/v1/sensors",
        name="sensors",
        summary="Set a sensor, or another range of one",
        description=(
            "Readings are judged by it from now on, without a change of code. A sensor of the "
            "contract keeps within the contract's range. What is set already makes no new version."
        ),
        request=TypeAdapter(SetSensor),
        answer=TypeAdapter(SensorChange),
        words=WORDS,
        roles=WRITES["sensors"],
        writes=True,
        request_examples={"A new sensor": EXAMPLE},
        answer_examples={"Set": _CHANGE},
        problem_examples=problem_examples("sensor", "The range from 5 to 5 holds nothing."),
    ),
    SensorSetter,
)

SENSOR_HISTORY = IntakeEndpoint(
    Operation(
        path="/v1/sensors/history",
        name="sensor_history",
        summary="Who set which sensor, when, and what it was before",
        description="What is right of each sensor now, and all versions, oldest first.",
        request=TypeAdapter(AskHistory),
        answer=TypeAdapter(SensorHistory),
        words=WORDS,
        roles=ASKS["sensor_history"],
        request_examples={"All": {}, "One": {"sensor": EXAMPLE["sensor"]}},
        answer_examples={
            "One": {"sensors": {EXAMPLE["sensor"]: _RANGE}, "changes": [_CHANGE]},
        },
        problem_examples=problem_examples("sensor", "must not be empty"),
    ),
    SensorHistorian,
)
