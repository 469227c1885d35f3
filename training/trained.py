"""Everything of one training: what is logged, and what a service gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tambo.lake.releases import Release
from training.explain import Explained
from training.frame import Frame
from training.gate import Verdict
from training.promotion import Decision
from training.scoring import Data, Referenced, Scored
from training.search import Found
from training.spec import ModelSpec

if TYPE_CHECKING:
    from tambo.featurestore.online import OnlineManifest


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
        references: answers and metrics of what cannot serve, by name.
        verdicts: the gate's, of the candidate and of its rivals, by estimator.
        winner: the estimator that is registered.
        explained: why those that are registered answer as they do, by estimator.
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
    references: Mapping[str, Referenced]
    verdicts: Mapping[str, Verdict]
    winner: str
    explained: Mapping[str, Explained]
    decision: Decision
    manifest: OnlineManifest
    identity: Mapping[str, str]

    @property
    def best(self) -> Scored:
        """The model that is registered."""
        return self.scored[self.winner]

    @property
    def why(self) -> Explained:
        """Why the registered model answers as it does."""
        return self.explained[self.winner]

    @property
    def verdict(self) -> Verdict:
        """The gate's, of what is registered; of the candidate where a baseline had to be taken."""
        return self.verdicts.get(self.winner, self.verdicts[self.spec.candidate.name])

    @property
    def baseline(self) -> bool:
        """Whether a baseline had to be taken."""
        return self.winner in {one.name for one in self.spec.baselines}

    @property
    def runner_up(self) -> Trained | None:
        """The candidate that passed the gate, where a rival was better: it challenges."""
        name = self.spec.candidate.name
        if self.winner == name or self.baseline or not self.verdicts[name].passed:
            return None
        metric = self.spec.gate.metric
        found, best = (self.scored[one].metrics[metric] for one in (name, self.winner))
        reason = f"{metric} {found:.4f}, against {best:.4f} of {self.winner} on the same rows"
        return replace(self, winner=name, decision=Decision(False, reason))

    @property
    def measured(self) -> dict[str, Scored | Referenced]:
        """All estimators and references."""
        return {**self.scored, **self.references}

    @property
    def all_metrics(self) -> dict[str, Mapping[str, float]]:
        """Metrics of the test rows, of all estimators and references."""
        return {name: one.metrics for name, one in self.measured.items()}
