"""A fetch that is killed at any step, again and again, ends as one that was never killed."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from killed import KilledError, killed_at
from visitor_table import Row, VisitorTable, newest, versions

from tambo.lake import reader
from tambo.settings import Settings
from tambo.sources.fetching import fetch

START = datetime(2025, 3, 1)


def counts(first: int, last: int, plus: int = 0) -> list[Row]:
    """Two locations, an hour each."""
    return [
        (str(START + timedelta(hours=hour)), location, hour + plus)
        for hour in range(first, last)
        for location in ("A", "B")
    ]


def fetch_killed(settings: Settings, steps: list[int], later: int = 1) -> int:
    """Fetch until a fetch comes through; each is killed at the next of the steps. Returns kills."""
    for kills in count():
        try:
            with killed_at(steps[kills % len(steps)]):
                fetch(settings, "tourism", "visitors")
        except KilledError:
            # Where each is killed so early that none gets on, nothing would be shown.
            steps[kills % len(steps)] += later
            continue
        return kills
    raise AssertionError


def known_from(settings: Settings) -> dict[str, int]:
    """Versions by how it is told when they were known."""
    with reader(settings) as lake:
        return dict(
            lake.execute(
                "SELECT _known_from, count(*) FROM lake.raw.tourist_flow GROUP BY ALL"
            ).fetchall()
        )


@pytest.mark.slow
@pytest.mark.parametrize("changed", [False, True], ids=["by time", "by change"])
def test_killed_at_each_step_in_turn(tmp_path: Path, changed: bool):
    source = VisitorTable(tmp_path / "v.db", changed=changed)
    settings = source.settings(tmp_path / "home", visitors_page_rows=8)
    source.put(counts(0, 12), changed_at=START)

    assert fetch_killed(settings, [1]) > 8

    assert newest(settings) == source.rows()
    assert versions(settings) == 24
    assert known_from(settings) == {"history": 24}

    source.put([*counts(2, 3, plus=100), *counts(12, 14)], changed_at=START + timedelta(days=1))
    assert fetch_killed(settings, [1], later=2) > 4

    assert newest(settings) == source.rows()
    assert versions(settings) == 24 + 2 + 4
    assert known_from(settings) == {"history": 24, "ingest": 6}
    assert not list((tmp_path / "home" / "landing").rglob("*.csv"))


@pytest.mark.slow
@examples(max_examples=2, deadline=None)
@given(
    # A row a page shows what four show, at four times the steps.
    pages=st.integers(4, 9),
    steps=st.lists(st.integers(1, 25), min_size=1, max_size=2),
    corrected=st.sets(st.integers(0, 11), max_size=4),
    changed=st.booleans(),
)
def test_killed_anywhere(pages, steps, corrected, changed):
    with tempfile.TemporaryDirectory() as folder:
        source = VisitorTable(Path(folder) / "v.db", changed=changed)
        settings = source.settings(Path(folder) / "home", visitors_page_rows=pages)
        source.put(counts(0, 12), changed_at=START)
        fetch_killed(settings, list(steps), later=6)
        for hour in corrected:
            source.put(counts(hour, hour + 1, plus=500), changed_at=START + timedelta(days=1))
        source.put(counts(12, 13), changed_at=START + timedelta(days=1))
        fetch_killed(settings, list(steps), later=6)
        assert newest(settings) == source.rows()
        assert versions(settings) == 26 + 2 * len(corrected)


def test_what_a_source_says_again_after_it_had_said_otherwise_is_taken(tmp_path: Path):
    source = VisitorTable(tmp_path / "v.db")
    settings = source.settings(tmp_path / "home")
    told = []
    for plus in (0, 7, 0):
        source.put(counts(0, 1, plus=plus))
        fetch(settings, "tourism", "visitors")
        told.append(newest(settings) == source.rows())
    assert told == [True] * 3
    assert versions(settings) == 6
    again = fetch(settings, "tourism", "visitors")
    assert (again.rows, again.up_to_date) == (0, True)
