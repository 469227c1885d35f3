"""Connections to the DuckLake: one writer under the lock, any number of pinned readers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from tambo.errors import LakeError
from tambo.lake.lock import writer_lock
from tambo.lake.schema import create_audit_tables
from tambo.lake.sql import literal
from tambo.settings import Settings

EXTENSIONS = ("ducklake", "sqlite_scanner")
ALIAS = "lake"


def extension_file(name: str) -> Path:
    """Path of a DuckDB extension that was installed as a Python wheel."""
    folder = Path(str(files(f"duckdb_extension_{name}")))
    return folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def engine(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with our limits, UTC, spilling to the home's scratch folder."""
    spill = settings.scratch / "spill"
    spill.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    for name in EXTENSIONS:
        connection.execute(f"LOAD {literal(extension_file(name))}")
    return connection


def attach_options(settings: Settings, *, read_only: bool, snapshot: int | None = None) -> str:
    """Options of the ATTACH statement, the same for every client of the lake."""
    options = [
        f"DATA_PATH {literal(f'{settings.lake_data}/')}",
        "META_JOURNAL_MODE 'WAL'",
        "META_BUSY_TIMEOUT 5000",
    ]
    if read_only:
        options.append("READ_ONLY")
    if snapshot is not None:
        options.append(f"SNAPSHOT_VERSION {int(snapshot)}")
    return ", ".join(options)


def catalog_uri(settings: Settings) -> str:
    """The DuckLake URI that ATTACH takes."""
    return f"ducklake:sqlite:{settings.catalog}"


def _attach(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    read_only: bool,
    snapshot: int | None = None,
) -> None:
    options = attach_options(settings, read_only=read_only, snapshot=snapshot)
    try:
        connection.execute(f"ATTACH {literal(catalog_uri(settings))} AS {ALIAS} ({options})")
    except duckdb.Error as error:
        connection.close()
        raise LakeError(
            f"The lake at {settings.catalog} cannot be opened: {error}",
            remedy="tambo doctor",
        ) from error
    connection.execute(f"USE {ALIAS}")


def exists(settings: Settings) -> bool:
    """Whether this home has a lake."""
    return settings.catalog.exists()


@contextmanager
def writer(settings: Settings, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the lake for writing, under the one-writer lock; creates it on first use.

    The connection has the lake attached as `lake` and in use. Autocommit is on: several
    statements that belong together go between BEGIN and COMMIT.
    """
    with writer_lock(settings, purpose):
        settings.lake_data.mkdir(parents=True, exist_ok=True)
        connection = engine(settings)
        _attach(connection, settings, read_only=False)
        try:
            create_audit_tables(connection)
            yield connection
        finally:
            connection.close()


@contextmanager
def reader(settings: Settings, snapshot: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the lake read-only at one snapshot; never blocks and is never blocked.

    Args:
        settings: the Tambo home.
        snapshot: snapshot id; None reads the newest one, fixed for this connection's life.

    Raises:
        LakeError: there is no lake yet, or the snapshot is gone.
    """
    if not exists(settings):
        raise LakeError(
            f"There is no lake in {settings.home}.", remedy="tambo world && tambo ingest"
        )
    connection = engine(settings)
    _attach(connection, settings, read_only=True, snapshot=snapshot or head(settings))
    try:
        yield connection
    finally:
        connection.close()


def head(settings: Settings) -> int:
    """Newest snapshot id of the lake."""
    connection = engine(settings)
    _attach(connection, settings, read_only=True)
    try:
        row = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        return int(row[0]) if row else 0
    finally:
        connection.close()
