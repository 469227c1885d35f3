"""Build the marts: raw tables through dbt's staging and intermediate layers, in increments.

A build stands on the last finished one: dbt computes only the keys that raw has touched since, and
those for which an instant has come, by the as_of of their own domain. A domain that joins is
computed from nothing, and the others are not. All start from nothing when there is no such build,
when the project has changed, when its snapshot has been expired, when a domain comes back after a
build without it, or when a build after it did not finish on other raw tables.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from tambo.as_of import AsOf
from tambo.domains import domains
from tambo.errors import BuildError, LakeError
from tambo.lake import build_log, dbt_runner
from tambo.lake.build_domains import buildable, newest_knowledge
from tambo.lake.build_log import Finished, Target
from tambo.lake.build_parts import parts
from tambo.lake.connect import reader, require, writer
from tambo.lake.dbt_parsed import PROJECT_FILES
from tambo.lake.lock import writer_lock
from tambo.lake.ready import Ready, owners
from tambo.lake.state import files_hash, raw_state
from tambo.lake.tables import tables
from tambo.lake.zones import check_zone
from tambo.progress import Progress, silent
from tambo.settings import Settings


@dataclass(frozen=True)
class BuildResult:
    """What one build made.

    Attributes:
        build_id: row of audit.builds, ascending from 1.
        snapshot_id: lake snapshot that holds everything built, taken before the build's own row.
        as_of: the instant it was made for, by domain: the newest at which any of the domain's raw
            rows was known.
        raw_state: fingerprint of the batches in raw.
        row_counts: rows of each table built, by schema.table.
        dbt_invocation: dbt's id of the run.
        up_to_date: nothing had changed, nothing was run; the other figures are the last build's.
        seconds: how long it took.
        incremental: it stood on an earlier build.
        ready: the domains it was made of, and those skipped for want of raw tables.
    """

    build_id: int
    snapshot_id: int
    as_of: AsOf
    raw_state: str
    row_counts: Mapping[str, int]
    dbt_invocation: str
    up_to_date: bool
    seconds: float
    incremental: bool
    ready: Ready


@dataclass(frozen=True)
class _Plan:
    """What there is to build, and what it may stand on.

    Attributes:
        ready: domains that have raw tables, and those that have none.
        target: what the build is made of.
        same: the last build, if it was made of the same and nothing was tried since.
        base: the last build, if this one may stand on it.
    """

    ready: Ready
    target: Target
    same: Finished | None
    base: Finished | None


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
        SettingsError: raw was read in another zone than is set.
        BuildError: nothing was taken in, or a model or test failed; names it, and what to do.
        LockedError: another process is writing.
    """
    require(settings)
    started = time.perf_counter()
    with writer_lock(settings, "build"):
        plan = _plan(settings)
        built, base = plan.same, None if full_refresh else plan.base
        if built is None or full_refresh:
            build_log.begin(settings, plan.target)
            run = dbt_runner.run(
                settings,
                _command(plan, full_refresh=base is None),
                variables=_variables(settings, plan, base),
                progress=progress,
            )
            built, up_to_date = build_log.finish(settings, plan.target, run.invocation), False
        else:
            up_to_date = True
    return BuildResult(
        build_id=built.build_id,
        snapshot_id=built.snapshot_id,
        as_of=built.target.as_of,
        raw_state=built.target.raw_state,
        row_counts=json.loads(built.row_counts),
        dbt_invocation=built.dbt_invocation,
        up_to_date=up_to_date,
        seconds=time.perf_counter() - started,
        incremental=base is not None and not up_to_date,
        ready=plan.ready,
    )


def _plan(settings: Settings) -> _Plan:
    """Look at raw, at the project and at the builds so far."""
    with writer(settings, "build") as connection:
        ready = buildable(settings, connection)
        if not ready.domains:
            raise BuildError(
                "There is nothing to build: no raw table of any domain.",
                remedy="tambo ingest <folder>",
            )
        for domain in domains():
            check_zone(settings, connection, domain)
        target = Target(
            raw_state=raw_state(connection),
            project_hash=files_hash(dbt_runner.project(settings), PROJECT_FILES),
            as_of=newest_knowledge(settings, connection, ready.domains),
        )
        last = build_log.last_finished(connection)
        tries = build_log.unfinished(connection)
    same = last if last is not None and last.target == target and not tries else None
    base = last
    if last is not None and not _may_stand_on(settings, last, target):
        base = None
    if not tries <= {(target.raw_state, target.project_hash)}:
        base = None
    return _Plan(ready=ready, target=target, same=same, base=base)


def _may_stand_on(settings: Settings, last: Finished, target: Target) -> bool:
    """Whether a build was made by the same project, can be read, and knew no domain of old.

    A domain that it did not have must have no tables yet: an older project may have made them.
    """
    if last.target.project_hash != target.project_hash:
        return False
    joined = set(target.as_of.domains) - set(last.target.as_of.domains)
    try:
        with reader(settings, last.snapshot_id) as connection:
            have = [f"{schema}.{table}" for schema, table in tables(connection) if schema != "raw"]
    except LakeError:
        # Retention has expired its snapshot.
        return False
    whose = owners(settings)
    return joined.isdisjoint(whose.get(name, "") for name in have)


def _command(plan: _Plan, *, full_refresh: bool) -> list[str]:
    command = ["build", "--exclude-resource-type", "unit_test"]
    command += ["--select", *(f"path:models/{domain}" for domain in plan.ready.domains)]
    return [*command, "--full-refresh"] if full_refresh else command


def _variables(settings: Settings, plan: _Plan, base: Finished | None) -> dict[str, object]:
    with reader(settings) as connection:
        shares = parts(settings, connection, plan.ready.domains, base)
    variables: dict[str, object] = {
        "as_of": _texts(plan.target.as_of),
        "states_parts": dict(shares.states),
        "facts_parts": dict(shares.facts),
    }
    if base is not None:
        variables["built_snapshot"] = base.snapshot_id
        variables["built_as_of"] = _texts(base.target.as_of)
    return variables


def _texts(as_of: AsOf) -> dict[str, str]:
    return {domain: str(instant) for domain, instant in as_of.by_domain.items()}
