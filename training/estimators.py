"""What every estimator looks like: fitted on a design, written as ONNX and in its native form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tambo.serving.spec import Input
from training.design import Design, Matrix
from training.metrics import Floats

if TYPE_CHECKING:
    from onnx import ModelProto


@dataclass(frozen=True)
class FitOptions:
    """How to fit.

    Attributes:
        seed: seed of every random choice.
        threads: threads of the fit.
        params: what the search found; empty for an estimator that has none.
        rounds: a fixed number of rounds; None stops early on the second design.
    """

    seed: int
    threads: int
    params: Mapping[str, float] = field(default_factory=dict)
    rounds: int | None = None


class Fitted(Protocol):
    """A fitted estimator."""

    @property
    def name(self) -> str:
        """The estimator's name, under which it serves."""
        ...

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs it reads, in the order of its matrix."""
        ...

    def predict(self, matrix: Matrix) -> Floats:
        """Predict rows of its own inputs, with the native model: float64 [n], or [n, classes]."""
        ...

    def to_onnx(self) -> ModelProto:
        """Write the model as ONNX in the shape of `training.onnx_export`."""
        ...

    def save_native(self, folder: Path) -> None:
        """Write the native model: no pickle."""
        ...

    def summary(self) -> dict[str, float]:
        """Facts about the fit that are logged as parameters."""
        ...

    def gains(self) -> dict[str, float]:
        """Importance by input as the estimator itself sees it; empty where it has no view."""
        ...


class Estimator(Protocol):
    """An estimator that can be fitted."""

    @property
    def name(self) -> str:
        """The estimator's name."""
        ...

    def fit(self, train: Design, stop: Design, options: FitOptions) -> Fitted:
        """Fit on some rows, and stop on others where fitting goes in rounds."""
        ...


def as_long(options: FitOptions, fitted: Fitted) -> FitOptions:
    """Options for another fit with as many rounds as one took."""
    rounds = fitted.summary().get("rounds")
    return options if rounds is None else replace(options, rounds=int(rounds))


def predict(fitted: Fitted, design: Design) -> Floats:
    """Predict the rows of a design, which may hold more inputs than the model reads."""
    return fitted.predict(design.select(fitted.inputs))
