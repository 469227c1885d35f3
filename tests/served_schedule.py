"""Schedules over the sample world's own figures, and a network by a known formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import online_fleet
import onnx
import served_model
from online_fleet import HANGAR, QUIET, REPORTED, WORN

from benchmarks.fleet_truth import declared, roster
from tambo.featurestore.online import OnlineManifest
from tambo.planning.fleet.look import NAMES
from tambo.planning.fleet.policies import Hours, Interval, Threshold
from tambo.planning.fleet.schedules import KINDS, Earned, Schedules
from tambo.serving.spec import Input, ServingSpec
from training.fleet.schedule.horizon import horizon_of
from training.onnx_export import Graph

VESSELS = ("Private Jet", "Yacht")
STAY = 5.0
"""What the network holds staying to be worth, in 1e5 USD."""
GAIN = {"health": 1.0, "booked_1_3": -0.05}
"""What entering is worth more, of each unit of a feature."""
LESS = 0.3


def schedules(**changes: object) -> Schedules:
    """All schedules; the optimiser serves."""
    fields = {
        "best": "optimiser",
        "interval": Interval(hours=0.6, days=0.8),
        "hours": Hours(share=0.5),
        "threshold": Threshold(score=70.0),
        "horizon": horizon_of(declared(), roster(4, 1, 1)),
        "kinds": VESSELS,
        "earned": {
            name: Earned(1e6 * n, 1e6 * n - 1e5, 1e6 * n + 1e5, 10.0, 2.0)
            for n, name in enumerate(KINDS)
        },
        "tree": "",
        "fidelity": 0.9,
        **changes,
    }
    return Schedules(**fields)


def spec(**changes: object) -> ServingSpec:
    fields = {
        "model": "maintenance_schedule",
        "estimator": "formula",
        "run_id": "unregistered",
        "feature_service": online_fleet.SCHEDULE_SERVICE,
        "release": 2,
        "as_of": online_fleet.AS_OF,
        "target": "worth",
        "unit": "1e5 USD",
        "inputs": tuple(Input(name=name, kind="number") for name in NAMES),
        "known": {"aircraft_id": (WORN, QUIET, REPORTED, HANGAR)},
        "actions": ("stay", "enter"),
        **changes,
    }
    return ServingSpec(**fields)


def graph() -> onnx.ModelProto:
    """Staying is always worth the same; entering by how worn a vessel is and what is booked."""
    made = Graph(width=len(NAMES), answers=2)
    absent = made.add("IsNaN", "features")
    filled = made.add("Where", absent, made.constant(0.0), "features")
    weights = np.zeros((len(NAMES), 2))
    for name, gain in GAIN.items():
        weights[NAMES.index(name), 1] = gain
    linear = made.add("MatMul", filled, made.constant(weights))
    return made.finish(made.add("Add", linear, made.constant(np.array([[STAY, STAY - LESS]]))))


def write(folder: Path, manifest: OnlineManifest, made: Schedules) -> None:
    """Write the artefact of what a manifest names."""
    of = spec(
        feature_service=manifest.feature_service, release=manifest.release, as_of=manifest.as_of
    )
    served_model.write(folder, manifest, of, graph())
    made.save(folder)
