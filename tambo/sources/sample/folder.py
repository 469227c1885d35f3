"""The files of a world: lines are appended, counted and hashed, in any number of open files."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo


def utc_text(local: datetime, zone: ZoneInfo) -> str:
    """A naive local time as UTC, "YYYY-MM-DD HH:MM:SS"."""
    return local.replace(tzinfo=zone).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass
class _File:
    handle: IO[bytes]
    digest: Any = field(default_factory=sha256)
    lines: int = 0
    size: int = 0

    def write(self, lines: list[bytes]) -> int:
        text = b"\n".join(lines) + b"\n"
        self.handle.write(text)
        self.digest.update(text)
        self.size += len(text)
        first = self.lines + 1
        self.lines += len(lines)
        return first


class Folder(AbstractContextManager["Folder"]):
    """CSV files in one folder; a file comes into being with its first line.

    Leaving the context closes all files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, _File] = {}

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, name: str, header: tuple[str, ...], lines: list[bytes]) -> int:
        """Append lines to a file.

        Returns:
            Physical line number of the first of them; the header is line 1.
        """
        if not lines:
            return 0
        self.begin(name, header)
        return self.files[name].write(lines)

    def begin(self, name: str, header: tuple[str, ...]) -> None:
        """Write the header of a file that has none yet."""
        if name not in self.files:
            self.files[name] = _File((self.path / name).open("wb"))
            self.files[name].write([",".join(header).encode()])

    def close(self, *names: str) -> None:
        """Close files that get no more lines; without names, all."""
        for name in names or self.files:
            if name in self.files:
                self.files[name].handle.close()

    def text(self, name: str, content: str) -> None:
        """Write a whole file at once."""
        self.files[name] = _File((self.path / name).open("wb"))
        self.files[name].write(content.encode().removesuffix(b"\n").split(b"\n"))
        self.close(name)

    def notes(self) -> dict[str, dict[str, Any]]:
        """Lines, bytes and SHA-256 of each file, by name."""
        return {
            name: {"lines": each.lines, "bytes": each.size, "sha256": each.digest.hexdigest()}
            for name, each in sorted(self.files.items())
        }


def hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
