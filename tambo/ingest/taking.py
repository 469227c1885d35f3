"""Takes landed records into the lake: what is good, what is set apart, and the account of it.

One transaction of the lake holds all of it, so that a command is there as a whole or not at all; a
file whose account does not hold is set aside, and the others come in without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from tambo.ingest.apart import (
    WORDED,
    add_conflicts,
    add_duplicates,
    add_faults,
    add_future,
    add_orphans,
    add_shapes,
    add_skipped,
    count_apart,
    create_apart,
    left_out,
)
from tambo.ingest.batch import Batch, domains_of
from tambo.ingest.batches import revise, write_batches
from tambo.ingest.hours import register_clock
from tambo.ingest.incoming import create_raw_tables, incoming, keyed, register_batches
from tambo.ingest.ledger import ConservationError, Fault, check_and_store
from tambo.ingest.lines import write_lines
from tambo.ingest.settle import settle
from tambo.ingest.stored import stored_batches
from tambo.ingest.whole import write_whole
from tambo.ingest.work import FILTERED, Work
from tambo.lake.zones import hold_zone
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import Contracts


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


@dataclass(frozen=True)
class Taken:
    """What came of landed records.

    Attributes:
        batches: files of which something was taken in.
        moved: lines of old batches that left the quarantine.
        faults: files that were set aside, for they do not add up.
    """

    batches: list[Batch]
    moved: int
    faults: list[Fault]

    @property
    def ids(self) -> set[int]:
        """Numbers of the batches."""
        return {batch.batch_id for batch in self.batches}

    def refuse(self, rest: str) -> None:
        """Raise ConservationError if files were set aside; `rest` says what became of others."""
        if self.faults:
            raise ConservationError(self.faults, rest)


def take_what_adds_up(
    settings: Settings,
    work: Work,
    new: Sequence[Batch],
    old: Sequence[Batch],
    progress: Progress,
) -> Taken:
    """Take in, in one snapshot, every file that adds up; set aside those that do not.

    The arguments are those of `take_in`. Of a file that is set aside nothing changes: a new one is
    not there, and lines of an old one stay in quarantine.

    Raises:
        ConservationError: a file that is in the lake, and was not to be touched, does not add up.
    """
    faults: list[Fault] = []
    while new or old:
        try:
            with transaction(work.connection):
                moved = take_in(settings, work, new, old, progress)
                return Taken([*new, *old], moved, faults)
        except ConservationError as error:
            wrong = {fault.batch.batch_id for fault in error.faults}
            if wrong.isdisjoint(batch.batch_id for batch in (*new, *old)):
                raise
            faults += error.faults
            new = [batch for batch in new if batch.batch_id not in wrong]
            old = [batch for batch in old if batch.batch_id not in wrong]
    return Taken([], 0, faults)


def take_in(
    settings: Settings,
    work: Work,
    new: Sequence[Batch],
    old: Sequence[Batch],
    progress: Progress,
) -> int:
    """Take what has landed into the lake, inside a transaction of the caller.

    Args:
        settings: the Tambo home.
        work: where rows landed, with everything landed.
        new: files that come in as a whole.
        old: batches of which quarantined lines were landed again.
        progress: told what is being done.

    Returns:
        Lines of old batches that left the quarantine.

    Raises:
        ConservationError: the accounts of some files do not hold.
        SettingsError: the lake's rows were read in another zone than is set.
    """
    connection = work.connection
    landed = [batch for batch in new if batch.problem is None]
    for contracts in domains_of([*new, *old]):
        hold_zone(settings, connection, contracts.domain)
        create_raw_tables(connection, contracts)
    register_batches(connection, [*landed, *old])
    create_apart(connection)
    add_shapes(connection, landed)
    affected: set[int] = set()
    for contracts in domains_of([*landed, *old]):
        progress(f"loading {contracts.domain}", 0, 1)
        affected |= _take_domain(settings, work, contracts, old)
    _write_new(connection, settings, new)
    moved, changed = _move_accepted(work, old)
    others = (affected | changed) - {batch.batch_id for batch in new}
    revise(connection, others)
    progress("checking the accounts", 0, 1)
    mapped = {batch.batch_id: batch for batch in old}
    again = [mapped.get(b.batch_id, b) for b in stored_batches(connection, settings, others)]
    check_and_store(connection, settings, [*new, *again])
    return moved


def _take_domain(
    settings: Settings, work: Work, contracts: Contracts, old: Sequence[Batch]
) -> set[int]:
    """Settle a domain's landed rows, parents first; returns batches whose records changed class."""
    connection = work.connection
    affected: set[int] = set()
    for table in contracts.ordered():
        if table.name not in work.tables:
            continue
        add_faults(connection, work, table)
        clock = register_clock(work, contracts, table)
        new = incoming(work, table, clock)
        rows = keyed(work, table, new)
        skipped = add_skipped(connection, work, table, clock)
        if add_future(connection, work, table, clock, settings.ahead_seconds) or skipped:
            rows = left_out(rows)
        doubtful = add_duplicates(connection, table, rows)
        if old:
            add_conflicts(connection, table, new, old)
        add_orphans(connection, work, table, contracts.tables)
        if count_apart(connection):
            new = left_out(new)
        affected |= settle(connection, contracts.domain, table, new=new, doubtful=doubtful)
    return affected


def _write_new(
    connection: duckdb.DuckDBPyConnection, settings: Settings, new: Sequence[Batch]
) -> None:
    """Write what there is of new files besides their rows: quarantine, filtered lines, batches."""
    _forget_entries(connection, new)
    write_lines(connection, settings, [batch for batch in new if batch.problem is None])
    write_whole(connection, settings, [batch for batch in new if batch.problem is not None])
    _write_filtered(connection)
    write_batches(connection, new)


def _write_filtered(connection: duckdb.DuckDBPyConnection) -> None:
    mine = f"FROM {FILTERED} f JOIN intake i ON i.batch_id = f.batch_id"
    row = connection.execute(f"SELECT count(*) {mine}").fetchone()
    if row and row[0]:
        connection.execute(f"INSERT INTO lake.audit.filtered SELECT f.* {mine}")


def _forget_entries(connection: duckdb.DuckDBPyConnection, new: Sequence[Batch]) -> None:
    """Delete the entries of whole files that are taken in again."""
    ids = ", ".join(str(batch.batch_id) for batch in new if batch.retaken)
    if ids:
        connection.execute(f"DELETE FROM lake.quarantine.lines WHERE batch_id IN ({ids})")


def _move_accepted(work: Work, old: Sequence[Batch]) -> tuple[int, set[int]]:
    """Take lines that are accepted now out of the quarantine; give others their new reason."""
    if not old:
        return 0, set()
    connection = work.connection
    ids = ", ".join(str(batch.batch_id) for batch in old)
    tables = {batch.table.name: batch.table for batch in old}
    parts = [
        f"SELECT s._batch AS batch_id, s._record AS record FROM {work.staged(table)} s "
        f"JOIN intake i ON i.batch_id = s._batch WHERE s._batch IN ({ids}) AND s._fault IS NULL"
        for table in tables.values()
    ]
    parts.append(f"SELECT batch_id, record FROM {FILTERED} WHERE batch_id IN ({ids})")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE accepted AS SELECT * FROM "
        f"({' UNION ALL '.join(parts)}) ANTI JOIN apart USING (batch_id, record)"
    )
    changed = connection.execute("SELECT DISTINCT batch_id FROM accepted").fetchall()
    row = connection.execute(
        "DELETE FROM lake.quarantine.lines l USING accepted a "
        "WHERE l.batch_id = a.batch_id AND l.record = a.record"
    ).fetchone()
    connection.execute(
        "UPDATE lake.quarantine.lines l SET reason = a.reason, column_name = a.column_name, "
        "value = a.value, message = a.message, remedy = a.remedy "
        f"FROM ({WORDED}) a "
        f"WHERE l.batch_id IN ({ids}) AND l.batch_id = a.batch_id AND l.record = a.record "
        "AND l.resolved_by IS NULL AND l.reason <> a.reason"
    )
    return int(row[0]) if row else 0, {int(each[0]) for each in changed}
