"""Time and memory of training the forecast of 28 days, by number of locations.

    python -m benchmarks.forecast_training [--locations 1 30 300] [--out FILE]

It runs in a home with a release of tourism. "rows" reads labels and features of the locations that
the release holds, through the feature store, as a training does. For each number of locations these
rows are then repeated under as many names, as far apart as a training with so many locations would
have them, and each step of a training runs on them in a process of its own: "search" is the
network's; "lstm" and "xgboost" are fitted, backtested, written as ONNX, sized and scored. So fits
are those of so many locations, and the lake and the references (AutoETS, AutoARIMA) are not.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks.inside import run, spend
from tambo.settings import PROJECT_ROOT, Settings, get_settings
from training.card import table

if TYPE_CHECKING:
    from training.estimators import FitOptions
    from training.scoring import Data

NAME = "benchmarks.forecast_training"
STEPS = ("search", "lstm", "xgboost")
PARTS = ("train", "calibration", "test")
ABOUT = """# Training the forecast of 28 days

Reproduce with `tambo run` and then `python -m benchmarks.forecast_training` in the same home; `make
bench` does it too. Machine: {machine}, {system}. Threads of a fit: {threads} (`TAMBO_THREADS`);
trials of the search: {trials} (`TAMBO_SEARCH_TRIALS`), where a training has {usual} by itself.
Other work may hold the cores meanwhile, so CPU counts.

`rows` reads labels and features of the release's own {own} locations through the feature store.
These rows are then repeated under as many names as there are locations, and each further step runs
on them in a process of its own; memory is the process's peak with all it imports. Not measured for
30 and 300: the lake, and the references, of which AutoETS takes 0.1 s of CPU a location and origin
([forecast](forecast.md)).

Training rows are at most {rows:,}: with more locations, each has its origins further apart, at days
of its own. So fits of 300 locations cost hardly more than those of 30; what grows is calibration
and test, 18 rows a location.

"""


def read_rows(settings: Settings, folder: Path) -> dict[str, float]:
    """Read the rows of a release as a training does, and keep them in a folder."""
    import pyarrow.parquet as pq

    from tambo.lake import releases
    from training.frame import build_frame
    from training.tourism.visitor_flow import MODEL

    frames, release = [], releases.get(settings, None)
    cost = spend(lambda: frames.append(build_frame(settings, MODEL, release)))
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in frames[0].parts.items():
        pq.write_table(rows, folder / f"{name}.parquet")
    places = {*frames[0].parts["test"].column("location").to_pylist()}
    return cost | _counts(frames[0].parts) | {"locations": float(len(places))}


def repeated(parts: Mapping[str, pa.Table], locations: int, most: int) -> dict[str, pa.Table]:
    """Rows as if there were so many locations.

    Args:
        parts: labelled rows with their features, by part.
        locations: how many; those with the most training rows come first, then they repeat.
        most: training rows at most.
    """
    own = Counter(parts["train"].column("location").to_pylist()).most_common()
    named = [(f"{name} {number}", name) for number in range(locations) for name, _ in own]
    named, counts = named[:locations], dict(own)
    apart = max(1, math.ceil(sum(counts[name] for _, name in named) / most))
    found = {}
    for part, rows in parts.items():
        names = np.array(rows.column("location").to_pylist(), dtype=object)
        stride, places, kept = (apart if part == "train" else 1), [], []
        for number, (new, name) in enumerate(named):
            positions = np.flatnonzero(names == name)[number % stride :: stride]
            kept.append(positions)
            places += [new] * len(positions)
        taken = rows.take(pa.array(np.concatenate(kept)))
        at = taken.column_names.index("location")
        found[part] = taken.set_column(at, "location", pa.array(places)).sort_by("event_timestamp")
    return found


def fit(settings: Settings, step: str, locations: int, folder: Path) -> dict[str, float]:
    """Search, or fit and score one estimator, on the rows of a folder."""
    import pyarrow.parquet as pq

    from training.estimators import FitOptions
    from training.experiment import encode_parts, fit_and_score
    from training.tourism.visitor_flow import MODEL

    parts = {name: pq.read_table(folder / f"{name}.parquet") for name in PARTS}
    rows = repeated(parts, locations, _most_rows())
    options = FitOptions(settings.seed, settings.threads)
    estimators = {one.name: one for one in (MODEL.candidate, *MODEL.rivals)}

    def work() -> None:
        data = encode_parts(MODEL, rows, settings.seed)
        if step == "search":
            _search(data, options, _trials(settings))
        else:
            fit_and_score(MODEL, estimators[step], data, options)

    return spend(work) | _counts(rows)


def _counts(parts: Mapping[str, pa.Table]) -> dict[str, float]:
    return {name: float(parts[name].num_rows) for name in PARTS}


def _most_rows() -> int:
    from training.forecast.rolling import RollingOrigin
    from training.tourism.visitor_flow import MODEL

    return MODEL.split.most_rows if isinstance(MODEL.split, RollingOrigin) else 0


def _trials(settings: Settings) -> int:
    from training.tourism.visitor_flow import MODEL

    return MODEL.trials if settings.search_trials is None else settings.search_trials


def _search(data: Data, options: FitOptions, trials: int) -> None:
    from training.search import search
    from training.tourism.visitor_flow import MODEL

    search(
        MODEL.candidate,
        data.train,
        MODEL.space,
        trials=trials,
        gap=MODEL.label.window,
        options=options,
        measure=MODEL.task.measure,
        rule=MODEL.gate,
    )


@dataclass(frozen=True)
class Measured:
    """One step for some locations, with what it cost."""

    locations: int
    step: str
    cost: Mapping[str, float]

    def row(self) -> list[str]:
        """Its line of the table."""
        parts = " / ".join(f"{self.cost[name]:,.0f}" for name in PARTS)
        figures = [f"{self.cost[name]:,.1f}" for name in ("cpu", "wall")]
        return [f"{self.locations:,}", self.step, parts, *figures, f"{self.cost['peak_mib']:,.0f}"]


def compare(counts: Sequence[int], folder: Path) -> Iterator[Measured]:
    """Cost of reading the rows, and of each step for each number of locations."""
    where = ["--folder", str(folder)]
    rows = run(NAME, ["--step", "rows", *where])
    yield Measured(int(rows["locations"]), "rows", rows)
    for locations in counts:
        for step in STEPS:
            asked = ["--step", step, "--locations", str(locations)]
            yield Measured(locations, step, run(NAME, [*asked, *where]))


def page(settings: Settings, found: Sequence[Measured]) -> str:
    """Everything measured as a page of docs/benchmarks."""
    from training.tourism.visitor_flow import MODEL

    about = ABOUT.format(
        machine=platform.machine(),
        system=platform.system(),
        own=found[0].locations,
        threads=settings.threads,
        trials=_trials(settings),
        usual=MODEL.trials,
        rows=_most_rows(),
    )
    head = ["locations", "step", "rows: train / calibration / test", "CPU s", "wall s", "peak MiB"]
    return about + "\n".join(table(head, [one.row() for one in found])) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--locations", type=int, nargs="+", default=[1, 30, 300])
    parser.add_argument(
        "--out", type=Path, default=PROJECT_ROOT / "docs/benchmarks/forecast-training.md"
    )
    parser.add_argument("--step", choices=("rows", *STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    settings = get_settings()
    if options.step:
        cost = (
            read_rows(settings, options.folder)
            if options.step == "rows"
            else fit(settings, options.step, options.locations[0], options.folder)
        )
        sys.stdout.write(f"{json.dumps(cost)}\n")
        return
    settings.scratch.mkdir(parents=True, exist_ok=True)
    found = []
    with TemporaryDirectory(dir=settings.scratch, prefix="rows-") as folder:
        for one in compare(options.locations, Path(folder)):
            found.append(one)
            sys.stderr.write(f"{' | '.join(one.row())}\n")
    options.out.write_text(page(settings, found), encoding="utf-8")


if __name__ == "__main__":
    main()
