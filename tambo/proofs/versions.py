"""A home's raw rows as versions: a sample of them, and the files that bring them in again.

A version is what one file said of one key. What a proof changes is versions, never a file's bytes,
so that it works whatever form the user's own files had.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tambo.ingest.manifest import COLUMNS, MANIFEST
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import Contracts, Table

_HISTORY = frozenset({"history", "recorded"})
"""Such rows say themselves when they were known; the others are told by when their file came."""


@dataclass(frozen=True)
class Version:
    """What one file said of one key.

    Attributes:
        table: the raw table.
        values: by column, the tombstone last; times are UTC, as in the lake.
        known_at: when it became known, UTC.
        file: what tells its file from the other files of its table.
        arrived_at: when that file arrived; None where the row itself says when it was known.
    """

    table: str
    values: Mapping[str, Any]
    known_at: datetime
    file: str
    arrived_at: datetime | None

    def key(self, table: Table) -> tuple[Any, ...]:
        """Values of the key."""
        return tuple(self.values[name] for name in table.key)


def read_versions(
    connection: duckdb.DuckDBPyConnection, contracts: Contracts, size: int, seed: int
) -> list[Version]:
    """Draw about `size` versions of a domain, whole families of them.

    Keys of the tables that refer to no other are drawn, with all their versions, and with all rows
    that refer to them.

    Args:
        connection: the lake, at the snapshot that is to be proved.
        contracts: the domain's.
        size: about how many versions.
        seed: which keys.
    """
    total = sum(
        _count(connection, f"SELECT count(*) FROM lake.raw.{ident(name)}")
        for name in contracts.tables
    )
    share = min(1.0, size / max(total, 1))
    found: list[Version] = []
    for table in contracts.ordered():
        where = " AND ".join(_drawn(table, contracts, share, seed)) or "true"
        found += _read(connection, table, where)
    return found


def _drawn(table: Table, contracts: Contracts, share: float, seed: int) -> list[str]:
    """Conditions under which a row belongs to the sample."""
    if not table.references:
        key = ", ".join(_family(table, name) for name in table.key)
        return [f"md5(concat_ws('|', {key}, {seed})) <= {literal(_bound(share))}"]
    conditions = []
    for reference in table.references:
        parent = contracts.tables[reference.table]
        columns = ", ".join(ident(name) for name in reference.columns)
        keys = ", ".join(ident(name) for name in parent.key)
        where = " AND ".join(_drawn(parent, contracts, share, seed))
        # A tombstone bears only its key: it follows the other versions of that key.
        own = ", ".join(ident(name) for name in table.key)
        raw = f"lake.raw.{ident(table.name)}"
        conditions.append(
            f"({own}) IN (SELECT ({own}) FROM {raw} WHERE ({columns}) IN "
            f"(SELECT ({keys}) FROM lake.raw.{ident(parent.name)} WHERE {where}))"
        )
        conditions.append(
            f"(({columns}) IN (SELECT ({keys}) FROM lake.raw.{ident(parent.name)} WHERE {where}) "
            f"OR {ident(table.tombstone)})"
        )
    return conditions


def _family(table: Table, name: str) -> str:
    """A column of the key, as far as it tells families apart: readings of a day are one family.

    One reading in a hundred is no day of readings, and says nothing of what is computed by day.
    """
    timed = table.columns[name].type == "TIMESTAMP"
    return f"{ident(name)}::date" if timed else ident(name)


def _bound(share: float) -> str:
    """The digest below which this share of all digests lies."""
    return f"{min(int(share * 16**8), 16**8 - 1):08x}" + "f" * 24


def _read(connection: duckdb.DuckDBPyConnection, table: Table, where: str) -> list[Version]:
    columns = ", ".join(ident(name) for name in table.file_columns)
    rows = connection.execute(
        f"SELECT {columns}, _known_at, _known_from, _batch_id FROM lake.raw.{ident(table.name)} "
        f"WHERE {where} ORDER BY _batch_id, _row_number"
    ).fetchall()
    found = []
    for *values, known_at, known_from, batch in rows:
        itself = known_from in _HISTORY
        file = f"b{batch:06d}" if itself else f"b{batch:06d}_{known_at:%Y%m%d%H%M%S%f}"
        named = dict(zip(table.file_columns, values, strict=True))
        found.append(Version(table.name, named, known_at, file, None if itself else known_at))
    return found


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def write_versions(folder: Path, contracts: Contracts, versions: Iterable[Version]) -> int:
    """Write versions as raw files with their arrival manifest; returns how many files.

    Args:
        folder: made if it is missing; it may hold the files of other domains, and their arrivals.
        contracts: the domain's, which say how values are written.
        versions: a file holds at most one version of a key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[tuple[str, str], list[Version]] = {}
    for version in versions:
        files.setdefault((version.table, version.file), []).append(version)
    arrivals = []
    written: set[bytes] = set()
    for (name, file), rows in sorted(files.items()):
        table = contracts.tables[name]
        path = folder / f"{table.files[0].split('*')[0]}_{file}.csv"
        content = _content(table, contracts.zone, rows)
        while content in written:
            # Of two files that are the same, ingest takes one: a blank line makes them two.
            content += b"\n"
        written.add(content)
        path.write_bytes(content)
        if rows[0].arrived_at is not None:
            arrivals.append((path.name, rows[0].arrived_at.isoformat(" ")))
    manifest = folder / MANIFEST
    first = [] if manifest.exists() else [COLUMNS]
    with manifest.open("a", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([*first, *arrivals])
    return len(files)


def _content(table: Table, zone: str, rows: Sequence[Version]) -> bytes:
    local, out = ZoneInfo(zone), StringIO(newline="")
    lines = csv.writer(out)
    lines.writerow(table.file_columns)
    for row in rows:
        lines.writerow(_text(table, name, row.values[name], local) for name in table.file_columns)
    return out.getvalue().encode("utf-8")


def _text(table: Table, name: str, value: Any, zone: ZoneInfo) -> str:
    """A value as the contract has it written in a file."""
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    kind = table.columns[name].type
    if kind == "DATE":
        return str(value.strftime(table.columns[name].time_formats[0]))
    if kind == "TIMESTAMP":
        there = value.replace(tzinfo=UTC).astimezone(zone)
        forms = table.columns[name].time_formats
        finer = [form for form in forms if "%f" in form] if value.microsecond else []
        return str(there.strftime((finer or forms)[0]))
    return str(value)
