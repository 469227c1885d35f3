"""`tambo ingest` and `tambo quarantine` as they are typed: what they print and how they end."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from ingest_files import FLIGHTS, flight, rows, users_file, write
from typer.testing import CliRunner, Result

from tambo.cli import app
from tambo.errors import IngestError
from tambo.ingest import quarantine, reports
from tambo.ingest.capture import archived
from tambo.ingest.ledger import ConservationError
from tambo.settings import Settings, get_settings

Typed = tuple[Settings, Path]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """A home and a folder of raw files; commands run in that home."""
    monkeypatch.setenv("TAMBO_HOME", str(tmp_path / "home"))
    get_settings.cache_clear()
    users_file(tmp_path / "raw")
    return get_settings(), tmp_path / "raw"


@pytest.fixture(autouse=True)
def _forget_settings(home: Typed):
    yield
    get_settings.cache_clear()


def tambo(*words: object) -> Result:
    """Type a command; printed text is in `output`, an error of ours in `exception`."""
    return CliRunner().invoke(app, [str(word) for word in words])


def test_what_was_withdrawn_is_taken_in_again_with_restore(home: Typed) -> None:
    settings, folder = home
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2))
    assert "5 loaded" in tambo("ingest", folder).output
    assert "2 records taken out" in tambo("ingest", "--withdraw", 2).output
    assert "nothing new" in tambo("ingest", folder).output
    assert rows(settings, "flights") == []
    assert "2 loaded" in tambo("ingest", folder, "--restore").output
    assert len(rows(settings, "flights")) == 2
    assert "nothing new" in tambo("ingest", folder, "--restore").output


def test_without_a_path_the_sample_worlds_that_there_are_are_taken(home: Typed) -> None:
    missing = tambo("ingest").exception
    assert isinstance(missing, IngestError)
    assert missing.remedy is not None
    assert "tambo world" in missing.remedy
    assert tambo("world", "travel", "--travellers", 3, "--years", 1).exit_code == 0
    done = tambo("ingest")
    assert done.exit_code == 0, done.output
    assert rows(home[0], "users") != []


@pytest.mark.parametrize(
    "words", [("--replay", "--withdraw", 1), (".", "--replay"), ("--restore", "--withdraw", 1)]
)
def test_one_thing_at_a_time(home: Typed, words: tuple[object, ...]) -> None:
    done = tambo("ingest", *words)
    assert done.exit_code == 2
    assert "one at a time" in done.output


def tamper(settings: Settings, content: str, more: str) -> None:
    """Change what the archive keeps of a file, as a bad disk or a careless hand would."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    with pa.CompressedOutputStream(str(archived(settings, digest)), "zstd") as out:
        out.write((content + more).encode())


def test_a_file_that_does_not_add_up_is_set_aside_and_named(home: Typed) -> None:
    settings, folder = home
    for number in (1, 2):
        write(folder / f"flights_{number}.csv", FLIGHTS, flight(number), flight(number, price=-1))
    tambo("ingest", folder)
    for batch in (3, 2, 1):
        tambo("ingest", "--withdraw", batch)
    content = (folder / "flights_1.csv").read_text()
    more = flight(9) + "\n"
    tamper(settings, content, more)
    done = tambo("ingest", folder, "--restore")
    assert isinstance(done.exception, ConservationError)
    size = len(content)
    assert done.exception.message == (
        f"flights_1.csv ({size} bytes, 3 records read) does not add up: {size + len(more)} of {size} "
        "bytes are accounted for. Nothing of it was loaded. The other files: 2 files: 4 loaded, "
        "1 quarantined."
    )
    assert done.exception.remedy
    assert "changed on disk" in done.exception.remedy
    assert rows(settings, "flights", "_source_file") == [("flights_2.csv",)]
    assert len(rows(settings, "users")) == 3
    assert [line.source_file for line in quarantine.lines(settings)] == ["flights_2.csv"]
    # What the remedy says mends it.
    archived(settings, hashlib.sha256(content.encode()).hexdigest()).unlink()
    assert "1 files: 1 loaded, 1 quarantined" in tambo("ingest", folder, "--restore").output
    assert all(report.conserved for report in reports(settings) if report.status == "loaded")


def test_a_damaged_copy_is_named(home: Typed) -> None:
    settings, folder = home
    content = write(folder / "flights.csv", FLIGHTS, flight(1), flight(2, price=-1)).read_bytes()
    tambo("ingest", folder)
    path = archived(settings, hashlib.sha256(content).hexdigest())
    path.write_bytes(b"no zstd")
    done = tambo("ingest", "--replay")
    assert isinstance(done.exception, IngestError)
    assert f"{path} is damaged" in done.exception.message
    # What the remedy says: the original, ingested again, puts the copy back.
    path.unlink()
    done = tambo("ingest", "--replay")
    assert isinstance(done.exception, IngestError)
    assert "does not hold the content" in done.exception.message
    assert "nothing new" in tambo("ingest", folder).output
    assert "0 left the quarantine, 1 stay" in tambo("ingest", "--replay").output


def test_the_quarantine_is_listed_exported_and_taken_back(home: Typed, tmp_path: Path) -> None:
    settings, folder = home
    write(
        folder / "flights.csv",
        FLIGHTS,
        flight(1),
        flight(2, price=-1),
        flight(3, date="2019-09-26"),
    )
    write(folder / "flights_2.csv", FLIGHTS.replace("price", "fare"), flight(4))
    taken = tambo("ingest", folder).output
    assert "4 loaded, 3 quarantined" in taken
    assert "in quarantine: bad_date 1, missing_column 1, out_of_range 1" in taken
    listed = tambo("quarantine").output
    assert "above 0 and at most 100000" in listed
    assert "MM/DD/YYYY" in listed
    assert "bad_date" not in tambo("quarantine", "--reason", "out_of_range").output
    assert "only for bad_date" in tambo("quarantine", "--reason", "nonsense").output
    report = tambo("ingest", "--report").output
    assert report.count("yes") == 3 + 1  # a file each, and the total
    export = tmp_path / "fix.csv"
    assert "2 lines written" in tambo("quarantine", "export", export).output
    assert isinstance(tambo("quarantine", "export", export).exception, IngestError)
    export.write_text(export.read_text().replace(",-1,1.5,", ",250,1.5,"))
    assert "1 accepted, 1 still wrong; 2 in quarantine" in tambo("quarantine", "fix", export).output
    assert "taken back before" in tambo("quarantine", "fix", export).output
    # What is still wrong is exported and corrected like any other line.
    again = tmp_path / "again.csv"
    tambo("quarantine", "export", again)
    again.write_text(again.read_text().replace(",2019-09-26", ",09/26/2019"))
    assert "1 accepted, 0 still wrong; 1 in quarantine" in tambo("quarantine", "fix", again).output
    assert [row[0] for row in rows(settings, "flights", '"travelCode"')] == [1, 2, 3]
    assert "whole file" in str(tambo("quarantine", "export", tmp_path / "no.csv").exception)
    mapping = write(
        folder / "tambo_mapping.yml",
        "tables: [{table: flights, files: [flights_2.csv], select: {price: fare}, drop: [fare]}]",
    )
    assert (
        "1 left the quarantine, 0 stay" in tambo("ingest", "--replay", "--mapping", mapping).output
    )
    assert "The quarantine is empty." in tambo("quarantine").output
