"""Build the image of `tambo listen`, which runs beside a domain's service in a cluster.

    python -m bentos.listener

It is no bento: it holds the package `tambo` without extras, an MQTT client, and nothing of ours
besides. Further options go to the program that builds: python -m bentos.listener --network host
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bentos.containerize import build_in, image_name
from bentos.requirements import listener_requirements
from tambo.errors import TamboError
from tambo.settings import Settings, get_settings

NAME = "listener"
CODE = "tambo"


def stage(settings: Settings, folder: Path) -> None:
    """Put all that the image is made of into a folder: Dockerfile, code, pinned requirements.

    Raises:
        ServingError: the lock lacks a package.
    """
    root = settings.root
    shutil.copy(root / "k8s" / "images" / NAME / "Dockerfile", folder)
    shutil.copytree(root / CODE, folder / CODE, ignore=shutil.ignore_patterns("__pycache__"))
    pinned = listener_requirements(root / "pyproject.toml", root / "requirements.lock")
    (folder / "requirements.txt").write_text(pinned, encoding="utf-8")


def build(settings: Settings, options: Sequence[str] = ()) -> str:
    """Build the image; returns its name.

    Raises:
        ServingError: the lock lacks a package, or the program that builds fails.
    """
    with TemporaryDirectory(prefix="tambo-listener-") as folder:
        stage(settings, Path(folder))
        return build_in(Path(folder), "Dockerfile", image_name(NAME), options)


def main() -> int:
    """Build; a TamboError is printed without a traceback."""
    try:
        name = build(get_settings(), sys.argv[1:])
    except TamboError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
