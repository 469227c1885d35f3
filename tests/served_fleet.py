"""Hazards and costs by a known formula: their artefacts, and a client of the fleet service."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import online_fleet
import onnx
import served_model
import served_schedule
import uvicorn
from online_fleet import AS_OF, HANGAR, QUIET, REPORTED, WORN
from starlette.applications import Starlette

from bentos.fleet.endpoints import ENDPOINTS
from bentos.inference.endpoint import open_endpoints
from bentos.web.authorization import Guard
from bentos.web.endpoint import route
from bentos.web.middleware import ProblemMiddleware
from tambo.featurestore.online import OnlineManifest, resolve
from tambo.planning.fleet.schedules import Schedules
from tambo.serving.spec import Band, Input, Interval, ServingSpec
from tambo.serving.survival import Survival
from tambo.settings import Settings
from training.onnx_export import Graph

EDGES = (0, 30, 90, 180)
SCORE = "aircraft_health__engine_health_score"
KIND = "aircraft_profile__aircraft_type"
SOUND, MISSING, OTHER = 100.0, 60.0, 0.1
"""Score without failures, score that a missing one counts as, hazard of other maintenance."""
PER_POINT = 0.004
"""Hazard of a failure in an interval, of each point below a sound score."""
COSTS = {"Private Jet": 90_000.0, "Yacht": 50_000.0}


def hazard(score: float | None) -> float:
    """What the graph says of failures."""
    return PER_POINT * (SOUND - (MISSING if score is None else score))


def spec(**changes: object) -> ServingSpec:
    fields = {
        "model": "maintenance_due",
        "estimator": "formula",
        "run_id": "unregistered",
        "feature_service": online_fleet.SERVICE,
        "release": 2,
        "as_of": AS_OF,
        "target": "outcome",
        "unit": "days",
        "inputs": (Input(name=SCORE, kind="number"),),
        "known": {"aircraft_id": (WORN, QUIET, REPORTED, HANGAR)},
        "survival": Survival(edges=EDGES, level=0.8, low=0.1, high=0.9, ordinary={SCORE: 80.0}),
        **changes,
    }
    return ServingSpec(**fields)


def graph() -> onnx.ModelProto:
    """The same two hazards in each interval."""
    made = Graph(width=1, answers=2 * (len(EDGES) - 1))
    score = made.columns([0])
    known = made.add("Where", made.add("IsNaN", score), made.constant(MISSING), score)
    below = made.add("Sub", made.constant(SOUND), known)
    failing = made.add("Mul", below, made.constant(PER_POINT))
    other = made.add("Add", made.add("Mul", failing, made.constant(0.0)), made.constant(OTHER))
    both = made.add("Concat", failing, other, axis=1)
    times = made.constant(np.array([1, len(EDGES) - 1], np.int64))
    return made.finish(made.add("Tile", both, times))


def cost_spec() -> ServingSpec:
    band = Interval(level=0.9, kind="relative", overall=Band(low=-0.5, high=1.0), group_by=KIND)
    return spec(
        model="maintenance_cost",
        target="maintenance_cost",
        unit="USD",
        inputs=(Input(name=KIND, kind="category", vocabulary=tuple(COSTS)),),
        known={},
        survival=None,
        interval=band,
        baseline=True,
    )


def cost_graph() -> onnx.ModelProto:
    """The cost of the kind."""
    made = Graph(width=1)
    table = np.array([[70_000.0], *([cost] for cost in COSTS.values())])
    return made.finish(made.table(table, made.codes(0)))


def client(
    folder: Path,
    *,
    costs: bool = True,
    schedules: Schedules | None = None,
    guard: Guard | None = None,
) -> served_model.Client:
    """Make a home in a folder, and serve from it; without costs, that model is not there.

    Where no schedules are given, there are none.
    """
    settings = Settings(home=folder)
    settings.online_store.parent.mkdir(parents=True)
    online = {"type": "sqlite", "path": str(settings.online_store)}
    store = online_fleet.repository(folder, online)
    online_fleet.fill(store)
    manifest = resolve(store, online_fleet.SERVICE, release=2, as_of=online_fleet.INSTANTS)
    models = folder / "models"
    if schedules is not None:
        booked = resolve(
            store, online_fleet.SCHEDULE_SERVICE, release=2, as_of=online_fleet.INSTANTS
        )
        served_schedule.write(models / "maintenance_schedule", booked, schedules)
    return served_model.Client(application(settings, manifest, models, costs=costs, guard=guard))


def application(
    settings: Settings,
    manifest: OnlineManifest,
    models: Path,
    *,
    costs: bool = True,
    guard: Guard | None = None,
) -> ProblemMiddleware:
    """The service of a home that reads what a manifest names; models: a folder for artefacts."""
    of = {
        "feature_service": manifest.feature_service,
        "release": manifest.release,
        "as_of": manifest.as_of,
    }
    served_model.write(models / "maintenance_due", manifest, spec(**of), graph())
    if costs:
        made = cost_spec().model_copy(update=of)
        served_model.write(models / "maintenance_cost", manifest, made, cost_graph())
    opened = open_endpoints(ENDPOINTS, models, settings)
    routes = [route(one.operation, opened[one.operation.name].answer, guard) for one in ENDPOINTS]
    return ProblemMiddleware(Starlette(routes=routes))


@contextmanager
def listening(app: ProblemMiddleware) -> Iterator[str]:
    """Answer on loopback for the time of the block; yields the address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service does not start"
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
