"""A sample world of tourism goes in: what is written down as broken is in quarantine, else in raw."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ingest_files import query
from tourism_reader import KEYS, last_rows, notes, read_files

from tambo.ingest import IngestReport, ingest
from tambo.settings import Settings
from tambo.sources.tourism.world import generate


def places(folder: Path, table: str) -> set[tuple[str, int]]:
    return {(file.name, line) for file in read_files(folder, table) for line in file.rows}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path, IngestReport]:
    base = tmp_path_factory.mktemp("tourism")
    folder = base / "raw"
    generate(folder, locations=3, years=1, seed=5, dirty_share=0.05)
    settings = Settings(home=base / "home")
    return settings, folder, ingest(settings, folder)


def test_quarantine_is_what_was_broken_and_raw_is_the_rest(world) -> None:
    settings, folder, report = world
    assert report.unclaimed == []
    broken = {(row["file"], int(row["line"])) for row in notes(folder, "_dirty.csv")}
    quarantined = query(settings, "SELECT source_file, line FROM lake.quarantine.lines")
    assert set(quarantined) == broken
    assert len(quarantined) == len(broken) > 3000
    for table in KEYS:
        loaded = set(query(settings, f"SELECT _source_file, _row_number + 1 FROM lake.raw.{table}"))
        sql = f"SELECT source_file, record + 1 FROM lake.audit.repeats WHERE table_name = '{table}'"
        assert loaded | set(query(settings, sql)) == places(folder, table)
    assert ingest(settings, folder).up_to_date


def test_every_kind_of_broken_line_is_refused_for_its_own_reason(world) -> None:
    settings, folder, _ = world
    reasons = {
        (file, line): reason
        for file, line, reason in query(
            settings, "SELECT source_file, line, reason FROM lake.quarantine.lines"
        )
    }
    expected = {
        "bad_number": {"not_a_number", "not_an_integer"}, "bad_time": {"bad_date"},
        "bad_date": {"bad_date"}, "missing_field": {"field_count"}, "extra_field": {"field_count"},
        "open_quote": {"open_quote"}, "bad_category": {"not_allowed"},
        "missing_key": {"missing_value"}, "negative_number": {"out_of_range"},
        "ends_too_early": {"ends_before_it_starts"}, "issued_too_late": {"issued_too_late"},
        "duplicate_key": {"duplicate_key"},
    }  # fmt: skip
    seen = set()
    for row in notes(folder, "_dirty.csv"):
        assert reasons[row["file"], int(row["line"])] in expected[row["kind"]]
        seen.add(row["kind"])
    assert len(seen) >= 10


def test_what_the_lake_knows_last_is_what_the_files_say_last(world) -> None:
    """History that no manifest names and files that came later, in the right order."""
    settings, folder, _ = world
    offset = "INTERVAL 5 HOUR"  # Lima
    found = query(
        settings,
        f"SELECT location, strftime(timestamp - {offset}, '%Y-%m-%d %H:%M:%S'), market, "
        "tourist_count FROM (SELECT * FROM lake.raw.tourist_flow QUALIFY row_number() OVER "
        "(PARTITION BY location, timestamp, market ORDER BY _known_at DESC, _batch_id DESC, "
        "_row_number DESC) = 1) WHERE withdrawn IS NOT TRUE",
    )
    told = {
        (row["location"], row["timestamp"], row["market"], int(row["tourist_count"]))
        for row in last_rows(folder, "tourist_flow")
    }
    assert set(found) == told
    sources = "SELECT DISTINCT _known_from FROM lake.raw.tourist_flow"
    assert {each for (each,) in query(settings, sources)} == {"history", "manifest"}


@pytest.mark.parametrize(
    ("zone", "repeated", "skipped", "midnight"),
    [
        ("Europe/Madrid", "2025-10-26 02:00:00", "2025-03-30 02:00:00", "2025-10-25 22:00:00"),
        ("America/New_York", "2025-11-02 01:00:00", "2025-03-09 02:00:00", "2025-11-02 04:00:00"),
    ],
)
def test_clock_changes_do_not_confuse_anything(tmp_path, zone, repeated, skipped, midnight) -> None:
    generate(tmp_path / "whole", locations=5, years=1, seed=2, zone=zone, dirty_share=0.05)
    folder = tmp_path / "raw"
    folder.mkdir()
    for path in (tmp_path / "whole").glob("*.csv"):
        # Of the daily files those around the change are enough.
        day = path.stem.rpartition("_")[2]
        if len(day) < 10 or "2025-10-20" <= day <= "2025-11-06":
            shutil.copy(path, folder)
    settings = Settings(home=tmp_path / "home", tourism_zone=zone)
    ingest(settings, folder)
    names = {path.name for path in folder.iterdir()}
    broken = {
        (row["file"], int(row["line"]))
        for row in notes(folder, "_dirty.csv")
        if row["file"] in names
    }
    quarantined = query(settings, "SELECT source_file, line FROM lake.quarantine.lines")
    assert set(quarantined) == broken
    assert not query(settings, "SELECT 1 FROM lake.quarantine.lines WHERE reason = 'skipped_time'")
    hours = query(
        settings,
        "SELECT count(DISTINCT timestamp) FROM lake.raw.weather "
        f"WHERE timestamp >= TIMESTAMP '{midnight}' "
        f"AND timestamp < TIMESTAMP '{midnight}' + INTERVAL 25 HOUR",
    )
    assert hours == [(25,)]
    for table in ("weather", "tourist_flow"):
        at: dict[tuple[str, str], int] = {}
        for file in read_files(folder, table):
            for row in file.rows.values():
                assert row["timestamp"] != skipped
                if row["timestamp"] == repeated:
                    series = (row["location"], row.get("market", ""))
                    at[series] = at.get(series, 0) + 1
        assert at
        assert set(at.values()) == {2}
