"""The model registry: MLflow's, in the Tambo home; aliases, never stages.

A version is complete when its tag `complete` says so: it is set last, so that a run that was killed
leaves nothing that a service or a later run would take.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.errors import TrainingError
from tambo.serving.spec import ServingSpec
from tambo.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION, CHALLENGER = "champion", "challenger"
SERVING = "serving"
"""Artefact path of what a service needs."""


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

    mlflow.set_tracking_uri(settings.mlflow_uri)
    mlflow.set_registry_uri(settings.mlflow_uri)
    return mlflow.MlflowClient()


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


def get(settings: Settings, name: str, version: int) -> ModelVersion:
    """One complete version.

    Raises:
        TrainingError: there is none of that number.
    """
    for one in model_versions(settings, name):
        if one.version == version:
            return one
    raise TrainingError(f"There is no version {version} of {name}.", remedy="tambo status")


def champion(settings: Settings, name: str) -> ModelVersion | None:
    """The version of a model that serves; None if there is none yet."""
    return next((one for one in model_versions(settings, name) if CHAMPION in one.aliases), None)


def find(settings: Settings, name: str, tags: Mapping[str, str]) -> ModelVersion | None:
    """The newest version of a model that carries all these tags."""
    for one in model_versions(settings, name):
        if all(one.tags.get(key) == value for key, value in tags.items()):
            return one
    return None


def named_releases(settings: Settings) -> set[int]:
    """Releases that a registered version was trained at: retention spares them."""
    return {one.release for one in model_versions(settings)}


def serving_files(settings: Settings, version: ModelVersion) -> Path:
    """Folder with model.onnx, serving.json and online_manifest.json of a version.

    Raises:
        TrainingError: the artefacts are gone.
    """
    from mlflow.exceptions import MlflowException

    client = connect(settings)
    try:
        return Path(client.download_artifacts(version.run_id, SERVING))
    except (MlflowException, OSError) as error:
        raise TrainingError(
            f"The artefacts of {version.name} version {version.version} (run {version.run_id}) "
            f"cannot be read: {error}",
            remedy=f"tambo train {version.name}",
        ) from error


def load_serving(settings: Settings, version: ModelVersion) -> tuple[ServingSpec, bytes]:
    """Read a version's serving spec and its ONNX file."""
    from tambo.serving.spec import MODEL_FILE, SPEC_FILE

    folder = serving_files(settings, version)
    return ServingSpec.load(folder / SPEC_FILE), (folder / MODEL_FILE).read_bytes()


def addresses(settings: Settings, port: int) -> dict[str, str]:
    """Where the runs of each domain and the registered models are shown, by name."""
    root = f"http://127.0.0.1:{port}/#"
    # Without it, MLflow opens an empty page about traces of language models.
    view = "?workflowType=machine_learning"
    found = {
        one.name: f"{root}/experiments/{one.experiment_id}/runs{view}"
        for one in connect(settings).search_experiments()
        if one.name != "Default"
    }
    return found | {"models": f"{root}/models{view}"}


def show_pages(settings: Settings, port: int) -> None:
    """Serve MLflow's pages on loopback until Ctrl-C.

    Raises:
        TrainingError: the server ended by itself, for example because the port is taken.
    """
    connect(settings)
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--backend-store-uri", settings.mlflow_uri]
    command += ["--default-artifact-root", settings.mlflow_artifacts.as_uri(), "--workers", "1"]
    # MLflow starts uvicorn by name, so the environment's programs must be on the path.
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    # Its job runner is for judging language models: six processes of 150 MB each.
    environment = {**os.environ, "PATH": programs, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    # A session of its own: MLflow starts children, and none of them may outlive this call.
    server = subprocess.Popen(command, env=environment, start_new_session=True)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        if server.wait():
            raise TrainingError(
                f"MLflow's pages cannot be shown on port {port}.",
                remedy="choose another one: tambo mlflow --port 5001",
            )
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
