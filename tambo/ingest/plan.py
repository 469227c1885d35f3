"""Decides what a command has to do: captures its files and says which batch each becomes."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from tambo.errors import ContractError
from tambo.ingest.batch import Batch, open_head
from tambo.ingest.capture import Captured, capture, clean_parts
from tambo.ingest.claims import Claim, all_contracts, claim, find_table
from tambo.ingest.discover import Found
from tambo.ingest.header import Head, Problem
from tambo.ingest.mapping import Entry, Join, Mapping
from tambo.ingest.report import FileReport, Status
from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table


@dataclass(frozen=True)
class Known:
    """A batch that the lake has."""

    batch_id: int
    table: str
    digest: str
    status: Status
    size: int
    part: int


@dataclass
class Plan:
    """What a command has to do.

    Attributes:
        batches: to take in, by table in the order of references, then by arrival and name.
        others: reports of files that need nothing.
    """

    batches: list[Batch] = field(default_factory=list)
    others: list[FileReport] = field(default_factory=list)


@dataclass(frozen=True)
class Candidate:
    """One file as one table: what a mapping entry or a contract makes of it."""

    captured: Captured
    head: Head
    entry: Entry | None
    claim: Claim

    @property
    def part(self) -> int:
        """Which of the file's mapping entries for the table it is."""
        return self.entry.part if self.entry else 0

    def batch(
        self,
        batch_id: int,
        *,
        history: bool,
        arrived_at: datetime | None,
        at: datetime,
        refused: MappingType[int, str] | None = None,
        received: MappingType[int, datetime] | None = None,
    ) -> Batch:
        """The batch it becomes, taken in at `at`."""
        return Batch(
            batch_id=batch_id,
            contracts=self.claim.contracts,
            table=self.claim.table,
            captured=self.captured,
            head=self.head,
            entry=self.entry,
            history=history,
            arrived_at=arrived_at,
            ingested_at=at,
            problem=self.claim.problem,
            retaken=batch_id > 0,
            refused=refused or {},
            received=received or {},
        )


def known_batches(connection: duckdb.DuckDBPyConnection) -> list[Known]:
    """Every batch in the lake."""
    rows = connection.execute(
        "SELECT batch_id, b.table_name, b.file_hash, b.status, coalesce(f.bytes, -1), f.mapping "
        "FROM lake.audit.batches b LEFT JOIN lake.audit.files f USING (batch_id) ORDER BY ALL"
    ).fetchall()
    return [
        Known(batch_id, table, digest, status, size, _part(mapping))
        for batch_id, table, digest, status, size, mapping in rows
    ]


def _part(mapping: str | None) -> int:
    return Entry.model_validate_json(mapping).part if mapping else 0


def make_plan(
    settings: Settings,
    known: Sequence[Known],
    found: Found,
    *,
    at: datetime,
    history: bool | None,
    restore: bool,
    progress: Progress,
) -> Plan:
    """Capture every file and decide what to do with it.

    Args:
        settings: the Tambo home.
        known: what the lake has.
        found: what the command was given.
        at: time of the command, UTC.
        history: whether rows are declared to be history; None: where a table is new.
        restore: whether withdrawn content is taken in again.
        progress: told what is being read.

    Raises:
        IngestError: a file cannot be read, or changed while it was read.
        ContractError: the mapping names a table or a lookup that does not exist.
    """
    clean_parts(settings)
    contracts = all_contracts(settings)
    plan = Plan()
    candidates = _capture_all(settings, plan, known, found, contracts, progress)
    plan.others += [_folder(path) for path in found.folders]
    _add_batches(plan, candidates, known, found, at=at, history=history, restore=restore)
    order = _table_order(contracts)
    plan.batches.sort(key=lambda batch: order[batch.table.name])
    _number(plan.batches, known)
    return plan


def _capture_all(
    settings: Settings,
    plan: Plan,
    known: Sequence[Known],
    found: Found,
    contracts: dict[str, Contracts],
    progress: Progress,
) -> list[Candidate]:
    """Take every file's bytes, and find what each is; those that nothing claims are reported."""
    candidates: list[Candidate] = []
    sizes = {batch.size for batch in known}
    for number, path in enumerate(found.files):
        progress(f"reading {path.name}", number, len(found.files))
        captured = capture(settings, path, sizes)
        claims = candidates_of(settings, captured, found.mapping, found.folder, contracts)
        if not claims:
            plan.others.append(_unclaimed(captured))
        candidates += claims
    return candidates


def candidates_of(
    settings: Settings,
    captured: Captured,
    mapping: Mapping | None,
    folder: Path,
    contracts: dict[str, Contracts],
) -> list[Candidate]:
    """What a captured file is: one candidate a mapping entry, or its contract's; none: not ours.

    Args:
        settings: the Tambo home.
        captured: the file.
        mapping: if there is one.
        folder: that the mapping's lookups are relative to.
        contracts: of all domains.
    """
    entries = mapping.entries(captured.name) if mapping else []
    candidates = []
    for entry in entries:
        owner, table = find_table(contracts, entry.table, entry.domain)
        head, _ = open_head(settings, captured.digest, entry)
        problem = head.problem or _mapped_problem(table, head, entry)
        resolved = _with_lookups(settings, (folder, captured.path.parent), entry)
        candidates.append(Candidate(captured, head, resolved, Claim(owner, table, problem)))
    if entries:
        return candidates
    head, _ = open_head(settings, captured.digest, None)
    claimed = claim(contracts, captured.name, head)
    return [Candidate(captured, head, None, claimed)] if claimed else []


def _mapped_problem(table: Table, head: Head, entry: Entry) -> Problem | None:
    """Whether a mapped file has what its entry needs without computing it."""
    missing = [n for n in table.required if n not in entry.select and n not in head.columns]
    if missing:
        return Problem("missing_column", missing[0], ", ".join(head.columns)[:200])
    if entry.rewrites:
        return None
    known = {*table.file_columns, *entry.drop}
    extra = [name for name in head.columns if name not in known]
    return Problem("extra_column", extra[0]) if extra else None


def _with_lookups(settings: Settings, folders: Sequence[Path], entry: Entry) -> Entry:
    """Archive the files that an entry looks in; those of a stored entry are there already."""

    def kept(join: Join) -> Join:
        if join.digest:
            return join
        path = next((path for one in folders if (path := one / join.file).exists()), None)
        if path is None:
            raise ContractError(
                f"The mapping of {entry.table} looks in {folders[0] / join.file}, which does not "
                "exist.",
                remedy="put the file there or beside the raw files, or mend `joins` and `without`",
            )
        return join.model_copy(update={"digest": capture(settings, path).digest})

    found = {"joins": [*map(kept, entry.joins)], "without": [*map(kept, entry.without)]}
    return entry.model_copy(update=found)


def _unclaimed(captured: Captured) -> FileReport:
    return FileReport(
        captured.name,
        "unclaimed",
        bytes=captured.size,
        message="No contract has these columns or this name. If it is raw data under other names, "
        "say in tambo_mapping.yml which table it is for.",
    )


def _folder(path: Path) -> FileReport:
    message = f"It is a folder, whose files are not read: tambo ingest {path}"
    return FileReport(f"{path.name}/", "unclaimed", message=message)


def _add_batches(
    plan: Plan,
    candidates: Sequence[Candidate],
    known: Sequence[Known],
    found: Found,
    *,
    at: datetime,
    history: bool | None,
    restore: bool,
) -> None:
    have = {(batch.digest, batch.table, batch.part): batch for batch in known}
    loaded = {batch.table for batch in known if batch.status == "loaded"}
    taken: set[tuple[str, str, int]] = set()
    for each in candidates:
        table, problem = each.claim.table, each.claim.problem
        identity = (each.captured.digest, table.name, each.part)
        old = have.get(identity)
        if identity in taken or (
            old is not None and not _take_again(old, problem, restore=restore)
        ):
            plan.others.append(_known_report(each, old))
            continue
        taken.add(identity)
        plan.batches.append(
            each.batch(
                old.batch_id if old and old.status == "quarantined" else 0,
                history=table.name not in loaded if history is None else history,
                arrived_at=found.arrivals.get(each.captured.name),
                at=at,
                refused=found.refusals.get(each.captured.name),
                received=found.received.get(each.captured.name),
            )
        )


def _take_again(old: Known, problem: Problem | None, *, restore: bool) -> bool:
    """Whether content that the lake knows is taken in once more."""
    if old.status == "withdrawn":
        return restore
    return old.status == "quarantined" and problem is None


def _known_report(each: Candidate, old: Known | None) -> FileReport:
    withdrawn = old is not None and old.status == "withdrawn"
    return FileReport(
        each.captured.name,
        "withdrawn" if withdrawn else "known",
        domain=each.claim.contracts.domain,
        table=each.claim.table.name,
        batch_id=old.batch_id if old else None,
        bytes=each.captured.size,
        message="It was withdrawn, and stays out until it is ingested with --restore."
        if withdrawn
        else "The same content is in the lake already.",
    )


def _table_order(contracts: dict[str, Contracts]) -> dict[str, int]:
    names = [table.name for c in contracts.values() for table in c.ordered()]
    return {name: number for number, name in enumerate(names)}


def next_batch_id(known: Sequence[Known]) -> int:
    """Number of the next new batch."""
    return max((batch.batch_id for batch in known), default=0) + 1


def _number(batches: Sequence[Batch], known: Sequence[Known]) -> None:
    """Give new batches the numbers behind the last one."""
    following = next_batch_id(known)
    for batch in batches:
        if not batch.batch_id:
            batch.batch_id, following = following, following + 1
