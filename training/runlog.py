"""One training as an MLflow run: what went in, what came out, what a service needs."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from tambo.settings import Settings
from training import registry
from training.artifacts import write_artifacts
from training.card import MOST_GROUPS
from training.trained import Trained

if TYPE_CHECKING:
    from mlflow import MlflowClient

PACKAGES = ("onnxruntime", "numpy")
"""What a service needs to run a model; pinned to the versions of this environment."""


def log_and_register(settings: Settings, trained: Trained) -> registry.ModelVersion:
    """Log the run, write its artefacts, and register the version without an alias.

    A runner-up is registered first, in a run of its own: what stands for a training comes last.

    Returns:
        The new version, complete.
    """
    second = trained.runner_up
    if second is None:
        return _log_one(settings, trained, {})
    beaten = _log_one(settings, second, {registry.BEATEN_BY: trained.winner})
    return _log_one(settings, trained, {registry.RUNNER_UP: str(beaten.version)})


def _log_one(
    settings: Settings, trained: Trained, more: Mapping[str, str]
) -> registry.ModelVersion:
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
        _log_dataset(trained)
        with TemporaryDirectory(dir=_scratch(settings), prefix="train-") as folder:
            write_artifacts(Path(folder), trained, run.info.run_id)
            mlflow.log_artifacts(folder)
        source = _log_model(trained)
        tags = _version_tags(trained) | dict(more)
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
        # MLflow's name for the description on the run's page, in Markdown.
        "mlflow.note.content": _description(trained),
    }


def _description(trained: Trained) -> str:
    decided = trained.decision.tags()
    checks = [
        f"| {'✓' if one.passed else '✗'} | {one.name} | {one.value:.4g} | {one.limit:.4g} "
        f"| {one.says} |"
        for one in trained.verdict.checks
    ]
    return "\n".join(
        [
            f"**{trained.winner}**, {decided['role']}: {decided['role_reason']}.",
            "",
            "| | check | found | limit | what they are |",
            "|---|---|---:|---:|---|",
            *checks,
            "",
            "Plots and reports are under Artifacts.",
        ]
    )


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
    for name, reference in trained.references.items():
        found |= {f"{name}.test.{key}": value for key, value in reference.metrics.items()}
    if (moved := trained.why.attributions) is not None:
        found |= {f"shapley.{driver}": value for driver, value in moved.moved().items()}
    for by, groups in trained.best.groups.items():
        if len(groups) <= MOST_GROUPS:  # the others are in by_group.json
            for group, metrics in groups.items():
                label = "".join(c if c.isalnum() else "_" for c in group)
                found |= {f"test.{by}.{label}.{key}": value for key, value in metrics.items()}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _log_dataset(trained: Trained) -> None:
    import mlflow

    with warnings.catch_warnings():
        # It says that whole numbers cannot be missing, of columns in which none is.
        warnings.simplefilter("ignore", UserWarning)
        dataset = mlflow.data.from_pandas(
            trained.frame.parts["train"].to_pandas(),
            targets=trained.spec.target,
            name=f"{trained.spec.feature_service} at release {trained.release.number}",
            digest=trained.frame.digest(),
        )
        mlflow.log_input(dataset, context="training")


def _log_model(trained: Trained) -> str:
    import mlflow.onnx
    from mlflow.models import infer_signature

    best = trained.best
    few = trained.data.test.take(np.arange(min(5, len(trained.data.test))))
    # Nobody's name is logged, not even as runs of letters.
    few = few.without([one.name for one in few.inputs if one.kind == "ngrams"])
    example = few.select(best.fitted.inputs)
    example_answer = best.predicted[: len(few)].reshape(len(few), -1).astype("float32")
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
    metrics = {key: round(trained.best.metrics[key], 4) for key in trained.spec.shown}
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
    failed = ", ".join(check.name for check in trained.verdict.failed)
    if not trained.baseline:
        passed = "passed the gate" if not failed else f"the best that can serve (failed: {failed})"
        return f"{trained.winner}, {passed} at release {trained.release.number}"
    return (
        f"{trained.winner}, the best baseline: {trained.spec.candidate.name} did not pass the gate "
        f"({failed}) at release {trained.release.number}"
    )
