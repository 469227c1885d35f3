"""Killed, raced, and fed with large files, ingest ends in the same state."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from ingest_files import (
    FLIGHTS,
    HOTELS,
    USERS,
    flight,
    hotel,
    new_home,
    query,
    rows,
    state,
    user,
    users_file,
    write,
)

from tambo.errors import FileChangedError
from tambo.ingest import ingest, quarantine, reports, withdraw
from tambo.ingest.capture import READ_BYTES, archived, capture
from tambo.ingest.ledger import ConservationError
from tambo.lake import reader, writer
from tambo.settings import Settings

COMMAND = """
import sys
from pathlib import Path
from tambo.ingest import ingest
from tambo.settings import Settings
ingest(Settings(home=Path(sys.argv[1])), Path(sys.argv[2]))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    users_file(tmp_path / "raw")
    return tmp_path / "raw"


def large(path: Path, records: int, bad_every: int = 0) -> Path:
    """A file of more than one read buffer: the key of each record says which one it is."""
    lines = [FLIGHTS]
    for code in range(1, records + 1):
        bad = bad_every and code % bad_every == 0
        lines.append(flight(code, price="?" if bad else 100))
    return write(path, *lines)


def test_records_keep_their_numbers_when_several_threads_read(
    settings: Settings, folder: Path
) -> None:
    large(folder / "flights.csv", 300_000, bad_every=10_007)
    settings = Settings(home=settings.home, threads=2)
    report = ingest(settings, folder).files[-1]
    assert report.bytes > 16 << 20
    assert (report.loaded.records, report.quarantined.records) == (299_971, 29)
    assert query(
        settings, 'SELECT count(*) FROM lake.raw.flights WHERE "travelCode" <> _row_number'
    ) == [(0,)]
    for line in quarantine.lines(settings):
        assert line.record % 10_007 == 0
        assert line.raw == (flight(line.record, price="?") + "\n").encode()


@pytest.mark.parametrize("wait", [0.15, 0.45, 0.8, 1.2])
def test_killed_anywhere_a_second_run_ends_in_the_same_state(
    tmp_path: Path, folder: Path, wait: float
) -> None:
    large(folder / "flights.csv", 60_000, bad_every=5_000)
    home = tmp_path / "home"
    process = subprocess.Popen([sys.executable, "-c", COMMAND, str(home), str(folder)])
    deadline = time.monotonic() + 120
    while not (home / "lake").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    settings = Settings(home=home)
    ingest(settings, folder)
    assert [report.conserved for report in reports(settings)] == [True, True]
    assert rows(settings, "flights", "count(*), min(_row_number), max(_row_number)") == [
        (59_988, 1, 59_999)
    ]
    assert len(quarantine.lines(settings)) == 12
    assert not list((home / "archive").glob("*.part"))
    assert not (home / "scratch" / "ingest").exists()


class Growing(io.FileIO):
    """A file that gains a line as soon as its first bytes have been read."""

    def read(self, size: int = -1, /) -> bytes:
        data = super().read(size)
        if self.tell() == len(data):
            with Path(str(self.name)).open("ab") as out:
                out.write(b"x\n")
        return data


def test_a_file_that_grows_while_it_is_read(settings: Settings, folder: Path) -> None:
    path = large(folder / "flights.csv", 60_000)

    class Opened(type(path)):  # type: ignore[misc]
        def open(self, *args: object, **kwargs: object) -> object:
            return Growing(str(self))

    with pytest.raises(FileChangedError, match=r"flights\.csv changed while it was read"):
        capture(settings, Opened(path))
    assert not list(settings.archive.glob("*.part"))
    assert not list(settings.archive.glob("*/*"))


def test_a_file_that_keeps_growing_leaves_the_lake_as_it_was(
    settings: Settings, folder: Path
) -> None:
    path = large(folder / "flights.csv", 120_000)
    process = subprocess.Popen(
        [sys.executable, "-c", "import sys\nwith open(sys.argv[1], 'ab', 0) as out:\n"
         "    print(flush=True)\n    while True: out.write(b'x')", str(path)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(FileChangedError):
            ingest(settings, folder)
    finally:
        process.kill()
        process.communicate()
    assert query(settings, "SELECT count(*) FROM lake.audit.batches") == [(0,)]
    assert ingest(settings, folder).quarantined == 1


def test_a_file_that_is_replaced_while_it_is_read(settings: Settings, folder: Path) -> None:
    path = large(folder / "flights.csv", 60_000)
    other = write(folder / "new", FLIGHTS, flight())
    assert path.stat().st_size > READ_BYTES

    class Replacing(type(path)):  # type: ignore[misc]
        """A path whose file is moved away as soon as it is open."""

        def open(self, *args: object, **kwargs: object) -> object:
            opened = path.open("rb")
            other.replace(path)
            return opened

    with pytest.raises(FileChangedError):
        capture(settings, Replacing(path))
    assert not list(settings.archive.glob("*.part"))
    assert not list(settings.archive.glob("*/*"))


def test_a_reader_sees_each_command_as_a_whole(settings: Settings, folder: Path) -> None:
    ingest(settings, folder)
    counts: list[tuple[int, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            with reader(settings) as lake:
                counts.append(
                    lake.execute(
                        "SELECT (SELECT count(*) FROM lake.raw.users), "
                        "(SELECT count(*) FROM lake.raw.flights)"
                    ).fetchone()
                    or (0, 0)
                )

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for number in range(1, 4):
            write(folder / f"users_{number}.csv", USERS, user(number * 10))
            write(folder / f"flights_{number}.csv", FLIGHTS, flight(number, userCode=number * 10))
            ingest(settings, folder)
    finally:
        stop.set()
        thread.join()
    assert set(counts) <= {(3 + number, number) for number in range(4)}
    assert all(before <= after for before, after in pairwise(counts))
    assert counts


def test_memory_stays_bounded_by_a_line_of_200_megabytes(tmp_path: Path, folder: Path) -> None:
    path = folder / "flights.csv"
    with path.open("wb") as out:
        out.write(f"{FLIGHTS}\n{flight(1)}\n".encode())
        out.writelines([b'"' * (1 << 20)] * 200)
        out.write(f"\n{flight(2)}\n".encode())
    home = tmp_path / "home"
    # Not ru_maxrss: a process inherits the peak of the one that started it.
    script = COMMAND + (
        "for line in open('/proc/self/status'):\n"
        "    if line.startswith('VmHWM'): print(int(line.split()[1]) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(home), str(folder)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert int(done.stdout) < 600
    settings = Settings(home=home)
    assert len(rows(settings, "flights")) == 2
    (line,) = quarantine.lines(settings)
    assert (line.reason, line.byte_length, line.raw) == ("line_too_long", (200 << 20) + 1, None)
    assert line.byte_position == len(f"{FLIGHTS}\n{flight(1)}\n")


def test_a_copy_that_changes_before_it_is_checked_sets_its_file_aside(
    settings: Settings, folder: Path
) -> None:
    path = write(folder / "flights.csv", FLIGHTS, flight(1), flight(2), flight(3))
    write(folder / "hotels.csv", HOTELS, hotel(1))
    wrong = path.read_bytes().replace(b",Recife", b"\nRecife", 1)

    def tamper(message: str, _done: int, _total: int) -> None:
        if message == "checking the accounts":
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with pa.CompressedOutputStream(str(archived(settings, digest)), "zstd") as out:
                out.write(wrong)

    with pytest.raises(ConservationError, match="more than the 3 records") as stop:
        ingest(settings, folder, progress=tamper)
    (fault,) = stop.value.faults
    assert (fault.batch.captured.name, fault.batch.records) == ("flights.csv", 3)
    assert rows(settings, "flights") == []
    assert (len(rows(settings, "users")), len(rows(settings, "hotels"))) == (3, 1)
    assert [report.table for report in reports(settings)] == ["users", "hotels"]


def test_a_lake_that_lost_a_row_sets_the_file_aside_when_it_is_touched(
    settings: Settings, folder: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2), flight(3, userCode=50))
    ingest(settings, folder)
    with writer(settings, "test") as lake:
        lake.execute('DELETE FROM lake.raw.flights WHERE "travelCode" = 1')
    more = write(folder / "users_2.csv", USERS, user(50))
    with pytest.raises(ConservationError, match=r"flights\.csv .* does not add up") as stop:
        ingest(settings, more)
    # The new users are there; the orphan, which has its parent now, waits.
    assert "1 files: 1 loaded" in stop.value.message
    assert [line.reason for line in quarantine.lines(settings)] == ["orphan"]
    assert stop.value.remedy
    assert "--withdraw 2, then tambo ingest flights.csv --restore" in stop.value.remedy
    withdraw(settings, 2)
    assert ingest(settings, folder, restore=True).loaded == 3
    # A file that only changes class with another one's rows leaves nobody to set aside.
    with writer(settings, "test") as lake:
        lake.execute('DELETE FROM lake.raw.flights WHERE "travelCode" = 1')
    earlier = write(folder / "earlier.csv", FLIGHTS, flight(2))
    write(folder / "_arrivals.csv", "file,arrived_at", "earlier.csv,2000-01-01 00:00:00")
    with pytest.raises(ConservationError, match="Nothing was loaded"):
        ingest(settings, earlier)
    assert "earlier.csv" not in {report.source_file for report in reports(settings)}


def test_a_quoted_file_of_several_buffers(settings: Settings, folder: Path) -> None:
    lines = [FLIGHTS]
    for code in range(1, 120_001):
        agency = '"Rain\nbow ""the"" agency"' if code % 1_000 == 0 else '"Rainbow, agency"'
        lines.append(flight(code, agency=agency))
    write(folder / "flights.csv", *lines)
    report = ingest(settings, folder).files[-1]
    assert report.bytes > 8 << 20
    assert (report.loaded.records, report.loaded.lines) == (120_000, 120_120)
    wrong = '"travelCode" <> _row_number'
    assert query(settings, f"SELECT count(*) FROM lake.raw.flights WHERE {wrong}") == [(0,)]


def test_two_homes_hold_the_same_of_one_folder(tmp_path: Path, folder: Path) -> None:
    codes = np.random.default_rng(5).permutation(200)
    write(folder / "flights.csv", FLIGHTS, *(flight(int(code)) for code in codes))
    homes = [Settings(home=tmp_path / name) for name in ("one", "two")]
    for home in homes:
        ingest(home, folder)
    assert state(homes[0]) == state(homes[1])
