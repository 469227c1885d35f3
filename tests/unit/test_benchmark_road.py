import sys
from pathlib import Path

from benchmarks.journal import Journal, Measured
from benchmarks.measure import Cost, measure
from benchmarks.road import table
from benchmarks.road_files import all_bad, repeats

HEADER = b"travelCode,price,agency\n"


def a_world(folder: Path) -> Path:
    folder.mkdir()
    (folder / "flights_1.csv").write_bytes(HEADER + b"1,2.50,A\n2,3.50,B\n")
    (folder / "flights_2.csv").write_bytes(HEADER + b'3,"4.50,A\n4,5.50\n')
    (folder / "hotels_1.csv").write_bytes(b"name\nInn\n")
    return folder


def test_what_was_measured_is_found_again_and_the_last_of_a_stage_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs" / "road.jsonl")
    assert journal.sizes() == []
    for stage, cpu in [("read_csv", 2.0), ("build", 9.0), ("build", 8.0)]:
        journal.add(Measured(100, 103, stage, Cost(10.0, cpu, 512.0, 1.5)))

    again = Journal(tmp_path / "runs" / "road.jsonl")
    assert again.sizes() == [100]
    assert {name: one.cost.cpu for name, one in again.stages(100).items()} == {
        "read_csv": 2.0,
        "build": 8.0,
    }
    assert "| 103 | build | 10.0 | 8.0 | 10 | 13 | 512 | 4.0 | 1.5 |" in table(again).splitlines()


def test_every_line_is_bad_or_a_repeat(tmp_path: Path) -> None:
    world = a_world(tmp_path / "world")
    all_bad(world, tmp_path / "bad")
    lines = (tmp_path / "bad" / "flights.csv").read_bytes().splitlines(keepends=True)
    assert lines == [HEADER, b"1,free,A\n", b"2,free,B\n", b"3,free,A\n"]

    repeats(world, tmp_path / "repeats")
    copies = sorted(path.name for path in (tmp_path / "repeats").iterdir())
    assert copies == ["flights_1.csv", "flights_2.csv"]
    for name in copies:
        copy, original = (tmp_path / "repeats" / name), (world / name)
        assert copy.read_bytes() == original.read_bytes() + b"\n"


def test_memory_and_cpu_of_a_command_are_its_own() -> None:
    idle = measure([sys.executable, "-c", "pass"], {})
    busy = measure([sys.executable, "-c", "x = b'1' * (400 << 20); sum(range(3_000_000))"], {})
    assert 400 < busy.peak_mib < 400 + idle.peak_mib
    assert busy.cpu > idle.cpu
