"""Raw travel files made by hand, and the lake's contents as plain rows."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tambo.ingest.claims import all_contracts
from tambo.ingest.incoming import create_raw_tables
from tambo.lake import reader, writer
from tambo.settings import Settings

USERS = "code,company,name,gender,age"
FLIGHTS = "travelCode,userCode,from,to,flightType,price,time,distance,agency,date"
HOTELS = "travelCode,userCode,name,place,days,price,total,date"

CONTENT = {
    "users": '"code", company, name, gender, age, withdrawn',
    "flights": '"travelCode", "userCode", "from", "to", "flightType", price, time, distance, agency, '
    '"date", booked_at, withdrawn',
    "hotels": '"travelCode", "userCode", name, place, days, price, total, "date", booked_at, withdrawn',
}


def user(code: object = 1, **other: object) -> str:
    row = {"company": "Acme", "name": "Ana Lima", "gender": "female", "age": 30} | other
    return ",".join(str(value) for value in (code, *row.values()))


def flight(code: object = 1, **other: object) -> str:
    row = {
        "userCode": 1, "from": "Recife (PE)", "to": "Natal (RN)", "flightType": "economic",
        "price": "500.25", "time": 1.5, "distance": 250.5, "agency": "Rainbow",
        "date": "09/26/2019",
    } | other  # fmt: skip
    return ",".join(str(value) for value in (code, *row.values()))


def hotel(code: object = 1, **other: object) -> str:
    row = {
        "userCode": 1, "name": "Hotel A", "place": "Natal (RN)", "days": 2, "price": "100.10",
        "total": "200.20", "date": "09/26/2019",
    } | other  # fmt: skip
    return ",".join(str(value) for value in (code, *row.values()))


def write(path: Path, *lines: str | bytes, end: str = "\n") -> Path:
    """Write lines, each with a line end; bytes are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"".join(line if isinstance(line, bytes) else (line + end).encode() for line in lines)
    )
    return path


def users_file(folder: Path, *codes: int) -> Path:
    return write(folder / "users.csv", USERS, *(user(code) for code in codes or (1, 2, 3)))


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with reader(settings) as lake:
        return lake.execute(sql).fetchall()


def rows(settings: Settings, table: str, columns: str = "*", where: str = "true") -> list[Any]:
    return query(settings, f"SELECT {columns} FROM lake.raw.{table} WHERE {where} ORDER BY ALL")


def state(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that ingest holds, up to batch numbers and the time of ingest."""
    provenance = "_source_file, _row_number, _event_at, _known_at, _known_from"
    held = {
        table: f"SELECT {columns}, {provenance} FROM lake.raw.{table} ORDER BY ALL"
        for table, columns in CONTENT.items()
    }
    with reader(settings) as lake:
        return {name: lake.execute(sql).fetchall() for name, sql in (held | ACCOUNTS).items()}


ACCOUNTS = {
    "repeats": "SELECT r.table_name, r.source_file, r.record, r.known_at, r.known_from, "
    "b.source_file, r.of_record FROM lake.audit.repeats r "
    "JOIN lake.audit.batches b ON b.batch_id = r.of_batch ORDER BY ALL",
    "quarantine": "SELECT table_name, source_file, file_hash, record, line, lines, byte_position, "
    "byte_length, raw, reason, column_name, value, message FROM lake.quarantine.lines "
    "ORDER BY ALL",
    "filtered": "SELECT b.source_file, f.record FROM lake.audit.filtered f "
    "JOIN lake.audit.batches b USING (batch_id) ORDER BY ALL",
    "files": "SELECT f.* EXCLUDE (batch_id, checked_at) FROM lake.audit.files f "
    "JOIN lake.audit.batches b USING (batch_id) WHERE b.status <> 'withdrawn' ORDER BY ALL",
}


@cache
def _empty_lake() -> TemporaryDirectory[str]:
    """A home with nothing in its tables, made once a process."""
    made = TemporaryDirectory(prefix="tambo-empty-")
    with writer(Settings(home=Path(made.name) / "home"), "test") as lake:
        for contracts in all_contracts(Settings()).values():
            create_raw_tables(lake, contracts)
    atexit.register(made.cleanup)
    return made


def new_home(home: Path) -> Settings:
    """A home with an empty lake: copying one takes a tenth of the time that making one takes."""
    shutil.copytree(Path(_empty_lake().name) / "home", home)
    return Settings(home=home)
