"""What the registry and a version's run say: versions, figures, checks, importances, plots, card.

MLflow is imported at the first question, and the answers are kept until its database changes.
"""

from __future__ import annotations

import json
import re
from os.path import normpath
from pathlib import Path
from typing import Any

import streamlit as st

from app import released
from tambo import registry
from tambo.errors import TrainingError
from tambo.registry import ModelVersion
from tambo.serving.spec import SPEC_FILE, ServingSpec
from tambo.settings import Settings

# A link to another page of the repository, which the app does not serve.
_BESIDE = re.compile(r"\[([^\]]+)\]\((?![a-z]+:|#)([^)#]+)(?:#[^)]*)?\)")


def versions() -> dict[str, list[ModelVersion]]:
    """All complete versions by model, the newest first.

    Raises:
        TrainingError: none is registered.
    """
    settings = released.settings()
    by_model: dict[str, list[ModelVersion]] = {}
    for one in _versions(str(settings.home.absolute()), _changed(settings), settings):
        by_model.setdefault(one.name, []).append(one)
    if not by_model:
        raise TrainingError(
            f"No model is registered in {settings.home} yet.", remedy=settings.command("make run")
        )
    return by_model


def reports(version: ModelVersion) -> dict[str, Any]:
    """The reports of a version's run by name; none where its files are gone."""
    folder = _folder(version.run_id, "reports")
    if folder is None:
        return {}
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def unit(version: ModelVersion) -> str:
    """Unit of what a version answers, as BRL; empty where it says none or its files are gone."""
    folder = _folder(version.run_id, "serving")
    if folder is None or not (folder / SPEC_FILE).exists():
        return ""
    return ServingSpec.load(folder / SPEC_FILE).unit


def plots(version: ModelVersion) -> list[Path]:
    """The plots of a version's run."""
    folder = _folder(version.run_id, "plots")
    return [] if folder is None else sorted(folder.glob("*.png"))


def card(model: str) -> str | None:
    """The model's card in Markdown, for a page of the app; None if nobody wrote one."""
    folder = Path("docs", "model-cards")
    path = released.settings().root / folder / f"{model}.md"
    return without_links(path.read_text(encoding="utf-8"), folder) if path.exists() else None


def without_links(markdown: str, folder: Path) -> str:
    """Markdown of a file in a folder of the repository; links to its other files as their paths."""
    return _BESIDE.sub(
        lambda found: f"{found[1]} (`{Path(normpath(folder / found[2])).as_posix()}`)", markdown
    )


def _folder(run_id: str, name: str) -> Path | None:
    settings = released.settings()
    return _run_folder(str(settings.home.absolute()), run_id, name, settings)


def _changed(settings: Settings) -> int:
    """When MLflow's database was last written to, its write-ahead log included."""
    path = registry.database(settings)
    files = (path, path.with_name(f"{path.name}-wal"))
    return max((one.stat().st_mtime_ns for one in files if one.exists()), default=0)


@st.cache_data(show_spinner="Reading the model registry …", max_entries=4)
def _versions(home: str, changed: int, _settings: Settings) -> list[ModelVersion]:
    return registry.model_versions(_settings)


@st.cache_data(show_spinner="Reading the model registry …", max_entries=100)
def _run_folder(home: str, run_id: str, name: str, _settings: Settings) -> Path | None:
    return registry.artifacts(_settings, run_id, name)
