"""Writes a page of a door as a CSV file that its table's contract takes."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from tambo.errors import ContractError
from tambo.ingest.capture import archived
from tambo.settings import Settings
from tambo.sources.contracts import Table
from tambo.sources.fetch_state import write_file

if TYPE_CHECKING:
    import pyarrow as pa


def write_page(settings: Settings, path: Path, table: Table, rows: pa.Table) -> None:
    """Write rows as a CSV file; it is there as a whole or not at all.

    Args:
        settings: the Tambo home.
        path: of the file.
        table: the contract that the rows are for.
        rows: at least the contract's required columns, in any order.

    Raises:
        ContractError: the rows have not the contract's columns: the door is wrong.
    """
    missing = sorted(set(table.required) - set(rows.column_names))
    extra = sorted(set(rows.column_names) - set(table.file_columns))
    if missing or extra:
        raise ContractError(
            f"A page for {table.name} lacks {missing} and has {extra} too much.",
            remedy="mend the door, or the contract",
        )
    ordered = [name for name in table.file_columns if name in rows.column_names]
    write_file(path, as_new(settings, _csv(rows.select(ordered))))


def as_new(settings: Settings, content: bytes, others: Container[str] = ()) -> bytes:
    """Content as the lake does not have it yet, which passes over what it has.

    A source that says one thing, then another, and then the first again means it: blank lines make
    that file another one.

    Args:
        settings: the Tambo home.
        content: of a CSV file.
        others: SHA-256 of files that come in with it.
    """
    while (digest := content_hash(content)) in others or archived(settings, digest).exists():
        content += b"\n"
    return content


def content_hash(content: bytes) -> str:
    """SHA-256, hexadecimal, by which the lake knows content."""
    return hashlib.sha256(content).hexdigest()


def _csv(rows: pa.Table) -> bytes:
    import pyarrow as pa
    from pyarrow import csv

    columns = [_written(column) for column in rows.columns]
    out = BytesIO()
    csv.write_csv(pa.table(columns, names=rows.column_names), out)
    return out.getvalue()


def _written(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as a contract reads it: whole seconds without a fraction, decimals as text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        whole = pc.floor_temporal(column, unit="second")
        short = whole.cast(pa.timestamp("s")).cast(pa.string())
        # What has a fraction keeps it, and the contract says whether it may.
        return pc.if_else(pc.equal(whole, column), short, column.cast(pa.string()))
    if pa.types.is_decimal(column.type):
        return column.cast(pa.string())
    return column
