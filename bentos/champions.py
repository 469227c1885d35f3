"""The champions of a domain: which model versions serve, and their artefacts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tambo.errors import NoChampionError, ServingError
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, ServingSpec
from tambo.serving.version import VERSION_FILE, ServedVersion
from tambo.settings import Settings

ALIAS = "champion"
ARTIFACTS = "serving"
"""Folder of a run that holds what a service needs."""

FILES = (MODEL_FILE, SPEC_FILE, MANIFEST_FILE)
"""What a graph has at least; a champion that is none has `VERSION_FILE` and files of its own."""


@dataclass(frozen=True)
class Champion:
    """One registered model version that serves.

    Attributes:
        model: registered name.
        version: in the registry.
        run_id: of the run that made it.
    """

    model: str
    version: str
    run_id: str


def champions(
    settings: Settings, models: Sequence[str], optional: Collection[str] = ()
) -> list[Champion]:
    """Find the champion of each model.

    Args:
        settings: the Tambo home.
        models: registered names.
        optional: of these, models that are left out where they have none.

    Raises:
        NoChampionError: another has none.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=settings.mlflow_uri, registry_uri=settings.mlflow_uri)
    found = []
    for model in models:
        try:
            version = client.get_model_version_by_alias(model, ALIAS)
        except MlflowException as error:
            if model in optional:
                continue
            raise NoChampionError(model) from error
        found.append(Champion(model, str(version.version), str(version.run_id)))
    return found


def fetch(settings: Settings, champion: Champion, folder: Path) -> ServedVersion:
    """Copy a champion's artefact into a folder, with its version written into it.

    Raises:
        ServingError: the run lacks a file of it.
    """
    # Three small files need no progress bars.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=settings.mlflow_uri, registry_uri=settings.mlflow_uri)
    folder.mkdir(parents=True)
    listed = {Path(one.path).name for one in client.list_artifacts(champion.run_id, ARTIFACTS)}
    needed = (VERSION_FILE,) if VERSION_FILE in listed else FILES
    for name in (*needed, *sorted(listed - set(needed))):
        path = f"{ARTIFACTS}/{name}"
        try:
            found = client.download_artifacts(champion.run_id, path, str(folder))
        except (MlflowException, OSError) as error:
            raise ServingError(
                f"Run {champion.run_id} of {champion.model} lacks {path}: {error}",
                remedy=f"run tambo train {champion.model}",
            ) from error
        Path(found).replace(folder / name)
    # Downloads lie in a folder named like the artefact's.
    shutil.rmtree(folder / ARTIFACTS, ignore_errors=True)
    return _numbered(folder, champion.version)


def _numbered(folder: Path, number: str) -> ServedVersion:
    """Write a version's number into what an artefact says of itself."""
    path = folder / VERSION_FILE
    one = ServedVersion.load(path) if path.exists() else ServingSpec.load(folder / SPEC_FILE)
    one = one.model_copy(update={"version": number})
    one.save(path if path.exists() else folder / SPEC_FILE)
    return one
