"""Figures of a model card: `python -m training.card flight_price` prints them as Markdown.

They are read from the reports of the version that serves, so that no figure is typed by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tambo.errors import TrainingError
from tambo.settings import Settings, get_settings
from training import registry

MOST_GROUPS = 12
"""More groups than these are summed up where all of them would bury the rest."""


def figures(settings: Settings, name: str) -> str:
    """Write the figures of the champion of a model as Markdown.

    Raises:
        TrainingError: the model has no champion in this home.
    """
    version = registry.champion(settings, name)
    if version is None:
        raise TrainingError(f"{name} has no champion.", remedy=f"tambo train {name}")
    # Models know their tasks, and tasks write their part of the card.
    from training.experiment import models
    from training.spec import ModelSpec

    folder = Path(registry.connect(settings).download_artifacts(version.run_id, "reports"))
    reports = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    run = registry.connect(settings).get_run(version.run_id).data.params
    made = (
        f"Version {version.version}, {version.estimator}, trained at release {version.release} "
        f"(as of {run['as_of'][:10]})"
    )
    model = models()[name]
    if not isinstance(model, ModelSpec):
        own = [f"{made}.", "", *model.figures(reports), "", *_checks(reports["gate"])]
        return "\n".join(own) + "\n"
    lines = [
        f"{made} on {int(run['rows.train']):,} rows known by "
        f"{run['train_end'][:10]}; tested on {int(run['rows.test']):,} rows from "
        f"{run['test_start'][:10]} on.",
        "",
        *model.task.figures(reports, version.estimator),
        "",
        *_checks(reports["gate"]),
        "",
        _parity(reports["parity"][version.estimator]),
    ]
    return "\n".join(lines) + "\n"


def _checks(gate: Mapping[str, Any]) -> list[str]:
    rows = []
    for one in gate["checks"]:
        passed = "yes" if one["passed"] else "no"
        figures = [f"{one['value']:.4g}", f"{one['limit']:.4g}"]
        rows.append([one["name"], passed, *figures, one["says"]])
    return table(["check of the candidate", "passed", "value", "limit", "of what"], rows)


def _parity(parity: Mapping[str, float]) -> str:
    return (
        "ONNX against native, of the version that serves: largest absolute difference "
        f"{parity['largest']:.2g} on {parity['rows']:,} rows, a third of them without any input."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    marks = ["|".join(["---"] * len(head))]
    body = [" | ".join(one.replace("|", "\\|") for one in row) for row in rows]
    return [f"| {' | '.join(head)} |", f"|{marks[0]}|", *(f"| {line} |" for line in body)]


if __name__ == "__main__":
    sys.stdout.write(figures(get_settings(), sys.argv[1]))
