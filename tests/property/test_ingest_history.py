"""What the lake holds follows from the set of files alone: order and withdrawn files leave no trace."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ingest_files import FLIGHTS, HOTELS, USERS, flight, hotel, new_home, query, state, user, write

from tambo.ingest import ingest, reports, withdraw
from tambo.settings import Settings

# Each example holds dozens of keys with histories of their own.
EXAMPLES = int(os.environ.get("TAMBO_TEST_EXAMPLES", "2"))

SLOW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # A smaller seed makes no smaller files, and looking for one takes minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)


@dataclass(frozen=True)
class Raw:
    name: str
    lines: tuple[str, ...]
    day: int


def user_lines(draw: random.Random) -> list[str]:
    lines = [USERS + ",withdrawn", user(1) + ","]
    for code in draw.sample(range(2, 15), draw.randint(4, 13)) + draw.choices(range(2, 15), k=2):
        gone = draw.random() < 0.1
        line = user(code, age=draw.choice([31, 31, 31, 30, 300]))
        lines.append((line if draw.random() < 0.9 else ",,,,") + (",true" if gone else ","))
    return lines


def flight_lines(draw: random.Random) -> list[str]:
    lines = [FLIGHTS + ",withdrawn"]
    # Keys of every file, with one of two contents: files repeat and correct one another's rows.
    lines += [flight(code, price=draw.choice([1, 2])) + "," for code in range(90, 96)]
    codes = draw.sample(range(1, 31), draw.randint(10, 30)) + draw.choices(range(1, 31), k=6)
    for code in codes:
        owner = code % 14 + 1 if draw.random() < 0.9 else draw.randint(1, 20)
        line = flight(code, userCode=owner, price=draw.choice([1, 2, 2, 2, 2, -1]))
        kind = draw.random()
        if kind < 0.08:
            line = f"{code},,Recife (PE),Natal (RN),,,,,,,true"
        elif kind < 0.13:
            line = line.replace("Rainbow", '"Rain\nbow"') + ","
        elif kind < 0.15:
            line = line.replace("Rainbow", '"Rainbow') + ","
        else:
            line += ","
        lines.append(line)
    return lines


def hotel_lines(draw: random.Random) -> list[str]:
    return [HOTELS, *(hotel(draw.randint(1, 25), userCode=draw.randint(1, 14)) for _ in range(20))]


MAKERS = {"users": user_lines, "flights": flight_lines, "hotels": hotel_lines}


@st.composite
def raw_files(draw: st.DrawFn) -> list[Raw]:
    rng = random.Random(draw(st.integers(0, 10**9)))
    kinds = ["users", "flights", "flights", rng.choice(["users", "hotels"]), "flights"]
    days = rng.sample(range(1, 28), len(kinds))
    files = [
        Raw(f"{kind}_{number}.csv", tuple(MAKERS[kind](rng)), day)
        for number, (kind, day) in enumerate(zip(kinds, days, strict=True))
    ]
    rng.shuffle(files)
    flights = [file.day for file in files if file.name.startswith("flights")]
    if flights == sorted(flights):  # else some file comes after one that was known later
        files.reverse()
    if rng.random() < 0.7:
        files.sort(key=lambda file: file.name != "users_0.csv")
    return files


def put(folder: Path, files: list[Raw]) -> None:
    for file in files:
        write(folder / file.name, *file.lines)
    write(
        folder / "_arrivals.csv",
        "file,arrived_at",
        *(f"{file.name},2024-05-{file.day:02d} 00:00:00" for file in files),
    )


@SLOW
@given(raw_files(), st.integers(0, 4))
def test_order_and_withdrawn_files_leave_no_trace(files: list[Raw], number: int) -> None:
    with TemporaryDirectory() as place:
        base = Path(place)
        put(base / "raw", files)
        one_by_one = new_home(base / "one by one")
        for file in files:
            ingest(one_by_one, base / "raw" / file.name)
        together = new_home(base / "together")
        report = ingest(together, base / "raw")
        found = state(together)
        assert found == state(one_by_one)
        assert all(file.conserved for file in report.new)
        assert repeated_versions(together) == 0
        assert ingest(together, base / "raw").up_to_date
        # A withdrawn file might as well never have come.
        gone = files[number]
        batches = {file.source_file: file.batch_id for file in reports(one_by_one)}
        withdraw(one_by_one, batches[gone.name])
        put(base / "rest", [file for file in files if file is not gone])
        without = new_home(base / "without")
        ingest(without, base / "rest")
        assert state(one_by_one) == state(without)
        assert all(report.conserved for report in reports(one_by_one))


def repeated_versions(home: Settings) -> int:
    """Flights in raw that hold the same as the version of their key before them."""
    ((count,),) = query(
        home,
        'SELECT count(*) FROM (SELECT row(price, "userCode", agency, withdrawn) AS held, '
        'lag(held) OVER (PARTITION BY "travelCode", "from", "to" '
        "ORDER BY _known_at, _batch_id, _row_number) AS before FROM lake.raw.flights) "
        "WHERE held IS NOT DISTINCT FROM before",
    )
    return int(count)


MUTATIONS = ("delete", "insert", "replace", "splice", "cut")


def mangled(data: bytes, draw: random.Random) -> bytes:
    for _ in range(draw.randint(1, 12)):
        at, length = draw.randrange(len(data) + 1), draw.randint(1, 30)
        some = draw.choice(
            [
                b'"',
                b",",
                b"\n",
                b"\r\n",
                b"\r",
                b"\0",
                b"\xff",
                b"\xef\xbb\xbf",
                b'""',
                b"\t",
                b"9" * 25,
            ]
        )
        match draw.choice(MUTATIONS):
            case "delete":
                data = data[:at] + data[at + length :]
            case "insert":
                data = data[:at] + some + data[at:]
            case "replace":
                data = data[:at] + some + data[at + len(some) :]
            case "splice":
                other = draw.randrange(len(data) + 1)
                data = data[:at] + data[other : other + 200] + data[at:]
            case _:
                data = data if draw.random() < 0.8 else data[:at]
    return data


@SLOW
@given(st.integers(0, 10**9))
def test_mangled_files_keep_the_conservation_law(seed: int) -> None:
    draw = random.Random(seed)
    with TemporaryDirectory() as place:
        folder, home = Path(place) / "raw", new_home(Path(place) / "home")
        write(folder / "users.csv", USERS, *(user(code) for code in range(30)))
        sizes = {}
        for number in range(25):
            lines = [FLIGHTS, *(flight(100 * number + n, userCode=n) for n in range(30))]
            if draw.random() < 0.3:
                lines = [line.replace("Rainbow", '"Rain, bow"') for line in lines]
            data = mangled("".join(f"{line}\n" for line in lines).encode(), draw)
            write(folder / f"flights_{number}.csv", data)
            sizes[f"flights_{number}.csv"] = len(data)
        report = ingest(home, folder)
        assert len(report.files) == 26
        for file in report.new:
            assert file.conserved
            assert file.bytes == sizes.get(file.source_file, file.bytes)
        lost = query(
            home,
            "SELECT source_file FROM lake.quarantine.lines "
            "WHERE byte_length <> octet_length(raw) AND record > 0",
        )
        assert lost == []
