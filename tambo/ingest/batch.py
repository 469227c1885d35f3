"""One file on its way into the lake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from tambo.ingest.capture import Captured, open_archived
from tambo.ingest.header import Head, Problem, Pushback, read_head
from tambo.ingest.mapping import Entry
from tambo.ingest.splitter import BLANK, CODE, Block, Positions, Shape, blocks
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table


@dataclass
class Batch:
    """One file, loaded or to be loaded into one table.

    Attributes:
        batch_id: number of the batch; later batches have higher ones.
        contracts: of the table's domain.
        table: contract of the table.
        captured: the file's bytes.
        head: its header.
        entry: how a mapping reads it, if one does.
        history: whether it was declared to be history.
        arrived_at: from the arrival manifest, UTC.
        ingested_at: start of the command that took it in, UTC.
        came_at: the same of the first command, where lines of it are tried again; None: this is it.
        problem: why it is quarantined as a whole.
        retaken: whether it was quarantined as a whole before, under the same number.
        records: records in the file.
        apart: record numbers that the splitter set apart, with their codes.
        refused: reasons by record number of those that whoever took them refused.
        received: when each record arrived, by its number, where that is told, UTC.
    """

    batch_id: int
    contracts: Contracts
    table: Table
    captured: Captured
    head: Head
    entry: Entry | None
    history: bool
    arrived_at: datetime | None
    ingested_at: datetime
    came_at: datetime | None = None
    problem: Problem | None = None
    retaken: bool = False
    records: int = 0
    apart: list[tuple[Positions, Positions]] = field(default_factory=list)
    refused: Mapping[int, str] = field(default_factory=dict)
    received: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """How its records look."""
        utf8 = self.entry is None or self.entry.is_utf8
        return Shape(len(self.head.columns), self.head.delimiter.encode(), utf8)

    def blocks(self, settings: Settings) -> Iterator[Block]:
        """Its records, read from the archive."""
        _, source = self.open(settings)
        line = self.head.blank_lines + 2
        for block in blocks(source, self.shape, position=self.head.position, line=line):
            self._mark_refused(block)
            yield block

    def _mark_refused(self, block: Block) -> None:
        """Set apart what was refused, whatever its line looks like."""
        held = np.flatnonzero(block.codes != BLANK)
        for record, reason in self.refused.items():
            if block.record <= record < block.record + len(held):
                block.codes[held[record - block.record]] = CODE[reason]

    def open(self, settings: Settings) -> tuple[Head, Pushback]:
        """Read its head from the archive; the source then stands behind it."""
        return open_head(settings, self.captured.digest, self.entry)

    def note_apart(self, block: Block) -> None:
        """Remember what the splitter set apart."""
        bad = (block.codes != 0) & (block.codes != BLANK)
        if bad.any():
            self.apart.append((block.numbers[bad], block.codes[bad].astype(np.int64)))


def domains_of(batches: Iterable[Batch]) -> list[Contracts]:
    """Contracts of the batches' domains, each once."""
    return list({batch.contracts.domain: batch.contracts for batch in batches}.values())


def open_head(settings: Settings, digest: str, entry: Entry | None) -> tuple[Head, Pushback]:
    """Read the head of archived content as a mapping entry, if any, says."""
    source = open_archived(settings, digest)
    if entry is None:
        return read_head(source)
    return read_head(source, entry.delimiter, entry.encoding)
