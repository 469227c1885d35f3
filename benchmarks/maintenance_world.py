"""Maintenance: every estimator beside the world's own wear, which no history tells.

    python -m benchmarks.maintenance_world HOME [HOME ...] [--out docs/benchmarks/maintenance.md]

Each home holds a sample world of a fleet and a release made of it. All estimators of
maintenance_due are fitted as its training fits them, and scored on its test rows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.maintenance_truth import TrueWear
from tambo.lake import releases
from tambo.serving import survival
from tambo.settings import Settings
from training.card import table
from training.estimators import FitOptions, predict
from training.experiment import encode_parts
from training.fleet.maintenance_due import MODEL
from training.fleet.vessel_inputs import EDGES, VESSEL
from training.frame import build_frame
from training.metrics import Floats
from training.splits import TEST, TRAIN
from training.survival.metrics import concordance
from training.survival.outcome import Outcomes

WITHIN = 30
USED = "aircraft_operations__utilisation_30d"
TRUTH = "true wear"

INTRODUCTION = """# Maintenance: how well can failures be foretold?

Reproduce with `tambo run`, then `python -m benchmarks.maintenance_world <home>`.

In the sample world a vessel fails at a rate that grows with its wear. No file tells wear: sensors
show it with noise, drift and gaps. **True wear** knows it, and the equations, but not the trips to
come: its chance of a failure within 30 days is the mark. Beside it, of the test rows of
`maintenance_due`, where maintenance that comes first censors a failure:

- **concordance** of that chance with the failures that came within the 30 days;
- **error**: mean absolute difference from the chance that the true wear gives;
- **correlation** with it, of the logarithms;
- **mean chance**, whose distance from the mark's is the bias.
"""


@dataclass(frozen=True)
class Compared:
    """One world with the chances of all estimators.

    Attributes:
        made: size of the world.
        failures: distinct failures that follow training and test rows.
        chances: of a failure within 30 days, by estimator: float64 [n].
        outcomes: of the test rows.
    """

    made: Mapping[str, int]
    failures: tuple[int, int]
    chances: Mapping[str, Floats]
    outcomes: Outcomes


def compare(settings: Settings) -> Compared:
    """Fit all estimators at the newest release, and answer its test rows.

    Raises:
        TamboError: the home holds no release, or no sample world.
    """
    world = settings.world / "fleet"
    truth, release = TrueWear.read(world), releases.get(settings)
    frame = build_frame(settings, MODEL, release)
    data = encode_parts(MODEL, frame.parts, settings.seed)
    options = FitOptions(settings.seed, settings.threads)
    chances = {}
    for one in (*MODEL.baselines, *MODEL.rivals, MODEL.candidate):
        answers = predict(one.fit(data.train, data.stop, options), data.test)
        chances[one.name] = survival.chance_of_failure(survival.hazards(answers), EDGES, WITHIN)
    rows = frame.parts[TEST]
    chances[TRUTH] = truth.chance_of_failure(
        rows.column(VESSEL).to_pylist(),
        rows.column("event_timestamp").to_pylist(),
        np.array(rows.column(USED).to_pylist(), np.float64),
        WITHIN,
    )
    made = json.loads((world / "_world.json").read_text(encoding="utf-8"))["parameters"]
    trained, tested = (
        _failures(
            frame.parts[part].column(VESSEL).to_pylist(),
            frame.parts[part].column("event_timestamp").to_pylist(),
            design.label,
        )
        for part, design in ((TRAIN, data.train), (TEST, data.test))
    )
    return Compared(made, (trained, tested), chances, Outcomes.of(data.test.label))


def _failures(vessels: Sequence[str], times: Sequence[datetime], label: Floats) -> int:
    """Distinct failures that some rows are followed by."""
    outcomes = Outcomes.of(label)
    hours = np.array(times, dtype="datetime64[h]").astype(np.int64)
    failed = np.flatnonzero(outcomes.cause == survival.FAILURE).tolist()
    return len({(vessels[row], round(hours[row] + 24.0 * outcomes.days[row])) for row in failed})


def page(worlds: Sequence[Compared]) -> str:
    """The page of all worlds, as Markdown."""
    lines = [INTRODUCTION]
    head = ["estimator", "concordance", "error", "correlation", "mean chance"]
    for one in worlds:
        size = "{aircraft} vessels, {years} years (seed {seed})".format(**one.made)
        trained, tested = one.failures
        lines += [
            f"## {size}",
            "",
            f"{trained} failures follow the training rows, {tested} the "
            f"{len(one.outcomes.days):,} test rows.",
            "",
            *table(head, [[name, *_figures(one, name)] for name in one.chances]),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _figures(one: Compared, name: str) -> list[str]:
    said, true = one.chances[name], one.chances[TRUTH]
    until = one.outcomes.until(EDGES)
    failed = (one.outcomes.cause == survival.FAILURE) & (until < WITHIN)
    ranked = concordance(said, np.minimum(until, WITHIN), failed, WITHIN)
    logs = np.log(np.maximum(np.stack([said, true]), 1e-6))
    alike = np.corrcoef(logs)[0, 1] if np.ptp(said) > 0 else np.nan
    error = float(np.abs(said - true).mean())
    return [f"{ranked:.3f}", f"{error:.4f}", f"{alike:.3f}", f"{said.mean():.4f}"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the homes that are named, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args(arguments)
    text = page([compare(Settings(home=home)) for home in given.homes])
    if given.out is not None:
        given.out.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
