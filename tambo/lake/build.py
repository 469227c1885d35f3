"""Build the marts: raw tables through dbt's staging and intermediate layers, in increments.

A build stands on the last finished one: dbt computes only the keys that raw has touched since, and
those for which an instant has come. It starts from nothing when there is no such build, when the
project has changed, when its snapshot has been expired, or when a build after it did not finish
on the same raw tables.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from tambo.errors import BuildError
from tambo.lake import dbt_runner
from tambo.lake.build_domains import buildable, newest_knowledge
from tambo.lake.connect import require, writer
from tambo.lake.lock import writer_lock
from tambo.lake.sql import ident
from tambo.lake.state import files_hash, git_revision, now, raw_state
from tambo.progress import Progress, silent
from tambo.settings import Settings

# Both kinds of file decide what a build writes.
_PROJECT_FILES = (".sql", ".yml")
_LAYERS = ("staging", "intermediate", "marts")
_UNFINISHED = (
    "lake.audit.unfinished_builds (started_at TIMESTAMP, raw_state VARCHAR, project_hash VARCHAR)"
)


@dataclass(frozen=True)
class BuildResult:
    """What one build made.

    Attributes:
        build_id: row of audit.builds, ascending from 1.
        snapshot_id: lake snapshot that holds everything built, taken before the build's own row.
        as_of: the instant it was made for, UTC: the newest at which anything in raw was known.
        raw_state: fingerprint of the batches in raw.
        row_counts: rows of each table built, by schema.table.
        dbt_invocation: dbt's id of the run.
        up_to_date: nothing had changed, nothing was run; the other figures are the last build's.
        seconds: how long it took.
        incremental: it stood on an earlier build.
        skipped: domains without raw tables.
    """

    build_id: int
    snapshot_id: int
    as_of: datetime
    raw_state: str
    row_counts: Mapping[str, int]
    dbt_invocation: str
    up_to_date: bool
    seconds: float
    incremental: bool = False
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plan:
    """What there is to build, and what the last finished build left."""

    domains: tuple[str, ...]
    skipped: tuple[str, ...]
    as_of: datetime
    raw_state: str
    project_hash: str
    last: _Last | None
    unfinished: bool
    base: _Last | None

    @property
    def up_to_date(self) -> bool:
        """Whether the last build is what this one would be."""
        return (
            self.last is not None
            and not self.unfinished
            and (self.last.raw_state, self.last.project_hash, self.last.as_of)
            == (self.raw_state, self.project_hash, self.as_of)
        )


@dataclass(frozen=True)
class _Last:
    """The newest row of audit.builds."""

    build_id: int
    snapshot_id: int
    as_of: datetime
    raw_state: str
    project_hash: str
    dbt_invocation: str
    row_counts: str


def build(
    settings: Settings, *, full_refresh: bool = False, progress: Progress = silent
) -> BuildResult:
    """Bring the marts up to date with raw, and test them.

    Holds the writer's lock throughout. dbt's unit tests are not run here: they test the code, not
    the data.

    Args:
        settings: the Tambo home.
        full_refresh: compute everything again from raw, whatever was built before.
        progress: called with each model or test that ends.

    Returns:
        What was built, or the last build with `up_to_date` when nothing has changed.

    Raises:
        LakeError: there is no lake yet.
        BuildError: nothing was taken in, or a model or test failed; names it, and what to do.
        LockedError: another process is writing.
    """
    require(settings)
    started = time.perf_counter()
    with writer_lock(settings, "build"):
        plan = _plan(settings)
        if plan.up_to_date and plan.last is not None and not full_refresh:
            return _result(plan, plan.last, started, up_to_date=True)
        base = None if full_refresh else plan.base
        _begin(settings, plan)
        run = dbt_runner.run(
            settings,
            _command(plan, full_refresh=base is None),
            variables=_variables(plan, base),
            progress=progress,
        )
        built = _record(settings, plan, run.invocation)
        return _result(plan, built, started, incremental=base is not None)


def build_docs(settings: Settings, out: Path) -> Path:
    """Write dbt's documentation of all models, with types and lineage, as one static page.

    Args:
        settings: the Tambo home, whose lake gives the columns' types and the tables' sizes.
        out: folder for the page; made if it is missing.

    Returns:
        The page, `index.html`; it needs no server and no other file.

    Raises:
        LakeError: there is no lake yet.
        BuildError: dbt failed.
    """
    require(settings)
    with writer_lock(settings, "docs"):
        dbt_runner.run(settings, ["docs", "generate", "--static"])
    out.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(settings.dbt_target / "static_index.html", out / "index.html"))


def _plan(settings: Settings) -> _Plan:
    """Look at raw and at the last build."""
    with writer(settings, "build") as connection:
        domains, skipped = buildable(settings, connection)
        if not domains:
            raise BuildError(
                "There is nothing to build: no raw table of any domain.",
                remedy="tambo ingest <folder>",
            )
        as_of = newest_knowledge(settings, connection, domains)
        state = raw_state(connection)
        project_hash = files_hash(dbt_runner.project(settings), _PROJECT_FILES)
        last = _last_build(connection)
        tries = _unfinished(connection)
        usable = (
            last is not None
            and last.project_hash == project_hash
            and tries <= {(state, project_hash)}
            and _readable(connection, last.snapshot_id)
        )
        return _Plan(
            domains=domains,
            skipped=skipped,
            as_of=as_of,
            raw_state=state,
            project_hash=project_hash,
            last=last,
            unfinished=bool(tries),
            base=last if usable else None,
        )


def _unfinished(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """What builds that did not finish since the last one were working on: raw state and project.

    Such a build may have left tables of two states. A try on the same raw and the same project
    only repeats what it did; any other must not stand on what it left.
    """
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_UNFINISHED}")
    rows = connection.execute(
        "SELECT raw_state, project_hash FROM lake.audit.unfinished_builds"
    ).fetchall()
    return {(str(row[0]), str(row[1])) for row in rows}


def _begin(settings: Settings, plan: _Plan) -> None:
    """Note that a build has begun; `_record` takes the note away."""
    with writer(settings, "build") as connection:
        connection.execute(
            "INSERT INTO lake.audit.unfinished_builds VALUES (?, ?, ?)",
            [now(), plan.raw_state, plan.project_hash],
        )


def _last_build(connection: duckdb.DuckDBPyConnection) -> _Last | None:
    row = connection.execute(
        "SELECT build_id, snapshot_id, as_of, raw_state, project_hash, dbt_invocation, row_counts "
        "FROM lake.audit.builds ORDER BY build_id DESC LIMIT 1"
    ).fetchone()
    return None if row is None else _Last(*row)


def _readable(connection: duckdb.DuckDBPyConnection, snapshot: int) -> bool:
    """Whether retention has spared a snapshot."""
    row = connection.execute(
        "SELECT count(*) FROM lake.snapshots() WHERE snapshot_id = ?", [snapshot]
    ).fetchone()
    return row is not None and row[0] > 0


def _command(plan: _Plan, *, full_refresh: bool) -> list[str]:
    command = ["build", "--exclude-resource-type", "unit_test"]
    command += ["--select", *(f"path:models/{domain}" for domain in plan.domains)]
    return [*command, "--full-refresh"] if full_refresh else command


def _variables(plan: _Plan, base: _Last | None) -> dict[str, object]:
    variables: dict[str, object] = {"as_of": str(plan.as_of)}
    if base is not None:
        variables["built_snapshot"] = base.snapshot_id
        variables["built_as_of"] = str(base.as_of)
    return variables


def _record(settings: Settings, plan: _Plan, invocation: str) -> _Last:
    """Write the build's row; it names the snapshot taken before it."""
    with writer(settings, "build") as connection:
        row = connection.execute(
            "SELECT (SELECT max(snapshot_id) FROM lake.snapshots()), "
            "(SELECT coalesce(max(build_id), 0) + 1 FROM lake.audit.builds)"
        ).fetchone()
        snapshot, build_id = row or (0, 1)
        built = _Last(
            build_id=int(build_id),
            snapshot_id=int(snapshot),
            as_of=plan.as_of,
            raw_state=plan.raw_state,
            project_hash=plan.project_hash,
            dbt_invocation=invocation,
            row_counts=json.dumps(_count_rows(connection)),
        )
        connection.execute("BEGIN")
        connection.execute(
            "INSERT INTO lake.audit.builds (build_id, built_at, raw_state, project_hash, "
            "git_revision, dbt_invocation, as_of, snapshot_id, row_counts) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                built.build_id,
                now(),
                built.raw_state,
                built.project_hash,
                git_revision(settings.root),
                built.dbt_invocation,
                built.as_of,
                built.snapshot_id,
                built.row_counts,
            ],
        )
        connection.execute("DELETE FROM lake.audit.unfinished_builds")
        connection.execute("COMMIT")
        return built


def _count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() "
        "WHERE database_name = 'lake' AND schema_name IN (SELECT unnest(?)) ORDER BY ALL",
        [list(_LAYERS)],
    ).fetchall()
    counts = {}
    for schema, table in tables:
        row = connection.execute(
            f"SELECT count(*) FROM lake.{ident(schema)}.{ident(table)}"
        ).fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
    return counts


def _result(
    plan: _Plan,
    built: _Last,
    started: float,
    *,
    up_to_date: bool = False,
    incremental: bool = False,
) -> BuildResult:
    return BuildResult(
        build_id=built.build_id,
        snapshot_id=built.snapshot_id,
        as_of=built.as_of,
        raw_state=built.raw_state,
        row_counts=json.loads(built.row_counts),
        dbt_invocation=built.dbt_invocation,
        up_to_date=up_to_date,
        seconds=time.perf_counter() - started,
        incremental=incremental,
        skipped=plan.skipped,
    )
