"""The fleet's marts of random raw histories: from increments as from nothing, and as the oracle says.

The increments are computed by parts of the fleet, what they are held against all at once.

One example holds forty days of files with corrections, withdrawals and late arrivals, taken in in an
order and in groups of their own, with a build after each group.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fleet_check import check_against_oracle, instants_of
from fleet_files import random_history
from history_check import AHEAD_SECONDS, history_tables, rows, take_in
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tambo.ingest import withdraw
from tambo.lake import reader
from tambo.lake.build import build
from tambo.lake.build_parts import parts
from tambo.settings import Settings

TABLES = history_tables("fleet")
INSTANTS = 25
PART_ROWS = 300


def arrive(draw: random.Random, home: Settings, folder: Path) -> int:
    """Take a random history in, in three groups; returns how many builds stood on an earlier one."""
    register, *files = random_history(draw)
    shuffled = draw.sample(files, len(files))
    cuts = sorted(draw.sample(range(1, len(files)), 2))
    groups = [[register, *shuffled[: cuts[0]]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :]]
    increments = 0
    for number, group in enumerate(groups):
        take_in(home, folder / f"raw_{number}", group)
        if number == 1:
            withdraw_one(draw, home)
        increments += build(home).incremental
    return increments


def withdraw_one(draw: random.Random, home: Settings) -> None:
    """Take a batch back out, as if it had never come."""
    with reader(home) as lake:
        batches = lake.execute(
            "SELECT batch_id FROM lake.audit.batches WHERE source_file NOT LIKE 'aircraft%' "
            "ORDER BY batch_id"
        ).fetchall()
    withdraw(home, draw.choice(batches)[0])


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=1, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_increments_equal_a_full_refresh_and_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    folder = tmp_path_factory.mktemp("fleet")
    home = Settings(home=folder / "home", part_rows=PART_ROWS, ingest_ahead_seconds=AHEAD_SECONDS)
    assert arrive(draw, home, folder) == 2
    with reader(home) as lake:
        assert parts(home, lake, ["fleet"], None).states["fleet"] > 1

    from_increments = rows(home, TABLES)
    # In one part, and by other threads: neither may decide what a mart holds.
    whole = home.model_copy(update={"part_rows": 1_000_000, "threads": 2})
    built = build(whole, full_refresh=True)
    from_nothing = rows(home, TABLES)
    for table in TABLES:
        assert from_increments[table] == from_nothing[table], table

    changes = instants_of(home, until=built.as_of.of("fleet"))
    check_against_oracle(home, draw.sample(changes, min(INSTANTS, len(changes))))
