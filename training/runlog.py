"""One training as an MLflow run: what went in, what came out, what a service needs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tambo.lake.releases import Release
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, ServingSpec
from tambo.settings import Settings
from training import plots, registry
from training.frame import Frame
from training.gate import Verdict
from training.promotion import Decision
from training.scoring import Data, Scored
from training.search import Found
from training.spec import ModelSpec

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from tambo.featurestore.online.manifest import OnlineManifest

PACKAGES = ("onnxruntime", "numpy")
"""What a service needs to run a model; pinned to the versions of this environment."""

SHORT = ("rmse", "mae", "mape", "r2", "coverage")
"""Metrics that a version carries as a tag, for the screen of `tambo status`."""


@dataclass(frozen=True)
class Trained:
    """Everything of one training that is logged.

    Attributes:
        spec: the model's declaration.
        release: what it was trained at.
        frame: labels and features.
        data: the same, encoded.
        found: what the search found.
        scored: all models by estimator.
        verdict: the gate's, of the candidate.
        winner: the estimator that is registered.
        importance: rise of the error by shuffled input, of the winner.
        decision: whether the registered model serves.
        manifest: how a service finds the features online.
        identity: tags by which an equal training is recognised.
    """

    spec: ModelSpec
    release: Release
    frame: Frame
    data: Data
    found: Found
    scored: Mapping[str, Scored]
    verdict: Verdict
    winner: str
    importance: Mapping[str, float]
    decision: Decision
    manifest: OnlineManifest
    identity: Mapping[str, str]

    @property
    def best(self) -> Scored:
        """The model that is registered."""
        return self.scored[self.winner]

    @property
    def baseline(self) -> bool:
        """Whether a baseline had to be taken."""
        return self.winner != self.spec.candidate.name


def log_and_register(settings: Settings, trained: Trained) -> registry.ModelVersion:
    """Log the run, write its artefacts, and register the version without an alias.

    Returns:
        The new version, complete.
    """
    client = registry.connect(settings)
    import mlflow

    spec = trained.spec
    experiment = _experiment(settings, client, spec.domain)
    with mlflow.start_run(
        experiment_id=experiment, run_name=f"{spec.name} at release {trained.release.number}"
    ) as run:
        mlflow.set_tags(_run_tags(trained))
        mlflow.log_params(_params(trained))
        mlflow.log_metrics(_metrics(trained))
        mlflow.log_input(_dataset(trained), context="training")
        with TemporaryDirectory(dir=_scratch(settings), prefix="train-") as folder:
            write_artifacts(Path(folder), trained, run.info.run_id)
            mlflow.log_artifacts(folder)
        source = _log_model(trained)
        tags = _version_tags(trained)
        version = _register(client, trained, run.info.run_id, source, tags)
    return registry.get(settings, spec.name, version)


def _scratch(settings: Settings) -> Path:
    settings.scratch.mkdir(parents=True, exist_ok=True)
    return settings.scratch


def _experiment(settings: Settings, client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    location = (settings.mlflow_artifacts / name).as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def _run_tags(trained: Trained) -> dict[str, str]:
    return {
        **trained.identity,
        "model": trained.spec.name,
        "estimator": trained.winner,
        "gate": "passed" if trained.verdict.passed else "failed",
        **trained.decision.tags(),
        "git_revision": trained.release.git_revision,
    }


def _params(trained: Trained) -> dict[str, Any]:
    bounds = trained.frame.bounds
    fits = {
        f"{name}.{key}": value
        for name, one in trained.scored.items()
        for key, value in one.fitted.summary().items()
    }
    rows = {f"rows.{name}": table.num_rows for name, table in trained.frame.parts.items()}
    return {
        "release": trained.release.number,
        "as_of": bounds.as_of.isoformat(),
        "train_end": bounds.calibration_start.isoformat(),
        "test_start": bounds.test_start.isoformat(),
        "label_window_days": trained.spec.label.window.days,
        "feature_service": trained.spec.feature_service,
        "frame": trained.frame.digest(),
        "trials": len(trained.found.trials),
        "registered_estimator": trained.winner,
        **rows,
        **fits,
        **trained.found.params,
    }


def _metrics(trained: Trained) -> dict[str, float]:
    found: dict[str, float] = {f"test.{k}": v for k, v in trained.best.metrics.items()}
    for name, one in trained.scored.items():
        found |= {f"{name}.test.{key}": value for key, value in one.metrics.items()}
        found[f"{name}.onnx_parity.largest_difference"] = one.parity.largest
        found[f"{name}.onnx_parity.largest_relative"] = one.parity.largest_relative
        for grouping, unseen in one.unseen.items():
            for variant, metrics in unseen.metrics.items():
                prefix = f"{name}.{grouping}" + (f".{variant}" if variant else "")
                found |= {f"{prefix}.{key}": value for key, value in metrics.items()}
    for by, groups in trained.best.groups.items():
        if len(groups) <= 12:  # the routes are in by_group.json
            for group, metrics in groups.items():
                label = "".join(c if c.isalnum() else "_" for c in group)
                found |= {f"test.{by}.{label}.{key}": value for key, value in metrics.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _dataset(trained: Trained) -> Any:
    import mlflow.data

    name = f"{trained.spec.feature_service} at release {trained.release.number}"
    return mlflow.data.from_pandas(
        trained.frame.parts["train"].to_pandas(),
        targets=trained.spec.label.label,
        name=name,
        digest=trained.frame.digest(),
    )


def serving_spec(trained: Trained, run_id: str) -> ServingSpec:
    """What a service must know of the registered model."""
    spec, best = trained.spec, trained.best
    return ServingSpec(
        model=spec.name,
        estimator=trained.winner,
        baseline=trained.baseline,
        run_id=run_id,
        feature_service=spec.feature_service,
        release=trained.release.number,
        as_of=trained.release.as_of.replace(tzinfo=UTC),
        target=spec.label.label,
        unit=spec.unit,
        inputs=best.fitted.inputs,
        interval=best.interval,
        metrics={key: value for key, value in best.metrics.items() if math.isfinite(value)},
        tags=dict(trained.identity),
    )


def write_artifacts(folder: Path, trained: Trained, run_id: str) -> None:
    """Write all files of a run: serving/, native/, reports/, plots/."""
    for name in ("serving", "native", "reports", "plots"):
        (folder / name).mkdir()
    best = trained.best
    (folder / "serving" / MODEL_FILE).write_bytes(best.onnx.SerializeToString())
    serving_spec(trained, run_id).save(folder / "serving" / SPEC_FILE)
    trained.manifest.save(folder / "serving" / MANIFEST_FILE)
    best.fitted.save_native(folder / "native")
    for name, content in _reports(trained).items():
        text = json.dumps(content, indent=2, default=str)
        (folder / "reports" / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    _draw(folder / "plots", trained)


def _reports(trained: Trained) -> dict[str, Any]:
    scored = trained.scored
    return {
        "certificate": trained.frame.certificate.to_dict(),
        "gate": trained.verdict.to_dict(),
        "metrics": {name: one.metrics for name, one in scored.items()},
        "by_group": {name: one.groups for name, one in scored.items()},
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
            "shuffled": trained.importance,
            "gain": trained.best.fitted.gains(),
        },
    }


def _draw(folder: Path, trained: Trained) -> None:
    best, test, unit = trained.best, trained.data.test, trained.spec.unit
    groups = trained.spec.group_of_interval(test)
    plots.predicted_against_actual(
        folder / "predicted_against_actual.png", test.label, best.predicted, groups, unit
    )
    plots.residuals(folder / "residuals.png", test.label, best.predicted, groups, unit)
    times = test.columns["event_timestamp"].tolist()
    plots.over_time(folder / "over_time.png", times, test.label, best.predicted)
    plots.bars(
        folder / "importance_shuffled.png",
        trained.importance,
        f"{trained.winner}: error added when an input is shuffled",
        f"RMSE, {unit}",
    )
    if gains := best.fitted.gains():
        plots.bars(folder / "importance_gain.png", gains, "Gain of the trees", "share")
    errors = {
        name: {"test rows": one.metrics["rmse"]}
        | {key.replace("_", " "): unseen.metrics[""]["rmse"] for key, unseen in one.unseen.items()}
        for name, one in trained.scored.items()
    }
    plots.compare(folder / "estimators.png", errors, unit)


def _log_model(trained: Trained) -> str:
    import mlflow.onnx
    from mlflow.models import infer_signature

    best = trained.best
    example = trained.data.test.select(best.fitted.inputs)[:5]
    example_answer = best.predicted[:5, None].astype("float32")
    info = mlflow.onnx.log_model(
        onnx_model=best.onnx,
        name=trained.spec.name,
        signature=infer_signature(example, example_answer),
        input_example=example,
        pip_requirements=[f"{name}=={version(name)}" for name in PACKAGES],
        metadata=dict(trained.identity),
    )
    return str(info.model_uri)


def _version_tags(trained: Trained) -> dict[str, str]:
    metrics = {key: round(trained.best.metrics[key], 4) for key in SHORT}
    return {
        **trained.identity,
        "estimator": trained.winner,
        "baseline": str(trained.baseline).lower(),
        "metrics": json.dumps(metrics),
        "gate": json.dumps(trained.verdict.to_dict()),
        **trained.decision.tags(),
    }


def _register(
    client: MlflowClient, trained: Trained, run_id: str, source: str, tags: Mapping[str, str]
) -> int:
    name = trained.spec.name
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name, description=trained.spec.description)
    made = client.create_model_version(
        name, source, run_id, tags=dict(tags), description=_sentence(trained)
    )
    client.set_model_version_tag(name, str(made.version), "complete", "true")
    return int(made.version)


def _sentence(trained: Trained) -> str:
    if not trained.baseline:
        return f"{trained.winner}, passed the gate at release {trained.release.number}"
    failed = ", ".join(check.name for check in trained.verdict.failed)
    return (
        f"{trained.winner}, the best baseline: {trained.spec.candidate.name} did not pass the gate "
        f"({failed}) at release {trained.release.number}"
    )
