"""What is logged of a version of the maintenance schedule: the artefact, reports and plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.policies import ACTIONS
from tambo.serving.spec import MANIFEST_FILE, MODEL_FILE, SPEC_FILE, Input, ServingSpec
from training import plots
from training.card import table
from training.record import write_reports
from training.registry import SERVING

if TYPE_CHECKING:
    from tambo.featurestore.online import OnlineManifest
    from tambo.serving.version import ServedVersion
    from training.fleet.schedule.fitted import Fitted
    from training.gate import Verdict


def write_version(
    folder: Path,
    version: ServedVersion,
    fitted: Fitted,
    verdict: Verdict,
    manifest: OnlineManifest,
    vessels: Sequence[str],
) -> None:
    """Write what is logged of a version.

    Args:
        folder: an empty one.
        version: what it says of itself.
        fitted: the training.
        verdict: of the gate.
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
    write_reports(folder / "reports", _reports(fitted, verdict))
    earned = {name: one.usd / 1e6 for name, one in fitted.schedules.earned.items()}
    plots.bars(
        folder / "plots" / "earned_by_schedule.png",
        earned,
        "What a simulated fleet earns in a year",
        "million USD",
    )


def _reports(fitted: Fitted, verdict: Verdict) -> dict[str, Any]:
    schedules = fitted.schedules
    return {
        "gate": verdict.to_dict(),
        "metrics": {name: asdict(one) for name, one in schedules.earned.items()},
        "importance": {},
        "gain": asdict(fitted.gain),
        "world": asdict(schedules.horizon.parameters),
        "rules": {
            "interval": asdict(schedules.interval),
            "hours": asdict(schedules.hours),
            "threshold": asdict(schedules.threshold),
            "best": fitted.rule,
        },
        "tree": {"fidelity": schedules.fidelity, "lines": schedules.tree.splitlines()},
    }


def figures(reports: Mapping[str, Any]) -> list[str]:
    """Lines of the model card."""
    more, rule, tree = reports["gain"], reports["rules"]["best"], reports["tree"]
    rows = [
        [
            name,
            f"{one['usd'] / 1e6:.2f} ({one['low'] / 1e6:.2f} to {one['high'] / 1e6:.2f})",
            f"{one['maintenances']:.1f}",
            f"{one['failures']:.1f}",
        ]
        for name, one in reports["metrics"].items()
    ]
    return [
        *table(["schedule", "million USD a year", "maintenances", "failures"], rows),
        "",
        f"The network earns {more['mean']:+.1%} ({more['low']:+.1%} to {more['high']:+.1%}) "
        f"against {rule}, fleet by fleet.",
        "",
        f"The tree decides as the network does on {tree['fidelity']:.1%} of other mornings:",
        "",
        "```",
        *tree["lines"],
        "```",
    ]
