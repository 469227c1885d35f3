"""Fingerprints of the lake's state, by which a stage knows that it is up to date."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import duckdb


def now() -> datetime:
    """The present instant, UTC, without zone, as the lake stores times."""
    return datetime.now(UTC).replace(tzinfo=None)


def raw_state(connection: duckdb.DuckDBPyConnection) -> str:
    """Hash of all batches in the lake: changes with every load, replay and withdrawal."""
    rows = connection.execute(
        "SELECT batch_id, table_name, file_hash, status, revision "
        "FROM lake.audit.batches ORDER BY batch_id"
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def files_hash(folder: Path, suffixes: Iterable[str]) -> str:
    """Hash of the names and contents of all files below a folder with one of the suffixes."""
    wanted = tuple(suffixes)
    return hash_of(
        folder,
        (
            path
            for path in sorted(folder.rglob("*"))
            if path.suffix in wanted
            and path.is_file()
            and "target" not in path.relative_to(folder).parts
        ),
    )


def hash_of(root: Path, files: Iterable[Path]) -> str:
    """Hash of the names below a folder and the contents of some files, in the order given."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        name = path.relative_to(root).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def git_revision(root: Path) -> str:
    """Git revision of the project, with "+" when files differ from it; "" without git."""
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+"]
    if shutil.which("git") is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
