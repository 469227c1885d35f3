"""A door to a table by itself: whatever the pages and the changes, what it says is what is there."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.table_door import TableDoor

START = datetime(2025, 3, 1)
keys = st.sampled_from(["Lima", "Cusco", 'é "x", y', "Pisco", "Ica", "Tacna"])
rounds = st.lists(st.dictionaries(keys, st.integers(0, 99), max_size=6), min_size=1, max_size=4)


@given(rounds, st.integers(1, 4), st.booleans(), st.integers(0, 3))
@examples(max_examples=40)
def test_every_row_is_handed_out_as_it_is(changes, page_rows, marked, step):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ops.db"
        settings = Settings(
            home=Path(folder) / "home",
            fleet_database_url=f"sqlite:///{path}",
            fleet_database_tables="hangars",
            fleet_database_page_rows=page_rows,
        )
        more = ", updated_at TEXT" if marked else ""
        with closing(sqlite3.connect(path)) as table:
            table.execute("PRAGMA synchronous = off")
            table.execute(f"CREATE TABLE hangars (base TEXT PRIMARY KEY, slots INT{more})")
            state: dict[str, Any] = {}
            known: dict[str, str] = {}
            for number, changed in enumerate(changes):
                for place, (base, slots) in enumerate(changed.items()):
                    # Ties where the step is nought; a base that says the same again is no change.
                    at = START + timedelta(days=number, hours=step * place)
                    row = (base, slots, *([str(at)] if marked else []))
                    marks = ", ".join("?" * len(row))
                    table.execute(f"INSERT OR REPLACE INTO hangars VALUES ({marks})", row)
                table.commit()
                handed = 0
                for page in TableDoor("fleet", "hangars").pages(settings, state, silent):
                    state = dict(page.state)
                    handed += page.rows.num_rows
                    known |= {one["base"]: one["slots"] for one in page.rows.to_pylist()}
                there = dict(table.execute("SELECT base, CAST(slots AS TEXT) FROM hangars"))
                assert known == there
                if marked:
                    assert handed == len(changed)
            again = list(TableDoor("fleet", "hangars").pages(settings, state, silent))
            assert sum(page.rows.num_rows for page in again) == 0
