"""What is told waits once a change, in the order in which it was told, whoever dies in between."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from killed import KilledError

from tambo.intake import received
from tambo.intake.fleet import DOWNTIME
from tambo.intake.received import keep
from tambo.lake import spool
from tambo.settings import Settings

row = st.builds(
    lambda vessel, reason: {
        "aircraft_id": vessel,
        "started_at": "2026-03-01 10:00:00",
        "reason": reason,
    },
    st.sampled_from(["N-1", "N-2"]),
    st.sampled_from([None, "other", "waiting"]),
)
batches = st.lists(
    st.tuples(
        st.lists(row, min_size=1, max_size=2, unique_by=lambda one: one["aircraft_id"]),
        st.booleans(),
    ),
    max_size=8,
)


def waits(settings: Settings) -> list[tuple[str, str | None]]:
    """Vessel and reason of each row that waits, oldest first."""
    found = []
    for segment in spool.segments(settings.spool / DOWNTIME.spool):
        for line in spool.lines_of(segment):
            told = dict(zip(DOWNTIME.columns, json.loads(line)["fields"], strict=True))
            found.append((told["aircraft_id"], told["reason"]))
    return found


def changes(told: list[tuple[str, Any]]) -> dict[str, list[Any]]:
    """What was told of each vessel, the same twice in a row once."""
    found: dict[str, list[Any]] = {}
    for vessel, reason in told:
        so_far = found.setdefault(vessel, [])
        if not so_far or so_far[-1] != reason:
            so_far.append(reason)
    return found


@given(batches)
@examples(max_examples=25)
def test_each_change_waits_in_its_order_and_a_kill_doubles_at_most_what_is_told_again(calls):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        settings = Settings(home=Path(folder))
        told: list[tuple[str, Any]] = []
        for rows, killed in calls:
            if killed:
                # Behind the spool, before the index says so: nobody gets an answer.
                with patch.context() as one:
                    one.setattr(received.spool, "append", dying(spool.append))
                    with suppress(KilledError):
                        keep(settings, DOWNTIME, rows)
            answers = keep(settings, DOWNTIME, rows)
            before = changes(told)
            for one_row, answer in zip(rows, answers, strict=True):
                last = before.get(one_row["aircraft_id"], [])
                assert answer.known is (bool(last) and last[-1] == one_row["reason"])
                assert (answer.status == "recorded") is (
                    len(last) == 0 or (len(last) == 1 and answer.known)
                )
            told += [(one_row["aircraft_id"], one_row["reason"]) for one_row in rows]
            again = keep(settings, DOWNTIME, rows)
            assert all(one.known for one in again)
            assert [one.received_at for one in again] == [one.received_at for one in answers]
        waiting = waits(settings)
        assert changes(waiting) == changes(told)
        kills = sum(len(rows) for rows, killed in calls if killed)
        assert len(waiting) <= sum(len(one) for one in changes(told).values()) + kills


def dying(act):
    def do(*arguments):
        act(*arguments)
        raise KilledError

    return do
