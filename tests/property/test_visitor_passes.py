"""The visitors door by itself: whatever the pages and the cuts, every row is handed out."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from visitor_table import Row, VisitorTable

from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.door import Page, State
from tambo.sources.tourism.visitors import Visitors

START = datetime(2025, 3, 1)
slots = st.tuples(st.integers(0, 400), st.sampled_from(["A", "B", "C", 'é "x", y']))
tables = st.dictionaries(slots, st.integers(0, 999), min_size=1, max_size=60)
page_rows = st.integers(1, 12)


def rows_of(table: dict[tuple[int, str], int]) -> list[Row]:
    """Half hours, so that an hour has several times."""
    return [
        (str(START + timedelta(minutes=30 * slot)), location, count)
        for (slot, location), count in table.items()
    ]


def handed_out(pages: list[Page]) -> dict[tuple[str, str], int]:
    """What the last page with a key says of it."""
    last: dict[tuple[str, str], int] = {}
    for page in pages:
        for row in page.rows.to_pylist():
            last[row["timestamp"], row["location"]] = row["tourist_count"]
    return last


def read(settings: Settings, state: State, most: int | None = None) -> list[Page]:
    """The pages from a state on, or the first of them."""
    pages = []
    for page in Visitors().pages(settings, state, silent):
        pages.append(page)
        if len(pages) == most:
            break
    return pages


@examples(max_examples=40, deadline=None)
@given(table=tables, rows=page_rows, cut=st.integers(1, 40), changed=st.booleans())
@example(table={(5, "A"): 1, (5, "B"): 2}, rows=1, cut=40, changed=True)
def test_every_row_comes_once_whatever_the_page_and_the_cut(table, rows, cut, changed):
    with tempfile.TemporaryDirectory() as folder:
        source = VisitorTable(Path(folder) / "v.db", changed=changed)
        source.put(rows_of(table), changed_at=START)
        settings = source.settings(Path(folder), visitors_page_rows=rows)
        first = read(settings, {}, most=cut)
        rest = read(settings, first[-1].state)
        pages = [*first, *rest]
        again = read(settings, pages[-1].state)
    # However many rows share the time of their change.
    assert not changed or sum(page.rows.num_rows for page in again) == 0
    expected = {(at, location): count for at, location, count in rows_of(table)}
    assert handed_out(pages) == expected
    ended = len(first) < cut or first[-1].rows.num_rows == 0
    if not ended:
        assert sum(page.rows.num_rows for page in pages) == len(table)
    for page in pages:
        # An hour is never cut, so a page may be longer than asked for by what one hour holds.
        hours = {at[:13] for at in page.rows.column("timestamp").to_pylist()}
        assert page.rows.num_rows <= 2 * rows or len(hours) == 1


@examples(max_examples=40, deadline=None)
@given(
    table=tables,
    late=st.dictionaries(slots, st.integers(0, 999), max_size=12),
    rows=page_rows,
)
def test_a_second_pass_brings_what_is_late_or_corrected_within_the_days_read_again(
    table, late, rows
):
    with tempfile.TemporaryDirectory() as folder:
        source = VisitorTable(Path(folder) / "v.db")
        source.put(rows_of(table))
        settings = source.settings(Path(folder), visitors_page_rows=rows, visitors_lookback_days=9)
        first = read(settings, {})
        source.put(rows_of(late))
        second = read(settings, first[-1].state)
        third = read(settings, second[-1].state)
    assert {**handed_out(first), **handed_out(second)} == {
        (at, location): count for at, location, count in rows_of({**table, **late})
    }
    if rows >= 8:
        # No hour has more rows than a page, so each has a digest, and none is handed out again.
        assert sum(page.rows.num_rows for page in third) == 0


@examples(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.dictionaries(slots, st.integers(0, 999), max_size=8), min_size=2, max_size=5),
    rows=page_rows,
    cut=st.integers(1, 6),
)
def test_changes_come_by_their_own_time_also_when_they_commit_late(steps, rows, cut):
    """Each step's rows say that they were changed earlier than those that were read before."""
    with tempfile.TemporaryDirectory() as folder:
        source = VisitorTable(Path(folder) / "v.db", changed=True)
        settings = source.settings(
            Path(folder), visitors_page_rows=rows, visitors_overlap_minutes=60
        )
        state: State = {}
        pages: list[Page] = []
        now = datetime.now(ZoneInfo("America/Lima")).replace(tzinfo=None, microsecond=0)
        expected = {}
        for number, step in enumerate(steps):
            source.put(rows_of(step), changed_at=now - timedelta(minutes=5 * number))
            expected |= {(at, location): count for at, location, count in rows_of(step)}
            found = read(settings, state, most=cut)
            found += read(settings, found[-1].state)
            pages += found
            state = pages[-1].state
    assert handed_out(pages) == expected
