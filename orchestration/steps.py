"""What the tasks do: the stages of the command line, with progress written to the task's log.

Imported inside tasks only: the stages pull in dbt, Feast and the training libraries.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk.exceptions import (  # noqa: TID253 - inside tasks only
    AirflowFailException,
    AirflowSkipException,
)

from tambo.cli import stages
from tambo.cli.road import Stage
from tambo.errors import (
    FileChangedError,
    IngestError,
    LockedError,
    OnlineStoreError,
    SourceBusyError,
    TamboError,
)
from tambo.lake import ready, releases, writer_lock
from tambo.settings import get_settings

log = logging.getLogger(__name__)
# Airflow opens its log to every library: Feast would write twenty lines a view, Great Expectations
# two hundred when it is imported. Airflow's own setting for that (namespace_levels) reaches only
# loggers made by structlog.
for chatty in ("feast", "great_expectations"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


# What may have passed when the task is tried again: a writer, a file that was still arriving, a
# Redis that restarts, a source that is away.
PASSING = (LockedError, FileChangedError, OnlineStoreError, SourceBusyError)


@contextmanager
def final_errors() -> Iterator[None]:
    """Fail for good on an error of ours that a retry cannot mend."""
    try:
        yield
    except PASSING:
        raise
    except TamboError as error:
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


@final_errors()
def ingest(domain: str, path: str | None) -> str:
    """Load a folder of raw files; None is the home's: TAMBO_RAW, else the domain's sample world."""
    settings = get_settings()
    own = settings.raw or settings.world / domain
    return _run(stages.ingest_stage(settings, own if path is None else Path(path)))


@final_errors()
def doors_of(domain: str, door: str | None) -> list[str]:
    """Names of a domain's doors, or the one that is named."""
    from tambo.sources.doors import doors_of, find_door

    return list(doors_of(domain)) if door is None else [find_door(domain, door).name]


@final_errors()
def fetch(domain: str, door: str) -> str:
    """Fetch one door; skipped where it is not configured, or where nothing waits for a build."""
    from tambo.lake.build_log import anything_unbuilt
    from tambo.sources.doors import find_door

    settings = get_settings()
    missing = find_door(domain, door).missing(settings)
    if missing is not None:
        raise AirflowSkipException(f"{domain} {door}: not configured, {missing}")
    line = _run(stages.fetch_stage(settings, domain, door))
    # Not by what this fetch brought: one that died before it said so would never be built.
    if not anything_unbuilt(settings):
        raise AirflowSkipException(f"{line}; nothing to build")
    return line


@final_errors()
def take_in(domain: str) -> str:
    """Take in what came by itself and waits; skipped where nothing waits for a build."""
    from tambo.lake.build_log import anything_unbuilt
    from tambo.sources.arrived import take_in_arrived

    settings = get_settings()
    taken = take_in_arrived(settings, domain)
    line = "; ".join(f"{table}: {done.line()}" for table, done in taken.items())
    line = line or f"{domain}: nothing waited"
    # Not by what this brought: the consumer of a stream takes most of it in by itself.
    if not anything_unbuilt(settings):
        raise AirflowSkipException(f"{line}; nothing to build")
    return line


@final_errors()
def build_and_release(*, full_refresh: bool) -> str:
    """Build, validate and release under one hold of the lock: a release never mixes raw states."""
    settings = get_settings()
    with writer_lock(settings, "airflow: build to release"):
        lines = [
            _run(stages.build_stage(settings, full_refresh=full_refresh)),
            _run(stages.validate_stage(settings)),
            _run(stages.release_stage(settings)),
        ]
    return lines[-1]


@final_errors()
def retire() -> str:
    """Retire the releases that no model names and that are not among the last ones."""
    return _run(stages.retain_stage(get_settings()))


@final_errors()
def account_for_files() -> str:
    """Show that no byte of any file is lost, and count the quarantine by reason."""
    from tambo.ingest import reports

    files = reports(get_settings())
    if lost := [file.source_file for file in files if not file.conserved]:
        raise IngestError(
            f"Bytes are missing from the account of {', '.join(lost)}.",
            remedy="look at them with: tambo ingest --report",
        )
    reasons: Counter[str] = Counter()
    for file in files:
        reasons.update(file.reasons)
    quarantined = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    line = f"{len(files)} files, none lost a byte; quarantined: {quarantined or 'nothing'}"
    log.info(line)
    return line


@final_errors()
def validate() -> str:
    """Hold every row of the newest build against every suite, and report suite by suite."""
    from expectations.gate import judge, refusal

    verdict = judge(get_settings(), whole=True, progress=_log_progress)
    for suite in verdict.suites:
        critical = sum(failure.severity == "critical" for failure in suite.failures)
        said = suite.skipped or f"{critical} of {suite.expectations} expectations failed"
        log.log(
            logging.INFO if suite.success else logging.ERROR,
            "%s: %s rows, %s",
            suite.suite,
            f"{suite.rows:,}",
            said,
        )
    for warning in verdict.warnings:
        log.warning("%s", warning)
    for failure in verdict.failures:
        log.error("%s", failure)
    log.info("data docs: %s", verdict.data_docs)
    if not verdict.success:
        raise refusal(verdict)
    return verdict.line()


@final_errors()
def materialize(release: int | None) -> str:
    """Apply the Feast definitions and fill the online store; None is the newest release."""
    return _run(stages.features_stage(get_settings(), release))


@final_errors()
def foretell(domain: str) -> str:
    """Make the predictions that are due; skipped where nothing waits for a build."""
    from tambo.lake.build_log import anything_unbuilt

    _skip_unless_ready(domain)
    settings = get_settings()
    lines = [_run(stage) for stage in stages.foretell_stages(settings, domain)]
    # Not by what this made: a run that died before it said so would never be built.
    if not anything_unbuilt(settings):
        raise AirflowSkipException(f"{'; '.join(lines)}; nothing to build")
    return "; ".join(lines)


@final_errors()
def models_of(domain: str) -> list[str]:
    """Names of a domain's models."""
    from training.experiment import models

    _skip_unless_ready(domain)
    return [name for name, spec in models().items() if spec.domain == domain]


@final_errors()
def train(model: str, release: int | None) -> str:
    """Train, gate and register one model; None is the newest release."""
    (stage,) = stages.train_stages(get_settings(), model, release)
    return _run(stage)


@final_errors()
def bundle(domain: str) -> str:
    """Put a domain's champions into a Bento."""
    _skip_unless_ready(domain)
    (stage,) = stages.bundle_stages(get_settings(), domain)
    return _run(stage)


def _skip_unless_ready(domain: str) -> None:
    """Skip the task, and all that wait for it, where the newest release lacks the domain."""
    settings = get_settings()
    why = ready.in_release(settings, releases.get(settings)).skipped.get(domain)
    if why is not None:
        raise AirflowSkipException(f"{domain}: skipped, {why}")


def _run(stage: Stage) -> str:
    """Run one stage, log its steps and notes, and return its line."""
    outcome = stage.run(_log_progress)
    state = " (up to date)" if outcome.up_to_date else ""
    log.info("%s: %s%s", stage.name, outcome.line, state)
    for note in outcome.notes:
        log.warning("%s", note)
    return outcome.line


def _log_progress(message: str, done: int, total: int) -> None:
    log.info("%d/%d %s", done, total, message)
