"""What is logged of a version of the maintenance schedule: the artefact, reports and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.policies import ACTIONS
from tambo.planning.fleet.schedules import NETWORK, OPTIMISER
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, Input, ServingSpec
from training import plots
from training.card import table
from training.fleet.schedule.comparing import earned, gain
from training.fleet.schedule.fitted import TREE
from training.fleet.schedule.legend import legend
from training.record import write_reports
from training.registry import SERVING

if TYPE_CHECKING:
    from tambo.featurestore.online import OnlineManifest
    from tambo.serving.version import ServedVersion
    from training.fleet.schedule.fitted import Few, Fitted


def write_version(
    folder: Path,
    version: ServedVersion,
    fitted: Fitted,
    manifest: OnlineManifest,
    vessels: Sequence[str],
) -> None:
    """Write what is logged of a version.

    Args:
        folder: an empty one.
        version: what it says of itself.
        fitted: the training.
        manifest: how a service finds the features online.
        vessels: that were there when it was trained.
    """
    for name in (SERVING, "reports", "plots"):
        (folder / name).mkdir()
    serving = folder / SERVING
    (serving / MODEL_FILE).write_bytes(fitted.graph.SerializeToString())
    fitted.schedules.save(serving)
    manifest.save(serving / MANIFEST_FILE)
    ServingSpec(
        **version.model_dump(),
        target="worth",
        unit="100,000 USD",
        inputs=tuple(Input(name=name, kind="number") for name in NAMES),
        known={"aircraft_id": tuple(vessels)},
        actions=ACTIONS,
    ).save(serving / SPEC_FILE)
    write_reports(folder / "reports", reports(fitted))
    plots.bars(
        folder / "plots" / "earned_by_schedule.png",
        {name: one.usd / 1e6 for name, one in fitted.schedules.earned.items()},
        "What a simulated fleet earns in a year",
        "million USD",
    )


def reports(fitted: Fitted) -> dict[str, Any]:
    """What is known of a training, by name of the report."""
    schedules = fitted.schedules
    return {
        "gate": fitted.verdict.to_dict(),
        "metrics": {name: asdict(one) for name, one in schedules.earned.items()},
        "importance": {},
        "gain": asdict(fitted.gain),
        "optimiser": None if fitted.few is None else _optimiser(fitted.few, fitted.rule),
        "world": asdict(schedules.horizon.parameters),
        "rules": {
            "interval": asdict(schedules.interval),
            "hours": asdict(schedules.hours),
            "threshold": asdict(schedules.threshold),
            "best": fitted.rule,
        },
        "tree": _tree(fitted),
    }


def _optimiser(few: Few, rule: str) -> dict[str, Any]:
    """What the optimiser earns on few fleets, beside others that live with the same luck."""
    mine = few.judged[OPTIMISER]
    return {
        "fleets": len(mine.earned),
        "quick": few.quick,
        "against_network": asdict(few.over_network),
        "against_rule": asdict(gain(mine, few.judged[rule])),
        "network_against_it": asdict(gain(few.judged[NETWORK], mine)),
        "milliseconds": 1e3 * mine.seconds,
    }


def _tree(fitted: Fitted) -> dict[str, Any] | None:
    """What the tree says, how well it stands for the network, and what it earns itself."""
    found = fitted.tree
    if found is None:
        return None
    lived = fitted.judged[TREE]
    return {
        "lines": found.tree.lines(),
        "legend": legend(found.tree.asks),
        "weight": found.weight,
        "fidelity": found.fidelity,
        "balanced": found.balanced,
        "constant": found.constant,
        "earned": asdict(earned(lived)),
        "against_network": asdict(gain(lived, fitted.judged[NETWORK])),
        "against_rule": asdict(gain(lived, fitted.judged[fitted.rule])),
    }


def figures(reports: Mapping[str, Any]) -> list[str]:
    """Lines of the model card."""
    more, rule, tree = reports["gain"], reports["rules"]["best"], reports["tree"]
    judged = reports["metrics"] | ({} if tree is None else {TREE: tree["earned"]})
    rows = [
        [
            name,
            f"{one['usd'] / 1e6:.2f} ({one['low'] / 1e6:.2f} to {one['high'] / 1e6:.2f})",
            f"{one['maintenances']:.1f}",
            f"{one['failures']:.1f}",
        ]
        for name, one in judged.items()
    ]
    return [
        *table(["schedule", "million USD a year", "maintenances", "failures"], rows),
        "",
        f"The network earns {_gain(more)} against {rule}, fleet by fleet.",
        "",
        *([] if (few := reports.get("optimiser")) is None else _optimiser_figures(few, rule)),
        *([] if tree is None else _tree_figures(tree, rule)),
    ]


def _optimiser_figures(few: Mapping[str, Any], rule: str) -> list[str]:
    return [
        f"On {few['fleets']} fleets more the optimiser earns {_gain(few['against_network'])} "
        f"against the network and {_gain(few['against_rule'])} against {rule}; the network earns "
        f"{_gain(few['network_against_it'])} against it. A morning of a fleet takes the optimiser "
        f"{few['milliseconds']:.0f} ms of CPU. Its row above is that of {few['quick']}, moved by "
        "what it earns more on those fleets.",
        "",
    ]


def _tree_figures(tree: Mapping[str, Any], rule: str) -> list[str]:
    return [
        f"The tree decides as the network does on {tree['fidelity']:.1%} of other mornings, where "
        f"a constant (nobody enters) does on {tree['constant']:.1%}; balanced over mornings on "
        f"which the network lets enter and on which it does not, {tree['balanced']:.1%}, where a "
        f"constant has 50 %. Fleets that live by the tree earn {_gain(tree['against_network'])} "
        f"against the network, {_gain(tree['against_rule'])} against {rule}. Of several that it "
        "lets enter, the lowest score goes first.",
        "",
        "```",
        *tree["lines"],
        "```",
        "",
        *table(["in the tree", "unit", "is"], tree["legend"]),
    ]


def _gain(told: Mapping[str, float]) -> str:
    return f"{told['mean']:+.1%} ({told['low']:+.1%} to {told['high']:+.1%})"
