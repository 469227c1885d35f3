"""Retention: which releases stay readable, and the removal of what nothing reads any more.

Kept are the releases that somebody names (a registered model version, a bento), the newest ones,
the head of the lake, and every snapshot younger than a grace period, because a reader that was
opened without a release number is pinned at one of those.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from tambo.lake import releases
from tambo.lake.connect import require, writer
from tambo.lake.lock import alive
from tambo.lake.sql import literal
from tambo.settings import Settings

GRACE = timedelta(hours=1)
"""How long a reader may stay pinned at a snapshot that no release names."""


@dataclass(frozen=True)
class Retired:
    """What `retire` did.

    Attributes:
        releases: numbers that can no longer be read, ascending.
        snapshots: how many snapshots were expired.
        merged: how many small parquet files were folded into larger ones.
        removed: files that nothing reads any more, and that are gone.
    """

    releases: tuple[int, ...]
    snapshots: int
    merged: int
    removed: tuple[Path, ...]

    @property
    def up_to_date(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.releases or self.snapshots or self.merged or self.removed)

    def line(self) -> str:
        """One line for people."""
        if self.up_to_date:
            return "nothing to retire"
        named = f"releases {', '.join(map(str, self.releases))}" if self.releases else "no release"
        return (
            f"{named} retired, {self.snapshots} snapshots expired, "
            f"{self.merged} files merged, {len(self.removed)} removed"
        )


@dataclass(frozen=True)
class _Plan:
    """Release numbers to retire and snapshot ids to expire."""

    releases: list[int]
    snapshots: list[int]


def retire(
    settings: Settings, *, named: Collection[int], keep: int, grace: timedelta = GRACE
) -> Retired:
    """Expire every snapshot that is not kept, and mark its release `retired`, in one step.

    Do not call it with a transaction open on the same lake: its files would count as orphans.

    Args:
        settings: the Tambo home.
        named: release numbers that a registered model version or a bento names.
        keep: how many of the newest releases stay besides; at least one does.
        grace: age below which no snapshot is expired and no file in use is removed.

    Raises:
        LakeError: there is no lake yet.
        LockedError: another process is writing.
    """
    require(settings)
    with writer(settings, "retention") as connection:
        plan = _plan(connection, named, max(keep, 1), grace)
        if plan.snapshots:
            _expire(connection, plan)
        merged = _merge(connection) if plan.snapshots else 0
        removed = [*_remove_unused(connection, grace), *_remove_orphans(connection)]
    return Retired(tuple(sorted(plan.releases)), len(plan.snapshots), merged, tuple(removed))


def clean(settings: Settings) -> tuple[Path, ...]:
    """Remove what killed processes left: orphan parquet files and spill folders.

    Returns:
        The files and folders removed.

    Raises:
        LakeError: there is no lake yet.
        LockedError: another process is writing.
    """
    require(settings)
    with writer(settings, "clean") as connection:
        orphans = _remove_orphans(connection)
    return (*orphans, *_remove_spill(settings))


def _plan(
    connection: duckdb.DuckDBPyConnection, named: Collection[int], keep: int, grace: timedelta
) -> _Plan:
    rows = releases.of_status(connection, releases.RELEASED)
    kept = {row.number for row in rows[:keep]} | set(named)
    spared = _spared_snapshots(connection, grace) | {
        row.snapshot_id for row in rows if row.number in kept
    }
    every = connection.execute("SELECT snapshot_id FROM lake.snapshots()").fetchall()
    return _Plan(
        releases=[row.number for row in rows if row.snapshot_id not in spared],
        snapshots=sorted(number for (number,) in every if number not in spared),
    )


def _spared_snapshots(connection: duckdb.DuckDBPyConnection, grace: timedelta) -> set[int]:
    """Snapshots kept for another reason than a release: young ones, the head, the next release."""
    young = connection.execute(
        "SELECT snapshot_id FROM lake.snapshots() WHERE snapshot_time > ? UNION ALL "
        "SELECT max(snapshot_id) FROM lake.snapshots() UNION ALL "
        "SELECT arg_max(snapshot_id, build_id) FROM lake.audit.builds UNION ALL "
        f"SELECT snapshot_id FROM lake.audit.releases WHERE status = {literal(releases.CANDIDATE)}",
        [datetime.now(UTC) - grace],
    ).fetchall()
    return {number for (number,) in young if number is not None}


def _expire(connection: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    """Both or neither: a release marked as readable always is."""
    connection.execute("BEGIN")
    try:
        if plan.releases:
            connection.execute(
                "UPDATE lake.audit.releases SET status = ? WHERE list_contains(?, release)",
                [releases.RETIRED, plan.releases],
            )
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {plan.snapshots})")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _merge(connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute("CALL ducklake_merge_adjacent_files('lake')").fetchall()
    return sum(int(before) for *_, before, _after in rows)


def _remove_unused(connection: duckdb.DuckDBPyConnection, grace: timedelta) -> list[Path]:
    """Remove files given up longer ago than the grace period: a running query may read them."""
    rows = connection.execute(
        "CALL ducklake_cleanup_old_files('lake', older_than => ?)", [datetime.now(UTC) - grace]
    ).fetchall()
    return [Path(path) for (path,) in rows]


def _remove_orphans(connection: duckdb.DuckDBPyConnection) -> list[Path]:
    """Remove files that the catalog never knew; under the lock no other writer has any."""
    rows = connection.execute(
        "CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)"
    ).fetchall()
    return [Path(path) for (path,) in rows]


def _remove_spill(settings: Settings) -> list[Path]:
    removed = []
    for folder in sorted((settings.scratch / "spill").glob("*-*")):
        if not alive(int(folder.name.split("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed
