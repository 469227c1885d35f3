"""What is written down of builds: those that finished, and those that began and did not finish."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb

from tambo.as_of import AsOf
from tambo.lake.as_of_column import as_of_sql
from tambo.lake.connect import exists, reader, writer
from tambo.lake.state import git_revision, now, raw_state
from tambo.lake.tables import count_rows, tables
from tambo.settings import Settings

_LAYERS = ("staging", "intermediate", "marts")
_UNFINISHED = (
    "lake.audit.unfinished_builds (started_at TIMESTAMP, raw_state VARCHAR, project_hash VARCHAR)"
)


@dataclass(frozen=True)
class Target:
    """What a build is made of: two builds of one target are the same.

    Attributes:
        raw_state: fingerprint of the batches in raw.
        project_hash: fingerprint of the dbt project.
        as_of: the instant it is made for, by domain; the domains that it is made of.
    """

    raw_state: str
    project_hash: str
    as_of: AsOf


@dataclass(frozen=True)
class Finished:
    """A row of audit.builds."""

    build_id: int
    snapshot_id: int
    target: Target
    dbt_invocation: str
    row_counts: str


def last_finished(connection: duckdb.DuckDBPyConnection) -> Finished | None:
    """The newest row of audit.builds."""
    row = connection.execute(
        "SELECT build_id, snapshot_id, raw_state, project_hash, "
        f"{as_of_sql(connection, 'builds')}, dbt_invocation, row_counts "
        "FROM lake.audit.builds ORDER BY build_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    build_id, snapshot_id, raw_state, project_hash, as_of, invocation, counts = row
    target = Target(raw_state, project_hash, AsOf.parse(as_of))
    return Finished(build_id, snapshot_id, target, invocation, counts)


def anything_unbuilt(settings: Settings) -> bool:
    """Whether the lake's raw tables are others than those of the newest build."""
    if not exists(settings):
        return False
    with reader(settings) as connection:
        last = last_finished(connection)
        row = connection.execute("SELECT count(*) FROM lake.audit.batches").fetchone()
        taken = row is not None and row[0] > 0
        return taken and (last is None or last.target.raw_state != raw_state(connection))


def unfinished(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """What builds that did not finish since the last one were made of: raw state and project.

    Such a build may have left tables of two states. A build of the same only repeats what it did;
    any other must not stand on what it left.
    """
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_UNFINISHED}")
    rows = connection.execute(
        "SELECT raw_state, project_hash FROM lake.audit.unfinished_builds"
    ).fetchall()
    return {(str(row[0]), str(row[1])) for row in rows}


def begin(settings: Settings, target: Target) -> None:
    """Note that a build has begun; `finish` takes the note away."""
    with writer(settings, "build") as connection:
        connection.execute(
            "INSERT INTO lake.audit.unfinished_builds VALUES (?, ?, ?)",
            [now(), target.raw_state, target.project_hash],
        )


def finish(settings: Settings, target: Target, invocation: str) -> Finished:
    """Write the build's row; it names the snapshot taken before it."""
    with writer(settings, "build") as connection:
        row = connection.execute(
            "SELECT (SELECT max(snapshot_id) FROM lake.snapshots()), "
            "(SELECT coalesce(max(build_id), 0) + 1 FROM lake.audit.builds)"
        ).fetchone()
        snapshot_id, build_id = row or (0, 1)
        made = [one for one in tables(connection) if one[0] in _LAYERS]
        counts = json.dumps(count_rows(connection, made))
        built = Finished(int(build_id), int(snapshot_id), target, invocation, counts)
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO lake.audit.builds (build_id, built_at, raw_state, project_hash, "
            "git_revision, dbt_invocation, as_of_by_domain, snapshot_id, row_counts) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                built.build_id,
                now(),
                target.raw_state,
                target.project_hash,
                git_revision(settings.root),
                invocation,
                target.as_of.dump(),
                built.snapshot_id,
                counts,
            ],
        )
        connection.execute("DELETE FROM lake.audit.unfinished_builds")
        connection.execute("COMMIT")
        return built
