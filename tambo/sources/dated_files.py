"""Takes rows of our own making into the lake, as files that say when they became known.

    landing/<domain>/<table>/batch/     files that are whole and wait for the lake

The files are written beside, and there once they are renamed, with the list of their arrivals. So a
process that is killed at any step leaves nothing, or files that the next one takes in; the lake
passes over content that it has.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from tambo.errors import SourceBusyError
from tambo.ingest import IngestReport, ingest
from tambo.ingest.manifest import COLUMNS, MANIFEST
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.fetch_state import door_folder, write_file
from tambo.sources.page_file import write_page

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class DatedFile:
    """Rows that became known together.

    Attributes:
        name: of the file, without folder and suffix; what the table's contract claims.
        known_at: naive, UTC.
        rows: at least the contract's required columns.
    """

    name: str
    known_at: datetime
    rows: pa.Table


@contextmanager
def alone(settings: Settings, domain: str, table: str) -> Iterator[None]:
    """Hold a table's landing folder: two processes would make the same rows.

    Raises:
        SourceBusyError: another process holds it.
    """
    folder = door_folder(settings, domain, table)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "making.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SourceBusyError(
            f"Rows of {table} of {domain} are being made by another process.",
            remedy="wait until it ends; it makes what there is to make",
        ) from None
    try:
        yield
    finally:
        lock.release()


def land(settings: Settings, domain: str, table: str, files: Sequence[DatedFile]) -> None:
    """Put files where they wait for the lake, all or none; call `take_in` first and afterwards.

    Raises:
        ContractError: rows have not the contract's columns.
    """
    folder = _batch(settings, domain, table)
    draft = folder.with_suffix(".part")
    shutil.rmtree(draft, ignore_errors=True)
    contract = of_home(settings, domain).tables[table]
    lines = [",".join(COLUMNS)]
    for one in files:
        write_page(settings, draft / f"{one.name}.csv", contract, one.rows)
        lines.append(f"{one.name}.csv,{one.known_at}")
    write_file(draft / MANIFEST, ("\n".join(lines) + "\n").encode())
    draft.rename(folder)


def take_in(settings: Settings, domain: str, table: str) -> IngestReport | None:
    """Take the files that wait into the lake, and remove them; waits for the writer's lock.

    Returns:
        None: none waited.

    Raises:
        LockedError: another process is writing; what waits is safe.
        ConservationError: a file does not add up; it stays.
    """
    folder = _batch(settings, domain, table)
    if not folder.exists():
        return None
    report = ingest(settings, folder, history=False)
    # Whole until it is gone: a list of arrivals without its files would be refused.
    gone = folder.with_suffix(".taken")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone)
    return report


def _batch(settings: Settings, domain: str, table: str) -> Path:
    return door_folder(settings, domain, table) / "batch"
