"""Hotels: the ranking beside the world's own preferences, and beside what history can tell of them.

    python -m benchmarks.hotels_world HOME [HOME ...] [--out docs/benchmarks/hotels.md]

Each home holds a sample world that its release was made of, and a trained hotel recommendation. All
are scored on the same queries: the test rows of the champion's release, every hotel a candidate.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.hotels_score import POSTERIOR, TRUTH, Ranks, score, world_of
from tambo.settings import Settings
from training.card import table
from training.metrics import Floats
from training.ranking_metrics import LEVEL, RESAMPLES, Ranked, intervals, summarise

SHOWN = {
    "ndcg_5": "NDCG@5",
    "hit_rate_1": "HR@1",
    "hit_rate_3": "HR@3",
    "hit_rate_5": "HR@5",
    "mrr": "MRR",
}
TRIPS = (0, 1, 5, 10, 20, 40, 80)
"""Lower ends of the groups by number of trips known."""

INTRODUCTION = """# Hotels: how good can a ranking be?

Reproduce with `tambo run`, then `python -m benchmarks.hotels_world <home>`.

The sample world decides by chance where somebody travels and in which hotel they sleep, by tastes
of their own that no file tells. So there are two marks above the champion:

- **true preferences** rank by the chances from which the world drew the stay itself: tastes, days
  of lead, nights, season and price. Nothing can rank better on average.
- **posterior** ranks by what the known trips and stays tell of these tastes. It knows the world's
  equations and its population, and weighs travellers drawn from it by the chance that they would
  have made the known trips and stays. It is granted the home, also of those of whom nothing is
  known. It does not use age, employer, classes flown or nights of earlier trips, and where the
  effective sample is small it ranks somewhat worse than it could.

All rank the same test queries: the newest stays, every hotel known at that instant a candidate, the
dates stated. In brackets: intervals of 95 %, queries drawn again.
"""


def ratio(ranked: Ranked, other: Ranked, seed: int = 0) -> tuple[float, float, float]:
    """Ratio of two mean NDCG@5 on the same queries, with the ends of its 95 % interval."""
    mine, theirs = (one.values()["ndcg_5"] for one in (ranked, other))
    size = len(mine)
    draws = np.random.default_rng(seed).integers(0, size, size=(RESAMPLES, size))
    found = mine[draws].mean(axis=1) / np.maximum(theirs[draws].mean(axis=1), 1e-12)
    ends = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(mine.mean() / theirs.mean()), float(ends[0]), float(ends[1])


def by_trips(trips: NDArray[np.int64]) -> dict[str, NDArray[np.bool_]]:
    """Queries by how many trips of the traveller were known; empty groups are left out."""
    groups = {}
    for low, high in zip(TRIPS, (*TRIPS[1:], None), strict=True):
        mine = (trips >= low) & (trips < (high or np.inf))
        name = f"{low} and more" if high is None else f"{low} to {high - 1}" if high > 1 else "0"
        if mine.any():
            groups[name] = mine
    return groups


def page(worlds: Sequence[tuple[Mapping[str, int], Ranks]]) -> str:
    """The page of all worlds, as Markdown."""
    lines = [INTRODUCTION]
    for made, ranks in worlds:
        lines += [
            f"## {made['travellers']:,} travellers, {made['years']} years (seed {made['seed']})",
            "",
            f"{len(ranks.trips):,} queries; the champion is {ranks.champion}. Effective sample "
            f"of the posterior's places: median {np.median(ranks.sample):,.0f}, one in twenty "
            f"below {np.quantile(ranks.sample, 0.05):,.0f}.",
            "",
            *_section("Destination unknown", ranks, ranks.unknown),
            *_section("Destination known", ranks, ranks.known),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _section(title: str, ranks: Ranks, ranked: Mapping[str, Ranked]) -> list[str]:
    mine = ranked[ranks.champion]
    rows = [[name, *_figures(one)] for name, one in ranked.items()]
    marks = [
        [f"{ranks.champion} / {name}", "{:.3f} ({:.3f} to {:.3f})".format(*ratio(mine, other))]
        for name, other in ((POSTERIOR, ranked[POSTERIOR]), (TRUTH, ranked[TRUTH]))
    ]
    shown = [ranks.champion, POSTERIOR, TRUTH]
    groups = [
        [
            name,
            f"{int(group.sum()):,}",
            *(f"{_ndcg(ranked[one])[group].mean():.3f}" for one in shown),
            *(_ratio_text(mine, ranked[one], group) for one in (POSTERIOR, TRUTH)),
        ]
        for name, group in by_trips(ranks.trips).items()
    ]
    head = ["trips known", "queries", *shown, "to the posterior", "to the truth"]
    return [
        f"### {title}",
        "",
        *table([title.lower(), *SHOWN.values()], rows),
        "",
        *table(["NDCG@5", "ratio"], marks),
        "",
        *table(head, groups),
        "",
    ]


def _figures(one: Ranked) -> list[str]:
    means, ends = summarise(one), intervals(one)
    return [
        f"{means[name]:.3f} ({ends[f'{name}_low']:.3f} to {ends[f'{name}_high']:.3f})"
        for name in SHOWN
    ]


def _ndcg(one: Ranked) -> Floats:
    return one.values()["ndcg_5"]


def _ratio_text(mine: Ranked, other: Ranked, group: NDArray[np.bool_]) -> str:
    first, second = (
        replace(one, above=one.above[group], tied=one.tied[group], shown=one.shown[group])
        for one in (mine, other)
    )
    return "{:.2f} ({:.2f} to {:.2f})".format(*ratio(first, second))


def main(arguments: Sequence[str]) -> None:
    """Score every home and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hotels_world")
    parser.add_argument("homes", nargs="+", type=Path, help="homes with a world and a champion")
    parser.add_argument("--out", type=Path, help="file of the page; else it is printed")
    given = parser.parse_args(arguments)
    homes = [Settings(home=home.resolve()) for home in given.homes]
    text = page([(world_of(home)[1], score(home)) for home in homes])
    if given.out is None:
        sys.stdout.write(text)
    else:
        given.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
