"""`tambo ingest`: takes files into the lake, in one snapshot."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import perf_counter

import duckdb

from tambo.ingest.discover import discover
from tambo.ingest.incoming import add_gained_tables
from tambo.ingest.landing import land
from tambo.ingest.orphans import land_orphans, note_orphans
from tambo.ingest.plan import Plan, known_batches, make_plan
from tambo.ingest.report import IngestReport, read_reports
from tambo.ingest.taking import Taken, take_what_adds_up, transaction
from tambo.ingest.tell import tell_known
from tambo.ingest.work import workspace
from tambo.lake import writer
from tambo.lake.state import now
from tambo.progress import Progress, silent
from tambo.settings import Settings


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
    come in with one snapshot, or none does; only a file whose bytes do not add up is set aside.
    Content that the lake has is skipped. Quarantined orphans whose parents come in are loaded with
    them.

    Args:
        settings: the Tambo home.
        path: the folder or file.
        mapping: a mapping file; None takes the settings' mapping for files of
            their `raw`, else tambo_mapping.yml beside the files, if there is one.
        history: whether rows are known since their own time plus the table's lag; None: if it is
            the table's first load. An arrival manifest or a recorded-at column goes before it.
        restore: take in again what was withdrawn.
        progress: told what is being done.

    Raises:
        IngestError: a path is missing or cannot be read.
        FileChangedError: a file changed while it was read; nothing was loaded.
        ConservationError: bytes of some files do not add up; the others were loaded.
        ContractError: the mapping is wrong.
        SettingsError: the lake's rows were read in another zone than is set.
        LockedError: another process is writing.
    """
    started = perf_counter()
    found = discover(Path(path), mapping or settings.mapping_of(Path(path)))
    with writer(settings, "ingest") as connection:
        at = now()
        with transaction(connection):
            known = known_batches(connection)
            note_orphans(connection)
            add_gained_tables(settings, connection)
        plan = make_plan(
            settings, known, found, at=at, history=history, restore=restore, progress=progress
        )
        taken = _take_in(settings, connection, plan, at, progress)
        mine = {batch.batch_id for batch in plan.batches} & taken.ids
        files = read_reports(connection, mine) + plan.others
        tell_known(settings, connection)
    report = IngestReport(files, taken.moved, perf_counter() - started)
    taken.refuse(f"Nothing of it was loaded. The other files: {report.line()}.")
    return report


def _take_in(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    at: datetime,
    progress: Progress,
) -> Taken:
    if not plan.batches:
        return Taken([], 0, [])
    with workspace(settings, connection) as work:
        for number, batch in enumerate(plan.batches):
            progress(f"checking {batch.captured.name}", number, len(plan.batches))
            if batch.problem is None:
                land(settings, work, batch)
        old = land_orphans(settings, work, plan.batches, at)
        return take_what_adds_up(settings, work, plan.batches, old, progress)
