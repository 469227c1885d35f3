"""Releases: numbered lake snapshots that passed the gate; the only states consumers read.

A release names the snapshot that was validated, taken before its own row. So the row is read from
the head of the lake, and the tables at the snapshot it names. Its states:

    candidate   numbered; its snapshot is being counted (a killed run leaves it, the next takes it)
    released    passed; consumers may read it
    rejected    the gate refused its build
    retired     was released; its snapshot has been expired by retention
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import duckdb

from tambo.as_of import AsOf
from tambo.errors import ReleaseError
from tambo.lake import tables
from tambo.lake.as_of_column import COLUMN, as_of_sql
from tambo.lake.connect import reader, require, writer
from tambo.lake.state import now, raw_state
from tambo.settings import Settings

CANDIDATE, RELEASED, REJECTED, RETIRED = "candidate", "released", "rejected", "retired"

_COLUMNS = (
    "release, created_at, snapshot_id, build_id, validation_id, git_revision, dbt_invocation, "
    f"{COLUMN}, verdicts, row_counts, status"
)


@dataclass(frozen=True)
class Release:
    """One row of lake.audit.releases.

    Attributes:
        number: the release's number, ascending from 1; rejected ones have a number too.
        created_at: when the row was written, UTC.
        snapshot_id: the lake snapshot that was validated; readers attach at it.
        build_id: the dbt build, a row of audit.builds.
        validation_id: the gate's run, a row of audit.validations.
        git_revision: revision of the code that built it, "+" after it when files differed.
        dbt_invocation: dbt's id of the run.
        as_of: the instant the build was made for, by domain.
        verdicts: what the gate found, by suite.
        row_counts: rows by schema.table at the snapshot.
        status: candidate, released, rejected or retired.
    """

    number: int
    created_at: datetime
    snapshot_id: int
    build_id: int
    validation_id: int
    git_revision: str
    dbt_invocation: str
    as_of: AsOf
    verdicts: Any
    row_counts: Mapping[str, int]
    status: str


@dataclass(frozen=True)
class ReleaseOutcome:
    """What `release` did: the release, and whether it was there already."""

    release: Release
    up_to_date: bool


@dataclass(frozen=True)
class Build:
    """One row of lake.audit.builds, as far as the gate and releases need it."""

    build_id: int
    snapshot_id: int
    raw_state: str
    git_revision: str
    dbt_invocation: str
    as_of: AsOf


def release(settings: Settings) -> ReleaseOutcome:
    """Make the newest build the next release, if its newest validation passed.

    Returns:
        The release; `up_to_date` when this build had been released before.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing is built, the raw tables changed since, or the gate has not passed.
    """
    require(settings)
    with writer(settings, "release") as connection:
        build = newest_build(connection)
        if raw_state(connection) != build.raw_state:
            raise ReleaseError(
                f"The raw tables have changed since build {build.build_id}.",
                remedy="tambo build && tambo validate && tambo release",
            )
        known = _of_build(connection, build.build_id)
        for row in known:
            if row.status == RELEASED:
                return ReleaseOutcome(row, up_to_date=True)
        validation_id, verdicts = _passed_validation(connection, build)
        candidate = next((row for row in known if row.status == CANDIDATE), None)
        if candidate is None:
            candidate = _insert(connection, build, validation_id, verdicts, CANDIDATE)
        counts = count_rows(settings, build.snapshot_id)
        connection.execute(
            "UPDATE lake.audit.releases SET status = ?, row_counts = ?, validation_id = ?, "
            "verdicts = ? WHERE release = ?",
            [RELEASED, json.dumps(counts), validation_id, verdicts, candidate.number],
        )
        return ReleaseOutcome(
            replace(
                candidate,
                status=RELEASED,
                row_counts=counts,
                validation_id=validation_id,
                verdicts=json.loads(verdicts),
            ),
            up_to_date=False,
        )


def reject(
    connection: duckdb.DuckDBPyConnection, build: Build, validation_id: int, verdicts: str
) -> Release:
    """Write the gate's refusal of a build; a build that failed again keeps its number.

    A release is not taken back when its build is looked at again and fails: models and services
    name it. It is returned as it is.
    """
    for row in _of_build(connection, build.build_id):
        if row.status in {RELEASED, RETIRED}:
            return row
        if row.status in {REJECTED, CANDIDATE}:
            connection.execute(
                "UPDATE lake.audit.releases SET status = ?, validation_id = ?, verdicts = ? "
                "WHERE release = ?",
                [REJECTED, validation_id, verdicts, row.number],
            )
            return replace(
                row, status=REJECTED, validation_id=validation_id, verdicts=json.loads(verdicts)
            )
    return _insert(connection, build, validation_id, verdicts, REJECTED)


def latest(settings: Settings) -> Release:
    """The newest release that consumers may read.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing has been released.
    """
    for row in history(settings):
        if row.status == RELEASED:
            return row
    raise ReleaseError(
        f"Nothing has been released in {settings.home}.",
        remedy="tambo build && tambo validate && tambo release",
    )


def get(settings: Settings, number: int | None = None) -> Release:
    """One release that can be read; None gives the latest.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: no such number, or it was rejected or retired; the remedy names those kept.
    """
    if number is None:
        return latest(settings)
    rows = history(settings)
    for row in rows:
        if row.number == number and row.status == RELEASED:
            return row
    kept = ", ".join(str(row.number) for row in reversed(rows) if row.status == RELEASED)
    remedy = f"choose one of: {kept}" if kept else "tambo build && tambo validate && tambo release"
    for row in rows:
        if row.number == number:
            raise ReleaseError(
                f"Release {number} cannot be read: it is {row.status}.", remedy=remedy
            )
    raise ReleaseError(f"There is no release {number}.", remedy=remedy)


def history(settings: Settings) -> list[Release]:
    """All rows of lake.audit.releases, newest first; none when the lake has none yet.

    Raises:
        LakeError: there is no lake yet.
    """
    with reader(settings) as connection:
        return _select(connection, "TRUE", [])


def newest_build(connection: duckdb.DuckDBPyConnection) -> Build:
    """The newest row of lake.audit.builds.

    Raises:
        ReleaseError: nothing has been built yet.
    """
    row = connection.execute(
        "SELECT build_id, snapshot_id, raw_state, git_revision, dbt_invocation, "
        f"{as_of_sql(connection, 'builds')} FROM lake.audit.builds ORDER BY build_id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise ReleaseError("Nothing has been built yet.", remedy="tambo ingest && tambo build")
    build_id, snapshot_id, state, revision, invocation, as_of = row
    return Build(build_id, snapshot_id, state, revision, invocation, AsOf.parse(as_of))


def count_rows(settings: Settings, snapshot: int) -> dict[str, int]:
    """Rows of every table (not view) at a snapshot, by schema.table, without the audit tables.

    Raises:
        LakeError: the snapshot cannot be read.
    """
    with reader(settings, snapshot) as connection:
        held = [one for one in tables.tables(connection) if one[0] != "audit"]
        return tables.count_rows(connection, held)


def _passed_validation(connection: duckdb.DuckDBPyConnection, build: Build) -> tuple[int, str]:
    """The newest validation of a build, which must have passed at the build's snapshot."""
    row = connection.execute(
        "SELECT validation_id, success, snapshot_id, verdicts FROM lake.audit.validations "
        "WHERE build_id = ? ORDER BY validation_id DESC LIMIT 1",
        [build.build_id],
    ).fetchone()
    if row is None or row[2] != build.snapshot_id:
        raise ReleaseError(
            f"Build {build.build_id} (snapshot {build.snapshot_id}) has not been validated.",
            remedy="tambo validate && tambo release",
        )
    validation_id, success, _, verdicts = row
    if not success:
        reject(connection, build, validation_id, verdicts)
        raise ReleaseError(
            f"Build {build.build_id} did not pass the gate (validation {validation_id}).",
            remedy="tambo validate names the rows; correct them, then: tambo build",
        )
    return int(validation_id), str(verdicts)


def _insert(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    validation_id: int,
    verdicts: str,
    status: str,
) -> Release:
    row = connection.execute("SELECT coalesce(max(release), 0) + 1 FROM lake.audit.releases")
    made = Release(
        number=int((row.fetchone() or (1,))[0]),
        created_at=now(),
        snapshot_id=build.snapshot_id,
        build_id=build.build_id,
        validation_id=validation_id,
        git_revision=build.git_revision,
        dbt_invocation=build.dbt_invocation,
        as_of=build.as_of,
        verdicts=json.loads(verdicts),
        row_counts={},
        status=status,
    )
    values = asdict(made) | {
        "as_of": made.as_of.dump(),
        "verdicts": verdicts,
        "row_counts": "{}",
    }
    connection.execute(
        f"INSERT INTO lake.audit.releases ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})",
        list(values.values()),
    )
    return made


def of_status(connection: duckdb.DuckDBPyConnection, status: str) -> list[Release]:
    """Rows of lake.audit.releases in one state, newest first."""
    return _select(connection, "status = ?", [status])


def _of_build(connection: duckdb.DuckDBPyConnection, build_id: int) -> list[Release]:
    return _select(connection, "build_id = ?", [build_id])


def _select(
    connection: duckdb.DuckDBPyConnection, condition: str, values: list[object]
) -> list[Release]:
    columns = _COLUMNS.replace(COLUMN, as_of_sql(connection, "releases"))
    rows = connection.execute(
        f"SELECT {columns} FROM lake.audit.releases WHERE {condition} ORDER BY release DESC",
        values,
    ).fetchall()
    releases = []
    for *plain, as_of, verdicts, row_counts, status in rows:
        given = [*plain, AsOf.parse(as_of), json.loads(verdicts), json.loads(row_counts), status]
        releases.append(Release(*given))
    return releases
