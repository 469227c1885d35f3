"""Whatever a calendar lists from run to run, the lake holds what it lists now."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from calendar_feeds import NOW, calendar, event, land, read, row_dicts
from hypothesis import given, settings
from hypothesis import strategies as st
from ingest_files import new_home, query

from tambo.ingest import ingest
from tambo.sources.door import State

TODAY = NOW.date()
NEWEST = """
SELECT event_date, name FROM (
    SELECT *, row_number() OVER (
        PARTITION BY event_date, event_type, location, name ORDER BY _batch_id DESC
    ) AS n FROM lake.raw.events
) WHERE n = 1 AND NOT coalesce(withdrawn, false) ORDER BY ALL
"""

days = st.integers(0, 12).map(lambda n: TODAY + timedelta(days=n))
singles = st.builds(
    lambda uid, day, name, off: event(
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"SUMMARY:{name}", *(["STATUS:CANCELLED"] if off else []), uid=uid
    ),
    st.sampled_from("abc"), days, st.sampled_from(["Feria", "Misa"]), st.booleans(),
)  # fmt: skip
series = st.builds(
    lambda day, times, away: event(
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}", "SUMMARY:Serie", f"RRULE:FREQ=DAILY;COUNT={times}",
        f"EXDATE;VALUE=DATE:{day + timedelta(days=away):%Y%m%d}", uid="s",
    ),
    days, st.integers(1, 5), st.integers(1, 5),
)  # fmt: skip
ALWAYS = event(
    f"DTSTART;VALUE=DATE:{TODAY + timedelta(days=30):%Y%m%d}", "SUMMARY:Siempre", uid="z"
)
feeds = st.lists(singles | series, max_size=5).map(lambda events: calendar(ALWAYS, *events))


def listed(folder: Path, text: str) -> list[tuple[date, str]]:
    """What a calendar lists, read for the first time."""
    (folder / "now.ics").write_text(text, newline="")
    found = [row for page in read(folder / "now.ics") for row in row_dicts(page)]
    return sorted((row["event_date"], row["name"]) for row in found)


@given(history=st.lists(feeds, min_size=2, max_size=6))
@settings(max_examples=25)
def test_the_pages_bring_what_is_held_to_what_is_listed(history: list[str]) -> None:
    held: set[tuple[date, str]] = set()
    state: State = {}
    with TemporaryDirectory() as made:
        folder = Path(made)
        for text in history:
            (folder / "feed.ics").write_text(text, newline="")
            for page in read(folder / "feed.ics", state):
                keys = [(row["event_date"], row["name"]) for row in row_dicts(page)]
                assert len(set(keys)) == len(keys)
                for key, row in zip(keys, row_dicts(page), strict=True):
                    assert (key in held) == bool(row["withdrawn"])
                    held ^= {key}
                state = page.state
            assert sorted(held) == listed(folder, text)


@given(history=st.lists(feeds, min_size=2, max_size=3))
@settings(max_examples=2)
def test_the_lake_holds_what_the_calendar_lists_now(history: list[str]) -> None:
    state: State = {}
    numbers = count()
    with TemporaryDirectory() as made:
        folder = Path(made)
        home = new_home(folder / "home")
        for text in history:
            (folder / "feed.ics").write_text(text, newline="")
            for page in read(folder / "feed.ics", state):
                if page.rows.num_rows:
                    number = next(numbers)
                    ingest(home, land(folder / f"events_{number}.csv", page, number))
                state = page.state
            assert query(home, NEWEST) == listed(folder, text)
        assert query(home, "SELECT count(*) FROM lake.quarantine.lines") == [(0,)]
