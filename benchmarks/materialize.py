"""Materialize 1,000,000 keys of five doubles into Redis: Feast's own way beside ours.

    python -m benchmarks.materialize [--rows 1000000] [--alone 200000 3000000] [--repetitions 3]

Both through FeatureStore.materialize, each run in a process of its own on an empty Redis. Feast:
parquet file, its default offline store, local engine and Redis store. Tambo: the same rows as a
table of the lake, LakeEngine, TamboRedisOnlineStore. CPU is that of the client, reading included;
the server's is beside it. Memory is the client's peak; 220 MiB of it are Feast and pandas, once
imported. Ours grows until the pass that finds each key's latest row has its 48 MB, and then by a
bit a row.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.inside import medians, redis_server, run, server_cpu, spend
from tambo.as_of import AsOf
from tambo.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from feast import FeatureStore

FEATURES = 5
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
ROWS = (
    "SELECT i AS code, TIMESTAMP '2026-05-01' + to_microseconds(i) AS event_timestamp, "
    "TIMESTAMP '2026-05-02' AS created_timestamp, {values} FROM range({rows}) t(i)"
)


def make(folder: Path, rows: int) -> None:
    """The rows, as a parquet file and as a table of a released lake."""
    from tambo.lake import writer
    from tambo.lake.sql import literal

    values = ", ".join(f"hash(i + {one}) / 1e19 AS f{one}" for one in range(FEATURES))
    sql = ROWS.format(rows=rows, values=values)
    folder.mkdir(parents=True)
    with writer(Settings(home=folder / "home"), "benchmark") as lake:
        lake.execute(f"CREATE TABLE lake.marts.rows AS {sql}")
        lake.execute(f"COPY ({sql}) TO {literal(folder / 'rows.parquet')}")
        lake.execute(
            "INSERT INTO lake.audit.releases BY NAME SELECT 1 AS release, "
            "TIMESTAMP '2026-06-01' AS created_at, max(snapshot_id) AS snapshot_id, "
            "1 AS build_id, 1 AS validation_id, '' AS git_revision, '' AS dbt_invocation, "
            f"{literal(AsOf({'benchmark': AS_OF}).dump())} AS as_of_by_domain, "
            "'[]' AS verdicts, '{}' AS row_counts, "
            "'released' AS status FROM lake.snapshots()"
        )


def open_store(contender: str, folder: Path, port: int) -> FeatureStore:
    """A repository of one view, Feast's own way or ours."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, Int64

    from tambo.featurestore.source import DuckLakeSource
    from tambo.featurestore.store import repo_config

    registry = folder / f"{contender}.db"
    registry.unlink(missing_ok=True)
    times: Any = {"created_timestamp_column": "created_timestamp"}
    if contender == "tambo":
        settings = Settings(home=folder / "home", redis_url=f"redis://127.0.0.1:{port}/0")
        config = repo_config(settings, registry=registry)
        source: Any = DuckLakeSource(table="marts.rows", records=True, **times)
    else:
        config = RepoConfig(
            project="bench",
            provider="local",
            registry=str(registry),
            online_store={"type": "redis", "connection_string": f"127.0.0.1:{port}"},
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
        path = str(folder / "rows.parquet")
        source = FileSource(path=path, timestamp_field="event_timestamp", **times)
    entity = Entity(name="code", value_type=ValueType.INT64)
    schema = [Field(name="code", dtype=Int64)]
    schema += [Field(name=f"f{one}", dtype=Float64) for one in range(FEATURES)]
    store = FeatureStore(config=config)
    view = FeatureView(
        name="rows", entities=[entity], ttl=timedelta(0), schema=schema, source=source
    )
    store.apply([entity, view])
    return store


def contend(options: argparse.Namespace) -> None:
    """Run one contender in this process and print its cost."""
    import contextlib

    store = open_store(options.run, options.folder, options.port)
    before = server_cpu(options.port)
    with contextlib.redirect_stdout(sys.stderr):
        cost = spend(lambda: store.materialize(AS_OF - timedelta(days=365), AS_OF))
    server = server_cpu(options.port) - before
    import redis

    with redis.Redis(port=options.port) as client:
        keys = float(client.dbsize())
    sys.stdout.write(f"{json.dumps({**cost, 'server': server, 'keys': keys})}\n")


def table(results: dict[tuple[int, str], dict[str, float]]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| rows | by | client CPU s | server CPU s | wall s | peak MiB | rows / client CPU s |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {rows:,} | {name} | {cost['cpu']:.1f} | {cost['server']:.1f} | {cost['wall']:.1f} "
        f"| {cost['peak_mib']:,.0f} | {rows / cost['cpu']:,.0f} |"
        for (rows, name), cost in results.items()
    ]
    return "\n".join(lines)


def measure(options: argparse.Namespace) -> dict[tuple[int, str], dict[str, float]]:
    """Run the contenders side by side, then ours alone at other sizes, to see its memory."""
    results: dict[tuple[int, str], dict[str, float]] = {}
    for rows in [options.rows, *options.alone]:
        folder = Path(tempfile.mkdtemp(prefix="tambo-materialize-", dir=options.scratch))
        names = ("feast", "tambo") if rows == options.rows else ("tambo",)
        try:
            make(folder / "data", rows)
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
            for _ in range(options.repetitions):
                for name in names:
                    with redis_server(folder) as port:
                        arguments = ["--run", name, "--folder", str(folder / "data")]
                        found = run("benchmarks.materialize", [*arguments, "--port", str(port)])
                    if found["keys"] != rows:
                        raise SystemExit(f"{name} wrote {found['keys']:,.0f} keys of {rows:,}")
                    sys.stderr.write(f"{table({(rows, name): found})}\n")
                    runs[name].append(found)
        finally:
            shutil.rmtree(folder)
        results |= {(rows, name): medians(found) for name, found in runs.items()}
    return results


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alone", type=int, nargs="*", default=[200_000, 3_000_000])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--scratch", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/materialize.md")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        contend(options)
        return
    results = dict(sorted(measure(options).items()))
    feast, tambo = results[options.rows, "feast"], results[options.rows, "tambo"]
    times = feast["cpu"] / tambo["cpu"]
    both = (feast["cpu"] + feast["server"]) / (tambo["cpu"] + tambo["server"])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        "# Materializing into Redis\n\nReproduce with `python -m benchmarks.materialize`; medians "
        f"of {options.repetitions} repetitions.\n\n| target | at least | measured | |\n"
        f"|---|---:|---:|---|\n| {options.rows:,} keys of five doubles: rows for a CPU second "
        f"against Feast's own | 5 times | {times:.1f} times; {both:.1f} with the server's CPU "
        f"| {'reached' if times >= 5 else 'missed'} |\n\n{_memory(results)}\n\n"
        f"{table(results)}\n\n{(__doc__ or '').split('3]', 1)[-1].strip()}\n"
    )


def _memory(results: dict[tuple[int, str], dict[str, float]]) -> str:
    peaks = [
        f"{cost['peak_mib']:,.0f} MiB for {rows:,} rows"
        for (rows, name), cost in results.items()
        if name == "tambo"
    ]
    return f"Memory is to be bounded and independent of the number of rows: {', '.join(peaks)}."


if __name__ == "__main__":
    main()
