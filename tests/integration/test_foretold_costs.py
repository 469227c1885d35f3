"""What is foretold of costs: at each origin from what was known by it, once, and never again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import ungated

from tambo.cli.stages import foretell_stages
from tambo.errors import SourceBusyError, TrainingError
from tambo.lake import reader, releases
from tambo.progress import silent
from tambo.settings import Settings
from tambo.sources.dated_files import DatedFile, alone, land, take_in
from tambo.sources.fleet.world.generate import generate
from training.fleet.foretold import FORETOLD
from training.foretelling import Told, foretell
from training.foretold import Foretold
from training.labels import read_labels
from training.out_of_time import answer_origins
from training.thinned import ThinnedSplit

pytestmark = pytest.mark.slow

(COSTS,) = FORETOLD
CUT, END = datetime(2025, 11, 17), datetime(2026, 1, 1)
"""Files of after it come with the second release, and with them other costs of all that was."""
TOO_DEAR = 10


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Files known by the cut, and those after it."""
    folder = tmp_path_factory.mktemp("foretold")
    generate(folder / "raw", aircraft=4, years=2, seed=7)
    return split(folder / "raw", folder)


def split(raw: Path, folder: Path) -> tuple[Path, Path]:
    text = (raw / "_arrivals.csv").read_text()
    arrivals = dict(line.split(",") for line in text.splitlines())
    parts = before, after = folder / "before", folder / "after"
    for part in parts:
        part.mkdir()
        (part / "_arrivals.csv").write_text(text)
    for path in raw.glob("[!_]*.csv"):
        shutil.copy(path, after if arrivals.get(path.name, "") > str(CUT) else before)
    return parts


def correct(home: Settings, folder: Path) -> None:
    """Say of each maintenance that was over by the cut that it cost many times as much."""
    with reader(home) as lake:
        lake.execute(
            f"COPY (SELECT maintenance_id, aircraft_id, kind, started_at, finished_at, "
            f"{TOO_DEAR} * cost AS cost FROM lake.raw.maintenance WHERE cost IS NOT NULL "
            "AND finished_at IS NOT NULL AND NOT withdrawn "
            "QUALIFY row_number() OVER (PARTITION BY maintenance_id ORDER BY _known_at) = 1) "
            f"TO '{folder / 'maintenance_dear.csv'}' (FORMAT csv, HEADER)"
        )
    with (folder / "_arrivals.csv").open("a") as out:
        out.write(f"maintenance_dear.csv,{CUT.replace(day=18)}\n")


@pytest.fixture(scope="module")
def told(
    world: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, Told, list[Any], Told]]:
    """A home after two releases: what was foretold at the first, its lines, and at the second."""
    home = Settings(home=tmp_path_factory.mktemp("costs") / "home")
    ungated.road(home, world[0])
    first = foretell(home, COSTS, releases.get(home))
    lines = raw_lines(home)
    correct(home, world[1])
    ungated.road(home, world[1])
    yield home, first, lines, foretell(home, COSTS, releases.get(home))


def raw_lines(home: Settings) -> list[Any]:
    with reader(home) as lake:
        return lake.execute(
            "SELECT aircraft_id, predicted_at, predicted_maintenance_cost, estimator, release, "
            "_known_at FROM lake.raw.cost_predictions ORDER BY predicted_at, aircraft_id"
        ).fetchall()


@dataclass(frozen=True)
class Hindsight:
    """The same days, with labels as known long after each origin: what must not be."""

    split: ThinnedSplit
    by_time: bool = True

    def read(self, connection, table, as_of):
        parts, bounds = self.split.read(connection, table, as_of)
        newest = read_labels(connection, table, known_by=END).to_pylist()
        costs = {tuple(row[name] for name in table.key): row[table.label] for row in newest}
        for name, rows in parts.items():
            known = [
                costs[key]
                for key in zip(*(rows[one].to_pylist() for one in table.key), strict=True)
            ]
            at = rows.column_names.index(table.label)
            parts[name] = rows.set_column(at, table.label, pa.array(known))
        return parts, bounds


def answers(home: Settings, lines: list[Any], foretold: Foretold = COSTS) -> list[tuple[Any, ...]]:
    """The same origins, answered at the newest release."""
    origins = sorted({line[1] for line in lines})
    found = answer_origins(home, foretold, releases.get(home), origins)
    return [
        (vessel, one.origin, round(cost, 2), one.estimator)
        for one in found
        for vessel, cost in zip(one.units["aircraft_id"].to_pylist(), one.answers, strict=True)
    ]


def test_an_origin_is_answered_from_nothing_that_became_known_after_it(told):
    home, _, lines, _ = told
    said = [(vessel, at, float(cost), by) for vessel, at, cost, by, *_ in lines]
    assert len(said) >= 16
    assert answers(home, lines) == said
    # All costs are others by now: whoever looks at labels of later says something else.
    spec = replace(COSTS.spec, split=Hindsight(COSTS.spec.split))
    seen = answers(home, lines, replace(COSTS, spec=spec))
    assert min(new[2] / old[2] for new, old in zip(seen, said, strict=True)) > 2


def test_what_was_told_stays_and_later_origins_are_added(told):
    home, first, lines, second = told
    assert (first.lines, second.lines) == (len(lines), len(raw_lines(home)) - len(lines))
    assert second.lines > 0
    assert raw_lines(home)[: len(lines)] == lines
    # A past in which nobody asked is known at its origins, what is told from then on when it is.
    assert all(known == at for _, at, *_, known in lines)
    as_of = releases.get(home).as_of.of("fleet")
    for _, at, _, _, release, known in raw_lines(home)[len(lines) :]:
        assert at > first.newest
        assert (release, known) == (2, as_of)


def test_where_nothing_is_due_nothing_is_done(told):
    home, *_ = told
    before = raw_lines(home)
    (stage,) = foretell_stages(home, "fleet")
    outcome = stage.run(silent)
    assert outcome.up_to_date
    assert outcome.line == "cost_predictions: nothing due, newest of 2026-01-01"
    assert raw_lines(home) == before


def test_a_task_that_died_behind_its_lines_wakes_the_build_of_them(told):
    """Nothing is due any more, but what was told is in no build yet."""
    home, *_ = told
    done = subprocess.run(
        [sys.executable, "-c", "from orchestration import steps; print(steps.foretell('fleet'))"],
        env={**os.environ, "TAMBO_HOME": str(home.home), "AIRFLOW_HOME": str(home.home / "air")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "cost_predictions: nothing due" in done.stdout


def test_a_model_does_not_learn_from_what_it_foretold(told):
    home, _, lines, _ = told
    spec = replace(COSTS.spec, feature_service="maintenance_schedule_v2")
    with pytest.raises(TrainingError, match="learn from itself"):
        answers(home, lines, replace(COSTS, spec=spec))


def test_two_processes_do_not_foretell_the_same(told):
    home, *_ = told
    with alone(home, "fleet", COSTS.table), pytest.raises(SourceBusyError, match="being made"):
        foretell(home, COSTS, releases.get(home))


def test_what_a_kill_left_on_the_disk_comes_in_with_the_next_run(told):
    home, *_ = told
    vessel = raw_lines(home)[-1][0]
    rows = pa.table(
        {
            "aircraft_id": [vessel],
            "predicted_at": pa.array([END.replace(day=2)], pa.timestamp("us")),
            COSTS.value: [1.5],
            "estimator": ["fleet_mean"],
            "release": [2],
        }
    )
    land(home, "fleet", COSTS.table, [DatedFile("cost_predictions_left", END, rows)])
    assert foretell(home, COSTS, releases.get(home)).lines == 1
    assert take_in(home, "fleet", COSTS.table) is None
    assert raw_lines(home)[-1] == (vessel, END.replace(day=2), Decimal("1.5"), "fleet_mean", 2, END)
