"""Recommend hotels of 10, 1,000 and 100,000: candidates first, beside ranking every hotel.

    python -m benchmarks.recommend [--hotels 10 1000 100000] [--out docs/benchmarks/recommend.md]

Each size is a world of its own (`benchmarks.recommend_files`) that takes the whole road to the
online store. The ranker is the champion of the home that the command runs in, so a `tambo run` on
the sample world comes first; the candidate index is made of the world itself. Both ways go through
the service's own code, in this process, on SQLite; only how many candidates are ranked differs. The
stay that each traveller books next is in no file: NDCG@5 is of that stay.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import recommend_files
from benchmarks.measure import measure
from benchmarks.recommend_files import Next
from tambo.errors import TrainingError
from tambo.settings import PROJECT_ROOT, Settings

if TYPE_CHECKING:
    from bentos.travel.hotel_recommendation.recommending import HotelRecommender

TAMBO = (sys.executable, "-c", "from tambo.cli import main; main()")
STAGES = ("ingest", "build", "validate", "release", "features")
QUERIES = {10: 300, 1_000: 200, 100_000: 60}
"""Queries that both ways answer; ranking 100,000 hotels takes seconds."""
FASTER, AS_GOOD = 20.0, 0.95
MODEL, SERVICE = "hotel_recommendation", "hotel_recommendation_v1"
ABOUT = """# Recommend hotels

Reproduce with `tambo run` and then `python -m benchmarks.recommend` in the same home; `make bench`
does it too. Machine: {machine}, {system}. "candidates" is the service as it is: at most {most}
hotels are ranked. "every hotel" ranks all of them. Milliseconds of one request in process, SQLite;
other work may hold the cores meanwhile, so CPU and ratios count. NDCG@5 is of the stay that comes
next, on the same queries.

"""


@dataclass(frozen=True)
class Found:
    """One way at one size.

    Attributes:
        hotels: how many are known.
        way: "candidates" or "every hotel".
        queries: how many were asked.
        p50: median, in ms.
        p99: in ms.
        cpu: CPU of a request, in ms.
        ndcg: NDCG@5 of the next stay.
    """

    hotels: int
    way: str
    queries: int
    p50: float
    p99: float
    cpu: float
    ndcg: float


def prepare(folder: Path, hotels: int) -> Next:
    """Write the world and take it to the online store."""
    following = recommend_files.write(folder / "raw", hotels, seed=7)
    environment = {"TAMBO_HOME": str(folder / "home"), "TAMBO_RAW": str(folder / "raw")}
    for stage in STAGES:
        more = [str(folder / "raw")] if stage == "ingest" else []
        cost = measure([*TAMBO, stage, *more], environment)
        sys.stderr.write(f"{hotels:,} hotels: {stage} {cost.wall:.0f} s\n")
    return following


def recommender(settings: Settings, champions: Settings, most: int | None) -> HotelRecommender:
    """The service's own code on a world, with the champion of another home.

    Args:
        settings: home of the world.
        champions: home that holds the champion.
        most: candidates at most; None: every hotel.

    Raises:
        TrainingError: there is no champion.
    """
    from bentos.travel.hotel_recommendation.recommending import HotelRecommender
    from tambo.featurestore.online import OnlineReader, resolve
    from tambo.featurestore.store import open_store
    from tambo.lake import reader, releases
    from tambo.serving.candidate_index import MOST
    from tambo.serving.model import ServedModel
    from training import onnx_export, registry
    from training.travel import hotel_index

    version = registry.champion(champions, MODEL)
    if version is None:
        raise TrainingError(f"{champions.home} has no champion of {MODEL}.", remedy="tambo run")
    spec, graph = registry.load_serving(champions, version)
    release = releases.get(settings)
    manifest = resolve(
        open_store(settings, release.number),
        SERVICE,
        release=release.number,
        as_of=release.as_of,
    )
    with reader(settings, release.snapshot_id) as connection:
        index = hotel_index.build(connection, release.as_of.of("travel"), settings.seed)
    if index is None:
        raise TrainingError(f"{settings.home} holds no stay.", remedy="tambo run")
    model = ServedModel(spec, manifest, onnx_export.open_session(graph), index)
    store = OnlineReader.open(manifest, sqlite=settings.online_store)
    return HotelRecommender(model, store, most=MOST if most is None else len(index))


def ask(service: HotelRecommender, way: str, following: Next, queries: Sequence[int]) -> Found:
    """Ask for some travellers, one after the other."""
    from bentos.travel.hotel_recommendation.schemas import REQUEST

    walls, cpus, gains, known = [], [], [], 0
    for query in [queries[0], *queries]:  # the first warms up
        request = REQUEST.validate_python({"userCode": following.traveller[query]})
        wall, cpu = time.perf_counter(), time.process_time()
        (answer,) = service.answer([request], batch=False)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        shown = [(one.hotel, one.place) for one in answer.recommendations]
        right = (following.hotel[query], following.place[query])
        gains.append(1.0 / np.log2(shown.index(right) + 2) if right in shown else 0.0)
        known = answer.considered
    p50, p99 = np.quantile(walls[1:], [0.5, 0.99]) * 1e3
    return Found(
        hotels=known,
        way=way,
        queries=len(queries),
        p50=float(p50),
        p99=float(p99),
        cpu=float(np.mean(cpus[1:]) * 1e3),
        ndcg=float(np.mean(gains[1:])),
    )


def compare(folder: Path, hotels: int, champions: Settings) -> list[Found]:
    """Both ways on one world."""
    following = prepare(folder, hotels)
    settings = Settings(home=folder / "home", raw=folder / "raw")
    random = np.random.default_rng(11)
    count = min(QUERIES.get(hotels, 60), len(following.traveller))
    queries = random.choice(len(following.traveller), size=count, replace=False).tolist()
    return [
        ask(recommender(settings, champions, most), way, following, queries)
        for way, most in (("candidates", None), ("every hotel", hotels))
    ]


def table(found: Sequence[Found]) -> str:
    """Everything measured, and what was to be reached."""
    lines = [
        "| hotels | ranked | queries | p50 ms | p99 ms | CPU ms | NDCG@5 |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.hotels:,} | {one.way} | {one.queries} | {one.p50:.1f} | {one.p99:.1f} "
        f"| {one.cpu:.1f} | {one.ndcg:.3f} |"
        for one in found
    ]
    lines += ["", "| hotels | times faster (CPU) | share of the NDCG@5 | |", "|---:|---:|---:|---|"]
    for few, every in zip(found[::2], found[1::2], strict=True):
        faster, good = every.cpu / few.cpu, few.ndcg / every.ndcg if every.ndcg else np.nan
        reached = ""
        if few.hotels >= 50_000:
            reached = "reached" if faster >= FASTER and good >= AS_GOOD else "not reached"
        lines.append(f"| {few.hotels:,} | {faster:.1f} | {good:.1%} | {reached} |")
    lines += [
        "",
        f"To be reached at 100,000: {FASTER:.0f} times faster, {AS_GOOD:.0%} of the NDCG@5.",
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    from tambo.serving.candidate_index import MOST

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hotels", type=int, nargs="+", default=[10, 1_000, 100_000])
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/recommend.md")
    options = parser.parse_args(arguments)
    champions, found = Settings(), []
    for hotels in options.hotels:
        folder = Path(tempfile.mkdtemp(prefix="tambo-recommend-"))
        try:
            found += compare(folder, hotels, champions)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write("".join(f"{json.dumps(asdict(one))}\n" for one in found[-2:]))
    about = ABOUT.format(machine=platform.machine(), system=platform.system(), most=MOST)
    options.out.write_text(f"{about}{table(found)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
