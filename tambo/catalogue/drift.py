"""A generated file that no longer says what it was generated from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Drift:
    """One such file, and how it differs."""

    path: Path
    reason: str
