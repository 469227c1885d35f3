"""What was measured, as a page: the targets first, then a table for each scenario."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.joins.runs import Run
from benchmarks.joins.scenarios import MILLION, SCENARIOS, Scenario

Runs = Mapping[str, Run]
"""Runs of one scenario by the label of their contender."""

NOISE = 0.05
"""Share by which two equal runs were seen to differ; "no dearer" allows it."""


def save(parts: Path, scenario: Scenario, found: Sequence[Run]) -> None:
    """Keep the runs of a scenario for the page."""
    parts.mkdir(parents=True, exist_ok=True)
    labels = [label for label, _, _ in scenario.contenders]
    content = {label: asdict(one) for label, one in zip(labels, found, strict=True)}
    (parts / f"{scenario.name}.json").write_text(json.dumps(content, indent=1) + "\n")


def load(parts: Path) -> dict[str, Runs]:
    """The runs kept so far, by scenario."""
    found: dict[str, Runs] = {}
    for scenario in SCENARIOS:
        path = parts / f"{scenario.name}.json"
        if path.exists():
            content = json.loads(path.read_text())
            found[scenario.name] = {label: Run(**one) for label, one in content.items()}
    return found


def page(parts: Path) -> str:
    """All results there are, in the order of the scenarios."""
    results = load(parts)
    machine = (
        f"One view of five doubles; {platform.machine()}, {platform.system()}, 2 threads. Medians; "
        "CPU seconds and memory are to be trusted, wall seconds only where nothing else runs."
    )
    method = (
        "Each contender is a process of its own on the same rows, measured from after its imports "
        "to the answer as an Arrow table, reading and sorting included. The answers of a table "
        "are the same, but where modes differ. Memory is that of the whole process."
    )
    return (
        "\n\n".join(
            [
                "# Point-in-time joins\n\nReproduce with `python -m benchmarks.joins`.",
                machine,
                method,
                targets(results),
                *(table(one, results[one.name]) for one in SCENARIOS if one.name in results),
            ]
        )
        + "\n"
    )


def table(scenario: Scenario, runs: Runs) -> str:
    """The results of a scenario as Markdown; ratios are to its first contender."""
    first = next(iter(runs.values()))
    lines = [
        f"## {scenario.title}",
        "",
        f"{scenario.size}{f', ttl {scenario.ttl_days} days' if scenario.ttl_days else ''}.",
        "",
        "| | CPU s | wall s | peak MiB | CPU, times the first | memory, times the first |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for label, one in runs.items():
        more = "more than " if one.stopped else ""
        name = f"{label} ({one.stopped})" if one.stopped else label
        lines.append(
            f"| {name} | {more}{one.cpu:.2f} | {one.wall:.2f} | {one.peak_mib:,.0f} "
            f"| {more}{one.cpu / first.cpu:.2f} | {more}{one.peak_mib / first.peak_mib:.2f} |"
        )
    return "\n".join(lines)


def targets(results: Mapping[str, Runs]) -> str:
    """What was to be reached, and what was; of the scenarios that were measured."""
    lines = ["| target | asked for | measured | |", "|---|---:|---:|---|"]
    for name, tell in _TARGETS:
        if name in results:
            lines += [
                f"| {what} | {asked} | {found} | {'reached' if reached else 'missed'} |"
                for what, asked, found, reached in tell(results)
            ]
    return "\n".join(lines)


_Line = tuple[str, str, str, bool]


def _at_least(what: str, least: float, found: float, *, more: bool = False) -> _Line:
    text = f"{'more than ' if more else ''}{found:.1f} times"
    return what, f"at least {least:g} times", text, found >= least


def _at_most(what: str, most: float, found: float, slack: float = 0.0) -> _Line:
    return what, f"at most {most:g} times", f"{found:.2f} times", found <= most + slack


def _peers(results: Mapping[str, Runs]) -> list[_Line]:
    tambo, feast, pandas, _ = results["long"].values()
    return [
        _at_least("long histories: less CPU than Feast", 30, feast.cpu / tambo.cpu),
        _at_least("long histories: less memory than Feast", 5, feast.peak_mib / tambo.peak_mib),
        _at_most("long histories: CPU against pandas.merge_asof", 1, tambo.cpu / pandas.cpu),
    ]


def _few(results: Mapping[str, Runs]) -> list[_Line]:
    tambo, feast, *_ = results["few"].values()
    more = bool(feast.stopped)
    return [_at_least("few keys: less CPU than Feast", 60, feast.cpu / tambo.cpu, more=more)]


def _ttl(results: Mapping[str, Runs]) -> list[_Line]:
    tambo, feast, *_ = results["ttl"].values()
    return [_at_least("a ttl of 30 days: less CPU than Feast", 2, feast.cpu / tambo.cpu)]


def _memory(results: Mapping[str, Runs]) -> list[_Line]:
    tambo, feast = results["memory"].values()
    text = f"{tambo.peak_mib / 1024:.1f} GiB, Feast's {feast.stopped or 'ended'}"
    reached = not tambo.stopped and bool(feast.stopped)
    return [("10 million feature rows", "within 3 GiB, where Feast's does not end", text, reached)]


def _modes(results: Mapping[str, Runs]) -> list[_Line]:
    runs = results["modes"]
    bare, plain = runs["bare ASOF LEFT JOIN"].cpu, runs["event time, declared unique"].cpu
    kept, fly = runs["as known, records kept"].cpu, runs["as known, unique, on the fly"].cpu
    return [
        _at_most("declared unique: CPU against the bare join", 1.5, plain / bare),
        _at_most(
            "not declared: CPU against the bare join",
            2,
            runs["event time, not declared"].cpu / bare,
        ),
        _at_most("as known, records kept: CPU against the plain mode", 1, kept / plain, NOISE),
        _at_most("as known, on the fly: CPU against the plain mode", 2, fly / plain),
    ]


def _growth(name: str, what: str, results: Mapping[str, Runs]) -> list[_Line]:
    if "long" not in results:
        return []
    large, small = (next(iter(results[one].values())).cpu for one in (name, "long"))
    scenario = next(one for one in SCENARIOS if one.name == name)
    rows = max(scenario.size.entities, scenario.size.features) / MILLION
    return [_at_most(f"{what}: time per row against 1 million", 1.5, large / rows / small)]


def _spill(results: Mapping[str, Runs]) -> list[_Line]:
    (tambo,) = results["spill"].values()
    text = tambo.stopped or f"{tambo.peak_mib / 1024:.1f} GiB"
    return [("100 million feature rows", "ends within 16 GiB", text, not tambo.stopped)]


_TARGETS = (
    ("long", _peers),
    ("few", _few),
    ("ttl", _ttl),
    ("memory", _memory),
    ("modes", _modes),
    ("entities", lambda found: _growth("entities", "30 million entity rows", found)),
    ("features", lambda found: _growth("features", "30 million feature rows", found)),
    ("spill", _spill),
)
