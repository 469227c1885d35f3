"""What is in quarantine: counted, listed, and exported for a person to mend."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from tambo.errors import IngestError
from tambo.ingest.mapping import Entry
from tambo.lake import reader
from tambo.lake.sql import literal
from tambo.settings import Settings

BATCH, RECORD, RAW = "_batch", "_record", "_raw"
NOTES = ("_file", "_line", "_reason", "_column", "_value", "_message", "_remedy")
EXPORT_COLUMNS = (BATCH, RECORD, *NOTES, RAW)
"""Columns of an export before the file's own; they say where a line comes from and why."""


@dataclass(frozen=True)
class Summary:
    """How many lines of one table and file are in quarantine for one reason."""

    domain: str
    table: str
    reason: str
    source_file: str
    lines: int
    newest: datetime


@dataclass(frozen=True)
class Line:
    """One quarantined record, or a whole file (record 0)."""

    domain: str
    table: str
    batch_id: int
    source_file: str
    file_hash: str
    record: int
    line: int
    lines: int
    byte_position: int
    byte_length: int
    raw: bytes | None
    reason: str
    column: str | None
    value: str | None
    message: str
    remedy: str
    quarantined_at: datetime


@dataclass(frozen=True)
class Exported:
    """What an export wrote: lines, and one file for each table and shape of source file."""

    lines: int
    files: list[Path]


def _where(
    reason: str | None = None, table: str | None = None, source_file: str | None = None
) -> str:
    wanted = {"reason": reason, "table_name": table, "source_file": source_file}
    parts = [f"{name} = {literal(value)}" for name, value in wanted.items() if value is not None]
    return " AND ".join(["resolved_by IS NULL", *parts])


def summary(settings: Settings) -> list[Summary]:
    """Count what is in quarantine by table, reason and file; the most frequent first.

    Raises:
        LakeError: there is no lake yet.
    """
    with reader(settings) as connection:
        rows = connection.execute(
            "SELECT domain, table_name, reason, source_file, count(*), max(quarantined_at) "
            f"FROM lake.quarantine.lines WHERE {_where()} GROUP BY ALL "
            "ORDER BY count(*) DESC, domain, table_name, reason, source_file"
        ).fetchall()
    return [Summary(*row) for row in rows]


def lines(
    settings: Settings,
    *,
    reason: str | None = None,
    table: str | None = None,
    source_file: str | None = None,
    limit: int | None = None,
) -> list[Line]:
    """List what is in quarantine, by batch and record.

    Args:
        settings: the Tambo home.
        reason: only this reason.
        table: only this table.
        source_file: only this file.
        limit: at most so many.

    Raises:
        LakeError: there is no lake yet.
    """
    last = "" if limit is None else f" LIMIT {int(limit)}"
    with reader(settings) as connection:
        rows = connection.execute(
            "SELECT * EXCLUDE (resolved_by) FROM lake.quarantine.lines "
            f"WHERE {_where(reason, table, source_file)} ORDER BY batch_id, record{last}"
        ).fetchall()
    return [Line(*row) for row in rows]


def export(
    settings: Settings,
    out: Path,
    *,
    reason: str | None = None,
    table: str | None = None,
    source_file: str | None = None,
) -> Exported:
    """Write quarantined records to CSV, each beside its reason, to be corrected and taken back.

    A file holds the source's own columns; lines that could not be split into them have their text
    in `_raw` and the columns empty. Files of other tables or columns go to further CSVs beside
    `out`, named after it with a number. Whole files are not exported: they are sent again.

    Args:
        settings: the Tambo home.
        out: the CSV to write; it must not exist.
        reason: only this reason.
        table: only this table.
        source_file: only this file.

    Raises:
        IngestError: nothing is in quarantine, or a file exists.
        LakeError: there is no lake yet.
    """
    chosen = f"record > 0 AND {_where(reason, table, source_file)}"
    written, files = 0, []
    with reader(settings) as connection:
        for number, (columns, entry, batches) in enumerate(_shapes(connection, chosen), start=1):
            path = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
            written += _write(path, columns, entry, _fetch(connection, chosen, batches))
            files.append(path)
    return Exported(written, files)


def _shapes(
    connection: duckdb.DuckDBPyConnection, chosen: str
) -> list[tuple[list[str], Entry | None, list[int]]]:
    """Columns, mapping and batches of the files that quarantined lines come from, by table.

    Raises:
        IngestError: no line is chosen.
    """
    rows = connection.execute(
        "SELECT f.table_name, f.columns, f.mapping, list(f.batch_id ORDER BY f.batch_id) "
        "FROM lake.audit.files f SEMI JOIN (SELECT DISTINCT batch_id FROM "
        f"lake.quarantine.lines WHERE {chosen}) q USING (batch_id) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    if not rows:
        raise IngestError(
            "No such line is in quarantine.",
            remedy="tambo quarantine lists what is; a whole file is not exported: mend the file, "
            "or give a mapping, and ingest it again",
        )
    return [
        (json.loads(columns), Entry.model_validate_json(mapping) if mapping else None, batches)
        for _, columns, mapping, batches in rows
    ]


def _fetch(
    connection: duckdb.DuckDBPyConnection, chosen: str, batches: Sequence[int]
) -> Iterator[tuple[object, ...]]:
    cursor = connection.execute(
        "SELECT batch_id, record, source_file, line, reason, column_name, value, message, remedy, "
        f"raw FROM lake.quarantine.lines WHERE {chosen} "
        f"AND batch_id IN ({', '.join(map(str, batches))}) ORDER BY batch_id, record"
    )
    while rows := cursor.fetchmany(10_000):
        yield from rows


def _write(
    path: Path, columns: list[str], entry: Entry | None, rows: Iterator[tuple[object, ...]]
) -> int:
    written = 0
    try:
        with path.open("x", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            # Lines of a correction, still wrong, are exported as what they correct was.
            own = slice(len(EXPORT_COLUMNS) if columns[0] == BATCH else 0, None)
            writer.writerow([*EXPORT_COLUMNS, *columns[own]])
            for *notes, raw in rows:
                text, fields = _fields(raw if isinstance(raw, bytes) else b"", len(columns), entry)
                writer.writerow([*notes, text, *fields[own]])
                written += 1
    except FileExistsError:
        raise IngestError(f"{path} exists.", remedy="name another file") from None
    except OSError as error:
        raise IngestError(f"{path} cannot be written: {error.strerror}") from error
    return written


def _fields(raw: bytes, count: int, entry: Entry | None) -> tuple[str, list[str]]:
    """A line's text and no fields, or its fields and no text."""
    text = raw.decode(entry.encoding if entry else "utf-8", errors="replace").rstrip("\r\n")
    try:
        rows = list(csv.reader([text], delimiter=entry.delimiter if entry else ",", strict=True))
    except csv.Error:
        rows = []
    if len(rows) == 1 and len(rows[0]) == count:
        return "", rows[0]
    return text, [""] * count
