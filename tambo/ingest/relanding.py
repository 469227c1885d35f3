"""Lands quarantined lines again, to see whether they are accepted now."""

from __future__ import annotations

from io import BytesIO

import duckdb
import numpy as np
import pyarrow as pa

from tambo.ingest.batch import Batch
from tambo.ingest.clean import Written, write_clean
from tambo.ingest.computing import land_computed, load_lookups
from tambo.ingest.reasons import MESSAGE_REASONS
from tambo.ingest.splitter import Block, Positions, blocks
from tambo.ingest.work import Work
from tambo.lake.sql import literal
from tambo.settings import Settings

OPEN = (
    "record > 0 AND raw IS NOT NULL AND resolved_by IS NULL "
    "AND NOT (column_name IS NULL "
    f"AND reason IN ({', '.join(literal(reason) for reason in MESSAGE_REASONS)}))"
)
"""SQL of quarantined records that may be tried again; whole files are ingested again instead.

A message that was refused stays refused: its contract has no say in that. No column is named then.
"""


def land_lines(settings: Settings, work: Work, batch: Batch, records: Positions) -> int:
    """Land chosen quarantined records of a batch, with its mapping as it is now.

    Args:
        settings: the Tambo home.
        work: where rows land.
        batch: the file they come from.
        records: their numbers.

    Returns:
        How many have the right shape and were landed.

    Raises:
        ContractError: the batch's mapping is wrong.
        duckdb.Error: the mapping fails on a value.
    """
    lines = _fetch(work.connection, batch, records)
    numbers, good = _good_lines(batch, lines)
    if not len(numbers):
        return 0
    if batch.entry is not None:
        load_lookups(settings, work, batch.entry)
    encoding = batch.entry.encoding if batch.entry else "utf-8"
    clean = Written(work.new_file(".csv"))
    with clean.path.open("wb") as out:
        for block in good:
            write_clean(out, block, batch.shape, encoding, clean)
    land_computed(work, batch, clean, numbers)
    clean.path.unlink()
    return len(numbers)


def _fetch(connection: duckdb.DuckDBPyConnection, batch: Batch, records: Positions) -> pa.Table:
    connection.register("_wanted", pa.table({"record": records}))
    lines = connection.execute(
        "SELECT record, raw FROM lake.quarantine.lines SEMI JOIN _wanted USING (record) "
        f"WHERE batch_id = {batch.batch_id} AND {OPEN} ORDER BY record"
    ).to_arrow_table()
    connection.unregister("_wanted")
    return lines


def _good_lines(batch: Batch, lines: pa.Table) -> tuple[Positions, list[Block]]:
    """Lines of the right shape and their record numbers; an open quote spoils only its own."""
    raws: list[bytes] = lines.column("raw").to_pylist()
    records: Positions = lines.column("record").to_numpy().astype(np.int64)
    together = list(_split(batch, b"".join(raws)))
    ends = [block.position + block.stops for block in together]
    expected = np.cumsum([len(raw) for raw in raws], dtype=np.int64)
    if ends and np.array_equal(np.concatenate(ends), expected):
        good = np.concatenate([block.codes for block in together]) == 0
        if good.all():
            return records, together
    alone = [
        (n, block) for n, raw in zip(records, raws, strict=True) for block in _alone(batch, raw)
    ]
    return np.array([n for n, _ in alone], np.int64), [block for _, block in alone]


def _alone(batch: Batch, raw: bytes) -> list[Block]:
    """The block of one line by itself, if it is one good record."""
    found = list(_split(batch, raw))
    return found if len(found) == 1 and found[0].codes.tolist() == [0] else []


def _split(batch: Batch, data: bytes) -> list[Block]:
    return list(blocks(BytesIO(data), batch.shape, position=0, line=1))
