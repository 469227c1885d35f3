"""A service's container image: a slim base, pinned wheels, no compiler, no root.

BentoML makes the Dockerfile from it (env/docker/Dockerfile in the bento). A base image of its own
choice would first install a compiler and git, half a gigabyte that wheels do not need; so the base
is named here and no distribution is. The user is BentoML's `bentoml`, 1034.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bentoml.images import Image  # noqa: TID253 - only the service imports this

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements.txt"
"""Pinned and hashed; written by `bentos.bundle` beside the code."""

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def image() -> Image:
    """Describe the image; outside a bento it has no requirements."""
    return Image(
        # In full: podman and buildah look a short name up nowhere.
        base_image=f"docker.io/library/python:{_PYTHON}-slim-bookworm",
        commands=_installer(),
        distro="",
        python_version=_PYTHON,
        python_requirements=REQUIREMENTS.read_text() if REQUIREMENTS.exists() else "",
        # They are locked already, and BentoML would write the index they came from into the bento.
        lock_python_packages=False,
    )


def _installer() -> list[str]:
    """Install the uv of the lock; BentoML's Dockerfile would take whichever is newest."""
    try:
        return [f"pip install --no-cache-dir uv=={version('uv')}"]
    except PackageNotFoundError:  # in the image itself, where nothing is built
        return []
