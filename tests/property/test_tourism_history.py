"""Tourism's marts of random raw histories: from increments as from nothing, and from the past alone.

The increments are computed by parts of the locations, what they are held against all at once.

One example holds two weeks of files with corrections, withdrawals and late arrivals, taken in in an
order and in groups of their own, with a build after each group.
"""

from __future__ import annotations

import random

import pytest
from history_check import AHEAD_SECONDS, history_tables, rows, take_in, without_ends
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tourism_files import random_history

from tambo.lake import reader
from tambo.lake.build import build
from tambo.lake.build_parts import parts
from tambo.settings import Settings

PART_ROWS = 500
TABLES = history_tables("tourism")


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=1, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_increments_equal_a_full_refresh_and_the_past_knows_no_future(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    folder = tmp_path_factory.mktemp("tourism")
    zone = draw.choice(["America/Lima", "Europe/Madrid"])
    given_by = {"tourism_zone": zone, "ingest_ahead_seconds": AHEAD_SECONDS}
    home = Settings(home=folder / "home", part_rows=PART_ROWS, **given_by)
    files = random_history(draw)
    shuffled = draw.sample(files, len(files))
    cuts = sorted(draw.sample(range(1, len(files)), 2))
    groups = [shuffled[: cuts[0]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :]]
    increments = 0
    for number, group in enumerate(groups):
        take_in(home, folder / f"raw_{number}", group)
        increments += build(home).incremental
    assert increments == 2

    from_increments = rows(home, TABLES)
    with reader(home) as lake:
        assert parts(home, lake, ["tourism"], None).facts["tourism"] > 1
    # In one part, and by other threads: neither may decide what a mart holds.
    build(home.model_copy(update={"part_rows": 1_000_000, "threads": 2}), full_refresh=True)
    from_nothing = rows(home, TABLES)
    for table in TABLES:
        assert from_increments[table] == from_nothing[table], table

    until = draw.choice(sorted(file.arrived_at for file in files)[len(files) // 2 :])
    past = Settings(home=folder / "past", **given_by)
    take_in(past, folder / "raw_past", [file for file in files if file.arrived_at <= until])
    build(past)
    known_then, known_later = rows(past, TABLES, until), rows(home, TABLES, until)
    assert without_ends(known_then, past) == without_ends(known_later, home)
