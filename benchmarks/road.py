"""Ingest, build, validate and release at growing size, beside a bare CREATE TABLE AS SELECT.

    python -m benchmarks.road [--rows 300000 3000000 30000000] [--out docs/benchmarks/road.md]

Each stage is its own process, as a user runs it. The bare statement is the limit: DuckDB reading
the same flight files into a plain table, without contract, quarantine, versions or history. Two
stages more take in flight files of which every line is bad, and of which every line is a repeat.

What is measured is written down at once: a killed run goes on where it was, and `--again` starts
anew. 30 million rows take about 25 GB of disk.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import road_files
from benchmarks.journal import Journal, Measured
from benchmarks.measure import measure
from tambo.settings import PROJECT_ROOT, Settings
from tambo.sources.travel.world import generate

ROWS_A_TRAVELLER_YEAR = 14.4
YEARS = 3
TAMBO = (sys.executable, "-c", "from tambo.cli import main; main()")
BARE = """
import duckdb, sys
folder, table, memory = sys.argv[1:]
con = duckdb.connect(table, config={"memory_limit": memory, "threads": 2})
con.execute("CREATE OR REPLACE TABLE flights AS SELECT * FROM read_csv($1, union_by_name = true, "
            "ignore_errors = true)", [folder + "/flights_*.csv"])
"""
ABOUT = """# Ingest, build, validate, release

Reproduce with `make bench`. Machine: {machine}, {system}, {threads} DuckDB threads, DuckDB's
`memory_limit` {memory}. Each stage is a process of its own; peak is the largest resident set of a
process. `read_csv` is `CREATE TABLE AS SELECT * FROM read_csv` over the same flight files.

Other work may hold the cores meanwhile: then wall seconds say little, and CPU seconds and memory
are what counts. `load` is the number of processes that wanted a core when the stage ended.

"""


class Size:
    """The files and the lake of one size, in a folder of its own."""

    def __init__(self, asked: int, folder: Path) -> None:
        self.asked = asked
        self.folder = folder
        self.world = folder / "world"
        self.settings = Settings(home=folder / "home")
        self.rows = 0

    def prepare(self) -> None:
        """Write the world, unless it is there; in a process of its own, to keep this one small."""
        travellers = max(1, round(self.asked / ROWS_A_TRAVELLER_YEAR / YEARS))
        size = ["--travellers", str(travellers), "--years", str(YEARS), "--out", str(self.world)]
        measure([*TAMBO, "world", "travel", *size], {"TAMBO_HOME": str(self.settings.home)})
        made = generate(self.world, travellers=travellers, years=YEARS, seed=self.settings.seed)
        self.rows = made.rows["flights"]

    def run(self, stage: str) -> Measured:
        """Measure one stage."""
        home = self.settings.home
        if stage == "ingest, all bad":
            home = self.folder / "bad-home"
        if stage in {"ingest", "ingest, all bad"}:
            # Nothing of an earlier try is there: files that were taken in are not taken in twice.
            shutil.rmtree(home, ignore_errors=True)
        command = STAGES[stage](self)
        cost = measure(command, {"TAMBO_HOME": str(home)})
        return Measured(self.asked, self.rows, stage, cost)

    def bare(self) -> Sequence[str]:
        """The bare statement, on the files that ingest reads."""
        table = str(self.folder / "bare.duckdb")
        return [sys.executable, "-c", BARE, str(self.world), table, self.settings.memory_limit]

    def spoilt(self, spoil: Callable[[Path, Path], None], name: str) -> Sequence[str]:
        """Ingest of the flight files, spoilt."""
        folder = self.folder / name
        spoil(self.world, folder)
        return [*TAMBO, "ingest", str(folder)]


STAGES: dict[str, Callable[[Size], Sequence[str]]] = {
    "read_csv": Size.bare,
    "ingest": lambda size: [*TAMBO, "ingest", str(size.world)],
    "build": lambda _: [*TAMBO, "build"],
    "validate": lambda _: [*TAMBO, "validate"],
    "release": lambda _: [*TAMBO, "release"],
    "ingest, all repeats": lambda size: size.spoilt(road_files.repeats, "repeats"),
    "ingest, all bad": lambda size: size.spoilt(road_files.all_bad, "bad"),
}


def table(journal: Journal) -> str:
    """Everything measured as a Markdown table."""
    lines = [
        "| flight rows | stage | wall s | CPU s | rows / s | rows / CPU s | peak MiB | "
        "CPU against read_csv | load |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for asked in journal.sizes():
        measured = journal.stages(asked)
        limit = measured.get("read_csv")
        for stage in (name for name in STAGES if name in measured):
            rows, cost = measured[stage].rows, measured[stage].cost
            against = f"{cost.cpu / limit.cost.cpu:.1f}" if limit else ""
            lines.append(
                f"| {rows:,} | {stage} | {cost.wall:.1f} | {cost.cpu:.1f} "
                f"| {rows / cost.wall:,.0f} | {rows / cost.cpu:,.0f} | {cost.peak_mib:,.0f} "
                f"| {against} | {cost.load:.1f} |"
            )
    return "\n".join(lines)


def page(journal: Journal) -> str:
    """The page of docs/benchmarks."""
    settings = Settings()
    about = ABOUT.format(
        machine=platform.machine(),
        system=platform.system(),
        threads=settings.threads,
        memory=settings.memory_limit,
    )
    missing = [
        f"- {asked:,} rows: {', '.join(name for name in STAGES if name not in measured)}.\n"
        for asked in journal.sizes()
        if (measured := journal.stages(asked)).keys() < STAGES.keys()
    ]
    gaps = "".join(["\nNot measured yet:\n\n", *missing]) if missing else ""
    return f"{about}{table(journal)}\n{gaps}"


def main() -> None:
    """Measure the sizes asked for and write the page after every stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[300_000, 3_000_000, 30_000_000])
    parser.add_argument("--stages", nargs="+", choices=list(STAGES), default=list(STAGES))
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/road.md")
    parser.add_argument("--scratch", type=Path, default=PROJECT_ROOT / ".tambo-bench")
    parser.add_argument("--again", action="store_true", help="measure anew what was measured")
    parser.add_argument("--keep", action="store_true", help="keep the files of a finished size")
    options = parser.parse_args()
    journal = Journal(options.scratch / "road.jsonl")
    for asked in options.rows:
        known = {} if options.again else journal.stages(asked)
        todo = [stage for stage in options.stages if stage not in known]
        if not todo:
            continue
        size = Size(asked, options.scratch / str(asked))
        size.prepare()
        for stage in todo:
            journal.add(size.run(stage))
            write(journal, options.out)
            sys.stderr.write(f"{asked:,}: {stage}\n")
        if not options.keep and set(STAGES) <= journal.stages(asked).keys():
            shutil.rmtree(size.folder)
    write(journal, options.out)


def write(journal: Journal, out: Path) -> None:
    """Write the page of everything measured so far."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(journal))


if __name__ == "__main__":
    main()
