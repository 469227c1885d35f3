"""The code that a service runs: the few modules of Tambo that it needs, and nothing else."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

from tambo.domains import own_files
from tambo.errors import ServingError
from tambo.lake.state import hash_of
from tambo.settings import Settings

SHARED = (
    "tambo/__init__.py",
    "tambo/as_of.py",
    "tambo/errors.py",
    "tambo/homes.py",
    "tambo/settings.py",
    "tambo/domains.py",
    "tambo/lake/__init__.py",
    "tambo/lake/spool.py",
    "tambo/lake/topics.py",
    "tambo/featurestore/__init__.py",
    "tambo/featurestore/domain.py",
    "tambo/featurestore/unchecked.py",
    "tambo/featurestore/online/*.py",
    "tambo/serving/*.py",
    "bentos/__init__.py",
    "bentos/inference/*.py",
    "bentos/web/*.py",
)
"""Patterns below the project's root; a domain's own folder, and its `CODE`, come on top."""

BY_DOMAIN = ("tambo/requesttime", "tambo/planning", "tambo/access", "tambo/intake")
"""Of these a service takes the shared ones and its own domain's."""

NOT_SERVED = ("bentos/*/example.py",)
"""Needs the lake, so it stays behind."""


def code_files(settings: Settings, domain: str) -> list[Path]:
    """List the files of a domain's service, relative to the project's root, sorted.

    Raises:
        ServingError: a pattern finds nothing: the code moved.
    """
    found: set[Path] = set()
    own = getattr(import_module(f"bentos.{domain}"), "CODE", ())
    for pattern in (*SHARED, *own, f"bentos/{domain}/**/*.py"):
        files = set(settings.root.glob(pattern))
        if not files:
            raise ServingError(f"{settings.root} has no {pattern}.")
        found |= files
    for folder in BY_DOMAIN:
        found |= set(own_files(settings.root / folder, domain))
    for pattern in NOT_SERVED:
        found -= set(settings.root.glob(pattern))
    return sorted(path.relative_to(settings.root) for path in found)


def copy_code(settings: Settings, domain: str, folder: Path) -> None:
    """Copy a domain's service into a folder."""
    for path in code_files(settings, domain):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(settings.root / path, target)


def code_hash(settings: Settings, domain: str) -> str:
    """Hash the names and contents of a domain's service."""
    files = code_files(settings, domain)
    return hash_of(settings.root, (settings.root / path for path in files))
