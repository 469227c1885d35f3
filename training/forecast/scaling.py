"""Scaling of what is known of the steps: in numpy for fits, in ONNX for services."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.forecast.head import Numbers
from training.onnx_export import Graph

MOST = 8.0
"""Spreads from the mean that a value is cut at: one wild number moves no forecast far."""


@dataclass(frozen=True)
class Scaling:
    """Mean and spread of each known series in the training rows."""

    mean: Numbers
    spread: Numbers

    @classmethod
    def of(cls, known: Numbers) -> Scaling:
        """Of known series [n, series, steps]; a series that nobody knows is 0 throughout."""
        seen = np.isfinite(known)
        count = np.maximum(seen.sum(axis=(0, 2)), 1)
        values = np.where(seen, known, 0.0).astype(np.float64)
        mean = values.sum(axis=(0, 2)) / count
        apart = np.where(seen, values - mean[:, None], 0.0)
        spread = np.sqrt(np.square(apart).sum(axis=(0, 2)) / count)
        return cls(mean.astype(np.float32), np.where(spread > 1e-6, spread, 1.0).astype(np.float32))

    def apply(self, known: Numbers) -> Numbers:
        """Scaled, 0 where unknown, and after it what is unknown: [n, steps, 2 * series]."""
        scaled = (known - self.mean[:, None]) / self.spread[:, None]
        unknown = np.isnan(scaled)
        both = np.concatenate([np.where(unknown, 0.0, scaled), unknown], axis=1)
        cut: Numbers = np.clip(both, -MOST, MOST).astype(np.float32)
        return cut.transpose(0, 2, 1)

    def onnx(self, graph: Graph, known: str) -> str:
        """The same of a value of a graph."""
        mean, spread = self.mean[:, None], self.spread[:, None]
        apart = graph.add("Sub", known, graph.constant(mean))
        scaled = graph.add("Div", apart, graph.constant(spread))
        unknown = graph.add("IsNaN", scaled)
        values = graph.add("Where", unknown, graph.constant(0.0), scaled)
        ends = [graph.constant(end) for end in (-MOST, MOST)]
        values = graph.add("Clip", values, *ends)
        both = graph.add("Concat", values, graph.add("Cast", unknown, to=1), axis=1)
        return graph.add("Transpose", both, perm=[0, 2, 1])
