"""The benchmark of the joins runs, its contenders agree, and its page says what was measured."""

import pytest

from benchmarks.joins.__main__ import measure, page, table
from benchmarks.joins.scenarios import SCENARIOS


@pytest.mark.slow
def test_contenders_agree_on_a_small_table(tmp_path):
    (scenario,) = [one.scaled(0.001) for one in SCENARIOS if one.name == "ttl"]
    found = measure(scenario, tmp_path / "rows", repeat=1, patience=120)
    assert len({one.answer[:2] for one in found}) == 1
    assert found[0].answer[0] == scenario.size.entities
    assert all(one.cpu > 0 and one.peak_mib > 50 for one in found)
    (tmp_path / "ttl.md").write_text(table(scenario, found))
    assert "| Feast, DuckDB store |" in page(tmp_path)


def test_one_that_is_stopped_says_so(tmp_path):
    (scenario,) = [one.scaled(0.001) for one in SCENARIOS if one.name == "few"]
    found = measure(scenario, tmp_path / "rows", repeat=1, patience=0)
    assert all(one.stopped == "stopped at 0 s" and one.answer is None for one in found)
