"""Registered models, read from MLflow in the Tambo home; aliases, never stages.

A version is complete when its tag `complete` says so: it is set last, so that a run that was killed
leaves nothing that a reader would take. MLflow itself is imported only when something is read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from tambo.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class ModelVersion:
    """One complete version of a registered model.

    Attributes:
        name: registered name.
        version: its number.
        aliases: champion, challenger or none.
        estimator: what answers.
        release: number of the release that it was trained at.
        run_id: MLflow run.
        metrics: of the test rows, in short.
        tags: all tags.
    """

    name: str
    version: int
    aliases: tuple[str, ...]
    estimator: str
    release: int
    run_id: str
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def connect(settings: Settings) -> MlflowClient:
    """Point MLflow at this home, telemetry off, and return a client; the database is made."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    # A model's files are written once; a bar for each of them would bury our own.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # It tells each table that it makes, and warns of graphics processors that no one asked for.
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    database(settings).parent.mkdir(parents=True, exist_ok=True)
    settings.mlflow_artifacts.mkdir(parents=True, exist_ok=True)
    import mlflow

    _make(database(settings))
    mlflow.set_tracking_uri(settings.mlflow_uri)
    mlflow.set_registry_uri(settings.mlflow_uri)
    return mlflow.MlflowClient()


def _make(path: Path) -> None:
    """Make MLflow's database, whole or not at all.

    MLflow makes it by some fifty migrations, and cannot go on where it was killed between two: so
    they run on a file of another name.
    """
    if path.exists():
        return
    import mlflow

    with FileLock(path.with_suffix(".lock")):
        if path.exists():
            return
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        mlflow.MlflowClient(f"sqlite:///{unfinished}").search_experiments(max_results=1)
        unfinished.rename(path)


def database(settings: Settings) -> Path:
    """File of MLflow's database."""
    return Path(settings.mlflow_uri.removeprefix("sqlite:///"))


def model_versions(settings: Settings, name: str | None = None) -> list[ModelVersion]:
    """All complete versions, by name, the newest first; none where nothing was ever trained."""
    if not database(settings).exists():
        return []
    client = connect(settings)
    query = "" if name is None else f"name = '{name}'"
    aliases: dict[tuple[str, int], list[str]] = {}
    for model in client.search_registered_models():
        for alias, version in model.aliases.items():
            aliases.setdefault((model.name, int(version)), []).append(alias)
    found = [
        _version(one, aliases.get((one.name, int(one.version)), []))
        for one in client.search_model_versions(query)
        if one.tags.get("complete") == "true"
    ]
    return sorted(found, key=lambda one: (one.name, -one.version))


def _version(found: Any, aliases: list[str]) -> ModelVersion:
    return ModelVersion(
        name=found.name,
        version=int(found.version),
        aliases=tuple(sorted(aliases)),
        estimator=found.tags["estimator"],
        release=int(found.tags["release"]),
        run_id=found.run_id,
        metrics=json.loads(found.tags["metrics"]),
        tags=dict(found.tags),
    )


def artifacts(settings: Settings, run_id: str, folder: str) -> Path | None:
    """A folder of a run's files, such as reports or plots; None if it is gone."""
    client = connect(settings)
    from mlflow.exceptions import MlflowException

    try:
        return Path(client.download_artifacts(run_id, folder))
    except (MlflowException, OSError):
        return None
