"""Ingest, build and release at growing size, beside a bare CREATE TABLE AS SELECT from read_csv.

    python -m benchmarks.road [--rows 300000 3000000 30000000] [--out docs/benchmarks/road.md]

Each stage is its own process, as a user runs it. The bare statement is the limit: DuckDB reading
the same flight files into a plain table, without contract, quarantine, versions or history.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Cost, measure
from tambo.settings import PROJECT_ROOT, Settings
from tambo.sources.travel.world import generate

ROWS_A_TRAVELLER_YEAR = 14.4
YEARS = 3
TAMBO = (sys.executable, "-c", "from tambo.cli import main; main()")
STAGES = ("ingest", "build", "validate", "release")
BARE = """
import duckdb, sys
folder, table, memory = sys.argv[1:]
con = duckdb.connect(table, config={"memory_limit": memory, "threads": 2})
con.execute("CREATE TABLE flights AS SELECT * FROM read_csv($1, union_by_name = true, "
            "ignore_errors = true)", [folder + "/flights_*.csv"])
"""


def run_size(rows: int, folder: Path) -> tuple[int, dict[str, Cost]]:
    """Measure every stage at about this many flight rows.

    Returns:
        The number of flight rows made, and the cost of each stage and of the bare statement.
    """
    settings = Settings(home=folder / "home")
    world = folder / "world"
    travellers = max(1, round(rows / ROWS_A_TRAVELLER_YEAR / YEARS))
    env = {"TAMBO_HOME": str(settings.home)}
    # In a process of its own: a child's peak memory begins at its parent's.
    size = ["--travellers", str(travellers), "--years", str(YEARS), "--out", str(world)]
    measure([*TAMBO, "world", *size], env)
    bare = [sys.executable, "-c", BARE, str(world), str(folder / "bare.duckdb")]
    costs = {"read_csv": measure([*bare, settings.memory_limit], env)}
    for stage in STAGES:
        arguments = [str(world)] if stage == "ingest" else []
        costs[stage] = measure([*TAMBO, stage, *arguments], env)
    made = generate(world, travellers=travellers, years=YEARS, seed=settings.seed)
    return made.rows["flights"], costs


def table(results: list[tuple[int, dict[str, Cost]]]) -> str:
    """The results as a Markdown table; rows per second and the ratio to the bare statement."""
    lines = [
        "| flight rows | stage | wall s | CPU s | rows / s | peak MiB | wall against read_csv |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for rows, costs in results:
        limit = costs["read_csv"].wall
        lines += [
            f"| {rows:,} | {stage} | {cost.wall:.1f} | {cost.cpu:.1f} | {rows / cost.wall:,.0f} "
            f"| {cost.peak_mib:,.0f} | {cost.wall / limit:.1f} |"
            for stage, cost in costs.items()
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure the sizes asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[300_000, 3_000_000, 30_000_000])
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/road.md")
    parser.add_argument("--scratch", type=Path, default=None, help="needs about 15 GB for 30 M")
    options = parser.parse_args()
    results = []
    for rows in options.rows:
        folder = Path(tempfile.mkdtemp(prefix="tambo-bench-", dir=options.scratch))
        try:
            results.append(run_size(rows, folder))
        finally:
            shutil.rmtree(folder)
        sys.stderr.write(f"{table(results[-1:])}\n")
    title = "# Ingest, build, validate, release\n\nReproduce with `make bench`. "
    machine = f"Machine: {platform.machine()}, {platform.system()}, 2 DuckDB threads, limit 3 GB.\n"
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(f"{title}{machine}\n{table(results)}\n")


if __name__ == "__main__":
    main()
