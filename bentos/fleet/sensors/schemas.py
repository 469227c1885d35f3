"""Sensors that are set and what is answered; the OpenAPI document is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, FiniteFloat

from bentos.inference.requests import Name, Request

EXAMPLE: dict[str, Any] = {
    "sensor": "oil_pressure",
    "unit": "bar",
    "lowest": 0.0,
    "highest": 12.0,
    "description": "Pressure of the oil, engine 1",
}

Sensor = Annotated[Name, Field(max_length=63)]


class SetSensor(Request):
    """What is right of a sensor from now on."""

    sensor: Sensor = Field(description="its name: small letters, digits and _")
    unit: Annotated[str, Field(max_length=50, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = Field(
        description="of a reading"
    )
    lowest: FiniteFloat | None = Field(default=None, description="that is right; null: no bound")
    highest: FiniteFloat | None = Field(default=None, description="that is right; null: no bound")
    description: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")] = Field(
        default="", description="what it says; empty: as before"
    )


class AskHistory(Request):
    """Of which sensor; all if none is named."""

    sensor: Sensor | None = Field(default=None, description="null: all")


class Range(BaseModel):
    """What is right of a sensor."""

    unit: str
    lowest: float | None
    highest: float | None
    description: str


class SensorChange(BaseModel):
    """A version of a sensor."""

    sensor: str
    version: int = Field(description="of this sensor, from 1; 0: as its contract declares it")
    is_now: Range
    was: Range | None = Field(description="before; null: there was no such sensor")
    by: str | None = Field(default=None, description="who set it; null: its contract")
    at: datetime | None = Field(default=None, description="from then on it holds; null: always")


class SensorHistory(BaseModel):
    """What is right now, and all versions, oldest first."""

    sensors: dict[str, Range] = Field(description="by name, those of the contract among them")
    changes: list[SensorChange]
