"""Champion and challenger: who serves, decided on the same rows, before anything is registered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from tambo.errors import TamboError
from tambo.featurestore.online import OnlineManifest
from tambo.serving.spec import MANIFEST_FILE, encode_columns, source_columns
from tambo.settings import Settings
from training import onnx_export, registry
from training.design import Design, column
from training.registry import CHALLENGER, CHAMPION, RUNNER_UP, ModelVersion
from training.spec import ModelSpec

EQUAL = 1e-3
"""Relative difference of metrics within which two models are as good as each other."""


@dataclass(frozen=True)
class Decision:
    """Whether a new version serves.

    Attributes:
        champion: whether it does.
        reason: why, in a sentence.
        rival: version that serves so far; None if there is none.
    """

    champion: bool
    reason: str
    rival: int | None = None

    def tags(self) -> dict[str, str]:
        """The decision as tags of the version."""
        return {"role": CHAMPION if self.champion else CHALLENGER, "role_reason": self.reason}


def decide(
    settings: Settings, spec: ModelSpec, rows: pa.Table, test: Design, value: float
) -> Decision:
    """Hold a new model against the one that serves, on the same rows.

    A champion that cannot be scored any more (its features are not there, its files are gone)
    cannot serve either, so the new model takes its place. One that lacks features of the service
    as it is now may not be served by today's code: an equal is enough to follow it.

    Args:
        settings: the Tambo home.
        spec: the model; its gate names what decides.
        rows: test rows with the features of the new model's service.
        test: the same rows, encoded for the new model.
        value: the new model's metric.
    """
    rival, metric = registry.champion(settings, spec.name), spec.gate.metric
    if rival is None:
        return Decision(True, "the first version")
    try:
        served, model = registry.load_serving(settings, rival)
        lacking = _lacking(registry.serving_files(settings, rival), rows.column_names)
        columns = {one: column(rows, one) for one in source_columns(served.inputs)}
        session = onnx_export.open_session(model)
        answers = onnx_export.answer(session, encode_columns(served.inputs, columns))
    except TamboError as error:
        return Decision(True, f"version {rival.version} cannot be scored: {error}", rival.version)
    theirs = spec.task.measure(test, answers)[metric]
    succeeds, rule = spec.gate.succeeds(value, theirs), spec.gate
    if lacking and (succeeds or math.isclose(value, theirs, rel_tol=EQUAL)):
        return Decision(
            True,
            f"{metric} {value:.4f} is as good as {theirs:.4f} of version {rival.version}, "
            f"trained before there was {', '.join(lacking)}",
            rival.version,
        )
    relation = ("" if succeeds else "not ") + ("above" if rule.rises else "below")
    limit = f" less {rule.renews:.0%}, as it knows what is new," if rule.renews else ""
    reason = (
        f"{metric} {value:.4f} is {relation} {theirs:.4f}{limit} of version {rival.version} "
        f"on the same {len(test)} rows"
    )
    return Decision(succeeds, reason, rival.version)


def _lacking(folder: Path, columns: Sequence[str]) -> list[str]:
    """Features among some columns that a version's manifest does not have."""
    known = OnlineManifest.load(folder / MANIFEST_FILE).feature_names
    return sorted({name for name in columns if "__" in name} - set(known))


def settle(settings: Settings, version: ModelVersion) -> ModelVersion:
    """Give a version the alias that was decided for it.

    Only the newest version can lack its alias, where a run was killed just before; older ones
    lost theirs to a newer one. A champion's runner-up of the same training challenges it.
    """
    versions = registry.model_versions(settings, version.name)
    if versions[0].version != version.version:
        return version
    client, role = registry.connect(settings), version.tags["role"]
    if not version.aliases:
        if role == CHAMPION:
            _drop_challenger(settings, version.name, versions)
        client.set_registered_model_alias(version.name, role, str(version.version))
    if role == CHAMPION and RUNNER_UP in version.tags:
        client.set_registered_model_alias(version.name, CHALLENGER, version.tags[RUNNER_UP])
    return registry.get(settings, version.name, version.version)


def _drop_challenger(settings: Settings, name: str, versions: list[ModelVersion]) -> None:
    # It challenged a champion that is none any more.
    if any(CHALLENGER in one.aliases for one in versions):
        registry.connect(settings).delete_registered_model_alias(name, CHALLENGER)
