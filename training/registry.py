"""The model registry as training uses it: tambo.registry reads it, this finds, loads and shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tambo.errors import TrainingError
from tambo.registry import CHALLENGER, CHAMPION, ModelVersion, connect, model_versions
from tambo.serving.spec import ServingSpec
from tambo.settings import Settings

RUNNER_UP = "runner_up"
"""Tag of a version: number of the version that a rival of the same training was better than."""

BEATEN_BY = "beaten_by"
"""Tag of that version: the estimator that was better. It does not stand for its training."""

SERVING = "serving"
"""Artefact path of what a service needs."""

__all__ = ["CHALLENGER", "CHAMPION", "ModelVersion", "connect", "model_versions"]


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
    """The newest version of a model that carries all these tags, and stands for its training."""
    for one in model_versions(settings, name):
        if BEATEN_BY not in one.tags and all(
            one.tags.get(key) == value for key, value in tags.items()
        ):
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
