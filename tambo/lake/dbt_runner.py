"""dbt, run in this process on the lake: its environment, its progress, what it failed on."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from tambo.domains import domains
from tambo.errors import BuildError
from tambo.lake.connect import (
    EXTENSIONS,
    catalog_uri,
    extension_file,
    spill_folder,
    steady_catalog,
)
from tambo.lake.dbt_failures import build_error
from tambo.lake.dbt_parsed import parsed
from tambo.progress import Progress, silent
from tambo.settings import Settings
from tambo.sources.contracts import of_home

# The name dbt gives the logger that writes its log file.
_LOG = "file_log"
_FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class DbtRun:
    """What one dbt command did.

    Attributes:
        invocation: dbt's id of the run.
        models: models that were run, by name.
        tests: how many data tests and unit tests passed.
    """

    invocation: str
    models: tuple[str, ...]
    tests: int


def project(settings: Settings) -> Path:
    """Folder of the dbt project."""
    return settings.root / "dbt"


def run(
    settings: Settings,
    command: Sequence[str],
    *,
    variables: Mapping[str, object] | None = None,
    progress: Progress = silent,
) -> DbtRun:
    """Run one dbt command in this process, and close the connections it leaves open.

    Args:
        settings: the Tambo home.
        command: the command and its options, for example ["build", "--full-refresh"].
        variables: values of the project's vars, but for the zones, which the settings have.
        progress: called with each node that ends.

    Raises:
        BuildError: dbt could not start, or a model or test failed; names all that failed.
    """
    folder = project(settings)
    zones = {domain: of_home(settings, domain).zone for domain in domains()}
    given = {"zones": zones, **(variables or {})}
    options = [
        "--project-dir",
        str(folder),
        "--profiles-dir",
        str(folder),
        "--target-path",
        str(settings.dbt_target),
        "--log-path",
        str(settings.dbt_target / "logs"),
        "--log-level",
        "none",
        "--log-level-file",
        "info",
        "--no-print",
        "--no-use-colors",
        "--no-version-check",
        "--no-send-anonymous-usage-stats",
        "--vars",
        yaml.safe_dump(given, default_flow_style=True, width=10_000).strip(),
    ]
    settings.dbt_target.mkdir(parents=True, exist_ok=True)

    def parse(words: Sequence[str]) -> Any:
        return _invoke([*words, *options])[0]

    with _environment(settings), steady_catalog(settings):
        # What `parse` itself writes is asked for.
        manifest = None if "parse" in command else parsed(folder, given, parse)
        outcome, invocation = _invoke([*command, *options], progress, manifest)
    return _read(settings, outcome, invocation)


def _invoke(
    arguments: list[str], progress: Progress = silent, manifest: Any = None
) -> tuple[Any, str]:
    # Imported here: dbt takes seconds to import, and `--help` must not wait for it.
    from dbt.adapters.duckdb.connections import (
        DuckDBConnectionManager,
    )
    from dbt.cli.main import dbtRunner
    from dbt_common.invocation import get_invocation_id

    runner = dbtRunner(manifest, callbacks=[_narrator(progress)])
    try:
        return runner.invoke(arguments), get_invocation_id()
    finally:
        # Otherwise dbt keeps the lake attached, and its log open, until this process ends.
        DuckDBConnectionManager.close_all_connections()
        for handler in logging.getLogger(_LOG).handlers:
            handler.close()


def _narrator(progress: Progress) -> Any:
    """A dbt callback that reports each node when it ends."""
    state = {"done": 0, "total": 0}

    def hear(event: Any) -> None:
        name = event.info.name
        if name == "LogStartLine":
            state["total"] = event.data.total
        elif name == "NodeFinished":
            state["done"] += 1
            progress(event.data.node_info.node_name, state["done"], state["total"])

    return hear


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """Set what profiles.yml reads, and what keeps dbt from calling home; restore it after."""
    extensions = settings.dbt_target / "extensions"
    _link_extensions(extensions)
    wanted = {
        "DO_NOT_TRACK": "1",
        "TAMBO_DBT_CATALOG": catalog_uri(settings),
        "TAMBO_DBT_DATA": f"{settings.lake_data}/",
        "TAMBO_DBT_EXTENSIONS": str(extensions),
        "TAMBO_DBT_MEMORY_LIMIT": settings.memory_limit,
        "TAMBO_DBT_SPILL": str(spill_folder(settings)),
        "TAMBO_DBT_THREADS": str(settings.threads),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _link_extensions(folder: Path) -> None:
    """Link the extensions of their wheels to where dbt's INSTALL looks: it finds them there.

    Installed they would be copied, 70 MB into each home.
    """
    with closing(duckdb.connect()) as connection:
        row = connection.execute("PRAGMA platform").fetchone()
    place = folder / f"v{duckdb.__version__}" / str(row[0] if row else "")
    place.mkdir(parents=True, exist_ok=True)
    for name in EXTENSIONS:
        file = extension_file(name)
        link = place / file.name
        if not (link.is_symlink() and link.exists() and link.samefile(file)):
            link.unlink(missing_ok=True)
            link.symlink_to(file)


def _read(settings: Settings, outcome: Any, invocation: str) -> DbtRun:
    """Turn dbt's result into ours, or into an error that names what failed."""
    if outcome.exception is not None:
        raise BuildError(
            f"dbt could not run: {outcome.exception}",
            remedy=f"look into {settings.dbt_target / 'logs' / 'dbt.log'}",
        )
    results = list(getattr(outcome.result, "results", None) or [])
    failed = [result for result in results if str(result.status) in _FAILED]
    if failed:
        skipped = sum(1 for result in results if str(result.status) == "skipped")
        raise build_error(settings, failed, skipped)
    return DbtRun(
        invocation=invocation,
        models=tuple(r.node.name for r in results if r.node.resource_type == "model"),
        tests=sum(1 for r in results if r.node.resource_type in {"test", "unit_test"}),
    )
