"""Finds the files of a command: CSVs, and the mapping and the manifests beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tambo.errors import IngestError
from tambo.ingest.manifest import read_arrivals
from tambo.ingest.mapping import MAPPING_FILE, Mapping, read_mapping
from tambo.ingest.received import read_received
from tambo.ingest.refusals import read_refusals

SUFFIXES = {".csv", ".txt", ".tsv", ".dat"}
HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Found:
    """What an ingest command was given.

    Attributes:
        files: raw files, by arrival and then name.
        folder: that mapping and lookups are relative to.
        mapping: the mapping, if there is one.
        arrivals: arrival times by file name, UTC.
        refusals: reasons by file name and record number, of what whoever wrote the file refused.
        received: times by file name and record number, of lines that have their own, UTC.
        folders: inside the folder, with raw files of their own, which are not read.
    """

    files: list[Path]
    folder: Path
    mapping: Mapping | None
    arrivals: dict[str, datetime] = field(default_factory=dict)
    refusals: dict[str, dict[int, str]] = field(default_factory=dict)
    received: dict[str, dict[int, datetime]] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)


def discover(path: Path, mapping: Path | None = None) -> Found:
    """Look at a file or a folder.

    Raises:
        IngestError: there is no such path, or the folder holds no CSV.
        ContractError: the mapping is wrong.
    """
    if not path.exists():
        raise IngestError(f"{path} does not exist.", remedy="give a folder of CSV files, or a file")
    folder = path if path.is_dir() else path.parent
    own = folder / MAPPING_FILE
    source = mapping or (own if own.exists() else None)
    read = read_mapping(source) if source else None
    lookups = read.lookups() if read else set()
    arrivals = read_arrivals(folder)
    inside = _inside(path, lookups) if path.is_dir() else [path]
    files = [file for file in inside if not file.is_dir()]
    folders = [file for file in inside if file.is_dir()]
    if not files:
        deeper = f": {', '.join(map(str, folders))}" if folders else ""
        remedy = f"give the folder of the CSV files{deeper}"
        raise IngestError(f"{path} holds no CSV file.", remedy=remedy)
    # Files that are not in the manifest come last: they are known from now on.
    files.sort(key=lambda file: (arrivals.get(file.name, datetime.max), file.name))
    return Found(
        files,
        source.parent if source else folder,
        read,
        arrivals,
        folders=folders,
        refusals=read_refusals(folder),
        received=read_received(folder),
    )


def _inside(folder: Path, lookups: set[str]) -> list[Path]:
    """Files of a folder that may be raw, and folders that may hold such files, by name."""
    try:
        visible = [file for file in sorted(folder.iterdir()) if not file.name.startswith(HIDDEN)]
    except OSError as error:
        raise IngestError(f"{folder} cannot be read: {error.strerror}") from error
    return [file for file in visible if _is_raw(file, lookups) or _holds_raw(file, lookups)]


def _is_raw(file: Path, lookups: set[str]) -> bool:
    return file.suffix.lower() in SUFFIXES and file.name not in lookups


def _holds_raw(folder: Path, lookups: set[str]) -> bool:
    try:
        return folder.is_dir() and any(_is_raw(file, lookups) for file in folder.iterdir())
    except OSError:
        return True  # nobody can say that it holds none
