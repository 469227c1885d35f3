"""The road from raw files to a release with its definitions, without the gate."""

from __future__ import annotations

from pathlib import Path

import small_lake

from tambo.cli.proof_road import apply_definitions
from tambo.ingest import ingest
from tambo.lake import reader, releases
from tambo.lake.build import build
from tambo.settings import Settings


def road(settings: Settings, raw: Path) -> None:
    """Go it: for tests in which the gate has no part, and would cost seconds."""
    ingest(settings, raw, history=True)
    build(settings)
    with reader(settings) as lake:
        made = releases.newest_build(lake)
    small_lake.validate(settings, made, success=True)
    releases.release(settings)
    apply_definitions(settings)
