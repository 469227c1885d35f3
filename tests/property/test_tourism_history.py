"""Tourism's marts of random raw histories: from increments as from nothing, and from the past alone.

The increments are computed by parts of the locations, what they are held against all at once.

One example holds two weeks of files with corrections, withdrawals and late arrivals, taken in in an
order and in groups of their own, with a build after each group.
"""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tourism_files import RawFile, random_history

from tambo.ingest import ingest
from tambo.lake import reader
from tambo.lake.build import build
from tambo.lake.build_parts import parts
from tambo.settings import Settings

PART_ROWS = 500
DBT = Settings().root / "dbt" / "models" / "tourism"
TABLES = [
    f"{layer}.{path.stem}"
    for layer in ("intermediate", "marts")
    for path in sorted((DBT / layer).glob("*.sql"))
    if not path.stem.endswith("_changes")
]


def take_in(home: Settings, folder: Path, files: list[RawFile]) -> None:
    """Take files in together."""
    for file in files:
        file.write(folder)
    # Also the first file of a table is known when it arrived.
    report = ingest(home, folder, history=False)
    assert not any(one.quarantined.records for one in report.files)


def rows(home: Settings, until: datetime | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of tourism; until: only what was known by then."""
    found = {}
    with reader(home) as lake:
        for table in TABLES:
            query = f"SELECT * FROM lake.{table}"
            if until is not None:
                query += f" WHERE created_timestamp <= TIMESTAMP '{until}'"
            # As text: a NaN does not equal itself.
            found[table] = [tuple(map(str, row)) for row in lake.execute(query).fetchall()]
    return {table: sorted(found[table]) for table in TABLES}


def without_ends(found: dict[str, list[tuple[Any, ...]]], home: Settings) -> dict[str, Any]:
    """The same without the instant at which a version ended, which is news of its own."""
    with reader(home) as lake:
        columns = {t: [d[0] for d in lake.execute(f"DESCRIBE lake.{t}").fetchall()] for t in found}
    return {
        table: sorted(
            tuple(v for c, v in zip(columns[table], row, strict=True) if c != "ended_timestamp")
            for row in several
        )
        for table, several in found.items()
    }


@pytest.mark.slow
@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=1, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_increments_equal_a_full_refresh_and_the_past_knows_no_future(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    folder = tmp_path_factory.mktemp("tourism")
    zone = draw.choice(["America/Lima", "Europe/Madrid"])
    home = Settings(home=folder / "home", tourism_zone=zone, part_rows=PART_ROWS)
    files = random_history(draw)
    shuffled = draw.sample(files, len(files))
    cuts = sorted(draw.sample(range(1, len(files)), 2))
    groups = [shuffled[: cuts[0]], shuffled[cuts[0] : cuts[1]], shuffled[cuts[1] :]]
    increments = 0
    for number, group in enumerate(groups):
        take_in(home, folder / f"raw_{number}", group)
        increments += build(home).incremental
    assert increments == 2

    from_increments = rows(home)
    with reader(home) as lake:
        assert parts(home, lake, ["tourism"], None).facts["tourism"] > 1
    # In one part, and by other threads: neither may decide what a mart holds.
    build(home.model_copy(update={"part_rows": 1_000_000, "threads": 2}), full_refresh=True)
    from_nothing = rows(home)
    for table in TABLES:
        assert from_increments[table] == from_nothing[table], table

    until = draw.choice(sorted(file.arrived_at for file in files)[len(files) // 2 :])
    past = Settings(home=folder / "past", tourism_zone=zone)
    take_in(past, folder / "raw_past", [file for file in files if file.arrived_at <= until])
    build(past)
    known_then, known_later = rows(past, until), rows(home, until)
    assert without_ends(known_then, past) == without_ends(known_later, home)
