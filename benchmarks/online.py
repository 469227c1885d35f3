"""Read features online: OnlineReader beside Feast's get_online_features and a bare HMGET.

    python -m benchmarks.online [--keys 10000] [--repetitions 3] [--out docs/benchmarks/online.md]

Three views of five doubles over one entity; each key has an event time of its own. Each contender
runs in a process of its own, on the same database, which stock Feast has written. Feast's answer is
taken as `to_dict()`, the reader's as a dictionary of values for each row. "bare" is the least that
can be asked: one HMGET an entity (for several, in a redis-py pipeline), each value unpacked as the
double that it is known to be, without types, times, ttl or names. All use redis-py with hiredis.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.inside import medians, redis_server, run, spend
from tambo.as_of import AsOf
from tambo.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from feast import FeatureStore

VIEWS, FEATURES = 3, 5
SERVICE, PROJECT = "all_v1", "bench"
EVENT = datetime(2026, 6, 1, tzinfo=UTC)
SIZES = {1: 10_000, 100: 400}
"""Requests of a repetition by entities of a request."""
OURS = {
    "redis": "tambo.featurestore.stores.redis.TamboRedisOnlineStore",
    "sqlite": "tambo.featurestore.stores.sqlite.TamboSqliteOnlineStore",
}
CONTENDERS = {
    "redis": ("feast", "feast-on-tambo", "reader", "bare"),
    "sqlite": ("feast", "feast-on-tambo", "reader"),
}


def open_store(folder: Path, kind: str, port: int, *, stock: bool) -> FeatureStore:
    """The repository over a database, through Feast's own online store or ours."""
    from feast import FeatureStore, RepoConfig

    where = (
        {"connection_string": f"127.0.0.1:{port}"}
        if kind == "redis"
        else {"path": str(folder / "online.sqlite")}
    )
    return FeatureStore(
        config=RepoConfig(
            project=PROJECT,
            provider="local",
            registry={"path": str(folder / f"registry_{kind}.db"), "cache_ttl_seconds": 3600},
            online_store={"type": kind if stock else OURS[kind], **where},
            offline_store={"type": "file"},
            entity_key_serialization_version=3,
        )
    )


def fill(folder: Path, kind: str, port: int, keys: int) -> None:
    """Define the views, write them through stock Feast, and resolve the manifest."""
    import pandas as pd
    from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64, Int64

    from tambo.featurestore.online import resolve

    store = open_store(folder, kind, port, stock=True)
    entity = Entity(name="code", value_type=ValueType.INT64)
    views = [
        FeatureView(
            name=f"view_{view}",
            entities=[entity],
            ttl=timedelta(days=36_500),
            schema=[
                Field(name="code", dtype=Int64),
                *(Field(name=f"f{view}_{one}", dtype=Float64) for one in range(FEATURES)),
            ],
            source=FileSource(path=str(folder / "none.parquet"), timestamp_field="event"),
        )
        for view in range(VIEWS)
    ]
    store.apply([entity, *views, FeatureService(name=SERVICE, features=views)])
    dice = np.random.default_rng(7)
    for view in range(VIEWS):
        events = EVENT - pd.to_timedelta(range(keys), unit="s")
        frame = pd.DataFrame({"code": range(keys), "event": events})
        for one in range(FEATURES):
            frame[f"f{view}_{one}"] = dice.random(keys)
        store.write_to_online_store(f"view_{view}", df=frame)
    resolve(store, SERVICE, release=1, as_of=AsOf({"benchmark": EVENT})).save(
        folder / f"{kind}.json"
    )


def asked(contender: str, folder: Path, kind: str, port: int) -> Callable[[list[int]], Any]:
    """A function that reads all features of some entities."""
    if contender in {"feast", "feast-on-tambo"}:
        store = open_store(folder, kind, port, stock=contender == "feast")
        service = store.get_feature_service(SERVICE)
        return lambda codes: store.get_online_features(
            service, [{"code": code} for code in codes], full_feature_names=True
        ).to_dict()
    from tambo.featurestore.online import OnlineManifest, OnlineReader

    manifest = OnlineManifest.load(folder / f"{kind}.json")
    if contender == "reader":
        where: dict[str, Any] = (
            {"redis_url": f"redis://127.0.0.1:{port}/0"}
            if kind == "redis"
            else {"sqlite": folder / "online.sqlite"}
        )
        reader = OnlineReader.open(manifest, **where)
        return lambda codes: [row.values for row in reader.read([{"code": one} for one in codes])]
    return _bare(manifest, port)


def _bare(manifest: Any, port: int) -> Callable[[list[int]], Any]:
    import redis

    from tambo.featurestore.online.keys import KeyWriter

    client = redis.Redis(port=port)
    fields = [bytes.fromhex(one.redis_field) for view in manifest.views for one in view.features]
    fields += [f"_ts:{view.stored}".encode() for view in manifest.views]
    writer, double = KeyWriter([("code", "INT64")]), struct.Struct("<xd")
    count = VIEWS * FEATURES

    def ask(codes: list[int]) -> Any:
        keys: list[Any] = [writer.write({"code": code}) + PROJECT.encode() for code in codes]
        if len(keys) == 1:
            return [client.hmget(keys[0], fields)]
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hmget(key, fields)
            return pipe.execute()

    def read(codes: list[int]) -> list[list[float]]:
        replies = ask(codes)
        return [[double.unpack(value)[0] for value in reply[:count]] for reply in replies]

    return read


def contend(options: argparse.Namespace) -> None:
    """Run one contender in this process and print its cost for one request."""
    read = asked(options.run, options.folder, options.kind, options.port)
    shape = (SIZES[options.entities], options.entities)
    requests = np.random.default_rng(11).integers(options.keys, size=shape).tolist()
    for codes in requests[:20]:
        read(codes)

    def work() -> None:
        for codes in requests:
            read(codes)

    cost = spend(work)
    each = {name: cost[name] / len(requests) * 1e6 for name in ("cpu", "wall")}
    sys.stdout.write(f"{json.dumps({**each, 'peak_mib': cost['peak_mib']})}\n")


def table(results: dict[tuple[str, int], dict[str, dict[str, float]]]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| store | entities | read by | CPU µs | wall µs | peak MiB | CPU against Feast |",
        "|---|---:|---|---:|---:|---:|---:|",
    ]
    for (kind, entities), costs in results.items():
        peer = costs["feast"]["cpu"]
        lines += [
            f"| {kind} | {entities} | {name} | {cost['cpu']:,.0f} | {cost['wall']:,.0f} "
            f"| {cost['peak_mib']:,.0f} | {peer / cost['cpu']:.1f} times less |"
            for name, cost in costs.items()
        ]
    return "\n".join(lines)


def targets(results: dict[tuple[str, int], dict[str, dict[str, float]]]) -> str:
    """What was to be reached, and what was."""

    def times(kind: str, entities: int, peer: str = "feast") -> float:
        costs = results[kind, entities]
        return costs[peer]["cpu"] / costs["reader"]["cpu"]

    rows = [
        ("Redis, one entity: less CPU than Feast", 5, times("redis", 1)),
        ("Redis, 100 entities: less CPU than Feast", 10, times("redis", 100)),
        ("SQLite, one entity: less CPU than Feast", 3, times("sqlite", 1)),
        ("SQLite, 100 entities: less CPU than Feast", 3, times("sqlite", 100)),
    ]
    lines = ["| target | at least | measured | |", "|---|---:|---:|---|"]
    lines += [
        f"| {name} | {least} times | {found:.1f} times | {_verdict(found >= least)} |"
        for name, least, found in rows
    ]
    for entities in SIZES:
        over = 1 / times("redis", entities, "bare")
        lines.append(
            f"| Redis, {_count(entities)}: CPU against the bare HMGET | at most 1.5 times "
            f"| {over:.2f} times | {_verdict(over <= 1.5)} |"
        )
    return "\n".join(lines)


def _count(entities: int) -> str:
    return "one entity" if entities == 1 else f"{entities} entities"


def _verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def main() -> None:
    """Measure all contenders and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/online.md")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--kind", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--entities", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        contend(options)
        return
    folder = Path(tempfile.mkdtemp(prefix="tambo-online-"))
    try:
        with redis_server(folder) as port:
            results = _measure(options, folder, port)
    finally:
        shutil.rmtree(folder)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        "# Reading features online\n\nReproduce with `python -m benchmarks.online`. Three views of "
        f"five doubles, {options.keys:,} keys, medians of {options.repetitions} repetitions, each "
        "contender in its own process on the same database; figures are for one request.\n\n"
        f"{targets(results)}\n\n{table(results)}\n\n{__doc__.split('md]', 1)[1].strip()}\n"
    )


def _measure(
    options: argparse.Namespace, folder: Path, port: int
) -> dict[tuple[str, int], dict[str, dict[str, float]]]:
    results = {}
    for kind, contenders in CONTENDERS.items():
        fill(folder, kind, port, options.keys)
        for entities in SIZES:
            runs: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
            for _ in range(options.repetitions):
                for name in contenders:
                    arguments = {
                        "run": name, "kind": kind, "folder": folder, "port": port,
                        "entities": entities, "keys": options.keys,
                    }  # fmt: skip
                    pairs = [part for key, value in arguments.items() for part in (f"--{key}", str(value))]  # fmt: skip # noqa: E501
                    runs[name].append(run("benchmarks.online", pairs))
            results[kind, entities] = {name: medians(found) for name, found in runs.items()}
            sys.stderr.write(f"{table({(kind, entities): results[kind, entities]})}\n")
    return results


if __name__ == "__main__":
    main()
