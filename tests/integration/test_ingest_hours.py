"""Hours that a clock change gives twice, or skips: first, then second; quarantined."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hourly_domain import HEADER, declared
from ingest_files import new_home, query, write

from tambo.ingest import ingest, quarantine, replay, reports, withdraw
from tambo.settings import Settings

# São Paulo: 23:00 came twice on 17 February 2018; 4 November 2018 began at 01:00.
FIRST, SECOND = datetime(2018, 2, 18, 1), datetime(2018, 2, 18, 2)
NIGHT = "2018-02-17 23:00"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with declared(tmp_path / "sources", {"sampa": "America/Sao_Paulo"}):
        yield new_home(tmp_path / "home")


def put(folder: Path, *lines: str, name: str = "sampa_counts.csv") -> Path:
    return write(folder / "raw" / name, HEADER, *lines)


def held(settings: Settings, place: str = "A") -> list[tuple[datetime, int]]:
    return query(
        settings,
        f"SELECT counted_at, visitors FROM lake.raw.sampa_counts WHERE place = '{place}' "
        "AND NOT withdrawn ORDER BY counted_at, _known_at, _batch_id",
    )


def test_the_first_row_of_a_key_is_the_first_hour_and_the_next_the_second(
    settings: Settings, tmp_path: Path
) -> None:
    path = put(
        tmp_path, "A,2018-02-17 22:00,7", f"A,{NIGHT},5", f"B,{NIGHT},1", f"A,{NIGHT},6",
        f"C,{NIGHT},3", f"B,{NIGHT},1", "A,2018-02-18 00:00,8",
    )  # fmt: skip
    report = ingest(settings, path)
    assert (report.loaded, report.repeats, report.quarantined) == (7, 0, 0)
    midnight = datetime(2018, 2, 18, 3)
    assert held(settings) == [(datetime(2018, 2, 18), 7), (FIRST, 5), (SECOND, 6), (midnight, 8)]
    # The same count twice is no repeat, and a time that stands once is the first.
    assert held(settings, "B") == [(FIRST, 1), (SECOND, 1)]
    assert held(settings, "C") == [(FIRST, 3)]
    events = query(settings, "SELECT counted_at = _event_at FROM lake.raw.sampa_counts")
    assert set(events) == {(True,)}


def test_a_third_row_of_the_hour_is_at_the_second_too(settings: Settings, tmp_path: Path) -> None:
    path = put(tmp_path, f"A,{NIGHT},5", f"A,{NIGHT},6", f"A,{NIGHT},7", *[f"B,{NIGHT},2"] * 3)
    report = ingest(settings, path)
    assert (report.loaded, report.repeats) == (3, 1)
    assert [line.reason for line in quarantine.lines(settings)] == ["duplicate_key"] * 2
    assert held(settings) == [(FIRST, 5)]
    assert held(settings, "B") == [(FIRST, 2), (SECOND, 2)]


def test_each_file_counts_for_itself(settings: Settings, tmp_path: Path) -> None:
    ingest(settings, put(tmp_path, f"A,{NIGHT},5", f"A,{NIGHT},6"))
    ingest(settings, put(tmp_path, f"A,{NIGHT},50", name="sampa_counts_2.csv"))
    assert held(settings) == [(FIRST, 5), (FIRST, 50), (SECOND, 6)]
    again = ingest(settings, put(tmp_path, f"A,{NIGHT},50", f"A,{NIGHT},6", name="more.csv"))
    assert (again.loaded, again.repeats) == (0, 2)


def test_a_tombstone_names_the_hour_that_it_takes_back(settings: Settings, tmp_path: Path) -> None:
    ingest(settings, put(tmp_path, f"A,{NIGHT},5", f"A,{NIGHT},6"))
    gone = write(tmp_path / "gone.csv", f"{HEADER},withdrawn", f"A,{NIGHT},,true")
    assert ingest(settings, gone).loaded == 1
    found = query(settings, "SELECT counted_at FROM lake.raw.sampa_counts WHERE withdrawn")
    assert found == [(FIRST,)]


def test_a_bad_row_keeps_its_place_until_it_is_corrected(
    settings: Settings, tmp_path: Path
) -> None:
    ingest(settings, put(tmp_path, f"A,{NIGHT},-5", f"A,{NIGHT},6", f"B,{NIGHT},1", f"B,{NIGHT},?"))
    assert held(settings) == [(SECOND, 6)]
    fix(settings, tmp_path / "fix.csv", {"-5": "5", "?": "oops"})
    assert held(settings) == [(FIRST, 5), (SECOND, 6)]
    # A correction of a correction stands where the first line stood.
    fix(settings, tmp_path / "again.csv", {"oops": "2"})
    assert held(settings, "B") == [(FIRST, 1), (SECOND, 2)]
    assert quarantine.lines(settings) == []


def fix(settings: Settings, path: Path, values: dict[str, str]) -> None:
    quarantine.export(settings, path)
    header, *lines = csv.reader(path.read_text().splitlines())
    mended = [header, *([values.get(value, value) for value in line] for line in lines)]
    with path.open("w", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(mended)
    replay(settings, file=path)


def test_a_row_that_a_mapping_makes_good_keeps_its_place(
    settings: Settings, tmp_path: Path
) -> None:
    ingest(
        settings, put(tmp_path, f"A,{NIGHT},5", f"A,{NIGHT},six", f"A,{NIGHT.replace('-', '/')},7")
    )
    assert held(settings) == [(FIRST, 5)]
    mapping = write(
        tmp_path / "mend.yml",
        """
tables:
  - table: sampa_counts
    files: ["sampa*.csv"]
    select: {visitors: "CASE visitors WHEN 'six' THEN 6 ELSE visitors::BIGINT END"}
""",
    )
    assert replay(settings, mapping=mapping).replayed == 1
    assert held(settings) == [(FIRST, 5), (SECOND, 6)]
    assert all(report.conserved for report in reports(settings))


def test_a_withdrawn_file_leaves_no_places(settings: Settings, tmp_path: Path) -> None:
    path = put(tmp_path, f"A,{NIGHT},5", f"A,{NIGHT},6")
    ingest(settings, path)
    withdraw(settings, 1)
    assert query(settings, "SELECT count(*) FROM lake.audit.repeated_hours") == [(0,)]
    ingest(settings, path, restore=True)
    assert held(settings) == [(FIRST, 5), (SECOND, 6)]


def test_a_time_that_clocks_skipped_goes_to_quarantine(settings: Settings, tmp_path: Path) -> None:
    path = put(
        tmp_path, "A,2018-11-03 23:00,1", "A,2018-11-04 00:00,2", "A,2018-11-04 00:59:59,3",
        "A,2018-11-04 01:00,4",
    )  # fmt: skip
    ingest(settings, path)
    # The hour after the change holds its own row: nothing was moved into it.
    assert held(settings) == [(datetime(2018, 11, 4, 2), 1), (datetime(2018, 11, 4, 3), 4)]
    lines = quarantine.lines(settings)
    assert [(line.reason, line.column, line.record) for line in lines] == [
        ("skipped_time", "counted_at", 2),
        ("skipped_time", "counted_at", 3),
    ]
    assert "2018-11-04 00:00:00" in lines[0].message
    mapping = write(
        tmp_path / "mend.yml",
        """
tables:
  - table: sampa_counts
    files: ["sampa*.csv"]
    select: {counted_at: "timezone('Etc/GMT+3', counted_at::TIMESTAMP)"}
""",
    )
    assert replay(settings, mapping=mapping).replayed == 1
    assert held(settings)[-1] == (datetime(2018, 11, 4, 3, 59, 59), 3)
