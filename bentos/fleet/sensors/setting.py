"""Sets sensors, and tells who set what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any

from bentos.fleet.sensors.schemas import (
    AskHistory,
    Range,
    SensorChange,
    SensorHistory,
    SetSensor,
)
from tambo.access.tokens import Caller
from tambo.errors import ContractError
from tambo.serving.problem import invalid
from tambo.settings import Settings
from tambo.sources.sensors import Change, Sensor, history, sensors, set_sensor

DOMAIN = "fleet"


class SensorSetter:
    """Sets sensors of a home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def record(
        self, requests: Sequence[SetSensor], batch: bool, caller: Caller | None
    ) -> tuple[list[Any], bool]:
        """Set one sensor.

        Raises:
            ProblemError: the name is none, or the range cannot be.
        """
        (one,) = requests
        wanted = Sensor(one.unit, one.lowest, one.highest, one.description)
        try:
            done = set_sensor(
                self._settings, DOMAIN, one.sensor, wanted, caller.subject if caller else ""
            )
        except ContractError as error:
            raise invalid(("sensor",), error.message) from None
        if done.newest is not None:
            return [_told(done.newest)], done.made
        declared = Range(**asdict(done.is_now))
        return [SensorChange(sensor=one.sensor, version=0, is_now=declared, was=declared)], False


class SensorHistorian:
    """Tells how sensors of a home are set, and were."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def record(
        self, requests: Sequence[AskHistory], batch: bool, caller: Caller | None
    ) -> tuple[list[Any], bool]:
        """Tell; nothing is kept."""
        (one,) = requests
        found = [
            each for each in history(self._settings, DOMAIN) if one.sensor in {None, each.sensor}
        ]
        now = {
            name: Range(**asdict(each))
            for name, each in sensors(self._settings, DOMAIN).items()
            if one.sensor in {None, name}
        }
        return [SensorHistory(sensors=now, changes=[_told(each) for each in found])], False


def _told(change: Change) -> SensorChange:
    return SensorChange(
        sensor=change.sensor,
        version=change.version,
        is_now=Range(**asdict(change.is_now)),
        was=None if change.was is None else Range(**asdict(change.was)),
        by=change.by,
        at=change.at.replace(tzinfo=UTC),
    )
