"""Campaigns: what is learned of their effect, and what plans bring, beside the world's own truth.

    python -m benchmarks.campaigns [--seeds 7 11 23] [--out docs/benchmarks/campaigns.md]

For each seed a sample world of tourism goes the whole road to a trained response. A world that is
in the folder already is taken as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns_truth import Judged, effects, judge
from tambo.planning.tourism.learned import Learned
from tambo.planning.tourism.request import PlanRequest
from tambo.settings import Settings
from tambo.sources.tourism import world
from training import registry
from training.card import table

MODEL = "campaign_uplift"
FIRST, LAST = date(2026, 1, 5), date(2026, 12, 13)
SUMMER = date(2026, 6, 28)
BUDGETS = (0.5, 1.0, 2.0)
"""Of what was spent in the world's last year."""

INTRODUCTION = """# Campaigns: what is learned, and what a plan brings

Reproduce with `python -m benchmarks.campaigns`: for each seed a sample world of tourism goes from
raw files to a trained response. The world knows what spending truly does; the rest of Tambo does
not.

**Held-out campaigns** began after the response was learned, in three windows of 17 weeks. Gain:
log predictive density above that of "no effect". RMSE is of the log effect in a mean week of a
campaign, against the world's true effect; *mean effect* foretells each campaign by the mean of
earlier ones. Holds: campaigns whose true effect lies in the interval of 80 %.

**Plans** begin after the last day that is known. *Off-peak* plans spend in weeks below 90 % of a
location's mean week, as does *equal spread*: the same sum in every such week of every location
and market. *Last year* spends as 52 weeks before in these weeks, scaled to the budget. Budgets are
shares of what was spent in the last year. Extra visitors are the world's. *Foretold*: what the
plan said, with its interval of 80 %.
"""


@dataclass(frozen=True)
class World:
    """One world with what was learned of it.

    Attributes:
        seed: of the world.
        metrics, measured: the model's own reports.
        true: true log effect of each held-out campaign.
        learned: the artefact.
        plans: judged.
        seconds: that training took.
    """

    seed: int
    metrics: dict[str, float]
    measured: list[dict[str, Any]]
    true: list[float]
    learned: Learned
    plans: list[Judged]
    seconds: float


def home_of(folder: Path, seed: int, locations: int) -> Settings:
    """A released home of a world; made if it is not there."""
    from expectations.gate import validate
    from feature_repo.definitions import all_objects
    from tambo.featurestore.publish import publish
    from tambo.ingest import ingest
    from tambo.lake import releases
    from tambo.lake.build import build

    place = folder / f"{locations}-{seed}"
    settings = Settings(home=place / "home", seed=seed)
    if not (place / "done").exists():
        world.generate(place / "raw", locations=locations, years=3, seed=seed)
        ingest(settings, place / "raw")
        build(settings)
        validate(settings)
        releases.release(settings)
        publish(settings, all_objects(["tourism"]))
        (place / "done").touch()
    return settings


def measure(folder: Path, seed: int, locations: int) -> World:
    """Train on a world, and judge what was learned by its truth."""
    from training.experiment import train

    settings = home_of(folder, seed, locations)
    started = time.perf_counter()
    trained = train(settings, MODEL)
    seconds = time.perf_counter() - started
    version = registry.get(settings, MODEL, trained.version)
    learned = Learned.load(registry.serving_files(settings, version))
    client = registry.connect(settings)
    reports = Path(client.download_artifacts(version.run_id, "reports"))
    metrics, measured = (
        json.loads((reports / f"{name}.json").read_text()) for name in ("metrics", "held_out")
    )
    metrics = metrics["response"]
    truth = world.read_truth(folder / f"{locations}-{seed}" / "raw")
    year = sum(one.usd for one in learned.past if one.week.year == learned.as_of.year)
    plans = [
        judge(name, truth, learned, PlanRequest(share * year, FIRST, last, off_peak=off_peak))
        for name, share, last, off_peak in _cases()
    ]
    true = effects(truth, measured)
    return World(seed, metrics, measured, true, learned, plans, seconds)


def _cases() -> list[tuple[str, float, date, float | None]]:
    cases: list[tuple[str, float, date, float | None]] = [
        (f"off-peak, budget {share:g}", share, LAST, 0.9) for share in BUDGETS
    ]
    cases.append(("off-peak, half a year, budget 0.5", 0.5, SUMMER, 0.9))
    cases.append(("all weeks, budget 1", 1.0, LAST, None))
    return cases


def page(worlds: Sequence[World], locations: int) -> str:
    """The page of all worlds, as Markdown."""
    gains = [one.gain for each in worlds for one in each.plans]
    held = [one.held for each in worlds for one in each.plans]
    lines = [
        INTRODUCTION,
        f"{len(worlds)} worlds of {locations} locations and 3 years. Plans bring "
        f"{min(gains):+.0%} to {max(gains):+.0%} extra visitors against equal "
        f"spread, {np.median(gains):+.0%} in the middle; {sum(held)} of {len(held)} "
        "intervals hold what a plan truly brings.",
        "",
        "## Held-out campaigns",
        "",
        *table(
            ["seed", "campaigns", "gain", "gain of mean effect", "RMSE", "RMSE, no effect",
             "RMSE, mean effect", "holds", "serves"],
            [_held_out(each) for each in worlds],
        ),
        "",
        "## Plans",
        "",
        *table(
            ["seed", "plan", "budget, USD", "foretold", "plan", "equal spread", "gain",
             "last year", "gain", "USD a visitor"],
            [_plan(each.seed, one) for each in worlds for one in each.plans],
        ),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _held_out(each: World) -> list[str]:
    true = np.array(each.true)

    def column(name: str) -> Any:
        return np.array([one[name] for one in each.measured])

    def error(foretold: Any) -> str:
        return f"{np.sqrt(np.mean((foretold - true) ** 2)):.3f}" if len(true) else "-"

    inside = (column("effect_low") <= true) & (true <= column("effect_high"))
    return [
        f"{each.seed}", f"{len(true)}", f"{each.metrics['gain']:.1f}",
        f"{each.metrics['mean_effect_gain']:.1f}", error(column("foretold")), error(0 * true),
        error(column("usual")), f"{inside.sum()} of {len(true)}",
        "response" if each.learned.enough else "no effect",
    ]  # fmt: skip


def _plan(seed: int, one: Judged) -> list[str]:
    told, total = one.plan.total.extra, one.plan.total
    mine, spread, before = one.true
    foretold = (
        "-" if told is None else f"{told.expected:,.0f} ({told.low:,.0f} to {told.high:,.0f})"
    )
    return [
        f"{seed}", one.name, f"{total.spend:,.0f}", foretold, f"{mine:,.0f}", f"{spread:,.0f}",
        f"{one.gain:+.0%}", "-" if before is None else f"{before:,.0f}",
        "-" if before is None else f"{mine / before - 1:+.0%}", f"{total.spend / mine:,.2f}",
    ]  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Measure every world and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaigns")
    parser.add_argument("--seeds", nargs="+", type=int, default=[7, 11, 23, 42, 101])
    parser.add_argument("--locations", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=Settings().home / "benchmark-campaigns")
    parser.add_argument("--out", type=Path, help="file of the page; else it is printed")
    given = parser.parse_args(arguments)
    folder = given.folder.absolute()
    worlds = []
    for seed in given.seeds:
        worlds.append(measure(folder, seed, given.locations))
        sys.stderr.write(f"seed {seed}: trained in {worlds[-1].seconds:.0f} s\n")
    text = page(worlds, given.locations)
    if given.out is None:
        sys.stdout.write(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
