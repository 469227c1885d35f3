"""The gate: what a candidate must show before it is registered under its own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.onnx_export import Parity


@dataclass(frozen=True)
class Check:
    """One test and what it found.

    Attributes:
        name: what was tested.
        passed: whether it holds.
        value: the figure found.
        limit: the figure that it was held against.
        says: what value and limit are.
        reference: whether it is against something that cannot serve.
    """

    name: str
    passed: bool
    value: float
    limit: float
    says: str
    reference: bool = False


@dataclass(frozen=True)
class GateRule:
    """What the gate asks for.

    Attributes:
        metric: metric of the test rows that decides.
        margin: share by which the best baseline must be beaten.
        parity: largest difference of ONNX and native, as a share of what the task names.
        rises: whether more of the metric is better.
        renews: share of the champion's metric that a newer version may lack and still take its
            place. Above 0 where a version knows what none before it could: things that are new
            stand in no test row, so no metric speaks for them.
    """

    metric: str
    margin: float = 0.02
    parity: float = 1e-4
    rises: bool = False
    renews: float = 0.0

    def succeeds(self, value: float, champion: float) -> bool:
        """Whether a newer version takes the champion's place, from the metrics of both.

        >>> GateRule("mae").succeeds(2.0, 2.0), GateRule("mae").succeeds(1.9, 2.0)
        (False, True)
        >>> GateRule("ndcg_5", rises=True, renews=0.02).succeeds(0.197, 0.2)
        True
        """
        gain = value - champion if self.rises else champion - value
        return gain > -self.renews * abs(champion)

    def error(self, metrics: Mapping[str, float]) -> float:
        """The metric, turned so that smaller is better."""
        value = metrics[self.metric]
        return -value if self.rises else value

    def best(self, metrics: Mapping[str, Mapping[str, float]]) -> str:
        """The estimator with the best metric; the first of equals."""
        return min(metrics, key=lambda name: self.error(metrics[name]))


@dataclass(frozen=True)
class Verdict:
    """All checks of one model."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)

    @property
    def stands(self) -> bool:
        """Whether every check holds but those against references."""
        return all(check.passed or check.reference for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.passed)

    def to_dict(self) -> dict[str, Any]:
        """The verdict as plain values."""
        return {"passed": self.passed, "checks": [asdict(check) for check in self.checks]}


def read_verdict(content: Mapping[str, Any]) -> Verdict:
    """A verdict from its plain values."""
    return Verdict(tuple(Check(**check) for check in content["checks"]))


def beats_baselines(
    metrics: Mapping[str, float], baselines: Mapping[str, Mapping[str, float]], rule: GateRule
) -> Check:
    """Check that a candidate beats the best baseline by the margin, on the same rows.

    Args:
        metrics: of the candidate.
        baselines: metrics by baseline.
        rule: metric and margin.
    """
    best = rule.best(baselines)
    value, theirs = metrics[rule.metric], baselines[best][rule.metric]
    limit = theirs * (1.0 + (rule.margin if rule.rises else -rule.margin))
    bound = f"at least that of {best} and" if rule.rises else f"at most that of {best} less"
    return Check(
        name="beats_baselines",
        passed=value >= limit if rule.rises else value <= limit,
        value=value,
        limit=limit,
        says=f"{rule.metric} on the test rows; {bound} {rule.margin:.0%}",
    )


def beats_reference(name: str, value: float, theirs: float, rule: GateRule) -> Check:
    """Check that a candidate beats a reference by the margin, on the rows that this answered.

    Args:
        name: of the reference.
        value: metric of the candidate on those rows.
        theirs: metric of the reference.
        rule: metric and margin.
    """
    limit = theirs * (1.0 + (rule.margin if rule.rises else -rule.margin))
    return Check(
        name=f"beats_{name}",
        passed=value >= limit if rule.rises else value <= limit,
        value=value,
        limit=limit,
        says=f"{rule.metric} on the test rows that {name} answered; its own less {rule.margin:.0%}",
        reference=True,
    )


def same_as_native(parity: Parity, rule: GateRule) -> Check:
    """Check that the ONNX file answers as the native model does."""
    return Check(
        name="onnx_parity",
        passed=parity.largest_relative <= rule.parity,
        value=parity.largest_relative,
        limit=rule.parity,
        says=f"largest relative difference on {parity.rows} rows",
    )


def judge(
    metrics: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    parity: Parity,
    behaviour: Sequence[Check],
    rule: GateRule,
    references: Sequence[Check] = (),
) -> Verdict:
    """Put all checks of a candidate together."""
    beats = beats_baselines(metrics, baselines, rule)
    return Verdict((beats, *references, same_as_native(parity, rule), *behaviour))
