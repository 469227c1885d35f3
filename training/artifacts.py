"""The files of a training: what a service needs, the native model, reports and plots."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tambo.serving.candidate_index import INDEX_FILE
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, ServingSpec
from training import plots
from training.registry import SERVING
from training.task import Paired
from training.trained import Trained


def serving_spec(trained: Trained, run_id: str) -> ServingSpec:
    """What a service must know of the registered model."""
    spec, best = trained.spec, trained.best
    return ServingSpec(
        model=spec.name,
        estimator=trained.winner,
        baseline=trained.baseline,
        # Those of a baseline are the candidate's.
        failed=() if trained.baseline else tuple(one.name for one in trained.verdict.failed),
        run_id=run_id,
        feature_service=spec.feature_service,
        release=trained.release.number,
        as_of=trained.release.as_of.aware(spec.domain),
        target=spec.target,
        unit=spec.unit,
        inputs=best.fitted.inputs,
        known={
            one.name: one.vocabulary
            for one in trained.data.train.inputs
            if one.vocabulary is not None and not one.columns
        },
        **best.sized.serving(),
        metrics={key: value for key, value in best.metrics.items() if math.isfinite(value)},
        tags=dict(trained.identity),
    )


def write_artifacts(folder: Path, trained: Trained, run_id: str) -> None:
    """Write all files of a run: serving/, native/, reports/, plots/."""
    for name in (SERVING, "native", "reports", "plots"):
        (folder / name).mkdir()
    best = trained.best
    (folder / SERVING / MODEL_FILE).write_bytes(best.onnx.SerializeToString())
    serving_spec(trained, run_id).save(folder / SERVING / SPEC_FILE)
    trained.manifest.save(folder / SERVING / MANIFEST_FILE)
    if trained.frame.index is not None:
        trained.frame.index.save(folder / SERVING / INDEX_FILE)
    best.fitted.save_native(folder / "native")
    for name, content in _reports(trained).items():
        text = json.dumps(content, indent=2, default=str)
        (folder / "reports" / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    _draw(folder / "plots", trained)


def _reports(trained: Trained) -> dict[str, Any]:
    scored, why = trained.scored, trained.why
    attribution = {} if why.attributions is None else {"attribution": why.attributions.report()}
    task = trained.spec.task
    paired = {"against": task.against(trained)} if isinstance(task, Paired) else {}
    return {
        **attribution,
        **paired,
        "certificate": trained.frame.certificate.to_dict(),
        "gate": trained.verdict.to_dict(),
        "metrics": trained.all_metrics,
        "by_group": {name: one.groups for name, one in trained.measured.items()},
        "unseen": {
            name: {grouping: unseen.metrics for grouping, unseen in one.unseen.items()}
            for name, one in scored.items()
        },
        "behaviour": {
            name: [asdict(check) for check in one.behaviour] for name, one in scored.items()
        },
        "parity": {name: asdict(one.parity) for name, one in scored.items()},
        "search": list(trained.found.trials),
        "importance": {
            "shuffled": why.importance,
            "gain": trained.best.fitted.gains(),
        },
    }


def _draw(folder: Path, trained: Trained) -> None:
    best, unit = trained.best, trained.spec.unit
    metric = trained.spec.gate.metric
    trained.spec.task.draw(folder, trained)
    plots.bars(
        folder / "importance_shuffled.png",
        trained.why.importance,
        f"{trained.winner}: error added when an input is shuffled",
        f"{metric.upper()}, {unit}",
    )
    if gains := best.fitted.gains():
        title = f"{trained.winner}: gain of the trees by input"
        plots.bars(folder / "importance_gain.png", gains, title, "share of the whole gain")
    if (found := trained.why.attributions) is not None:
        title = f"{trained.winner}: what a driver moves a forecast by"
        says = f"mean absolute Shapley value, {unit}"
        plots.bars(folder / "importance_shapley.png", found.moved(), title, says)
    errors = {name: {"test rows": found[metric]} for name, found in trained.all_metrics.items()}
    for name, one in trained.scored.items():
        for key, unseen in one.unseen.items():
            errors[name][key.replace("_", " ")] = unseen.metrics[""][metric]
    plots.compare(folder / "estimators.png", errors, f"{metric.upper()}, {unit}")
