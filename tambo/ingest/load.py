"""`tambo ingest`: takes files into the lake, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import duckdb

from tambo.ingest.apart import (
    add_duplicates,
    add_faults,
    add_orphans,
    add_shapes,
    create_apart,
    left_out,
)
from tambo.ingest.batch import Batch
from tambo.ingest.discover import discover
from tambo.ingest.incoming import create_raw_tables, incoming, register_batches
from tambo.ingest.landing import land
from tambo.ingest.ledger import check_and_store
from tambo.ingest.lines import write_lines
from tambo.ingest.plan import Plan, make_plan
from tambo.ingest.report import FileReport, IngestReport, read_reports
from tambo.ingest.settle import settle
from tambo.ingest.whole import write_whole
from tambo.ingest.work import Work, workspace
from tambo.lake import writer
from tambo.lake.sql import literal
from tambo.lake.state import now
from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.contracts import Contracts


def ingest(
    settings: Settings,
    path: Path,
    *,
    mapping: Path | None = None,
    history: bool | None = None,
    restore: bool = False,
    progress: Progress = silent,
) -> IngestReport:
    """Take a folder of CSV files, or one file, into the lake.

    Every line ends in raw, as a counted repeat, or in the quarantine. All files of the command
    come in with one snapshot, or none does. Content that the lake has is skipped.

    Args:
        settings: the Tambo home.
        path: the folder or file.
        mapping: a mapping file; None takes tambo_mapping.yml beside the files, if there is one.
        history: whether rows are known since their own time plus the table's lag; None: if it is
            the table's first load. An arrival manifest or a recorded-at column goes before it.
        restore: take in again what was withdrawn.
        progress: told what is being done.

    Raises:
        IngestError: a path is missing or cannot be read.
        FileChangedError: a file changed while it was read; nothing was loaded.
        ConservationError: bytes of a file do not add up; nothing was loaded.
        ContractError: the mapping is wrong.
        LockedError: another process is writing.
    """
    started = perf_counter()
    found = discover(Path(path), mapping)
    with writer(settings, "ingest") as connection:
        plan = make_plan(
            settings,
            connection,
            found,
            at=now(),
            history=history,
            restore=restore,
            progress=progress,
        )
        if plan.batches:
            with workspace(settings, connection) as work:
                _take_in(settings, connection, work, plan, progress)
        done = _reports(connection, plan)
    return IngestReport(done, 0, perf_counter() - started)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Several statements, one snapshot."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _take_in(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    work: Work,
    plan: Plan,
    progress: Progress,
) -> None:
    batches = plan.batches
    for number, batch in enumerate(batches):
        progress(f"checking {batch.captured.name}", number, len(batches))
        if batch.problem is None:
            land(settings, work, batch)
    with transaction(connection):
        for contracts in _domains(batches):
            create_raw_tables(connection, contracts)
        register_batches(connection, batches)
        create_apart(connection)
        add_shapes(connection, batches)
        for contracts in _domains(batches):
            progress(f"loading {contracts.domain}", len(batches), len(batches))
            _load_domain(connection, work, contracts)
        write_lines(connection, settings, [b for b in batches if b.problem is None])
        write_whole(connection, settings, [b for b in batches if b.problem is not None])
        write_batches(connection, batches)
        progress("checking the accounts", len(batches), len(batches))
        check_and_store(connection, settings, batches)


def _domains(batches: Sequence[Batch]) -> list[Contracts]:
    return list({batch.contracts.domain: batch.contracts for batch in batches}.values())


def _load_domain(connection: duckdb.DuckDBPyConnection, work: Work, contracts: Contracts) -> None:
    landed = set(work.tables())
    for table in contracts.ordered():
        if table.name not in landed:
            continue
        add_faults(connection, work, table)
        doubtful = add_duplicates(connection, work, table)
        add_orphans(connection, work, table, contracts.tables)
        new = incoming(work, contracts, table)
        row = connection.execute("SELECT count(*) FROM apart").fetchone()
        if row and row[0]:
            new = left_out(new)
        settle(connection, contracts.domain, table, new=new, doubtful=doubtful)


def write_batches(connection: duckdb.DuckDBPyConnection, batches: Sequence[Batch]) -> None:
    """Write batches to lake.audit.batches; one that was there gets the next revision."""
    ids = ", ".join(str(batch.batch_id) for batch in batches)
    revisions = dict(
        connection.execute(
            f"SELECT batch_id, revision FROM lake.audit.batches WHERE batch_id IN ({ids})"
        ).fetchall()
    )
    if revisions:
        connection.execute(f"DELETE FROM lake.audit.batches WHERE batch_id IN ({ids})")
    rows = ", ".join(_batch_row(batch, revisions.get(batch.batch_id, 0) + 1) for batch in batches)
    connection.execute(f"INSERT INTO lake.audit.batches VALUES {rows}")


def _batch_row(batch: Batch, revision: int) -> str:
    status = "loaded" if batch.problem is None else "quarantined"
    arrived = f"TIMESTAMP {literal(str(batch.arrived_at))}" if batch.arrived_at else "NULL"
    values = [
        str(batch.batch_id),
        literal(batch.contracts.domain),
        literal(batch.table.name),
        literal(batch.captured.name),
        literal(batch.captured.digest),
        literal(status),
        str(batch.history).lower(),
        arrived,
        f"TIMESTAMP {literal(str(batch.ingested_at))}",
        str(revision),
    ]
    return f"({', '.join(values)})"


def _reports(connection: duckdb.DuckDBPyConnection, plan: Plan) -> list[FileReport]:
    mine = {batch.batch_id for batch in plan.batches}
    if not mine:
        return plan.others
    return [r for r in read_reports(connection) if r.batch_id in mine] + plan.others
