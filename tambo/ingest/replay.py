"""`tambo ingest --replay`: moves out of the quarantine what is accepted now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter

import duckdb
import numpy as np

from tambo.errors import IngestError
from tambo.ingest.batch import Batch
from tambo.ingest.claims import all_contracts
from tambo.ingest.fixing import take_fix
from tambo.ingest.landing import land
from tambo.ingest.mapping import Mapping, read_mapping
from tambo.ingest.orphans import land_orphans, note_orphans
from tambo.ingest.plan import Candidate, candidates_of
from tambo.ingest.relanding import OPEN, land_lines
from tambo.ingest.report import FileReport, read_reports
from tambo.ingest.splitter import Positions
from tambo.ingest.stored import stored_batches
from tambo.ingest.taking import take_what_adds_up
from tambo.ingest.tell import tell_known
from tambo.ingest.work import Work, workspace
from tambo.lake import writer
from tambo.lake.connect import require
from tambo.lake.state import now
from tambo.progress import Progress, silent
from tambo.settings import Settings


@dataclass(frozen=True)
class Replay:
    """What a replay did.

    Attributes:
        files: the accounts, as they are now, of files of which something moved, or of the
            corrected export that was taken back.
        replayed: lines, and whole files, that left the quarantine.
        left: what is still in quarantine, of all files.
        seconds: it took.
    """

    files: list[FileReport]
    replayed: int
    left: int
    seconds: float

    @property
    def up_to_date(self) -> bool:
        """Whether nothing moved."""
        return not self.replayed

    def line(self) -> str:
        """The outcome in one line."""
        return f"{self.replayed:,} left the quarantine, {self.left:,} stay"


def replay(
    settings: Settings,
    *,
    file: Path | None = None,
    mapping: Path | None = None,
    progress: Progress = silent,
) -> Replay:
    """Try quarantined lines and files again, and move what is accepted into the lake.

    A line is moved, never copied: it leaves the quarantine in the snapshot in which it comes into
    raw, as a row of the file that it came with. Its known time follows the rule of that file.

    Args:
        settings: the Tambo home.
        file: an export of the quarantine that was corrected by hand; its rows come in as a file
            of their own, and the lines that they correct are marked as resolved by it.
        mapping: a mapping file to read the lines with; None: as they were read, under the
            contract as it is now.
        progress: told what is being done.

    Raises:
        IngestError: `file` is no export, or cannot be read.
        ContractError: the mapping is wrong.
        LakeError: there is no lake yet.
        LockedError: another process is writing.
    """
    require(settings)
    started = perf_counter()
    with writer(settings, "replay") as connection, workspace(settings, connection) as work:
        at = now()
        if file is not None:
            touched, moved = take_fix(settings, work, Path(file), at, progress)
        else:
            read = read_mapping(mapping) if mapping else None
            folder = mapping.parent if mapping else Path()
            touched, moved = _try_all(settings, work, read, folder, at, progress)
        files = read_reports(connection, touched if moved else ())
        left = _count_left(connection)
        tell_known(settings, connection)
    return Replay(files, moved, left, perf_counter() - started)


def _count_left(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM lake.quarantine.lines WHERE resolved_by IS NULL"
    ).fetchone()
    return int(row[0]) if row else 0


def _try_all(
    settings: Settings,
    work: Work,
    mapping: Mapping | None,
    folder: Path,
    at: datetime,
    progress: Progress,
) -> tuple[set[int], int]:
    """Land everything that is in quarantine again, and take in what is good."""
    entries = _entries(work.connection)
    stored = stored_batches(work.connection, settings, entries)
    whole, old = [], []
    for number, batch in enumerate(stored):
        progress(f"trying {batch.captured.name}", number, len(stored))
        if batch.problem is not None:
            again = _claim_again(settings, batch, mapping, folder, at)
            if again is not None:
                land(settings, work, again)
                whole.append(again)
            continue
        _use_mapping(settings, batch, mapping, folder)
        batch.ingested_at = at
        if _land(settings, work, batch, entries[batch.batch_id]):
            old.append(batch)
    whole = [batch for batch in whole if batch.problem is None]
    tried = {batch.batch_id for batch in old}
    note_orphans(work.connection)
    old += [b for b in land_orphans(settings, work, whole, at) if b.batch_id not in tried]
    if not whole and not old:
        return set(), 0
    taken = take_what_adds_up(settings, work, whole, old, progress)
    taken.refuse("Its lines stay in quarantine; those of other files were tried.")
    return taken.ids, taken.moved + len(whole)


def _entries(connection: duckdb.DuckDBPyConnection) -> dict[int, Positions]:
    """Record numbers in quarantine by batch; a whole file has the number 0."""
    rows = connection.execute(
        f"SELECT batch_id, record FROM lake.quarantine.lines WHERE record = 0 OR ({OPEN}) "
        "ORDER BY ALL"
    ).to_arrow_table()
    owners = rows.column(0).to_numpy()
    records: Positions = rows.column(1).to_numpy().astype(np.int64)
    return {batch_id: records[owners == batch_id] for batch_id in np.unique(owners).tolist()}


def _claim_again(
    settings: Settings, batch: Batch, mapping: Mapping | None, folder: Path, at: datetime
) -> Batch | None:
    """The batch that a whole quarantined file becomes now, or None: its problem stands."""
    used = mapping
    if (used is None or not used.entries(batch.captured.name)) and batch.entry is not None:
        used = Mapping(tables=[batch.entry])
    for candidate in candidates_of(settings, batch.captured, used, folder, all_contracts(settings)):
        if _same(candidate, batch) and candidate.claim.problem is None:
            return candidate.batch(
                batch.batch_id, history=batch.history, arrived_at=batch.arrived_at, at=at
            )
    return None


def _use_mapping(settings: Settings, batch: Batch, mapping: Mapping | None, folder: Path) -> None:
    """Read a batch's lines with the mapping given now, if it is for them."""
    for candidate in candidates_of(
        settings, batch.captured, mapping, folder, all_contracts(settings)
    ):
        usable = candidate.entry is not None and candidate.claim.problem is None
        if usable and _same(candidate, batch):
            batch.entry, batch.head = candidate.entry, candidate.head


def _same(candidate: Candidate, batch: Batch) -> bool:
    part = batch.entry.part if batch.entry else 0
    return candidate.claim.table.name == batch.table.name and candidate.part == part


def _land(settings: Settings, work: Work, batch: Batch, records: Positions) -> bool:
    try:
        return land_lines(settings, work, batch, records) > 0
    except duckdb.Error as error:
        raise IngestError(
            f"The lines of {batch.captured.name} cannot be read by its mapping: {error}",
            remedy="use TRY_CAST where a value may be odd",
        ) from error
