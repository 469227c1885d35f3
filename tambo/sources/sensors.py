"""Sensors of a domain's stream as they are set at run time: a new one, or another range of one.

The contract declares the sensors that features are made of. What a steward sets comes on top of it,
without a change of code: `of_home` gives the contract with both, so that ingest, the consumer of
messages and the judge of single readings go by the same. A sensor that the contract has keeps
within the contract's range, which features and the gate are made for. A new one is a column more of
the raw table.

    metadata/<domain>.jsonl    one change a line, the newest last; a version is never taken back
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from tambo.domains import slices
from tambo.errors import ContractError
from tambo.settings import Settings
from tambo.sources.contracts import Column, Table, load
from tambo.sources.fetch_state import write_file
from tambo.sources.mqtt.stream import MESSAGE_ID

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_NO_COLUMNS = (MESSAGE_ID, "file_row_number")
"""Names that mean something else: in a message, and to DuckDB where it reads Parquet."""
_MOST = 1e15
"""Bounds of a range: what a DOUBLE tells apart from its neighbours."""


@dataclass(frozen=True)
class Sensor:
    """What is right of a sensor's readings.

    Attributes:
        unit: of a reading.
        lowest: that is right.
        highest: that is right.
        description: what it says.
    """

    unit: str
    lowest: float | None
    highest: float | None
    description: str = ""


@dataclass(frozen=True)
class Change:
    """A version of a sensor.

    Attributes:
        version: of this sensor, from 1.
        sensor: its name, a column of the table.
        is_now: what is right from then on.
        was: before; None: there was no such sensor.
        by: who changed it.
        at: when, naive UTC; ingest goes by it from then on.
    """

    version: int
    sensor: str
    is_now: Sensor
    was: Sensor | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Outcome:
    """What setting a sensor came to.

    Attributes:
        is_now: what is right of the sensor.
        newest: its newest version; None: it is as its contract declares it, and never was another.
        made: whether that version was made by this.
    """

    is_now: Sensor
    newest: Change | None
    made: bool


def set_sensor(settings: Settings, domain: str, name: str, sensor: Sensor, by: str) -> Outcome:
    """Set what is right of a sensor from now on; what is right already makes no new version.

    Args:
        settings: the Tambo home.
        domain: whose stream has it.
        name: of the sensor.
        sensor: what is right; an empty description stays as it was.
        by: who says so.

    Raises:
        ContractError: the domain has no stream, the name is none, or the range is not one or leaves
            that of the contract.
    """
    declared = _declared(domain)
    _require_right(name, sensor, by, declared.columns.get(name), declared.file_columns)
    path = log_file(settings, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        found = history(settings, domain)
        versions = [one for one in found if one.sensor == name]
        was = versions[-1].is_now if versions else declared_sensors(domain).get(name)
        if was is not None and not sensor.description:
            sensor = replace(sensor, description=was.description)
        if was == sensor:
            return Outcome(sensor, versions[-1] if versions else None, made=False)
        change = Change(
            len(versions) + 1, name, sensor, was, by, datetime.now(UTC).replace(tzinfo=None)
        )
        lines = [json.dumps(asdict(one), default=str) + "\n" for one in (*found, change)]
        write_file(path, "".join(lines).encode())
    return Outcome(sensor, change, made=True)


def history(settings: Settings, domain: str) -> list[Change]:
    """All changes of a domain's sensors, oldest first.

    Raises:
        ContractError: the file of changes is not what was written.
    """
    path = log_file(settings, domain)
    if not path.exists():
        return []
    try:
        return [_change(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ContractError(
            f"{path} is no list of changes: {error}.", remedy="put it back from a backup"
        ) from error


def declared_sensors(domain: str) -> dict[str, Sensor]:
    """Sensors that the contract of a domain's stream has."""
    table = _declared(domain)
    return {
        name: Sensor(one.unit, _number(one.min), _number(one.max), one.description)
        for name, one in table.columns.items()
        if one.type == "DOUBLE" and name not in table.key
    }


def sensors(settings: Settings, domain: str) -> dict[str, Sensor]:
    """What is right of each sensor now, those of the contract first."""
    return declared_sensors(domain) | {one.sensor: one.is_now for one in history(settings, domain)}


def domains_with_sensors() -> list[str]:
    """Domains that have a stream."""
    return [module.STREAM.domain for module in slices("tambo.sources", "stream").values()]


def _require_right(
    name: str, sensor: Sensor, by: str, declared: Column | None, taken: list[str]
) -> None:
    low, high = sensor.lowest, sensor.highest
    bounds = [one for one in (low, high) if one is not None]
    if not _NAME.match(name) or (declared is None and name in {*taken, *_NO_COLUMNS}):
        raise ContractError(
            f"{name!r} is no name of a sensor.",
            remedy="a letter, then letters, digits and _, all small, as oil_pressure",
        )
    if declared is not None and (declared.type != "DOUBLE" or not declared.may_be_null):
        raise ContractError(f"{name} is no sensor, but tells which reading it is.")
    if not by.strip():
        raise ContractError("Nobody is named who sets it.", remedy="--by <name>")
    if any(not math.isfinite(one) or abs(one) > _MOST for one in bounds):
        raise ContractError(f"The range of {name} has no finite bounds.")
    if low is not None and high is not None and low >= high:
        raise ContractError(f"The range of {name} from {low:g} to {high:g} holds nothing.")
    if declared is not None and not _within(declared, low, high):
        raise ContractError(
            f"{name} from {low} to {high} leaves the contract's range, {declared.min} to "
            f"{declared.max}.",
            remedy="features and the gate are made for that one; a wider one is a change of the "
            "contract (tambo/sources/<domain>/contracts.yml) and of the marts",
        )


def _within(declared: Column, low: float | None, high: float | None) -> bool:
    least, most = _number(declared.min), _number(declared.max)
    return (least is None or (low is not None and low >= least)) and (
        most is None or (high is not None and high <= most)
    )


def _change(line: str) -> Change:
    told = json.loads(line)
    was = told["was"]
    return Change(
        version=int(told["version"]),
        sensor=str(told["sensor"]),
        is_now=Sensor(**told["is_now"]),
        was=None if was is None else Sensor(**was),
        by=str(told["by"]),
        at=datetime.fromisoformat(told["at"]),
    )


def _declared(domain: str) -> Table:
    """The table of a domain's stream, as its contract has it."""
    name = stream_table(domain)
    return load(domain).tables[name]


def _number(bound: float | str | None) -> float | None:
    return None if bound is None else float(bound)


def log_file(settings: Settings, domain: str) -> Path:
    """Where the changes of a domain's sensors stand."""
    return settings.home.absolute() / "metadata" / f"{domain}.jsonl"


def stream_table(domain: str) -> str:
    """The table of a domain's stream.

    Raises:
        ContractError: it has none.
    """
    streams = [module.STREAM for module in slices("tambo.sources", "stream").values()]
    found = [str(one.table) for one in streams if one.domain == domain]
    if not found:
        raise ContractError(
            f"{domain} has no sensors.", remedy=f"one of: {', '.join(domains_with_sensors())}"
        )
    return found[0]
