"""The benchmark of the joins runs, its contenders agree, and its page says what was measured."""

import pytest

from benchmarks.joins.__main__ import measure
from benchmarks.joins.report import page, save
from benchmarks.joins.runs import Run
from benchmarks.joins.scenarios import SCENARIOS


@pytest.mark.slow
def test_contenders_agree_on_a_small_table(tmp_path):
    (scenario,) = [one.scaled(0.001) for one in SCENARIOS if one.name == "ttl"]
    found = measure(scenario, tmp_path / "rows", repeat=1, patience=120)
    assert len({one.answer[:2] for one in found}) == 1
    assert found[0].answer[0] == scenario.size.entities
    assert all(one.cpu > 0 and one.peak_mib > 50 for one in found)
    save(tmp_path, scenario, found)
    assert "| Feast, DuckDB store |" in page(tmp_path)
    assert "| a ttl of 30 days: less CPU than Feast | at least 2 times |" in page(tmp_path)


def test_one_that_is_stopped_says_so(tmp_path):
    (scenario,) = [one.scaled(0.001) for one in SCENARIOS if one.name == "few"]
    found = measure(scenario, tmp_path / "rows", repeat=1, patience=0)
    assert all(one.stopped == "stopped at 0 s" and one.answer is None for one in found)


def test_the_page_says_what_was_reached_and_what_was_not(tmp_path):
    few, memory = (one for one in SCENARIOS if one.name in {"few", "memory"})
    cheap, dear = (
        Run(1.0, 1.0, 100.0, (1, 0, 1.0)),
        Run(50.0, 60.0, 9000.0, None, "stopped at 3 GiB"),
    )
    save(tmp_path, few, [cheap, dear, cheap, cheap])
    save(tmp_path, memory, [cheap, dear])
    text = page(tmp_path)
    assert "| at least 60 times | more than 50.0 times | missed |" in text
    assert "0.1 GiB, Feast's stopped at 3 GiB | reached |" in text
    assert "| Feast, DuckDB store (stopped at 3 GiB) | more than 50.00 |" in text
