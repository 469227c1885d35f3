"""One training as an MLflow run and a registered version, whatever kind of model it is of."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tambo.settings import Settings
from training import registry

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tambo.featurestore.online import OnlineManifest
    from tambo.lake.releases import Release


@dataclass(frozen=True)
class Record:
    """What is logged and registered: the folder "serving" that `write` makes is the model.

    Attributes:
        name, domain, description: of the model.
        run_name: what the run is called.
        sentence: what the version is, in a sentence.
        run_tags, version_tags: as MLflow keeps them.
        params, metrics: of the run; metrics that are no number are left out.
        write: writes the files into a folder, given the run's id.
    """

    name: str
    domain: str
    description: str
    run_name: str
    sentence: str
    run_tags: Mapping[str, str]
    version_tags: Mapping[str, str]
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    write: Callable[[Path, str], None]


def log_and_register(settings: Settings, record: Record) -> registry.ModelVersion:
    """Log the run, write its files, and register the version without an alias.

    Returns:
        The new version, complete.
    """
    client = registry.connect(settings)
    import mlflow

    experiment = _experiment(settings, client, record.domain)
    settings.scratch.mkdir(parents=True, exist_ok=True)
    with mlflow.start_run(experiment_id=experiment, run_name=record.run_name) as run:
        mlflow.set_tags(dict(record.run_tags))
        mlflow.log_params(dict(record.params))
        finite = {name: one for name, one in record.metrics.items() if math.isfinite(one)}
        mlflow.log_metrics(finite)
        with TemporaryDirectory(dir=settings.scratch, prefix="train-") as folder:
            record.write(Path(folder), run.info.run_id)
            mlflow.log_artifacts(folder)
        source = f"{run.info.artifact_uri}/{registry.SERVING}"
        version = _register(client, record, run.info.run_id, source)
    return registry.get(settings, record.name, version)


def online_manifest(settings: Settings, feature_service: str, release: Release) -> OnlineManifest:
    """How a service finds the features of a model online, as they are at a release."""
    from tambo.featurestore.online import resolve
    from tambo.featurestore.store import open_store

    return resolve(
        open_store(settings, release.number),
        feature_service,
        release=release.number,
        as_of=release.as_of,
    )


def _experiment(settings: Settings, client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    location = (settings.mlflow_artifacts / name).as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def _register(client: MlflowClient, record: Record, run_id: str, source: str) -> int:
    name = record.name
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name, description=record.description)
    made = client.create_model_version(
        name, source, run_id, tags=dict(record.version_tags), description=record.sentence
    )
    client.set_model_version_tag(name, str(made.version), "complete", "true")
    return int(made.version)


def write_reports(folder: Path, reports: Mapping[str, Any]) -> None:
    """Write reports as JSON files into a folder."""
    for name, content in reports.items():
        text = json.dumps(content, indent=2, default=str)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
