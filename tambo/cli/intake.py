"""What the ingest and quarantine verbs print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tambo.cli import console
from tambo.cli.stages import alone, ingest_stage
from tambo.settings import Settings

QuarantineCount = tuple[str, str, int, int, datetime]


def ingest_path(
    settings: Settings,
    path: Path,
    *,
    mapping: Path | None = None,
    history: bool | None = None,
    restore: bool = False,
) -> None:
    """Load a folder or a file, and say what went to quarantine."""
    alone(ingest_stage(settings, path, mapping=mapping, history=history, restore=restore))
    counts = quarantine_counts(settings)
    if counts:
        held = ", ".join(f"{reason} {lines:,}" for reason, lines in _by_reason(counts).items())
        console.out.print(f"  → in quarantine: {held}; tambo quarantine says why", markup=False)


def take_in_arrived(settings: Settings) -> None:
    """Take in what waits that came by itself: messages, and what was told over HTTP."""
    from tambo.sources.arrived import take_in_arrived

    for table, done in take_in_arrived(settings).items():
        console.out.print(f"{table}: {done.line()}", markup=False)


def withdraw_batch(settings: Settings, batch_id: int) -> None:
    """Take one batch back out."""
    from tambo.ingest import withdraw

    console.out.print(withdraw(settings, batch_id).line(), markup=False)


def replay_lines(settings: Settings, mapping: Path | None) -> None:
    """Try quarantined lines again."""
    from tambo.ingest import replay

    with console.progress_bar("replay") as progress:
        outcome = replay(settings, mapping=mapping, progress=progress)
    console.out.print(outcome.line(), markup=False)


def show_report(settings: Settings) -> None:
    """Print where every record, physical line and byte of every file went."""
    from tambo.ingest import reports

    found = reports(settings)
    classes = ("loaded", "repeat", "filtered", "quarantined", "header", "blank")
    rows: list[tuple[object, ...]] = [
        (
            *(one.batch_id, one.source_file, one.table, one.status, one.records),
            *(getattr(one, name).lines for name in classes),
            *(one.bytes, one.conserved),
        )
        for one in found
    ]
    total = [sum(row[place] for row in rows) for place in range(4, 12)]  # type: ignore[misc]
    rows.append(("", f"{len(found)} files", "", "", *total, all(one.conserved for one in found)))
    lines = [f"{name} lines" for name in classes]
    columns = ("batch", "file", "table", "status", "records", *lines, "bytes", "none lost")
    console.show_table("files", columns, rows)


def show_quarantine(settings: Settings, reason: str | None, limit: int) -> None:
    """Print quarantined lines by reason, then the first of them."""
    from tambo.ingest import quarantine

    counts = quarantine_counts(settings)
    chosen = [row for row in counts if reason in {None, row[1]}]
    if not chosen:
        others = ", ".join(_by_reason(counts))
        empty = f"No line is in quarantine for {reason}, only for {others}."
        console.out.print(empty if counts else "The quarantine is empty.", markup=False)
        return
    console.show_table("quarantine", ("table", "reason", "lines", "files", "last (UTC)"), chosen)
    rows = [
        (line.source_file, line.line, line.reason, line.column, line.value, line.remedy)
        for line in quarantine.lines(settings, reason=reason, limit=limit)
    ]
    columns = ("file", "line", "reason", "column", "value", "what to do")
    console.show_table(f"the first {len(rows)}", columns, rows)


def _by_reason(counts: Sequence[QuarantineCount]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for _, reason, lines, _, _ in counts:
        totals[reason] = totals.get(reason, 0) + lines
    return totals


def quarantine_counts(settings: Settings) -> list[QuarantineCount]:
    """Table, reason, lines, files and newest entry of what is in quarantine, most lines first."""
    from tambo.ingest import quarantine

    grouped: dict[tuple[str, str], list[quarantine.Summary]] = {}
    for one in quarantine.summary(settings):
        grouped.setdefault((one.table, one.reason), []).append(one)
    counts = [
        (table, reason, sum(o.lines for o in found), len(found), max(o.newest for o in found))
        for (table, reason), found in grouped.items()
    ]
    return sorted(counts, key=lambda row: -row[2])


def export_quarantine(settings: Settings, out: Path, reason: str | None) -> None:
    """Write quarantined lines to a CSV for correction."""
    from tambo.ingest import quarantine

    written = quarantine.export(settings, out, reason=reason)
    files = ", ".join(map(str, written.files))
    console.out.print(f"{written.lines:,} lines written to {files}", markup=False)


def take_back(settings: Settings, file: Path) -> None:
    """Take a corrected export back, and say what of it is right now."""
    from tambo.ingest import replay

    with console.progress_bar("fix") as progress:
        outcome = replay(settings, file=file, progress=progress)
    if outcome.up_to_date:
        console.out.print(f"{file} has been taken back before.", markup=False)
    for report in outcome.files:
        accepted = report.loaded.records + report.repeat.records
        wrong = report.quarantined.records
        line = f"{accepted:,} accepted, {wrong:,} still wrong; {outcome.left:,} in quarantine"
        console.out.print(line, markup=False)
