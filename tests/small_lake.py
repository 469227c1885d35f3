"""A lake made by hand: builds, validations and releases without dbt and without the gate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tambo.as_of import AsOf
from tambo.lake import releases, writer
from tambo.lake.releases import Build, Release
from tambo.lake.state import now, raw_state
from tambo.settings import Settings

AS_OF = datetime(2025, 6, 1, 12)


def take_batch(settings: Settings, number: int) -> None:
    """Note a batch as loaded, which changes the state of the raw tables."""
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.audit.batches BY NAME SELECT ? AS batch_id, 'travel' AS domain, "
            "'users' AS table_name, 'users.csv' AS source_file, ? AS file_hash, "
            "'loaded' AS status, true AS history, ? AS arrived_at, ? AS ingested_at, 1 AS revision",
            [number, f"hash {number}", now(), now()],
        )


def build(settings: Settings) -> Build:
    """Append one row to marts.fares, and note it as the next build."""
    with writer(settings, "test") as lake:
        (number,) = lake.execute(
            "SELECT coalesce(max(build_id), 0) + 1 FROM lake.audit.builds"
        ).fetchone()
        lake.execute("INSERT INTO lake.marts.fares BY NAME SELECT ? AS code", [number])
        (snapshot,) = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        lake.execute(
            "INSERT INTO lake.audit.builds VALUES (?, ?, ?, 'project', 'abc', 'run', ?, ?, '{}')",
            [number, now(), raw_state(lake), AsOf({"travel": AS_OF}).dump(), snapshot],
        )
        return releases.newest_build(lake)


def validate(settings: Settings, made: Build, *, success: bool) -> int:
    """Note a validation of a build at its snapshot."""
    with writer(settings, "test") as lake:
        (number,) = lake.execute(
            "SELECT coalesce(max(validation_id), 0) + 1 FROM lake.audit.validations"
        ).fetchone()
        lake.execute(
            "INSERT INTO lake.audit.validations VALUES (?, ?, ?, ?, 'suites', ?, ?)",
            [
                number,
                now(),
                made.build_id,
                made.snapshot_id,
                success,
                '[{"suite": "travel.fares"}]',
            ],
        )
    return number


def release(settings: Settings) -> Release:
    """Build, validate and release."""
    validate(settings, build(settings), success=True)
    return releases.release(settings).release


def parquet_files(settings: Settings) -> set[Path]:
    """All parquet files of the lake."""
    return set(settings.lake_data.rglob("*.parquet"))
