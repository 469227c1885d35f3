"""Checks the conservation law for batches, on what the lake holds of them, and stores the account.

Every byte of a file behind its byte-order mark belongs to exactly one of header, blank, loaded,
repeat, quarantined, filtered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tambo.errors import IngestError
from tambo.ingest.batch import Batch
from tambo.ingest.capture import archived, intact, open_archived
from tambo.ingest.incoming import raw_name
from tambo.ingest.scanner import (
    BLANK,
    CLASSES,
    HEADER,
    Account,
    Claims,
    MismatchError,
    scan,
    scan_whole,
)
from tambo.lake.state import now
from tambo.settings import Settings


@dataclass(frozen=True)
class Fault:
    """A file that does not add up.

    Attributes:
        batch: the file.
        what: how it does not, in counts.
        remedy: what to do about it.
    """

    batch: Batch
    what: str
    remedy: str

    def line(self) -> str:
        """What is wrong in one sentence."""
        captured, records = self.batch.captured, self.batch.records
        read = f", {records:,} records read" if records else ""
        return f"{captured.name} ({captured.size:,} bytes{read}) does not add up: {self.what}."


class ConservationError(IngestError):
    """Bytes of files do not add up; nothing of these files was loaded.

    Args:
        faults: the files.
        rest: what became of the command's other files, as a sentence.
    """

    def __init__(self, faults: Sequence[Fault], rest: str = "Nothing was loaded.") -> None:
        super().__init__(
            " ".join([*(fault.line() for fault in faults), rest]),
            remedy="; ".join(dict.fromkeys(fault.remedy for fault in faults)),
        )
        self.faults = list(faults)


def check_and_store(
    connection: duckdb.DuckDBPyConnection, settings: Settings, batches: Sequence[Batch]
) -> dict[int, Account]:
    """Account for the batches on what the lake holds now, and write lake.audit.files.

    Returns:
        Accounts by batch id.

    Raises:
        ConservationError: the accounts of some files do not hold; it names them all.
    """
    if not batches:
        return {}
    held = _held(connection, batches)
    accounts, faults = {}, []
    for batch in batches:
        try:
            accounts[batch.batch_id] = _account(settings, batch, held[batch.batch_id])
        except MismatchError as error:
            faults.append(Fault(batch, str(error), _remedy(connection, settings, batch)))
    if faults:
        raise ConservationError(faults)
    _store(connection, batches, accounts)
    return accounts


def _remedy(connection: duckdb.DuckDBPyConnection, settings: Settings, batch: Batch) -> str:
    """What to do about a file that does not add up: it depends on whose fault that is."""
    name = batch.captured.name
    if not intact(settings, batch.captured):
        kept = archived(settings, batch.captured.digest)
        return f"its copy {kept} was changed on disk: delete the copy, and ingest {name} again"
    stored = f"SELECT 1 FROM lake.audit.files WHERE batch_id = {batch.batch_id}"
    if connection.execute(stored).fetchone() and not batch.retaken:
        again = f"tambo ingest --withdraw {batch.batch_id}, then tambo ingest {name} --restore"
        return f"the lake lost or gained rows of it since it was loaded: {again}"
    return f"this is a fault of Tambo, not of the file: please report it, with {name} if you can"


class _Held:
    """What the lake holds of one file: record numbers by class, and claims."""

    def __init__(self) -> None:
        self.records: dict[int, list[npt.NDArray[np.int64]]] = {k: [] for k in CLASSES.values()}
        self.lines: list[pa.Table] = []

    def classes(self) -> npt.NDArray[np.uint8]:
        total = sum(len(part) for parts in self.records.values() for part in parts)
        classes = np.zeros(total + 1, np.uint8)
        for kind, parts in self.records.items():
            for part in parts:
                if len(part) and (part.min() < 1 or part.max() > total):
                    raise MismatchError(
                        f"{total} records are accounted for, one has number {part.max()}"
                    )
                classes[part] = kind
        # As many numbers as records, none beyond: one that is missing stands for one named twice.
        if np.count_nonzero(classes[1:]) != total:
            raise MismatchError("a record belongs to two classes")
        return classes


CLAIM_COLUMNS = ("record", "line", "lines", "byte_position", "byte_length")


def _held(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> dict[int, _Held]:
    held = {batch.batch_id: _Held() for batch in batches}
    ids = ", ".join(str(batch_id) for batch_id in held)
    tables = {batch.table.name: batch.table for batch in batches}
    chosen = f"WHERE batch_id IN ({ids})"
    queries = [
        (
            "loaded",
            f"SELECT _batch_id, _row_number FROM {raw_name(table)} WHERE _batch_id IN ({ids})",
        )
        for table in tables.values()
    ]
    queries.append(("repeat", f"SELECT batch_id, record FROM lake.audit.repeats {chosen}"))
    if any(batch.entry is not None and batch.entry.leaves_out for batch in batches):
        queries.append(("filtered", f"SELECT batch_id, record FROM lake.audit.filtered {chosen}"))
    for kind, sql in queries:
        for part in connection.execute(sql).to_arrow_reader(1_000_000):
            _share(held, CLASSES[kind], part)
    claims = connection.execute(
        f"SELECT batch_id AS b, {', '.join(CLAIM_COLUMNS)} FROM lake.quarantine.lines "
        f"WHERE batch_id IN ({ids}) ORDER BY batch_id, record"
    ).to_arrow_table()
    owners = claims.column("b").to_numpy()
    for batch_id in np.unique(owners).tolist():
        first, last = np.searchsorted(owners, [batch_id, batch_id + 1]).tolist()
        own = claims.slice(first, last - first)
        held[batch_id].lines.append(own)
        held[batch_id].records[CLASSES["quarantined"]].append(own.column("record").to_numpy())
    return held


def _share(held: dict[int, _Held], kind: int, part: pa.RecordBatch) -> None:
    owners = part.column(0).to_numpy(zero_copy_only=False)
    records = part.column(1).to_numpy(zero_copy_only=False)
    for batch_id in np.unique(owners).tolist():
        held[batch_id].records[kind].append(records[owners == batch_id])


def _account(settings: Settings, batch: Batch, held: _Held) -> Account:
    source = open_archived(settings, batch.captured.digest)
    if batch.problem is not None:
        account = scan_whole(source.read)
    else:
        lines = held.lines[0] if held.lines else None
        values = (
            [lines.column(name).to_numpy() for name in CLAIM_COLUMNS]
            if lines is not None
            else [np.zeros(0, np.int64)] * len(CLAIM_COLUMNS)
        )
        account = scan(source.read, held.classes(), Claims(*values))
    if account.total() != batch.captured.size:
        raise MismatchError(f"{account.total()} of {batch.captured.size} bytes are accounted for")
    return account


def _store(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[Batch],
    accounts: dict[int, Account],
) -> None:
    ids = ", ".join(str(batch_id) for batch_id in accounts)
    connection.execute(f"DELETE FROM lake.audit.files WHERE batch_id IN ({ids})")
    rows = [_row(batch, accounts[batch.batch_id]) for batch in batches]
    connection.register("_files", pa.Table.from_pylist(rows))
    connection.execute("INSERT INTO lake.audit.files BY NAME SELECT * FROM _files")
    connection.unregister("_files")


def _row(batch: Batch, account: Account) -> dict[str, object]:
    row: dict[str, object] = {
        "batch_id": batch.batch_id,
        "domain": batch.contracts.domain,
        "table_name": batch.table.name,
        "source_file": batch.captured.name,
        "file_hash": batch.captured.digest,
        "columns": json.dumps(batch.head.columns),
        "mapping": batch.entry.model_dump_json(by_alias=True) if batch.entry else None,
        "checked_at": now(),
        "bytes": account.total(),
        "lines": sum(account.lines.values()),
        "records": sum(account.records.values()),
        "bom_bytes": account.bom,
        "header_bytes": account.bytes[HEADER],
        "header_lines": account.lines[HEADER],
        "blank_bytes": account.bytes[BLANK],
        "blank_lines": account.lines[BLANK],
    }
    for name, kind in CLASSES.items():
        row[f"{name}_bytes"] = account.bytes[kind]
        row[f"{name}_lines"] = account.lines[kind]
        row[f"{name}_records"] = account.records[kind]
    return row
