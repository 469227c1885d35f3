"""Build, and push, the container image of a domain's bento, with what builds images here.

    python -m bentos.containerize build --domain travel
    python -m bentos.containerize push --domain travel

Without --domain it is the only one that this home holds a bento of.

The image is localhost/tambo-<domain>:<version of Tambo>. To push, TAMBO_REGISTRY_HOST names the
registry, TAMBO_REGISTRY_USR and TAMBO_REGISTRY_PSW who may.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bentos.bundle import latest, served_domain
from tambo import __version__
from tambo.errors import ServingError, TamboError
from tambo.settings import Settings, get_settings

BUILDERS = ("podman", "buildah", "docker")
DOCKERFILE = "env/docker/Dockerfile"


def image_name(domain: str) -> str:
    """Local name of a domain's image, the one that k8s/ names."""
    return f"localhost/tambo-{domain}:{__version__}"


def builder() -> str:
    """The program that builds images on this machine.

    Raises:
        ServingError: there is none.
    """
    for program in BUILDERS:
        if shutil.which(program):
            return program
    raise ServingError(
        f"Nothing here builds images: {', '.join(BUILDERS)} are missing.",
        remedy="install podman",
    )


def build(settings: Settings, domain: str, options: Sequence[str] = ()) -> str:
    """Build the image of the bento bundled last.

    Args:
        settings: the Tambo home.
        domain: whose bento.
        options: further options of the building program, for example ["--network", "host"].

    Raises:
        ServingError: there is no bento, or the program fails.
    """
    return build_in(latest(settings, domain), DOCKERFILE, image_name(domain), options)


def build_in(folder: Path, dockerfile: str, name: str, options: Sequence[str]) -> str:
    """Build an image from a folder, and return its name.

    Raises:
        ServingError: the program that builds is missing, or fails.
    """
    command = [builder(), "build", *options, "--tag", name, "--file", dockerfile, "."]
    _run(command, cwd=str(folder))
    return name


def push(domain: str) -> str:
    """Push the image to the registry of TAMBO_REGISTRY_HOST.

    Raises:
        ServingError: the registry is not named, or it refuses.
    """
    try:
        host, user, password = (
            os.environ[f"TAMBO_REGISTRY_{part}"] for part in ("HOST", "USR", "PSW")
        )
    except KeyError as missing:
        raise ServingError(
            f"{missing.args[0]} is not set.",
            remedy="set TAMBO_REGISTRY_HOST, TAMBO_REGISTRY_USR and TAMBO_REGISTRY_PSW",
        ) from None
    program, name = builder(), image_name(domain)
    target = name.replace("localhost", host, 1)
    _run([program, "login", "--username", user, "--password-stdin", host], text=password)
    _run([program, "tag", name, target])
    _run([program, "push", target])
    return target


def _run(command: Sequence[str], *, cwd: str | None = None, text: str | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, input=text, text=True, check=False)
    if done.returncode != 0:
        raise ServingError(
            f"{' '.join(command[:2])} ended with {done.returncode}.", remedy="see its output above"
        )


def main() -> int:
    """Build or push; a TamboError is printed without a traceback."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("verb", choices=("build", "push"))
    parser.add_argument("--domain")
    arguments, options = parser.parse_known_args()
    try:
        settings = get_settings()
        domain = arguments.domain or served_domain(settings)
        name = build(settings, domain, options) if arguments.verb == "build" else push(domain)
    except TamboError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
