"""Contracts with the sensors that are set at run time: see `tambo.sources.sensors`."""

from __future__ import annotations

from tambo.settings import Settings
from tambo.sources.contracts import Column, Contracts
from tambo.sources.sensors import history, log_file, stream_table


def with_sensors(settings: Settings, contracts: Contracts) -> Contracts:
    """The contracts of a domain, with its sensors as they are set."""
    changes = history(settings, contracts.domain)
    if not changes:
        return contracts
    table = contracts.tables[stream_table(contracts.domain)]
    columns = dict(table.columns)
    for one in changes:
        sensor = one.is_now
        update = {"unit": sensor.unit, "min": sensor.lowest, "max": sensor.highest}
        if one.sensor in columns:
            columns[one.sensor] = columns[one.sensor].model_copy(update=update)
        else:
            columns[one.sensor] = Column(
                name=one.sensor,
                type="DOUBLE",
                optional=True,
                description=sensor.description,
                **update,
            )
    changed = table.model_copy(update={"columns": columns})
    return contracts.model_copy(update={"tables": {**contracts.tables, table.name: changed}})


class Watched:
    """Notices that sensors were set, for whoever holds contracts for long.

    Args:
        settings: the Tambo home.
        domain: whose.
    """

    def __init__(self, settings: Settings, domain: str) -> None:
        self._path = log_file(settings, domain)
        self._seen = self._state()

    def changed(self) -> bool:
        """Whether any was set since this was asked last."""
        before, self._seen = self._seen, self._state()
        return before != self._seen

    def _state(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns
