"""A sample world goes in: what another reader refuses is in quarantine, everything else in raw."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_files import query
from world_reader import read_world

from tambo.ingest import IngestReport, ingest, reports
from tambo.settings import Settings
from tambo.sources.travel.world import generate

TABLES = ("users", "flights", "hotels")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path, IngestReport]:
    base = tmp_path_factory.mktemp("world")
    folder = base / "raw"
    generate(folder, travellers=60, years=1, seed=11, dirty_share=0.08)
    settings = Settings(home=base / "home")
    return settings, folder, ingest(settings, folder)


def test_raw_and_quarantine_are_what_another_reader_says(
    world: tuple[Settings, Path, IngestReport],
) -> None:
    settings, folder, _ = world
    files = read_world(folder)
    refused = {(file.name, line) for file in files for line in file.refused}
    good = {(file.name, line) for file in files for line in file.rows}
    quarantined = set(query(settings, "SELECT source_file, line FROM lake.quarantine.lines"))
    # Nothing in a world is quoted over several lines: line = record + the header.
    places = "SELECT _source_file, _row_number + 1 FROM lake.raw."
    loaded = {row for table in TABLES for row in query(settings, places + table)}
    repeats = set(query(settings, "SELECT source_file, record + 1 FROM lake.audit.repeats"))
    assert len(refused) > 60
    assert quarantined == refused
    assert loaded | repeats == good
    assert not loaded & repeats


def test_every_file_is_known_from_its_manifest(
    world: tuple[Settings, Path, IngestReport],
) -> None:
    settings, folder, _ = world
    arrivals = {file.name: file.arrived for file in read_world(folder)}
    for table in TABLES:
        found = query(
            settings, f"SELECT DISTINCT _source_file, _known_at, _known_from FROM lake.raw.{table}"
        )
        assert all((arrivals[name], "manifest") == (at, how) for name, at, how in found)


def test_the_report_accounts_for_every_byte_and_line(
    world: tuple[Settings, Path, IngestReport],
) -> None:
    settings, folder, report = world
    assert report.unclaimed == []
    stored = {file.source_file: file for file in reports(settings)}
    assert {file.source_file for file in report.new} == set(stored)
    for name, file in stored.items():
        data = (folder / name).read_bytes()
        assert file.conserved
        assert file.bytes == len(data)
        assert file.records == data.count(b"\n") - 1
        counts = (
            file.header,
            file.blank,
            file.loaded,
            file.repeat,
            file.quarantined,
            file.filtered,
        )
        assert sum(count.lines for count in counts) == data.count(b"\n")


def test_again_there_is_nothing_to_do(world: tuple[Settings, Path, IngestReport]) -> None:
    settings, folder, _ = world
    assert ingest(settings, folder).up_to_date
