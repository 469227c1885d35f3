"""The gate before a release: `validate` looks at the newest build and says whether it may pass."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace

import duckdb

from expectations import docs
from expectations.discover import all_suites, fingerprint
from expectations.frames import Scope
from expectations.run import Runner
from expectations.suite import Suite
from expectations.verdict import SuiteResult, Verdict
from tambo.errors import ValidationFailedError
from tambo.lake import reader, releases, writer
from tambo.lake.releases import Build
from tambo.lake.state import now
from tambo.progress import Progress, silent
from tambo.settings import Settings

SHOWN_FAILURES = 5


def validate(settings: Settings, *, whole: bool = False, progress: Progress = silent) -> Verdict:
    """Hold the newest build, and the raw tables it was made from, against every suite.

    Does what `judge` does, and refuses what did not pass.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing has been built yet.
        ValidationFailedError: a critical expectation failed; names suite, column, values, rows.
    """
    verdict = judge(settings, whole=whole, progress=progress)
    if not verdict.success:
        raise refusal(verdict)
    return verdict


def judge(settings: Settings, *, whole: bool = False, progress: Progress = silent) -> Verdict:
    """Look at the newest build and record what was found, passed or not.

    Reads at the build's snapshot, so nothing that is written meanwhile is mixed in. Each row is
    looked at: all of them, or those new since a snapshot that passed the same suites. What was
    found is recorded in audit.validations and in the data docs; a refused build is recorded as a
    rejected release, unless it was released before: a release is not taken back.

    Args:
        settings: the Tambo home.
        whole: look at every row again, whatever passed before.
        progress: called with each suite that ends.

    Returns:
        The verdict; `up_to_date` when this build passed the same suites before.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing has been built yet.
    """
    started = time.perf_counter()
    with reader(settings) as head:
        build = releases.newest_build(head)
    with reader(settings, build.snapshot_id) as connection:
        suites = all_suites(settings, build.as_of.domains)
        suites_hash = fingerprint(suites)
        with reader(settings) as head:
            passed = None if whole else _last_pass(head, suites_hash)
            if passed is not None and passed.build_id == build.build_id:
                page = docs.of_run(settings, passed.validation_id)
                # A run that was killed after its verdict left none.
                page = page or docs.publish(settings, suites, passed, build)
                return replace(passed, up_to_date=True, data_docs=page)
        results = _run(connection, suites, _scope(connection, build, passed), progress)
    verdict = _record(settings, build, suites_hash, results)
    page = docs.publish(settings, suites, verdict, build)
    return replace(verdict, seconds=time.perf_counter() - started, data_docs=page)


def _last_pass(connection: duckdb.DuckDBPyConnection, suites_hash: str) -> Verdict | None:
    """The newest validation that passed these very suites, if what it saw can still be trusted.

    A failure among all rows after it may be of a row that it had passed; a failure among new rows
    is not.
    """
    rows = connection.execute(
        "SELECT validation_id, build_id, snapshot_id, success, verdicts "
        "FROM lake.audit.validations WHERE suites_hash = ? ORDER BY validation_id DESC",
        [suites_hash],
    )
    while row := rows.fetchone():
        number, build, snapshot, success, verdicts = row
        results = tuple(SuiteResult.from_json(one) for one in json.loads(verdicts))
        verdict = Verdict(number, build, snapshot, success, results)
        if success:
            return verdict
        if verdict.whole:
            return None
    return None


def _scope(connection: duckdb.DuckDBPyConnection, build: Build, passed: Verdict | None) -> Scope:
    """All rows; or, when the same suites have passed before, those written since."""
    if passed is None:
        return Scope(build.snapshot_id, build.as_of)
    batch = connection.execute(
        "SELECT coalesce(max(b.batch_id), 0) FROM lake.audit.batches b WHERE snapshot_id <= ?",
        [passed.snapshot_id],
    ).fetchone()
    opaque = connection.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_columns() "
        "WHERE database_name = 'lake' AND column_name = 'snapshot_id' AND schema_name <> 'audit'"
    ).fetchall()
    return Scope(
        build.snapshot_id,
        build.as_of,
        since=passed.snapshot_id,
        since_batch=int(batch[0]) if batch else 0,
        opaque=frozenset(name for (name,) in opaque),
    )


def _run(
    connection: duckdb.DuckDBPyConnection,
    suites: Sequence[Suite],
    scope: Scope,
    progress: Progress,
) -> list[SuiteResult]:
    """Run all suites; rows of a table that lacks a column are not looked at."""
    runner = Runner()
    results: list[SuiteResult] = []
    broken: set[str] = set()
    for number, suite in enumerate(suites, start=1):
        if broken & suite.reads:
            reason = f"not as declared: {', '.join(sorted(broken & suite.reads))}"
            result = SuiteResult(suite.name, 0, len(suite.expectations), skipped=reason)
        else:
            result = runner.run(connection, suite, scope)
        if suite.name.endswith(".columns"):
            broken |= {row["table_name"] for one in result.failures for row in one.rows}
        results.append(result)
        progress(suite.name, number, len(suites))
    return results


def _record(
    settings: Settings, build: Build, suites_hash: str, results: Sequence[SuiteResult]
) -> Verdict:
    """Write the row of audit.validations, and the rejected release if there is one to reject."""
    success = all(result.success for result in results)
    released = None
    verdicts = json.dumps([result.to_json() for result in results])
    with writer(settings, "validate") as connection:
        connection.execute("BEGIN")
        row = connection.execute(
            "SELECT coalesce(max(validation_id), 0) + 1 FROM lake.audit.validations"
        ).fetchone()
        number = int(row[0]) if row else 1
        connection.execute(
            "INSERT INTO lake.audit.validations (validation_id, validated_at, build_id, "
            "snapshot_id, suites_hash, success, verdicts) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [number, now(), build.build_id, build.snapshot_id, suites_hash, success, verdicts],
        )
        if not success:
            rejected = releases.reject(connection, build, number, verdicts)
            released = rejected.number if rejected.status == releases.RELEASED else None
        connection.execute("COMMIT")
    return Verdict(
        number, build.build_id, build.snapshot_id, success, tuple(results), released=released
    )


def refusal(verdict: Verdict) -> ValidationFailedError:
    """The error that names what a verdict holds against its build."""
    failures = verdict.failures
    still = f"Release {verdict.released}, made from it, can still be read.\n  "
    shown = "\n  ".join(str(failure) for failure in failures[:SHOWN_FAILURES])
    more = len(failures) - SHOWN_FAILURES
    return ValidationFailedError(
        f"Build {verdict.build_id} does not pass the gate: {len(failures)} critical expectations "
        f"failed.\n  {still if verdict.released else ''}{shown}"
        + (f"\n  and {more} more" if more > 0 else ""),
        remedy=f"correct the rows in their source and take them in again (tambo ingest, tambo "
        f"build), or the expectation in its contract or yml; all results: {verdict.data_docs}",
    )
