"""Takes a raw file's bytes once, into the archive, named by their hash.

Everything afterwards reads the archive: what was hashed is what is loaded, replayed and checked,
whatever happens to the source.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from tambo.errors import FileChangedError, IngestError
from tambo.ingest.splitter import Source
from tambo.settings import Settings

READ_BYTES = 4 << 20


@dataclass(frozen=True)
class Captured:
    """A raw file as it was taken.

    Attributes:
        path: where it came from.
        digest: SHA-256 of its bytes, hexadecimal.
        size: bytes.
    """

    path: Path
    digest: str
    size: int

    @property
    def name(self) -> str:
        """File name without its folder."""
        return self.path.name


def archived(settings: Settings, digest: str) -> Path:
    """Path in the archive of the content with this hash."""
    return settings.archive / digest[:2] / f"{digest}.zst"


def open_archived(settings: Settings, digest: str) -> Source:
    """Open archived content for reading from its first byte.

    Raises:
        IngestError: the archive does not hold it; later, when it is read: it is damaged.
    """
    path = archived(settings, digest)
    try:
        return _Kept(path)
    except OSError as error:
        raise IngestError(
            f"The archive {settings.archive} does not hold the content {digest}: {error}",
            remedy="put the archive folder back, or ingest the original file again",
        ) from error


class _Kept:
    """The bytes of a file, as the archive keeps them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stream = pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes; none at the end."""
        try:
            return cast(bytes, self._stream.read(size))
        except OSError as error:
            raise IngestError(
                f"The archive's copy {self._path} is damaged: {error}",
                remedy="put it back from a backup, or delete it and ingest the file again",
            ) from error


def intact(settings: Settings, captured: Captured) -> bool:
    """Whether the archive holds a file as it was taken."""
    digest, source = hashlib.sha256(), open_archived(settings, captured.digest)
    while data := source.read(READ_BYTES):
        digest.update(data)
    return digest.hexdigest() == captured.digest


def clean_parts(settings: Settings) -> None:
    """Remove what a killed process left half archived; only the writer may call this."""
    for part in settings.archive.glob("*.part"):
        part.unlink()


def capture(settings: Settings, path: Path, known: Collection[int] = ()) -> Captured:
    """Read a file once, hash it, and keep its bytes in the archive.

    Args:
        settings: the Tambo home.
        path: the file.
        known: sizes of files that the archive may already hold; one of such a size is hashed
            before it is compressed, so that a known file costs one reading.

    Raises:
        IngestError: it is no regular file or cannot be read.
        FileChangedError: it changed while it was read; the archive is as before.
    """
    try:
        # Looked at before it is opened: opening a pipe would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise IngestError(f"{path} is no regular file.", remedy="give a CSV file")
        with path.open("rb") as source:
            before = os.fstat(source.fileno())
            if before.st_size in known:
                captured = _read(path, source, before, lambda _: None)
                if archived(settings, captured.digest).exists():
                    return captured
                source.seek(0)
            return _archive(settings, path, source, before)
    except OSError as error:
        raise IngestError(
            f"{path} cannot be read: {error.strerror or error}",
            remedy="mend the file or its permissions, or move it out of the folder",
        ) from error


def _archive(settings: Settings, path: Path, source: BinaryIO, before: os.stat_result) -> Captured:
    settings.archive.mkdir(parents=True, exist_ok=True)
    part = settings.archive / f"{os.getpid()}.part"
    try:
        with pa.OSFile(str(part), "wb") as sink, pa.CompressedOutputStream(sink, "zstd") as out:
            captured = _read(path, source, before, out.write)
        target = archived(settings, captured.digest)
        target.parent.mkdir(exist_ok=True)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return captured


def _read(
    path: Path, source: BinaryIO, before: os.stat_result, keep: Callable[[bytes], Any]
) -> Captured:
    digest, size = hashlib.sha256(), 0
    while data := source.read(READ_BYTES):
        digest.update(data)
        size += len(data)
        keep(data)
    # The open file and the name: another file may have been moved over it.
    now = {_version(os.fstat(source.fileno())), _version(path.stat())}
    if size != before.st_size or now != {_version(before)}:
        raise FileChangedError(
            f"{path} changed while it was read ({before.st_size} bytes before, {size} read).",
            remedy="wait until the file is complete, then ingest again; nothing was loaded",
        )
    return Captured(path, digest.hexdigest(), size)


def _version(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
