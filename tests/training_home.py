"""A small home on the real road: raw files to a published release."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import publish
from tambo.ingest import ingest
from tambo.lake import releases
from tambo.lake.build import build
from tambo.settings import Settings
from tambo.sources.travel import world

TRAVELLERS, YEARS, SEED = 120, 1, 3


class _OwnRegistry(Settings):
    """A home whose runs and models are kept elsewhere."""

    registry_folder: Path

    @property
    def mlflow_uri(self) -> str:
        return f"sqlite:///{self.registry_folder / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.registry_folder / "artifacts"


def small(factory: pytest.TempPathFactory) -> Settings:
    """The released small world, in which nothing has been trained.

    It is made once for all tests of a session, whichever worker runs them, so nobody may write to
    its lake; each call gets a model registry of its own. The raw files are beside the home.
    """
    home = _small(factory.getbasetemp())
    return _OwnRegistry(home=home, registry_folder=factory.mktemp("registry"))


@cache
def _small(base: Path) -> Path:
    # Each worker's own folder lies in that of the session.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "training-world"
    made = folder / "made"
    with FileLock(shared / "training-world.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            world.generate(folder / "raw", travellers=TRAVELLERS, years=YEARS, seed=SEED)
            release(Settings(home=folder / "home"), folder / "raw")
            made.touch()
    return folder / "home"


def release(settings: Settings, raw: Path) -> Settings:
    """Take raw files to a release, and publish it."""
    ingest(settings, raw)
    build(settings)
    validate(settings)
    releases.release(settings)
    publish(settings, all_objects(["travel"]))
    return settings
