"""Fingerprints by which a stage knows that it is up to date, and the quoting of SQL."""

from __future__ import annotations

import subprocess
from pathlib import Path

import duckdb
import pytest

from tambo.lake import state
from tambo.lake.sql import ident, literal


def test_a_hash_of_files_follows_names_and_contents_and_nothing_else(tmp_path: Path) -> None:
    def found() -> str:
        return state.files_hash(tmp_path, (".sql", ".yml"))

    (tmp_path / "a.sql").write_text("select 1")
    first = found()
    (tmp_path / "notes.md").write_text("not one of them")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "compiled.sql").write_text("made from them")
    assert found() == first
    (tmp_path / "a.sql").write_text("select 2")
    assert found() != first
    (tmp_path / "a.sql").write_text("select 1")
    (tmp_path / "a.sql").rename(tmp_path / "b.sql")
    assert found() != first


def test_contents_do_not_run_into_each_other(tmp_path: Path) -> None:
    for name, first, second in (("x", "ab", "c"), ("y", "a", "bc")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.sql").write_text(first)
        (tmp_path / name / "2.sql").write_text(second)
    assert state.files_hash(tmp_path / "x", [".sql"]) != state.files_hash(tmp_path / "y", [".sql"])


def test_the_state_of_raw_follows_every_load_replay_and_withdrawal() -> None:
    lake = duckdb.connect()
    lake.execute("ATTACH ':memory:' AS lake; CREATE SCHEMA lake.audit")
    lake.execute(
        "CREATE TABLE lake.audit.batches (batch_id BIGINT, table_name VARCHAR, "
        "file_hash VARCHAR, status VARCHAR, revision INTEGER)"
    )
    seen = [state.raw_state(lake)]
    for change in (
        "INSERT INTO lake.audit.batches VALUES (1, 'users', 'h', 'loaded', 1)",
        "UPDATE lake.audit.batches SET revision = 2",
        "UPDATE lake.audit.batches SET status = 'withdrawn'",
        "INSERT INTO lake.audit.batches VALUES (2, 'users', 'h', 'loaded', 1)",
    ):
        lake.execute(change)
        seen.append(state.raw_state(lake))
    assert len(set(seen)) == len(seen)
    assert state.raw_state(lake) == seen[-1]


def test_a_revision_says_when_files_differ_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*command: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@t"]
        subprocess.run(
            ["git", "-C", str(tmp_path), *who, *command], check=True, capture_output=True
        )

    assert state.git_revision(tmp_path / "nowhere") == ""
    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-m", "one")
    clean = state.git_revision(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert state.git_revision(tmp_path) == f"{clean}+"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert state.git_revision(tmp_path) == ""


@pytest.mark.parametrize("text", ["from", 'a"b', "it's", "a;b -- c", "São Paulo", ""])
def test_quoted_text_is_read_back_as_it_was(text: str) -> None:
    connection = duckdb.connect()
    assert connection.execute(f"SELECT {literal(text)}").fetchone() == (text,)
    if text:
        found = connection.execute(f"SELECT 1 AS {ident(text)}")
        assert found.description[0][0] == text
