"""Everything of one training: what is logged, and what a service gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tambo.lake.releases import Release
from training.frame import Frame
from training.gate import Verdict
from training.promotion import Decision
from training.scoring import Data, Scored
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
