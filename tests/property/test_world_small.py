"""Any small world keeps what the sample world promises."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from world_reader import instant, notes, read_world, versions

from tambo.sources.sample.draws import Draws, cumulative, ids
from tambo.sources.travel.world import generate

small = st.fixed_dictionaries(
    {
        "travellers": st.integers(1, 25),
        "years": st.integers(1, 2),
        "seed": st.integers(0, 2**63),
        "dirty_share": st.sampled_from([0.0, 0.01, 0.2, 0.5]),
    }
)


@settings(max_examples=15, deadline=None)
@given(small)
def test_every_line_is_good_or_written_down(parameters):
    with tempfile.TemporaryDirectory() as folder:
        made = generate(Path(folder) / "world", **parameters)
        files = read_world(made.out)
        noted = {(row["file"], int(row["line"])) for row in notes(made.out, "_dirty.csv")}
        assert {(file.name, line) for file in files for line in file.refused} == noted
        lines = Counter()
        for file in files:
            lines[file.table] += len(file.rows) + len(file.refused)
        assert dict(lines) == made.rows
        for table in ("users", "flights", "hotels"):
            for history in versions(files, table).values():
                arrivals = [file.arrived for file, _ in history]
                assert arrivals == sorted(set(arrivals))
        for file in files:
            for row in file.rows.values():
                if row.get("booked_at"):
                    assert instant(row["booked_at"]) < file.arrived
        again = generate(made.out, **parameters)
        assert again.up_to_date


@settings(deadline=None)
@given(st.integers(0, 2**63), st.lists(st.integers(0, 2**62), min_size=1, max_size=50))
def test_a_draw_depends_on_its_id_alone(seed, wanted):
    draws, of = Draws(seed), ids(np.array(wanted, dtype=np.uint64))
    together = draws.uniform("test", of)
    assert ((together > 0) & (together < 1)).all()
    alone = [draws.uniform("test", of[n : n + 1])[0] for n in range(len(of))]
    assert together.tolist() == alone
    assert draws.uniform("test", of[::-1]).tolist() == together[::-1].tolist()
    if len(set(wanted)) == len(wanted):
        assert len(set(together.tolist())) == len(wanted)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=9).filter(lambda w: sum(w) > 1e-3))
def test_a_pick_is_never_what_has_no_weight(weights):
    chances = cumulative(np.array(weights))
    of = ids(np.arange(200))
    picks = Draws(1).pick("test", of, np.broadcast_to(chances, (200, len(weights))))
    assert all(weights[n] > 0 for n in picks)
