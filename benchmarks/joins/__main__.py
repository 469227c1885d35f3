"""Point-in-time joins beside Feast's DuckDB store, a bare ASOF join and pandas.merge_asof.

    python -m benchmarks.joins [--only long few …] [--repeat 3] [--out docs/benchmarks/joins.md]

The runs of a scenario are kept in a file of their own in `<out>.d/` as soon as they are measured,
and the page is put together from what is there, so a run can be continued.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.joins.report import page, save
from benchmarks.joins.runs import Run, run
from benchmarks.joins.scenarios import SCENARIOS, Scenario
from benchmarks.joins.tables import make
from tambo.settings import PROJECT_ROOT


def measure(scenario: Scenario, folder: Path, *, repeat: int, patience: int) -> list[Run]:
    """Run every contender of a scenario on the same rows.

    Raises:
        SystemExit: contenders that must agree gave different answers.
    """
    snapshot = make(folder, scenario.size, versioned=scenario.versioned)
    found = []
    for label, name, options in scenario.contenders:
        given = {
            **options,
            "folder": str(folder),
            "snapshot": snapshot,
            "ttl_days": scenario.ttl_days,
            "memory_limit": scenario.memory_limit,
        }
        found.append(
            run(
                name,
                given,
                repeat=scenario.repeat or repeat,
                limit_mib=scenario.limit_mib,
                patience=patience,
            )
        )
        sys.stderr.write(f"{scenario.name}: {label}: {found[-1]}\n")
    answers = [one.answer for one in found if one.answer is not None]
    if scenario.same and any(not _agree(answers[0], one) for one in answers):
        sys.exit(f"{scenario.name}: the answers differ: {answers}")
    return found


def _agree(one: tuple[int, int, float], other: tuple[int, int, float]) -> bool:
    return one[:2] == other[:2] and abs(one[2] - other[2]) <= 1e-9 * abs(one[2])


def main() -> None:
    """Measure the scenarios asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [one.name for one in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="of every number of rows")
    parser.add_argument("--patience", type=int, default=900, help="seconds for one contender")
    parser.add_argument("--scratch", type=Path, default=None, help="needs about 12 GB for `spill`")
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/joins.md")
    options = parser.parse_args()
    parts = options.out.with_suffix(".d")
    for scenario in (one.scaled(options.scale) for one in SCENARIOS if one.name in options.only):
        folder = Path(tempfile.mkdtemp(prefix="tambo-joins-", dir=options.scratch))
        try:
            found = measure(scenario, folder, repeat=options.repeat, patience=options.patience)
        finally:
            shutil.rmtree(folder)
        save(parts, scenario, found)
        options.out.write_text(page(parts))


if __name__ == "__main__":
    main()
