"""Connections to the DuckLake: one writer under the lock, any number of pinned readers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from itertools import count
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


_verified: set[tuple[Path, int]] = set()
_numbers = count()


def engine(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with our limits, UTC, spilling to the home's scratch folder."""
    stamps = {(path, path.stat().st_mtime_ns) for path in map(extension_file, EXTENSIONS)}
    connection = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(spill_folder(settings)),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Checking the signatures takes 130 ms, so each process does it once for each file.
            "allow_unsigned_extensions": stamps <= _verified,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    for name in EXTENSIONS:
        connection.execute(f"LOAD {literal(extension_file(name))}")
    connection.execute("SET allow_unsigned_extensions = false")
    _verified.update(stamps)
    return connection


def spill_folder(settings: Settings) -> Path:
    """A new folder's path for one DuckDB to spill to; DuckDB makes it and removes it again.

    Two DuckDBs that spill to one folder overwrite each other's files, so each gets its own, named
    by process; `tambo.lake.retention.clean` removes those of killed processes.
    """
    folder = settings.scratch / "spill"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        # Whoever may only read the home spills on ground of their own.
        folder = Path(tempfile.gettempdir()) / f"tambo-spill-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{os.getpid()}-{next(_numbers)}"


def attach_options(settings: Settings, *, read_only: bool, snapshot: int | None = None) -> str:
    """Options of the ATTACH statement, the same for every client of the lake."""
    options = [
        f"DATA_PATH {literal(f'{settings.lake_data}/')}",
        # The catalog remembers where the files were; a home that was moved is still whole.
        "OVERRIDE_DATA_PATH true",
        "META_BUSY_TIMEOUT 30000",
        # The journal mode stays with the file, so whoever may write sets it.
        "READ_ONLY" if read_only else "META_JOURNAL_MODE 'WAL'",
    ]
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
        if snapshot is not None and "No snapshot found" in str(error):
            raise LakeError(
                f"Snapshot {snapshot} is not in the lake: it has been expired, or never was.",
                remedy="tambo status shows the releases that can be read",
            ) from error
        if "creating a new DuckLake is explicitly disabled" in str(error):
            # The first writer was killed after it had made the file, before it had filled it.
            raise _no_lake(settings) from error
        raise LakeError(
            f"The lake at {settings.catalog} cannot be opened: {error}",
            remedy="tambo doctor",
        ) from error


def exists(settings: Settings) -> bool:
    """Whether this home has a lake."""
    return settings.catalog.exists()


def require(settings: Settings) -> None:
    """Raise LakeError, with the first commands to run, if this home has no lake yet."""
    if not exists(settings):
        raise _no_lake(settings)


def _no_lake(settings: Settings) -> LakeError:
    return LakeError(f"There is no lake in {settings.home}.", remedy="tambo world && tambo ingest")


@contextmanager
def writer(settings: Settings, purpose: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the lake for writing, under the one-writer lock; creates it on first use.

    The connection has the lake attached as `lake` and in use. Autocommit is on: several
    statements that belong together go between BEGIN and COMMIT.
    """
    with writer_lock(settings, purpose):
        settings.lake_data.mkdir(parents=True, exist_ok=True)
        with closing(engine(settings)) as connection:
            _attach(connection, settings, read_only=False)
            connection.execute(f"USE {ALIAS}")
            create_audit_tables(connection)
            with steady_catalog(settings):
                yield connection


@contextmanager
def steady_catalog(settings: Settings) -> Iterator[None]:
    """Keep one connection to the catalog file open, so that no reader ever has to wait.

    DuckLake opens and closes the file for each transaction, and SQLite folds its write-ahead log
    back when the last connection closes, which shuts everyone out; this build of SQLite then
    sleeps whole seconds. Readers polling through 200 commits waited up to 3 s; now up to 0.5 s.
    Whoever writes through a connection of its own (dbt) does it inside this. Does nothing where
    there is no lake yet.
    """
    if not exists(settings):
        yield
        return
    with closing(engine(settings)) as connection:
        connection.execute(f"ATTACH {literal(settings.catalog)} AS steady (TYPE sqlite)")
        # The file stays open as long as the transaction that read it.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM steady.ducklake_metadata").fetchone()
        yield


@contextmanager
def reader(settings: Settings, snapshot: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the lake read-only at one snapshot; never blocks and is never blocked.

    Args:
        settings: the Tambo home.
        snapshot: snapshot id; None reads the newest one, fixed for this connection's life.

    Raises:
        LakeError: there is no lake yet, or the snapshot is gone.
    """
    require(settings)
    with closing(engine(settings)) as connection:
        if snapshot is None:
            snapshot = _head(connection, settings)
        _attach(connection, settings, read_only=True, snapshot=snapshot)
        connection.execute(f"USE {ALIAS}")
        yield connection


def head(settings: Settings) -> int:
    """Newest snapshot id of the lake.

    Raises:
        LakeError: there is no lake yet.
    """
    require(settings)
    with closing(engine(settings)) as connection:
        return _head(connection, settings)


def _head(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Newest snapshot id, found by attaching the head for a moment."""
    _attach(connection, settings, read_only=True)
    row = connection.execute(f"SELECT id FROM ducklake_current_snapshot('{ALIAS}')").fetchone()
    connection.execute(f"DETACH {ALIAS}")
    newest = int(row[0]) if row else 0
    if newest == 0:
        # The first writer was killed between making the catalog and the audit tables.
        raise _no_lake(settings)
    return newest
