"""Latency of a forecast of 28 days: as it is served, by Keras itself, and by AutoETS.

    python -m benchmarks.forecast [--locations 1 300] [--out docs/benchmarks/forecast.md]

The LSTM is the newest one registered in the home that the command runs in, so `tambo train
visitor_flow` comes first. All three answer the same test rows, repeated for many locations, in this
process. "served" is what a service does with features in hand: encode, run ONNX on one thread, move
the quantiles. "keras" is `model.predict` on arrays that were prepared beforehand; "ets" fits
statsforecast's AutoETS to two years of each location and forecasts.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tambo.errors import TrainingError
from tambo.settings import PROJECT_ROOT, Settings, get_settings

if TYPE_CHECKING:
    from tambo.registry import ModelVersion
    from training.frame import Frame

MODEL, ESTIMATOR = "visitor_flow", "lstm"
TO_REACH = 20.0
"""How much faster than `model.predict` the served path must be for one location."""
ABOUT = """# Forecast 28 days

Reproduce with `tambo train visitor_flow` and then `python -m benchmarks.forecast` in the same home;
`make bench` does it too. Machine: {machine}, {system}. Milliseconds of one call; other work may
hold the cores meanwhile, so CPU and ratios count. `benchmarks/forecast.py` says what each way does.

"""


@dataclass(frozen=True)
class Found:
    """One way for some locations.

    Attributes:
        locations: forecast in one call.
        way: "served", "keras" or "ets".
        calls: how many were timed.
        p50: median, in ms.
        cpu: mean CPU of a call, in ms.
    """

    locations: int
    way: str
    calls: int
    p50: float
    cpu: float


def timed(locations: int, way: str, calls: int, call: Callable[[], Any]) -> Found:
    """Time some calls; one more comes before them."""
    walls, cpu = [], 0.0
    call()
    for _ in range(calls):
        wall, begin = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpu += time.process_time() - begin
    return Found(locations, way, calls, float(np.median(walls)) * 1e3, cpu / calls * 1e3)


def newest(settings: Settings) -> ModelVersion:
    """The newest version of the model that is the network.

    Raises:
        TrainingError: there is none.
    """
    from training import registry

    for one in registry.model_versions(settings, MODEL):
        if one.estimator == ESTIMATOR:
            return one
    raise TrainingError(
        f"{settings.home} holds no {ESTIMATOR} of {MODEL}.", remedy=f"tambo train {MODEL}"
    )


def served(settings: Settings, version: ModelVersion, frame: Frame) -> Callable[[int], Any]:
    """The service's model on features in hand: a call for some locations."""
    from tambo.serving.model import ServedModel
    from training import registry
    from training.design import column
    from training.splits import TEST

    model = ServedModel.load(registry.serving_files(settings, version))
    names = model.spec.columns
    columns = {name: column(frame.parts[TEST], name) for name in names}
    rows = [{name: columns[name][at] for name in names} for at in range(len(columns[names[0]]))]

    def call(locations: int) -> Any:
        return model.predict([rows[at % len(rows)] for at in range(locations)])

    return call


def keras(settings: Settings, version: ModelVersion, frame: Frame) -> Callable[[int], Any]:
    """Keras' own model on prepared arrays: a call for some locations."""
    from training import registry
    from training.experiment import encode_parts
    from training.forecast.recurrent import load
    from training.tourism.visitor_flow import LAYOUT
    from training.tourism.visitor_flow import MODEL as SPEC

    folder = Path(registry.connect(settings).download_artifacts(version.run_id, "native"))
    test = encode_parts(SPEC, frame.parts, settings.seed).test
    network, prepared = load(folder, LAYOUT, test)

    def call(locations: int) -> Any:
        at = np.arange(locations) % len(prepared[0])
        return network.predict([one[at] for one in prepared], batch_size=1024, verbose=0)

    return call


def ets(frame: Frame) -> Callable[[int], Any]:
    """AutoETS on two years of each location: a call for some locations."""
    from statsforecast.models import AutoETS

    origin = max(frame.histories)
    days = 730
    series = [
        np.nan_to_num(np.log1p(one.values[-days:, 0])) for one in frame.histories[origin].values()
    ]

    def call(locations: int) -> Any:
        return [
            AutoETS(season_length=7).forecast(series[at % len(series)], h=28, level=[80])
            for at in range(locations)
        ]

    return call


def compare(settings: Settings, counts: Sequence[int]) -> Iterator[Found]:
    """All three ways for each number of locations."""
    from tambo.lake import releases
    from training.frame import build_frame
    from training.tourism.visitor_flow import MODEL as SPEC

    version = newest(settings)
    frame = build_frame(settings, SPEC, releases.get(settings, version.release))
    ways = {
        "served": (served(settings, version, frame), 200),
        "keras": (keras(settings, version, frame), 30),
        "ets": (ets(frame), 3),
    }
    for locations in counts:
        for way, (call, calls) in ways.items():
            few = max(1, calls // max(1, locations // 10))
            yield timed(locations, way, few, partial(call, locations))


def table(found: Sequence[Found]) -> str:
    """Everything measured, and what was to be reached."""
    lines = [
        "| locations | way | calls | p50 ms | CPU ms | times as long as served (p50) |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    base = {one.locations: one.p50 for one in found if one.way == "served"}
    lines += [
        f"| {one.locations:,} | {one.way} | {one.calls} | {one.p50:.2f} | {one.cpu:.2f} "
        f"| {one.p50 / base[one.locations]:.1f} |"
        for one in found
    ]
    for one in found:
        if (one.locations, one.way) == (1, "keras"):
            reached = "reached" if one.p50 >= TO_REACH * base[1] else "not reached"
            lines += ["", f"To be reached for one location: {TO_REACH:.0f} times: {reached}."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--locations", type=int, nargs="+", default=[1, 300])
    parser.add_argument("--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/forecast.md")
    options = parser.parse_args(arguments)
    found = list(compare(get_settings(), options.locations))
    about = ABOUT.format(machine=platform.machine(), system=platform.system())
    options.out.write_text(about + table(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
