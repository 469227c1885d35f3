"""What an ingest did, file by file, and the stored account of every file in the lake."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import duckdb

from tambo.ingest.scanner import CLASSES
from tambo.lake import reader
from tambo.settings import Settings

Status = Literal["loaded", "quarantined", "known", "withdrawn", "unclaimed"]


@dataclass(frozen=True)
class Count:
    """Records, physical lines and bytes of one class."""

    records: int = 0
    lines: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class FileReport:
    """Where one file's bytes went.

    Attributes:
        source_file: file name.
        status: loaded; quarantined (as a whole); known (its content is in the lake already);
            withdrawn (it was taken out before and stays out); unclaimed (no contract's file).
        domain: of its table.
        table: that it is for.
        batch_id: of its batch.
        bytes: all of them.
        bom: bytes of the byte-order mark.
        header: of the header line.
        blank: blank lines.
        loaded: records that are versions in raw.
        repeat: records that repeat the version before them.
        quarantined: records, or the whole file, in quarantine.
        filtered: records that a mapping leaves out.
        reasons: quarantined entries by reason.
        history: whether it was loaded as history.
        arrived_at: from the manifest, UTC.
        ingested_at: UTC.
        message: what there is to say, and the next step.
    """

    source_file: str
    status: Status
    domain: str | None = None
    table: str | None = None
    batch_id: int | None = None
    bytes: int = 0
    bom: int = 0
    header: Count = Count()
    blank: Count = Count()
    loaded: Count = Count()
    repeat: Count = Count()
    quarantined: Count = Count()
    filtered: Count = Count()
    reasons: dict[str, int] = field(default_factory=dict)
    history: bool = False
    arrived_at: datetime | None = None
    ingested_at: datetime | None = None
    message: str = ""

    @property
    def records(self) -> int:
        """All records."""
        return sum(c.records for c in (self.loaded, self.repeat, self.quarantined, self.filtered))

    @property
    def conserved(self) -> bool:
        """Whether every byte behind the mark is in exactly one class."""
        counts = (
            self.header,
            self.blank,
            self.loaded,
            self.repeat,
            self.quarantined,
            self.filtered,
        )
        return self.bytes == self.bom + sum(count.bytes for count in counts)


@dataclass(frozen=True)
class IngestReport:
    """What one command did.

    Attributes:
        files: one report a file, in order.
        replayed: quarantined lines of earlier batches that were loaded now.
        seconds: it took.
    """

    files: list[FileReport]
    replayed: int = 0
    seconds: float = 0.0

    @property
    def new(self) -> list[FileReport]:
        """Files that this command took in."""
        return [file for file in self.files if file.status in {"loaded", "quarantined"}]

    @property
    def unclaimed(self) -> list[FileReport]:
        """Files that no contract and no mapping claims."""
        return [file for file in self.files if file.status == "unclaimed"]

    @property
    def loaded(self) -> int:
        """Records that came into raw from these files."""
        return sum(file.loaded.records for file in self.new)

    @property
    def repeats(self) -> int:
        """Records that repeat what the lake has."""
        return sum(file.repeat.records for file in self.new)

    @property
    def quarantined(self) -> int:
        """Records and whole files that went to quarantine."""
        return sum(file.quarantined.records for file in self.new)

    @property
    def up_to_date(self) -> bool:
        """Whether there was nothing to do."""
        return not self.new and not self.replayed

    def line(self) -> str:
        """The outcome in one line."""
        if self.up_to_date:
            return f"{len(self.files)} files, nothing new" + self._unclaimed()
        parts = [f"{self.loaded:,} loaded"]
        if self.repeats:
            parts.append(f"{self.repeats:,} repeats")
        parts.append(f"{self.quarantined:,} quarantined")
        if self.replayed:
            parts.append(f"{self.replayed:,} earlier lines replayed")
        return f"{len(self.new)} files: {', '.join(parts)}" + self._unclaimed()

    def _unclaimed(self) -> str:
        names = ", ".join(file.source_file for file in self.unclaimed)
        return f"; not ours: {names}" if names else ""


def reports(settings: Settings) -> list[FileReport]:
    """The stored account of every batch, in order of batches.

    Raises:
        LakeError: there is no lake yet.
    """
    with reader(settings) as connection:
        return read_reports(connection)


def read_reports(
    connection: duckdb.DuckDBPyConnection, ids: Collection[int] | None = None
) -> list[FileReport]:
    """The stored account of every batch, or of some, over an open connection."""
    if ids is not None and not ids:
        return []
    chosen = "" if ids is None else f" WHERE b.batch_id IN ({', '.join(map(str, sorted(ids)))})"
    cursor = connection.execute(
        "SELECT b.status, b.history, b.arrived_at, b.ingested_at, f.*, q.reasons "
        "FROM lake.audit.batches b JOIN lake.audit.files f USING (batch_id) "
        "LEFT JOIN (SELECT batch_id, map_from_entries(list((reason, n) ORDER BY reason)) "
        "AS reasons FROM (SELECT batch_id, reason, count(*) AS n FROM lake.quarantine.lines "
        f"GROUP BY ALL) GROUP BY batch_id) q USING (batch_id){chosen} ORDER BY b.batch_id"
    )
    names = [column[0] for column in cursor.description or ()]
    return [_report(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def _report(row: dict[str, object]) -> FileReport:
    def number(name: str) -> int:
        return int(str(row[name]))

    def count(name: str) -> Count:
        records = number(f"{name}_records") if name in CLASSES else 0
        return Count(records, number(f"{name}_lines"), number(f"{name}_bytes"))

    arrived, ingested, reasons = row["arrived_at"], row["ingested_at"], row["reasons"]
    status: Status = "loaded"
    for known in ("quarantined", "withdrawn"):
        if row["status"] == known:
            status = known
    return FileReport(
        source_file=str(row["source_file"]),
        status=status,
        domain=str(row["domain"]),
        table=str(row["table_name"]),
        batch_id=number("batch_id"),
        bytes=number("bytes"),
        bom=number("bom_bytes"),
        header=count("header"),
        blank=count("blank"),
        loaded=count("loaded"),
        repeat=count("repeat"),
        quarantined=count("quarantined"),
        filtered=count("filtered"),
        reasons=dict(reasons) if isinstance(reasons, dict) else {},
        history=bool(row["history"]),
        arrived_at=arrived if isinstance(arrived, datetime) else None,
        ingested_at=ingested if isinstance(ingested, datetime) else None,
    )
