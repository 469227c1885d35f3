"""The door "cameras" on real video files and on a real RTSP stream, and what goes wrong with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_gates import GATE, NOW, camera, entered, notes, plan, put, rows, run, video_bytes
from command_line import run as command
from ingest_files import new_home, query
from rtsp_server import rtsp

from benchmarks.camera_scenes import Scenario, Scene
from tambo.errors import SourceBusyError, SourceError
from tambo.ingest import ingest
from tambo.settings import Settings
from tambo.sources.camera import streams
from tambo.sources.camera.camera_door import CameraDoor
from tambo.sources.contracts import load

TEN = datetime(2026, 5, 1, 10)
FILE = "gate_20260501_100000.mp4"


def gate(folder: Path, *names: str) -> Path:
    for name in names or (FILE,):
        put(folder / "north" / name)
    return plan(folder, camera())


def test_people_of_a_video_are_counted_and_land_in_the_lake(tmp_path: Path) -> None:
    (page,) = run(gate(tmp_path))
    assert set(page.rows.column_names) <= set(load("tourism").tables["tourist_flow"].columns)
    assert rows([page]) == [(TEN, "Sacsayhuaman", entered())]
    assert page.fetched_to == datetime(2026, 5, 1, 15, 0, 16, 880000)
    import duckdb

    landing = tmp_path / "tourist_flow_1.csv"
    duckdb.from_arrow(page.rows).write_csv(str(landing), header=True)
    home = new_home(tmp_path / "home")
    ingest(home, landing)
    assert query(home, 'SELECT "timestamp", tourist_count, market FROM lake.raw.tourist_flow') == [
        (datetime(2026, 5, 1, 15), entered(), "all")
    ]


def test_a_second_run_and_a_renamed_file_give_nothing(tmp_path: Path) -> None:
    file = gate(tmp_path)
    (page,) = run(file)
    assert run(file, page.state) == []
    (tmp_path / "north" / FILE).rename(tmp_path / "north" / "gate_20260501_110000.mp4")
    assert rows(run(file, page.state)) == []


def test_each_file_is_a_page_and_a_killed_run_goes_on_behind_it(tmp_path: Path) -> None:
    file = gate(tmp_path)
    put(tmp_path / "north" / "gate_20260501_110000.mp4", video_bytes() + b"\0")
    first, second = run(file)
    assert rows([first]) == [(TEN, "Sacsayhuaman", entered())]
    (rest,) = run(file, first.state)
    assert rows([rest]) == rows([second]) == [(TEN + timedelta(hours=1), "Sacsayhuaman", entered())]
    assert rest.state == second.state


def test_files_of_one_hour_add_up(tmp_path: Path) -> None:
    file = gate(tmp_path)
    put(tmp_path / "north" / "gate_20260501_103000.mp4", video_bytes() + b"\0")
    found = rows(run(file))
    assert found == [(TEN, "Sacsayhuaman", entered()), (TEN, "Sacsayhuaman", 2 * entered())]


def test_a_gate_of_which_nothing_came_is_said(tmp_path: Path) -> None:
    put(tmp_path / "north" / FILE)
    (tmp_path / "south").mkdir()
    pages = run(plan(tmp_path, camera(), camera("south")))
    assert rows(pages) == [(TEN, "Sacsayhuaman", entered())]
    assert "south, 2026-05-01 10:00: only 0 minutes were watched" in notes(pages)


def test_who_is_on_the_line_at_the_seam_of_two_files_counts_once(tmp_path: Path) -> None:
    """Cut at second 5, when somebody is on the line."""
    whole, cut = list(GATE.frames()), 62
    assert any(4.8 < second < 5.2 for second, _ in GATE.crossings())
    for name, part in (("100000", whole[:cut]), ("100005", whole[cut:])):
        file = tmp_path / f"{name}.mp4"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), GATE.fps, GATE.size)
        for frame in part:
            writer.write(frame)
        writer.release()
        put(tmp_path / "north" / f"gate_20260501_{name}.mp4", file.read_bytes())
    pages = run(plan(tmp_path, camera()))
    assert rows(pages)[-1] == (TEN, "Sacsayhuaman", entered())


def test_an_hour_that_is_not_over_waits(tmp_path: Path) -> None:
    file = gate(tmp_path)
    within = datetime(2026, 5, 1, 15, 30, tzinfo=UTC)
    (page,) = run(
        file,
        now=within,
        cameras_settle_seconds=0,
    )
    assert page.rows.num_rows == 0
    (later,) = run(file, page.state)
    assert rows([later]) == [(TEN, "Sacsayhuaman", entered())]


def test_a_short_hour_is_left_out_and_said(tmp_path: Path) -> None:
    put(tmp_path / "north" / FILE)
    pages = run(plan(tmp_path, camera(minimum_cover=0.9)))
    assert rows(pages) == []
    assert "only 0 minutes were watched" in notes(pages)


def test_a_file_that_grows_is_not_read_until_it_is_complete(tmp_path: Path) -> None:
    put(tmp_path / "north" / FILE, video_bytes()[:100_000], age=5)
    file = plan(tmp_path, camera())
    assert rows(run(file)) == []
    put(tmp_path / "north" / FILE, age=70)
    assert rows(run(file)) == [(TEN, "Sacsayhuaman", entered())]


def test_what_is_no_video_is_noted_and_the_others_go_on(tmp_path: Path) -> None:
    file = gate(tmp_path)
    put(tmp_path / "north" / "gate_20260501_080000.mp4", b"<html>no video</html>")
    put(tmp_path / "north" / "gate_20260501_090000.mp4", b"")
    put(
        tmp_path / "north" / "gate_20260501_093000.mp4", video_bytes()[: len(video_bytes()) // 2]
    )  # its index is cut off
    put(tmp_path / "north" / "nobody_knows_when.mp4")
    put(tmp_path / "north" / "gate_20990101_000000.mp4", video_bytes() + b"\1")
    pages = run(file)
    assert rows(pages) == [(TEN, "Sacsayhuaman", entered())]
    told = notes(pages)
    for name in ("080000", "090000", "093000"):
        assert f"gate_20260501_{name}.mp4 is no video" in told
    assert "nobody_knows_when.mp4 is left out: nothing says when it begins" in told
    assert "begins in the future" in told
    assert "To do: play it; record it again, or take it away." in told
    again = notes(run(file, pages[-1].state))
    assert "is no video" not in again  # it is remembered, and named until it is gone
    names = ", ".join(f"gate_20260501_{name}.mp4" for name in ("080000", "090000", "093000"))
    assert f"north: left out before: {names}" in again.splitlines()
    (tmp_path / "north" / "gate_20260501_090000.mp4").unlink()
    put(tmp_path / "north" / "gate_20260501_080000.mp4", video_bytes() + b"\2", age=100)
    after = run(file, pages[-1].state)
    assert rows(after) == [(TEN - timedelta(hours=2), "Sacsayhuaman", entered())]
    assert "north: left out before: gate_20260501_093000.mp4" in notes(after).splitlines()


def test_whoever_fetches_a_file_that_is_no_video_reads_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "north" / "gate_20260501_080000.mp4", b"<html>no video</html>")
    monkeypatch.setenv("TAMBO_CAMERAS", str(gate(tmp_path)))
    home = new_home(tmp_path / "home")
    status, said = command(home, monkeypatch, capfd, "fetch", "tourism", "cameras")
    assert status == 0, said
    assert "1 rows read, 1 loaded" in said
    told = " ".join(said.split())
    assert "gate_20260501_080000.mp4 is no video, or holds no frame. It is left out." in told
    assert "To do: play it; record it again, or take it away." in told
    status, said = command(home, monkeypatch, capfd, "fetch", "tourism", "cameras")
    assert status == 0
    assert "left out before: gate_20260501_080000.mp4" in said


def test_a_video_without_frames_is_no_video(tmp_path: Path) -> None:
    empty = tmp_path / "empty.avi"
    cv2.VideoWriter(str(empty), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48)).release()
    put(tmp_path / "north" / "gate_20260501_080000.avi", empty.read_bytes())
    pages = run(gate(tmp_path))
    assert "holds no frame" in notes(pages)
    assert rows(pages) == [(TEN, "Sacsayhuaman", entered())]


def test_corrupt_frames_are_passed_over(tmp_path: Path) -> None:
    whole = bytearray(video_bytes("MJPG", ".avi"))
    third = len(whole) // 3
    whole[third : third + 60_000] = bytes(60_000)
    put(tmp_path / "north" / "gate_20260501_100000.avi", bytes(whole))
    pages = run(plan(tmp_path, camera()))
    ((_, _, counted),) = rows(pages)
    assert 0 < counted <= entered()
    assert "frames of gate_20260501_100000.avi cannot be read" in notes(pages)


def test_a_file_that_changed_after_it_was_counted_is_not_counted_twice(tmp_path: Path) -> None:
    file = gate(tmp_path)
    (page,) = run(file)
    put(tmp_path / "north" / FILE, video_bytes() + bytes(10))
    again = run(file, page.state)
    assert rows(again) == []
    assert "changed after it was counted" in notes(again)


def test_a_video_that_comes_too_late_is_refused(tmp_path: Path) -> None:
    file = gate(tmp_path)
    (page,) = run(file)
    put(tmp_path / "north" / "gate_20260301_100000.mp4", video_bytes() + b"\0")
    late = run(file, page.state)
    assert rows(late) == []
    assert "too late" in notes(late)


def test_a_camera_without_its_folder_is_an_error_after_the_others(tmp_path: Path) -> None:
    put(tmp_path / "north" / FILE)
    file = plan(tmp_path, camera("south"), camera())
    door, found = CameraDoor("tourism", lambda: NOW), []
    with pytest.raises(SourceError, match="south: there is no video at"):
        found.extend(door.pages(Settings(cameras=file), {}, lambda *_: None))
    assert rows(found) == [(TEN, "Sacsayhuaman", entered())]


def test_a_change_of_size_within_a_run_begins_anew() -> None:
    from tambo.sources.camera.counter import Counter

    counter = Counter(GATE.scenario.line, "mog2")
    small = [(n / 10, np.zeros((120, 160, 3), np.uint8)) for n in range(3)]
    large = [(1 + n / 10, np.zeros((240, 320, 3), np.uint8)) for n in range(3)]
    assert list(counter.feed(small + large)) == []


def test_the_setting_is_asked_for() -> None:
    assert "TAMBO_CAMERAS" in str(CameraDoor("tourism").missing(Settings()))
    with pytest.raises(SourceError, match="No cameras"):
        list(CameraDoor("tourism").pages(Settings(), {}, lambda *_: None))


@pytest.mark.slow
def test_a_stream_is_watched_and_connected_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as fast as life; an hour is given when it is over."""
    monkeypatch.setattr(streams, "PAUSES", (0.1,))
    monkeypatch.setattr(streams, "PRIMED_FRAMES", 10)
    monkeypatch.setattr(streams, "PRIMED_EVERY", 0.1)
    busy = Scene(Scenario("busy", people=50, groups=0.0), seconds=24, size=(320, 240), seed=3)
    with rtsp(list(busy.frames()), 2 * busy.fps) as server:
        server.drop_after = 150
        file = plan(tmp_path, camera(source=server.url, starts=None))
        later = datetime.now(UTC) + timedelta(hours=2)
        pages = run(file, now=later, cameras_watch_seconds=12)
        assert server.connections >= 2
    ((_, _, counted),) = rows(pages)
    assert 0 < counted <= sum(inward for _, inward in busy.crossings()) + 1
    assert "broke or was away" in notes(pages)
    assert "secret" not in str(pages)


def test_a_stream_that_is_away_is_busy_and_files_are_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PAUSES", (0.1,))
    put(tmp_path / "north" / FILE)
    away = camera("south", source="rtsp://user:secret@127.0.0.1:9/gate", starts=None)
    door, found = CameraDoor("tourism", lambda: NOW), []
    settings = Settings(cameras=plan(tmp_path, away, camera()), cameras_watch_seconds=0.5)
    with pytest.raises(
        SourceBusyError, match=r"south \(127\.0\.0\.1\) cannot be reached"
    ) as caught:
        found.extend(door.pages(settings, {}, lambda *_: None))
    assert rows(found) == [(TEN, "Sacsayhuaman", entered())]
    assert "secret" not in str(caught.value)
