"""A strict reader of a sample world's raw files, sharing no code with its generator."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

HEADERS = {
    "users": "code,company,name,gender,age",
    "flights": "travelCode,userCode,from,to,flightType,price,time,distance,agency,date"
    ",booked_at,withdrawn",
    "hotels": "travelCode,userCode,name,place,days,price,total,date,booked_at,withdrawn",
}
KEYS = {"users": ("code",), "flights": ("travelCode", "from", "to"), "hotels": ("travelCode",)}
NUMBERS = ("age", "price", "time", "distance", "days", "total")

Row = dict[str, str]
Key = tuple[str, ...]


@dataclass
class RawFile:
    """One raw file: its good rows by physical line, and the lines that a contract must refuse."""

    name: str
    table: str
    arrived: datetime
    rows: dict[int, Row] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    def key(self, row: Row) -> Key:
        return tuple(row[column] for column in KEYS[self.table])


def instant(text: str) -> datetime:
    """A time as in the files."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


def date(text: str) -> datetime:
    """A date as in the files."""
    parsed = datetime.strptime(text, "%m/%d/%Y")
    assert parsed.strftime("%m/%d/%Y") == text
    return parsed


def table_of(name: str) -> str:
    return name.split("_", maxsplit=1)[0].removesuffix(".csv")


def notes(folder: Path, name: str) -> list[Row]:
    """Rows of one of the files with an underscore."""
    with (folder / name).open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def fault(table: str, row: Row) -> str:
    """Why a row must be refused, judged alone; "" if it is good."""
    if not all(row[column].isdigit() for column in KEYS[table][:1]):
        return "key"
    if row.get("withdrawn"):
        return "" if row["withdrawn"] == "true" else "withdrawn"
    try:
        if any(float(row[column]) <= 0 for column in NUMBERS if column in row):
            return "range"
        if table != "users":
            date(row["date"])
            instant(row["booked_at"])
    except ValueError:
        return "format"
    return other_fault(row)


def other_fault(row: Row) -> str:
    """What can be wrong with a row whose values can all be read."""
    if row.get("gender", "none") not in {"male", "female", "none"}:
        return "gender"
    if row.get("flightType", "premium") not in {"economic", "premium", "firstClass"}:
        return "class"
    if "total" in row and float(row["total"]) != round(int(row["days"]) * float(row["price"]), 2):
        return "total"
    return ""


def read_file(path: Path, arrived: datetime) -> RawFile:
    """Read one file line by line; nothing is quoted in it."""
    table = table_of(path.name)
    file = RawFile(path.name, table, arrived)
    header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert header == HEADERS[table]
    columns = header.split(",")
    for number, line in enumerate(lines, start=2):
        fields = line.split(",")
        if len(fields) != len(columns) or '"' in line:
            file.refused[number] = "shape"
            continue
        row = dict(zip(columns, fields, strict=True))
        if reason := fault(table, row):
            file.refused[number] = reason
        else:
            file.rows[number] = row
    twice = Counter(file.key(row) for row in file.rows.values())
    for number in [n for n, row in file.rows.items() if twice[file.key(row)] > 1]:
        file.refused[number] = "duplicate"
        del file.rows[number]
    return file


def read_world(folder: Path) -> list[RawFile]:
    """All raw files, in order of arrival; lines of unknown users are refused."""
    arrivals = notes(folder, "_arrivals.csv")
    files = [read_file(folder / row["file"], instant(row["arrived_at"])) for row in arrivals]
    known: set[str] = set()
    for file in files:
        if file.table == "users":
            known |= {row["code"] for row in file.rows.values()}
    for file in files:
        for number, row in list(file.rows.items()):
            if file.table != "users" and not row["withdrawn"] and row["userCode"] not in known:
                file.refused[number] = "user"
                del file.rows[number]
    return files


def versions(files: list[RawFile], table: str) -> dict[Key, list[tuple[RawFile, Row]]]:
    """All versions of each key, in order of arrival."""
    found: dict[Key, list[tuple[RawFile, Row]]] = {}
    for file in files:
        if file.table == table:
            for row in file.rows.values():
                found.setdefault(file.key(row), []).append((file, row))
    return found


def last_versions(files: list[RawFile], table: str) -> list[Row]:
    """What is true in the end: the last version of each key that is not withdrawn."""
    last = (each[-1][1] for each in versions(files, table).values())
    return [row for row in last if not row.get("withdrawn")]
