"""Small raw histories, written into lake.raw as an ingest would: batches of versions of rows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tambo.lake import writer
from tambo.settings import Settings

ZONE = ZoneInfo("America/Sao_Paulo")
UTC = ZoneInfo("UTC")
VERSION = (
    "withdrawn BOOLEAN, _batch_id BIGINT, _source_file VARCHAR, _row_number BIGINT, "
    "_ingested_at TIMESTAMP, _event_at TIMESTAMP, _known_at TIMESTAMP, _known_from VARCHAR"
)
TABLES = {
    "users": "code BIGINT, company VARCHAR, name VARCHAR, gender VARCHAR, age BIGINT",
    "flights": '"travelCode" BIGINT, "userCode" BIGINT, "from" VARCHAR, "to" VARCHAR, '
    '"flightType" VARCHAR, price DECIMAL(18,4), time DOUBLE, distance DOUBLE, agency VARCHAR, '
    "date DATE, booked_at TIMESTAMP",
    "hotels": '"travelCode" BIGINT, "userCode" BIGINT, name VARCHAR, place VARCHAR, days BIGINT, '
    "price DECIMAL(18,4), total DECIMAL(18,4), date DATE, booked_at TIMESTAMP",
}
KEYS = {"users": ("code",), "flights": ("travelCode", "from", "to"), "hotels": ("travelCode",)}
PLACES = ("Praia", "Serra", "Rio")


def to_utc(local: datetime) -> datetime:
    """A naive local time as naive UTC."""
    return local.replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


def midnight(day: date) -> datetime:
    """Local midnight of a day, as naive UTC."""
    return to_utc(datetime(day.year, day.month, day.day))


@dataclass(frozen=True)
class Row:
    """One version of one raw row: values by raw column name, and its times."""

    table: str
    values: dict[str, Any]
    known_at: datetime
    withdrawn: bool = False

    @property
    def event_at(self) -> datetime | None:
        """The fact's own time."""
        if self.table == "users" or self.withdrawn:
            return None
        return self.values.get("booked_at") or midnight(self.values["date"])

    @property
    def key(self) -> tuple[Any, ...]:
        """The key of the raw table."""
        return tuple(self.values[name] for name in KEYS[self.table])


@dataclass(frozen=True)
class Stored:
    """A row as the lake has it: in which batch, at which place."""

    row: Row
    batch_id: int
    row_number: int

    @property
    def order(self) -> tuple[datetime, int, int]:
        """Order of the versions of a key."""
        return (self.row.known_at, self.batch_id, self.row_number)


@dataclass
class RawLake:
    """The raw tables of one home, and what is in them."""

    settings: Settings
    stored: list[Stored] = field(default_factory=list)
    batches: int = 0

    def create(self) -> RawLake:
        """Create the raw tables."""
        with writer(self.settings, "test") as lake:
            for table, columns in TABLES.items():
                lake.execute(f"CREATE TABLE IF NOT EXISTS lake.raw.{table} ({columns}, {VERSION})")
        return self

    def load(self, *files: list[Row]) -> list[int]:
        """Take in files, each a batch of rows of one table; returns the batch ids."""
        taken = []
        with writer(self.settings, "test") as lake:
            for rows in files:
                self.batches += 1
                taken.append(self.batches)
                stored = [Stored(row, self.batches, at) for at, row in enumerate(rows, 1)]
                self.stored += stored
                table = rows[0].table
                found = [_columns(one) for one in stored]
                # Tombstones have fewer columns than the rows they end.
                names = dict.fromkeys(name for values in found for name in values)
                rows_of_file = pa.table({n: [one.get(n) for one in found] for n in names})
                lake.register("rows_of_file", rows_of_file)
                lake.execute(f"INSERT INTO lake.raw.{table} BY NAME SELECT * FROM rows_of_file")
                lake.execute(
                    "INSERT INTO lake.audit.batches BY NAME SELECT ? AS batch_id, "
                    "'travel' AS domain, ? AS table_name, ? AS file_hash, 'loaded' AS status, "
                    "1 AS revision",
                    [self.batches, table, f"hash {self.batches}"],
                )
        return taken

    def withdraw(self, batch_id: int) -> None:
        """Take a batch back out."""
        (table,) = {s.row.table for s in self.stored if s.batch_id == batch_id}
        self.stored = [one for one in self.stored if one.batch_id != batch_id]
        with writer(self.settings, "test") as lake:
            lake.execute(f"DELETE FROM lake.raw.{table} WHERE _batch_id = ?", [batch_id])
            lake.execute(
                "UPDATE lake.audit.batches SET status = 'withdrawn', revision = revision + 1 "
                "WHERE batch_id = ?",
                [batch_id],
            )


def _columns(one: Stored) -> dict[str, Any]:
    """Values of a row of a raw table by column."""
    return one.row.values | {
        "withdrawn": True if one.row.withdrawn else None,
        "_batch_id": one.batch_id,
        "_source_file": f"{one.row.table}_{one.batch_id}.csv",
        "_row_number": one.row_number,
        "_ingested_at": one.row.known_at,
        "_event_at": one.row.event_at,
        "_known_at": one.row.known_at,
        "_known_from": "manifest",
    }


def user(code: int, known_at: datetime, **values: Any) -> Row:
    """A version of a traveller."""
    given = {
        "code": code,
        "company": "Acme",
        "name": " Zé da\tSilva",
        "gender": "none",
        "age": 30,
    } | values
    return Row("users", given, known_at)


def flight(trip: int, known_at: datetime, **values: Any) -> Row:
    """A version of a leg."""
    given = {
        "travelCode": trip,
        "userCode": 1,
        "from": "Praia",
        "to": "Serra",
        "flightType": "economic",
        "price": Decimal("100.00"),
        "time": 1.5,
        "distance": 640.25,
        "agency": "Asa",
        "date": date(2024, 3, 1),
        "booked_at": None,
    }
    return Row("flights", given | values, known_at)


def hotel(trip: int, known_at: datetime, **values: Any) -> Row:
    """A version of a stay."""
    given = {
        "travelCode": trip,
        "userCode": 1,
        "name": "Mar",
        "place": "Serra",
        "days": 2,
        "price": Decimal("50.00"),
        "total": Decimal("100.00"),
        "date": date(2024, 3, 1),
        "booked_at": None,
    }
    return Row("hotels", given | values, known_at)


def gone(row: Row, known_at: datetime) -> Row:
    """The tombstone of a row's key: nothing but the key."""
    values = {name: row.values[name] for name in KEYS[row.table]}
    return Row(row.table, values, known_at, withdrawn=True)


def changed(row: Row, known_at: datetime, **values: Any) -> Row:
    """A correction of a row."""
    return replace(row, values=row.values | values, known_at=known_at, withdrawn=False)


# ---- random histories ---------------------------------------------------------------------------

_START = date(2018, 8, 1)  # clocks went forward at midnight of 2018-11-04


def _instant(draw: random.Random, day: date) -> datetime:
    choice = draw.random()
    if choice < 0.3:
        return midnight(day)
    # Few distinct times, so that ties happen.
    return to_utc(datetime(day.year, day.month, day.day, draw.choice([0, 9, 23]), 30))


def _trip(draw: random.Random, number: int) -> list[Row]:
    out = _START + timedelta(days=draw.randrange(200))
    back = out + timedelta(days=draw.randrange(4))
    booked = None
    if draw.random() < 0.5:
        booked = _instant(draw, out - timedelta(days=draw.randrange(30)))
    origin, destination = draw.sample(PLACES, 2)
    rows = []
    for start, end, day in ((origin, destination, out), (destination, origin, back)):
        rows.append(
            flight(
                number,
                _instant(draw, out + timedelta(days=draw.randrange(-20, 60))),
                **{"from": start, "to": end, "userCode": draw.randrange(1, 4)},
                flightType=draw.choice(["economic", "firstClass"]),
                agency=draw.choice(["Asa", "Rota"]),
                price=Decimal(draw.randrange(1, 100_000)) / 100,
                time=draw.choice([1.5, 0.36, 2.97]),
                distance=draw.choice([640.25, 331.89]),
                date=day,
                booked_at=booked,
            )
        )
    if draw.random() < 0.6:
        nights = draw.randrange(1, 5)
        price = Decimal(draw.randrange(1, 50_000)) / 100
        rows.append(
            hotel(
                number,
                _instant(draw, out + timedelta(days=draw.randrange(0, 40))),
                name=draw.choice(["Mar", "Sol"]),
                place=destination,
                days=nights,
                price=price,
                total=price * nights,
                date=out,
                booked_at=booked,
            )
        )
    return rows


def _next_version(draw: random.Random, row: Row) -> Row:
    """A correction, a withdrawal or a repeat of a row, known some time before or after it."""
    known = row.known_at + timedelta(days=draw.choice([0, 0, 1, 5, 40, 120, -3]))
    if draw.random() < 0.25:
        return gone(row, known)
    if row.table == "users":
        return changed(row, known, age=draw.randrange(20, 60), gender=draw.choice(["male", "none"]))
    values: dict[str, Any] = {"price": Decimal(draw.randrange(1, 100_000)) / 100}
    if draw.random() < 0.5:
        values["date"] = row.values["date"] + timedelta(days=draw.randrange(-40, 100))
        values["booked_at"] = None
    if row.table == "flights" and draw.random() < 0.5:
        values["agency"] = draw.choice(["Asa", "Rota"])
        values["userCode"] = draw.randrange(1, 4)
    if row.table == "hotels":
        values["total"] = values["price"] * row.values["days"]
    return changed(row, known, **values)


def random_files(seed: int, trips: int) -> list[list[Row]]:
    """Files of one table each, in an order that has nothing to do with when they were known."""
    draw = random.Random(seed)
    early = datetime(1970, 1, 1)
    rows: list[Row] = [user(code, early, age=20 + code) for code in range(1, 4)]
    for number in range(trips):
        rows += _trip(draw, number)
    for first in list(rows):
        version = first
        while draw.random() < 0.3:
            version = _next_version(draw, version)
            if version.table == "users" and version.known_at < early:
                break
            rows.append(version)
            if version.withdrawn:
                break
    files: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        files.setdefault((row.table, draw.randrange(4)), []).append(row)
    made = list(files.values())
    draw.shuffle(made)
    return made
