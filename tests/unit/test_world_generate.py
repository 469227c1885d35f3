"""Making a world: once, whole or not at all, the same bytes, in bounded memory."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from filelock import FileLock
from world_reader import Row, last_versions, read_world

from tambo.errors import TamboError
from tambo.progress import silent
from tambo.sources.sample.folder import Folder
from tambo.sources.travel.world import Truth, WorldSummary, generate
from tambo.sources.travel.world.outbox import MonthlyOutbox
from tambo.sources.travel.world.writer import WorldWriter


def tiny(out: Path, **changes: float) -> WorldSummary:
    parameters = {"travellers": 20, "years": 1, "seed": 3} | changes
    return generate(out, **parameters)


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_same_parameters_same_bytes_and_another_seed_others(tmp_path):
    tiny(tmp_path / "a")
    tiny(tmp_path / "b")
    tiny(tmp_path / "c", seed=4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a")["users.csv"] != contents(tmp_path / "c")["users.csv"]


def test_the_bytes_are_those_of_version_1(tmp_path):
    """Fails on any machine that makes another world; with a new VERSION, note the new hash."""
    tiny(tmp_path / "world")
    digest = hashlib.sha256()
    for path in sorted((tmp_path / "world").glob("[a-z]*.csv")):
        digest.update(path.name.encode() + path.read_bytes())
    assert digest.hexdigest()[:16] == "3ccd2aa952d78db5"


def test_a_second_run_does_nothing(tmp_path):
    out = tmp_path / "world"
    first = tiny(out)
    times = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    again = tiny(out)
    assert (first.up_to_date, again.up_to_date) == (False, True)
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == times
    same = ("out", "files", "rows", "dirty", "events", "size_bytes")
    assert all(getattr(first, name) == getattr(again, name) for name in same)


def test_other_parameters_replace_a_world_without_leftovers(tmp_path):
    out = tmp_path / "world"
    tiny(out, years=2)
    assert not tiny(out).up_to_date
    tiny(tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.csv").write_text("precious\n")
    with pytest.raises(TamboError, match=r"mine\.csv and is not a sample world"):
        tiny(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.csv"]


@pytest.mark.parametrize("name", ["users.csv", "extra.csv"])
def test_a_world_changed_by_hand_is_left_alone(tmp_path, name):
    out = tmp_path / "world"
    tiny(out)
    with (out / name).open("a") as handle:
        handle.write("mine\n")
    before = contents(out)
    with pytest.raises(TamboError, match=rf"changed by hand: {name}") as caught:
        tiny(out, seed=4)
    assert "delete" in str(caught.value)
    assert contents(out) == before


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_broken_note_is_named(tmp_path, text):
    (tmp_path / "_world.json").write_text(text)
    with pytest.raises(TamboError, match=r"_world\.json is not the note"):
        tiny(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TamboError, match="cannot be written to"):
        tiny(tmp_path / "file" / "world")


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "world").write_text("")
    with pytest.raises(TamboError, match="is a file"):
        tiny(tmp_path / "world")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "world").mkdir()
    assert tiny(tmp_path / "world").rows["flights"] > 0


def test_a_run_that_dies_leaves_no_half_world_and_the_next_one_clears_up(tmp_path):
    out = tmp_path / "home" / "world"

    def die(message: str, done: int, total: int) -> None:
        if done == total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(out, travellers=20, years=1, seed=3, progress=die)
    assert not out.exists()
    tiny(out)
    tiny(tmp_path / "fresh")
    assert contents(out) == contents(tmp_path / "fresh")
    assert not list(out.parent.glob(".*.partial"))


def test_a_failed_replacement_keeps_the_old_world(tmp_path):
    out = tmp_path / "world"
    tiny(out)
    before = contents(out)

    def die(message: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(out, travellers=20, years=1, seed=4, progress=die)
    assert contents(out) == before


def test_two_at_once_are_refused(tmp_path):
    with (
        FileLock(tmp_path / ".world.lock"),
        pytest.raises(TamboError, match="Another process is writing"),
    ):
        tiny(tmp_path / "world")


@pytest.mark.parametrize(
    ("name", "value"), [("travellers", 0), ("years", 0), ("seed", -1), ("dirty_share", 0.6)]
)
def test_parameters_out_of_range_are_named(tmp_path, name, value):
    with pytest.raises(TamboError, match=f"{name} = {value}"):
        tiny(tmp_path / "world", **{name: value})
    assert not (tmp_path / "world").exists()


def test_progress_is_told_month_by_month(tmp_path):
    told = []
    generate(
        tmp_path / "w", travellers=5, years=1, seed=1, progress=lambda *args: told.append(args)
    )
    assert told == [("sample world", month, 12) for month in range(13)]


def test_nothing_heavy_is_imported(tmp_path):
    code = f"""
import sys
from pathlib import Path
from tambo.sources.travel.world import generate
generate(Path({str(tmp_path / "world")!r}), travellers=5, years=1, seed=1)
print(" ".join(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    heavy = {"dbt", "feast", "mlflow", "xgboost", "sklearn", "great_expectations", "airflow",
             "bentoml", "pandas", "duckdb", "feature_repo", "training"}  # fmt: skip
    assert "pyarrow" in loaded
    assert not loaded & heavy


def write_blocks(folder: Path, *, travellers: int, block: int) -> None:
    folder.mkdir()
    truth = Truth.draw(years=1, seed=9)
    files = Folder(folder)
    outbox = MonthlyOutbox(files, truth.draws, truth.calendar)
    WorldWriter(outbox, truth, count=travellers, dirty_share=0.0, block=block).write(silent)
    outbox.write_arrivals()
    files.close()


def test_the_size_of_a_block_changes_nothing_but_the_numbering(tmp_path):
    def facts(folder: Path, table: str) -> list[tuple[str, ...]]:
        rows: list[Row] = last_versions(read_world(folder), table)
        return sorted(tuple(v for k, v in row.items() if k != "travelCode") for row in rows)

    write_blocks(tmp_path / "one", travellers=60, block=1000)
    write_blocks(tmp_path / "many", travellers=60, block=7)
    for table in ("users", "flights", "hotels"):
        assert facts(tmp_path / "one", table) == facts(tmp_path / "many", table)
    ours = {path.name for path in (tmp_path / "one").iterdir()}
    assert ours == {path.name for path in (tmp_path / "many").iterdir()}


def test_memory_does_not_grow_with_the_number_of_travellers(tmp_path):
    def peak(travellers: int) -> int:
        tracemalloc.start()
        write_blocks(tmp_path / str(travellers), travellers=travellers, block=500)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(4000) < 1.25 * peak(1000)
