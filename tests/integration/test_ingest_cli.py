"""`tambo ingest` and `tambo quarantine` as they are typed: what they print and how they end."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_files import FLIGHTS, flight, rows, users_file, write
from typer.testing import CliRunner, Result

from tambo.cli import app
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


@pytest.mark.parametrize(
    "words", [("--replay", "--withdraw", 1), (".", "--replay"), ("--restore", "--withdraw", 1)]
)
def test_one_thing_at_a_time(home: Typed, words: tuple[object, ...]) -> None:
    done = tambo("ingest", *words)
    assert done.exit_code == 2
    assert "one at a time" in done.output
