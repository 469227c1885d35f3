"""What kind of answer a model gives: how it is labelled, measured, sized, drawn and served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa

from training.design import Design
from training.metrics import Floats

if TYPE_CHECKING:
    from training.grouped import Unseen
    from training.trained import Trained

Measure = Callable[[Design, Floats], dict[str, float]]
"""Metrics by name, in this order, of answers to labelled rows."""


class Sized(Protocol):
    """What rows that a fitted model has not seen say of how sure it may be."""

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Measure answers, and what was said of how sure they are."""
        ...

    def spread(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Ends of the intervals in which metrics lie on other rows of the kind, by name."""
        ...

    def after(self, rows: Design, answers: Floats) -> Sized:
        """What is said once rows that test it are over; of these, what was said at the time."""
        ...

    def serving(self) -> dict[str, Any]:
        """The fields of `ServingSpec` that a service needs to say it."""
        ...


class Task(Protocol):
    """One kind of answer: a number, the chances of some classes, or an order."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the labelled rows that it reads, beside the matrix."""
        ...

    def labels(self, values: pa.ChunkedArray) -> Floats:
        """The label column as numbers: float64 [n]."""
        ...

    def measure(self, rows: Design, answers: Floats) -> dict[str, float]:
        """Metrics by name, in this order; see `Measure`."""
        ...

    def size(self, rows: Design, answers: Floats, unseen: Unseen | None) -> Sized:
        """Learn how sure the answers are.

        Args:
            rows: labelled rows that neither fitted the model nor stopped it.
            answers: the model's answers to them.
            unseen: its answers to groups that it has never seen; None where none is held out.
        """
        ...

    def scale(self, answers: Floats) -> Floats:
        """What the difference between ONNX and native is a share of."""
        ...

    def draw(self, folder: Path, trained: Trained) -> None:
        """Write the plots of the registered model, as PNG files."""
        ...

    def figures(self, reports: Mapping[str, Any], estimator: str) -> list[str]:
        """Lines of the model card: its metrics, overall and by group."""
        ...


@runtime_checkable
class Paired(Protocol):
    """A task that says how sure it is that one model is better than another on the same rows."""

    def against(self, trained: Trained) -> dict[str, dict[str, float]]:
        """Metrics of the registered model less those of each other, with ends of intervals."""
        ...
