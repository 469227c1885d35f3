"""Any small world of tourism keeps what it promises."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tourism_reader import KEYS, key, notes, read_files

from tambo.sources.tourism.world import generate

small = st.fixed_dictionaries(
    {
        "locations": st.integers(3, 7),
        "years": st.just(1),
        "seed": st.integers(0, 2**63),
        "dirty_share": st.sampled_from([0.0, 0.02, 0.5]),
        "zone": st.sampled_from(["America/Lima", "Europe/Madrid", "America/Havana"]),
    }
)


@settings(max_examples=6, deadline=None)
@given(small)
def test_a_line_is_broken_and_written_down_or_the_only_one_of_its_key_in_its_file(parameters):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "world"
        made = generate(folder, **parameters)
        broken = notes(folder, "_dirty.csv")
        assert len(broken) == sum(made.dirty.values())
        assert bool(broken) == (parameters["dirty_share"] > 0)
        lines: dict[str, int] = defaultdict(int)
        for table in KEYS:
            for file in read_files(folder, table):
                lines[table] += file.lines
                rows = defaultdict(set)
                for row in file.rows.values():
                    rows[key(table, row)].add(tuple(row.values()))
                # A time that clocks show twice has two rows.
                twice = {each: found for each, found in rows.items() if len(found) > 1}
                times = {each[1] for each in twice}
                assert len(times) <= (2 if parameters["zone"] != "America/Lima" else 0)
                assert all(len(found) == 2 for found in twice.values())
        assert dict(lines) == made.rows
        assert generate(folder, **parameters).up_to_date


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 2**63))
def test_the_clean_line_comes_with_the_file_that_is_named(seed):
    """Of lines that lack a field: what is left of them begins the clean line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "world"
        generate(folder, locations=3, years=1, seed=seed, dirty_share=0.05)
        found = 0
        for note in notes(folder, "_dirty.csv"):
            if note["kind"] == "missing_field" and note["clean_line_in"]:
                line = (folder / note["file"]).read_text().split("\n")[int(note["line"]) - 1]
                assert f"\n{line}," in (folder / note["clean_line_in"]).read_text()
                found += 1
        assert found > 20
