"""Tells at once which messages ingest will take, by the same rules: for what cannot wait for it.

The contract's rules are those that ingest compiles. Whether a row's sender is known is asked of the
lake, and asked again after a while.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from tambo.ingest.checks import compile_table, fault, text_name
from tambo.ingest.incoming import key, raw_name
from tambo.lake import exists, reader
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, of_home
from tambo.sources.mqtt.files import aligned
from tambo.sources.mqtt.message import Message
from tambo.sources.mqtt.stream import Stream
from tambo.sources.sensor_contracts import Watched

ASK_SECONDS = 5.0
"""What the lake knows is asked for no more often."""

Row = dict[str, Any]


class Judge:
    """Judges messages of one stream.

    Args:
        settings: the Tambo home.
        stream: whose messages.
        contracts: of its domain.
    """

    def __init__(self, settings: Settings, stream: Stream, contracts: Contracts) -> None:
        self._settings, self._stream = settings, stream
        self._connection = duckdb.connect(config={"threads": 1})
        self._sensors = Watched(settings, stream.domain)
        self._go_by(contracts)
        self._parents: dict[str, set[Any]] = {}
        self._asked = -ASK_SECONDS

    def prepare(self) -> None:
        """Ask the lake what it knows, before the first message would wait for it."""
        self._ask()

    def good(self, messages: Sequence[Message]) -> list[tuple[Row, datetime]]:
        """Rows that keep to the contract, typed, times in UTC; each with when it arrived."""
        if self._sensors.changed():
            self._go_by(of_home(self._settings, self._stream.domain))
        told = [one for one in messages if _is_row(one)]
        if not told:
            return []
        width = len(self._table.file_columns)
        rows_told = [aligned(one.fields, width) for one in told if one.fields]
        texts = {
            name: pa.array([fields[place] or None for fields in rows_told], pa.string())
            for place, name in enumerate(self._table.file_columns)
        }
        numbers = pa.array(range(len(told)), pa.int64())
        self._connection.register("_told", pa.table({**texts, "_number": numbers}))
        found = self._connection.execute(self._sql).to_arrow_table().to_pylist()
        self._connection.unregister("_told")
        rows = [(row, told[row.pop("_number")].at) for row in found]
        if any(not self._known(row) for row, _ in rows):
            self._ask()
        return [(row, at) for row, at in rows if self._known(row)]

    def _go_by(self, contracts: Contracts) -> None:
        """Judge by these contracts from now on."""
        self._contracts, self._table = contracts, contracts.tables[self._stream.table]
        self._sql = self._compiled()

    def _compiled(self) -> str:
        """SQL of the typed rows of `_told` that break no rule."""
        table = self._table
        compiled = compile_table(table, {name: ident(name) for name in table.file_columns})
        texts = ", ".join(f"{sql} AS {text_name(name)}" for name, sql in compiled.texts.items())
        typed = ", ".join(f"{sql} AS {ident(name)}" for name, sql in compiled.typed.items())
        own = ", ".join(self._utc(name) for name in table.file_columns)
        return (
            f"SELECT _number, {own} FROM (SELECT *, {fault(compiled.rules)} AS _fault FROM "
            f"(SELECT *, {typed} FROM (SELECT _number, {texts} FROM _told))) "
            "WHERE _fault IS NULL ORDER BY _number"
        )

    def _utc(self, name: str) -> str:
        if name == self._table.tombstone:
            return f"coalesce({ident(name)}, false) AS {ident(name)}"
        column = self._table.columns[name]
        if column.type != "TIMESTAMP":
            return ident(name)
        zone = self._contracts.zone.replace("'", "''")
        local = f"timezone('UTC', timezone('{zone}', {ident(name)}))"
        return f"{local} AS {ident(name)}"

    def _known(self, row: Row) -> bool:
        """Whether what a row refers to is there; only references of one column are looked at."""
        return all(
            row[reference.columns[0]] is None
            or row[reference.columns[0]] in self._parents.get(reference.table, set())
            for reference in self._table.references
            if len(reference.columns) == 1
        )

    def _ask(self) -> None:
        """Read the keys of the tables that are referred to, if that was not done just now."""
        if time.monotonic() < self._asked + ASK_SECONDS or not exists(self._settings):
            return
        self._asked = time.monotonic()
        with reader(self._settings) as lake:
            for reference in self._table.references:
                parent = self._contracts.tables[reference.table]
                if len(parent.key) == 1 and table_exists(lake, f"raw.{parent.name}"):
                    rows = lake.execute(
                        f"SELECT DISTINCT {key(parent)[0]} FROM {raw_name(parent)} "
                        f"WHERE NOT {ident(parent.tombstone)}"
                    ).fetchall()
                    self._parents[parent.name] = {value for (value,) in rows}


def _is_row(message: Message) -> bool:
    """Whether a message is a row of texts; half a surrogate pair is none, as ingest has it."""
    if message.fields is None or message.refused is not None:
        return False
    try:
        "".join(field for field in message.fields if field is not None).encode()
    except UnicodeEncodeError:
        return False
    return True
