"""The gate of the network: what it must show before it decides who enters a hangar."""

from __future__ import annotations

from training.fleet.schedule.comparing import Gain
from training.gate import Check, Verdict
from training.onnx_export import Parity

MOST_APART = 1e-4
"""Largest difference of the graph from the network, as a share of the worth."""
PARITY = "onnx_parity"


def judge(gain: Gain, rule: str, parity: Parity, optimiser: Gain | None = None) -> Verdict:
    """Judge a network: it surely earns more than the best rule, and its graph is it.

    Nor does it earn less than the optimiser on average, where that is judged: there are too few
    fleets to be sure, and what was learned has to prove itself.

    Args:
        gain: of the network over the best rule, on fleets that chose nothing.
        rule: name of that rule.
        parity: of graph and network.
        optimiser: gain of the optimiser over the network, on fewer such fleets.
    """
    checks = [
        Check(
            "beats_rules",
            gain.low > 0,
            gain.low,
            0.0,
            f"lower end of the interval of 95 % of its gain over {rule}, as a share",
        ),
        Check(
            PARITY,
            parity.largest_relative <= MOST_APART,
            parity.largest_relative,
            MOST_APART,
            f"largest relative difference on {parity.rows} rows",
        ),
    ]
    if optimiser is not None:
        checks.append(
            Check(
                "holds_against_optimiser",
                optimiser.mean <= 0,
                optimiser.mean,
                0.0,
                "what the optimiser earns more on average, as a share",
            )
        )
    return Verdict(tuple(checks))


def faulty(verdict: Verdict) -> Check | None:
    """The check of the graph, where it failed: such a version may not serve, whatever is best.

    A service can be asked for the network by its name, so a rule that is best makes up for nothing.
    """
    return next((one for one in verdict.failed if one.name == PARITY), None)
