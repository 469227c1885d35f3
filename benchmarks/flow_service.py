"""Latency of the tourism service over HTTP: forecasts and what moved them.

    python -m benchmarks.flow_service [--out docs/benchmarks/flow-service.md]

The bento of the home that the command runs in is served from its SQLite store (`tambo run`, or
`tambo bundle tourism` before), and asked one request after the other by one client on this machine.
Many locations in one call are the same one many times.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tambo.settings import PROJECT_ROOT, Settings, get_settings

WHY = "/explanations"
WARM_UP = 5
ABOUT = """# Ask for visitors over HTTP

Reproduce with `tambo run` and then `python -m benchmarks.flow_service` in the same home;
`make bench` does it too. Machine: {machine}, {system}. Milliseconds of one call as a client waits
for it; other work may hold the cores meanwhile. Daily model: {daily}; hourly model: {hourly}.

| asked | calls | p50 ms | p95 ms | kB of answer |
|---|---:|---:|---:|---:|
"""


@dataclass(frozen=True)
class Call:
    """One kind of request.

    Attributes:
        name: in the table.
        path: after that of the forecast.
        body: of the request.
        calls: how many are timed.
    """

    name: str
    path: str
    body: dict[str, Any]
    calls: int


def kinds(location: str) -> list[Call]:
    """What is asked for of a location."""
    days = {"location": location}
    hours = {**days, "unit": "hour"}
    return [
        Call("28 days", "", days, 300),
        Call("72 hours", "", hours, 300),
        Call("28 days of 300 locations", "", {"items": [days] * 300}, 20),
        Call("what moved 28 days", WHY, days, 100),
        Call("what moved 72 hours", WHY, hours, 100),
        Call("what moved 28 days of 50 locations", WHY, {"items": [days] * 50}, 10),
    ]


def measured(settings: Settings) -> Iterator[str]:
    """Start the service, ask, and write the page line by line."""
    from bentos.serve import call, serving
    from bentos.tourism.example import PATH, days

    location = days(settings)["location"]
    with serving(settings, "tourism") as service, httpx.Client(trust_env=False) as client:
        url = service.url + PATH
        units = [call(url, {"location": location, "unit": unit}) for unit in ("day", "hour")]
        daily, hourly = (one["model"]["estimator"] for one in units)
        yield ABOUT.format(
            machine=platform.machine(), system=platform.system(), daily=daily, hourly=hourly
        )
        for one in kinds(location):
            yield _row(client, url, one)


def _row(client: httpx.Client, url: str, one: Call) -> str:
    seconds = []
    for _ in range(WARM_UP + one.calls):
        start = time.perf_counter()
        answer = client.post(url + one.path, json=one.body, timeout=60)
        seconds.append(time.perf_counter() - start)
        answer.raise_for_status()
    middle, late = np.percentile(seconds[WARM_UP:], [50, 95]) * 1000
    size = len(answer.content) / 1000
    return f"| {one.name} | {one.calls} | {middle:.1f} | {late:.1f} | {size:,.1f} |\n"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=PROJECT_ROOT / "docs" / "benchmarks" / "flow-service.md"
    )
    arguments = parser.parse_args()
    arguments.out.write_text("".join(measured(get_settings())), encoding="utf-8")


if __name__ == "__main__":
    main()
