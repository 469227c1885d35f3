"""Writes the truth beside the raw files: `_truth.json` and tables with a leading underscore."""

from __future__ import annotations

from tambo.sources.travel.world.files import Folder
from tambo.sources.travel.world.truth import Truth


def write_truth(folder: Folder, truth: Truth, *, travellers: int) -> None:
    """Write all parameters of a world."""
    folder.text("_truth.json", "{}\n")
