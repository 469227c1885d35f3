"""Micro-batches: what waits in the spool comes into the lake once, whenever it is killed."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from killed import KilledError

from tambo.ingest import ingest, reports
from tambo.lake import reader, spool, writer_lock
from tambo.lake.waiting import waiting
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.mqtt import landing, recent, taking_in
from tambo.sources.mqtt.judge import Judge
from tambo.sources.mqtt.landing import recalled
from tambo.sources.mqtt.message import Reading
from tambo.sources.mqtt.stream import find_stream
from tambo.sources.mqtt.taking_in import TakenIn, take_in, take_in_if_free

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STREAM = find_stream("fleet")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose lake knows two vessels."""
    made = Settings(home=tmp_path / "home", threads=1, telemetry_batch_seconds=60)
    (tmp_path / "aircraft.csv").write_text("aircraft_id\nN-1\nN-2\n")
    ingest(made, tmp_path / "aircraft.csv")
    return made


def message(minute: int, after: float = 0.0, vessel: str = "N-1", **told):
    """A vessel's reading, which arrives so many seconds after noon."""
    contracts = of_home(Settings(home=Path("none")), "fleet")
    reading = Reading(STREAM, contracts, "fleet/+/telemetry", timedelta(minutes=5))
    values = {"read_at": f"2026-03-01 10:{minute:02d}:00", "engine_health_score": 80} | told
    payload = json.dumps(values).encode()
    return reading.read(f"fleet/{vessel}/telemetry", payload, NOW + timedelta(seconds=after))


def keep(settings: Settings, *messages) -> None:
    spool.append(settings, STREAM.spool, [one.record() for one in messages])


def rows(settings: Settings) -> list[tuple]:
    """Minute, score and second of arrival of each row, in the order in which they were known."""
    with reader(settings) as lake:
        return lake.execute(
            "SELECT minute(read_at), engine_health_score, "
            "epoch(_known_at - TIMESTAMP '2026-03-01 12:00:00') FROM lake.raw.telemetry "
            "ORDER BY _known_at, _batch_id, _row_number"
        ).fetchall()


@contextmanager
def killed_at(step: int):
    """Die before or after the n-th act that lasts."""
    taken = 0

    def watched(act):
        def do(*arguments, **named):
            nonlocal taken
            for moment in ("before", "after"):
                taken += 1
                if taken == step:
                    raise KilledError
                if moment == "before":
                    result = act(*arguments, **named)
            return result

        return do

    with pytest.MonkeyPatch.context() as patch:
        for where, name in (
            (landing, "write_file"),
            (landing, "write_traces"),
            (landing, "_rename"),
            (landing.os, "link"),
            (landing.spool, "remove"),
            (landing.shutil, "rmtree"),
            (taking_in, "ingest"),
        ):
            patch.setattr(where, name, watched(getattr(where, name)))
        yield


def test_killed_at_each_step_nothing_is_lost_or_doubled(settings):
    first = [message(1), message(2), message(1), message(3, vessel="N-9")]
    first += [message(4, engine_health_score=900), message(5, oil=1)]
    keep(settings, *first)
    kept = {one.id for one in first}
    for step in count(1):
        try:
            with killed_at(step):
                take_in(settings, STREAM)
        except KilledError:
            # What started now would remember all that was kept, and nothing else.
            assert {one.id for one in recalled(settings, STREAM)[0].traces()} == kept
            # More comes meanwhile.
            keep(settings, more := message(10 + step))
            kept.add(more.id)
            continue
        break
    assert step > 15
    (telemetry,) = {
        (
            sum(one.loaded.records for one in files),
            sum(one.repeat.records for one in files),
            sum(one.quarantined.records for one in files),
        )
        for files in [[one for one in reports(settings) if one.table == "telemetry"]]
    }
    assert telemetry == (2 + step - 1, 1, 3)
    assert all(one.conserved for one in reports(settings))
    assert {one.id for one in recalled(settings, STREAM)[0].traces()} == kept
    assert waiting(settings) == []
    assert not landing.batch_folder(settings, STREAM).exists()
    assert take_in(settings, STREAM) == TakenIn()


def test_an_id_of_an_earlier_micro_batch_is_known_after_a_restart(settings):
    for minute, number in enumerate("abcde"):
        keep(settings, message(minute, message_id=number))
        take_in(settings, STREAM)
    # A kill in the middle of the file's last line.
    path = settings.spool / STREAM.spool / recent.FILE
    path.write_bytes(path.read_bytes()[:-20])

    recalled_now, passed_on = recalled(settings, STREAM)

    assert [one.number for one in passed_on] == ["d", "e"]
    for minute, number in enumerate("abcde"):
        again = message(minute, message_id=number)
        assert recalled_now.holds(again)
        assert recalled_now.judged(again).refused is None
        other = message(30, message_id=number)
        assert recalled_now.judged(other).refused == "message_id_reused"
    assert not recalled_now.holds(message(30, message_id="f"))


def test_rows_are_known_when_they_arrived_and_corrections_in_their_order(settings):
    first, changed = message(1, 0), message(1, 5, engine_health_score=70)
    back, late = message(1, 10), message(0, 200)
    keep(settings, first, changed, back, message(2, 20), message(2, 30), late)
    assert take_in(settings, STREAM) == TakenIn(loaded=5, repeats=1)
    assert [(minute, score) for minute, score, _ in rows(settings) if minute == 1] == [
        (1, 80),
        (1, 70),
        (1, 80),
    ]
    # Each is known when it arrived, whatever came in with it.
    assert [second for _, _, second in rows(settings)] == [0, 5, 10, 20, 200]
    # The same again, much later, is a repeat of what stands.
    keep(settings, message(1, 500))
    assert take_in(settings, STREAM) == TakenIn(repeats=1)


def test_the_same_content_in_two_micro_batches_is_counted_twice(settings):
    for _ in range(2):
        keep(settings, message(1))
        take_in(settings, STREAM)
    keep(settings, message(1), message(1, 120))
    assert take_in(settings, STREAM) == TakenIn(repeats=2)
    assert len(rows(settings)) == 1


def test_torn_lines_are_kept_apart_and_a_locked_lake_is_left_alone(settings):
    keep(settings, message(1))
    with (settings.spool / STREAM.spool / spool.OPEN).open("ab") as file:
        file.write(b'{"id": "torn')
    keep(settings, message(2))
    with writer_lock(settings, "test"):
        found: list = []
        thread = threading.Thread(target=lambda: found.append(take_in_if_free(settings, STREAM)))
        thread.start()
        thread.join()
        assert found == [None]
    # Whoever gave the lock back left it to us.
    assert [one.topic for one in waiting(settings)] == [STREAM.spool]
    assert take_in_if_free(settings, STREAM) == TakenIn(loaded=2)
    (left,) = waiting(settings)
    assert left.apart[0].read_bytes() == b'{"id": "torn\n'


def test_what_is_served_at_once_is_what_ingest_takes(settings):
    """The judge looks at one message, ingest at a file: they must not differ."""
    odd = [
        {"engine_health_score": value}
        for value in (0, 100, 100.01, -1, "x", "", None, "1_0", 1e400, True)
    ]
    odd += [{"read_at": value} for value in ("2026-03-01T10:59:00Z", "x", None, "", "2026-13-01")]
    odd += [{"temperature_variance": float("nan")}, {"withdrawn": "maybe"}, {"oil": 1}]
    messages = [message(number, **told) for number, told in enumerate(odd)]
    messages += [message(1, vessel="N-2"), message(2, vessel="N-9"), message(3, vessel="n-1")]
    judge = Judge(settings, STREAM, of_home(settings, "fleet"))
    good = judge.good(messages)
    assert {at for _, at in good} == {NOW}
    keep(settings, *messages)
    take_in(settings, STREAM)
    names = list(good[0][0])
    with reader(settings) as lake:
        loaded = lake.execute(f"SELECT {', '.join(names)} FROM lake.raw.telemetry").fetchall()
    assert sorted(map(str, loaded)) == sorted(str(tuple(row.values())) for row, _ in good)
    assert len(loaded) == 6
