"""Marts of random raw histories: the same from increments as from nothing, and as the oracle says.

One example holds some thirty trips with corrections, withdrawals, moves, late rows and ties, in
files that arrive in an order and in groups of their own, with a build after each group and batches
taken out in between; so one example tries much, and `make explore` draws others.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from marts_check import Marts, around, check_against_oracle, contents
from marts_world import RawLake, Row, changed, flight, gone, hotel, random_files, user

from tambo.lake.build import build
from tambo.settings import Settings

TRIPS = 30
INSTANTS = 40


def _arrive(lake: RawLake, draw: random.Random) -> int:
    """Load a random history group by group; returns how many builds stood on an earlier one."""
    files = random_files(draw.randrange(2**32), TRIPS)
    # Ingest lets no row in before its traveller.
    lake.load(*[rows for rows in files if rows[0].table == "users"])
    files = [rows for rows in files if rows[0].table != "users"]
    increments = 0
    while files:
        group = draw.randrange(2, 6)
        lake.load(*files[:group])
        files = files[group:]
        if increments and draw.random() < 0.4:
            rows = [one for one in lake.stored if one.row.table != "users"]
            lake.withdraw(draw.choice(rows).batch_id)
        increments += build(lake.settings).incremental
    return increments


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
@settings(
    max_examples=1,
    deadline=None,
    # A failing seed is a failing history; there is nothing smaller to find.
    phases=[Phase.explicit, Phase.generate],
)
def test_increments_equal_a_full_refresh_and_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    lake = RawLake(Settings(home=tmp_path_factory.mktemp("history"))).create()
    assert _arrive(lake, draw) >= 1

    from_increments = contents(lake.settings)
    # By other threads than the increments: neither may decide what a mart holds.
    built = build(lake.settings.model_copy(update={"threads": 2}), full_refresh=True)
    from_nothing = contents(lake.settings)
    for table, rows in from_nothing.items():
        assert from_increments[table] == rows, table

    marts = Marts(lake.settings)
    marts.check_records()
    changes = marts.instants()
    instants = around(draw.sample(changes, min(INSTANTS, len(changes))))
    check_against_oracle(marts, lake.stored, [t for t in instants if t <= built.as_of.of("travel")])


@pytest.mark.slow
def test_the_newest_facts_when_a_whole_history_is_sent_again(tmp_path: Path) -> None:
    """Hundreds of overlapping versions that all end: the spans of brief_ranks at every level."""
    draw = random.Random(5)
    lake = RawLake(Settings(home=tmp_path / "home")).create()
    lake.load([user(1, datetime(1970, 1, 1))])
    lake.load(*long_history(draw, 700, flight))
    lake.load(*long_history(draw, 300, stay))
    built = build(lake.settings)

    marts = Marts(lake.settings)
    marts.check_records()
    changes = marts.instants()
    assert len(changes) > 700
    instants = [*draw.sample(changes, 60), *changes[-3:]]
    check_against_oracle(marts, lake.stored, [t for t in instants if t <= built.as_of.of("travel")])


def stay(trip: int, known_at: datetime, **values: Any) -> Row:
    """A stay in a hotel of its own, told from all others by its name."""
    return hotel(trip, known_at, name=f"Hotel {trip}", **values)


def long_history(draw: random.Random, size: int, make: Callable[..., Row]) -> list[list[Row]]:
    """Legs or stays of one traveller, every one of them corrected or withdrawn some time later."""
    start = datetime(2023, 1, 1, 12)
    sent_again = start + timedelta(days=size + 100)
    rows, later = [], []
    for number in range(size):
        booked = start + timedelta(hours=24 * number + draw.randrange(24))
        row = make(
            number,
            booked + timedelta(days=draw.choice([0, 0, 1, 30])),
            price=Decimal(draw.randrange(10_000, 90_000)) / 100,
            date=booked.date() + timedelta(days=20),
            booked_at=booked,
        )
        rows.append(row)
        if draw.random() < 0.8:
            later.append(changed(row, sent_again, price=row.values["price"] + 1))
        else:
            later.append(gone(row, row.known_at + timedelta(days=draw.randrange(1, size))))
    return [rows, later]
