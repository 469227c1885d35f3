"""A reader of the raw files of a sample world of tourism, sharing no code with its generator."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

KEYS = {
    "tourist_flow": ("location", "timestamp", "market"),
    "weather": ("location", "timestamp"),
    "weather_forecast": ("location", "issued_at", "valid_at"),
    "events": ("event_date", "event_type", "location", "name"),
    "holidays": ("holiday_date", "holiday_type", "location", "name"),
    "campaigns": ("campaign_id", "location", "market", "segment"),
    "external_factors": ("name", "location", "period"),
}
Row = dict[str, str]
Key = tuple[str, ...]


@dataclass
class RawFile:
    """One raw file: its rows by physical line, without those that are broken on purpose."""

    name: str
    table: str
    arrived: datetime | None
    lines: int
    rows: dict[int, Row]


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


def notes(folder: Path, name: str) -> list[Row]:
    with (folder / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def table_of(name: str) -> str:
    return max((table for table in KEYS if name.startswith(table)), key=len)


@lru_cache(maxsize=4)
def read_files(folder: Path, *tables: str) -> list[RawFile]:
    """Files of some tables: history first, then by arrival; a folder is read once."""
    arrivals = {row["file"]: instant(row["arrived_at"]) for row in notes(folder, "_arrivals.csv")}
    broken = defaultdict(set)
    for row in notes(folder, "_dirty.csv"):
        broken[row["file"]].add(int(row["line"]))
    found = []
    for path in sorted(folder.glob("[a-z]*.csv")):
        if (table := table_of(path.name)) in tables:
            header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
            columns = header.split(",")
            rows = {
                number: dict(zip(columns, line.split(","), strict=True))
                for number, line in enumerate(lines, start=2)
                if number not in broken[path.name]
            }
            found.append(RawFile(path.name, table, arrivals.get(path.name), len(lines), rows))
    return sorted(found, key=lambda each: (each.arrived or datetime.min, each.name))


def key(table: str, row: Row) -> Key:
    return tuple(row[column] for column in KEYS[table])


@lru_cache(maxsize=4)
def versions(folder: Path, table: str) -> dict[Key, list[tuple[RawFile, Row]]]:
    """All versions of each key, in the order in which they became known."""
    found: dict[Key, list[tuple[RawFile, Row]]] = {}
    for file in read_files(folder, table):
        for row in file.rows.values():
            found.setdefault(key(table, row), []).append((file, row))
    return found


def last_rows(folder: Path, table: str) -> Iterator[Row]:
    """What is true in the end: the last version of each key that is not withdrawn."""
    for history in versions(folder, table).values():
        if history[-1][1].get("withdrawn") != "true":
            yield history[-1][1]
