"""What this machine lacks, and what holds the lake: the checks behind `tambo doctor`."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tambo.settings import Settings

LOW_DISK_GIB = 5
PROGRAMS = {
    "git": "names the revision of a release",
    "make": "runs the targets of the Makefile",
    "node": "lints the Jenkinsfile in make check",
    "java": "lints the Jenkinsfile in make check",
    "kubectl": "renders k8s/ in make check",
}
BUILDERS = ("docker", "podman", "buildah")


@dataclass(frozen=True)
class Check:
    """One finding: ok, warn (something optional is missing) or fail (the road would stop)."""

    name: str
    state: Literal["ok", "warn", "fail"]
    finding: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Run every check; a failing one says what to do."""
    return [
        _python(),
        *_programs(),
        *_extensions(),
        _disk(settings.home),
        _home(settings),
        *_ports(settings),
        _lock(settings),
        _lake(settings),
        _spool(settings),
    ]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Check("python", "ok", version)
    return Check("python", "fail", version, "make the environment with Python 3.11 or 3.12")


def _programs() -> Iterator[Check]:
    for program, purpose in PROGRAMS.items():
        path = shutil.which(program)
        if path:
            yield Check(program, "ok", path)
        else:
            yield Check(program, "warn", f"missing; it {purpose}", f"install {program}")
    builder = next((path for name in BUILDERS if (path := shutil.which(name))), None)
    if builder:
        yield Check("image builder", "ok", builder)
    else:
        one_of = " or ".join(BUILDERS)
        yield Check("image builder", "warn", "missing; make image needs one", f"install {one_of}")


def _extensions() -> Iterator[Check]:
    from tambo.lake.connect import EXTENSIONS, extension_file

    for name in EXTENSIONS:
        path = extension_file(name)
        if path.exists():
            yield Check(f"duckdb {name}", "ok", path.name)
        else:
            yield Check(f"duckdb {name}", "fail", f"{path} is missing", "make venv")


def _disk(home: Path) -> Check:
    place = home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 2**30
    if free < LOW_DISK_GIB:
        return Check("disk", "warn", f"{free:.1f} GiB free at {place}", "free some, or move home")
    return Check("disk", "ok", f"{free:.1f} GiB free")


def _home(settings: Settings) -> Check:
    try:
        settings.scratch.mkdir(parents=True, exist_ok=True)
        probe = settings.scratch / ".probe"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Check("home", "fail", f"{settings.home}: {error}", "set TAMBO_HOME elsewhere")
    return Check("home", "ok", str(settings.home))


def _ports(settings: Settings) -> Iterator[Check]:
    host = settings.serve_host
    yield _port("port of the service", host, settings.serve_port, "fail", "TAMBO_SERVE_PORT to 0")
    yield _port(
        "port of the feature server",
        host,
        settings.features_port,
        "warn",
        "TAMBO_FEATURES_PORT to another",
    )
    yield _port(
        "port of MLflow",
        "127.0.0.1",
        settings.mlflow_port,
        "warn",
        "TAMBO_MLFLOW_PORT to another",
    )
    yield _port("port of the app", "127.0.0.1", settings.app_port, "warn", "TAMBO_APP_PORT to 0")


def _port(name: str, host: str, port: int, taken: Literal["warn", "fail"], setting: str) -> Check:
    if port == 0:
        return Check(name, "ok", "a free one is found at start")
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:
            return Check(name, taken, f"{port} is taken", f"set {setting}")
    return Check(name, "ok", f"{port} is free")


def _lock(settings: Settings) -> Check:
    from tambo.lake.lock import describe, holder

    note = holder(settings)
    if note is None:
        return Check("writer lock", "ok", "free")
    return Check(
        "writer lock",
        "warn",
        f"held by {describe(note)}",
        "wait for it to end; readers are not blocked",
    )


def _lake(settings: Settings) -> Check:
    from tambo.errors import LakeError
    from tambo.lake import exists, head

    if not exists(settings):
        return Check("lake", "ok", "none yet; tambo ingest makes it")
    try:
        return Check("lake", "ok", f"snapshot {head(settings)}")
    except LakeError as error:
        return Check("lake", "fail", error.message, "restore lake/catalog.sqlite from a backup")


def _spool(settings: Settings) -> Check:
    from tambo.lake.waiting import summary

    found = summary(settings)
    if found is None:
        return Check("spool", "ok", "nothing waits for the lake")
    return Check("spool", "warn", found.text, found.remedy)
