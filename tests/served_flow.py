"""Visitor forecasts by a known formula: their artefacts, and a client of the service."""

from __future__ import annotations

from pathlib import Path

import campaign_plans
import numpy as np
import online_tourism
import onnx
import served_model
from online_tourism import AS_OF, OLD, PLAZA, UNCOUNTED
from starlette.applications import Starlette

from bentos.inference.endpoint import open_endpoints
from bentos.tourism.endpoints import ENDPOINTS
from bentos.web.endpoint import route, task_routes
from bentos.web.middleware import ProblemMiddleware
from tambo.featurestore.online import resolve
from tambo.serving.spec import Forecast, Input, ServingSpec
from tambo.serving.version import VERSION_FILE, ServedVersion
from tambo.settings import Settings
from training.onnx_export import Graph

HOLIDAY, FESTIVAL, RAIN, WIDTH = 1.5, 60.0, 2.0, 0.2
"""Factor of a holiday, visitors of a festival, visitors that a mm of rain costs, ends of the
quantiles as a share of the middle."""

PLACES = {PLAZA: ("brazil", "domestic"), "Playa": ("domestic",), UNCOUNTED: ("all",)}
"""Locations and markets of the response; the one in the middle is not online."""

STEPS = {"visitor_flow": 28, "visitor_flow_hourly": 72}
_WINDOW = {"visitor_flow": ("daily_visitors", 56), "visitor_flow_hourly": ("hourly_visitors", 168)}
_READ = ("holiday_type", "is_festival", "precipitation", "is_closed")


def usual(model: str) -> str:
    """The feature that a model's answer starts from."""
    return "same_weekday_mean" if model == "visitor_flow" else "same_hour_mean"


def spec(model: str, **changes: object) -> ServingSpec:
    steps = STEPS[model]
    window, length = _WINDOW[model]
    fields = {
        "model": model,
        "estimator": "formula",
        "run_id": "unregistered",
        "feature_service": online_tourism.SERVICE,
        "release": 2,
        "as_of": AS_OF,
        "target": "visitors",
        "unit": "visitors",
        "inputs": (
            Input(name="location", kind="category", vocabulary=(PLAZA, UNCOUNTED, OLD)),
            Input(name=f"location_flow__{window}", kind="series", length=length),
            *(
                Input(name=f"visitor_flow_request__{name}", kind="series", length=steps)
                for name in (usual(model), *_READ)
            ),
        ),
        "forecast": Forecast(
            steps=steps,
            unit="day" if steps == 28 else "hour",
            levels=(0.1, 0.5, 0.9),
            low=(0.0,) * steps,
            high=(0.0,) * steps,
        ),
        **changes,
    }
    return ServingSpec(**fields)


def graph(model: str) -> onnx.ModelProto:
    """(usual * (holiday ? 1.5 : 1) + 60 festival - 2 rain), at least 0, and 0 where it is shut."""
    steps, length = STEPS[model], _WINDOW[model][1]
    made = Graph(width=1 + length + 5 * steps, answers=3 * steps)
    zero = made.constant(0.0)

    def series(number: int) -> str:
        start = 1 + length + number * steps
        found = made.columns(list(range(start, start + steps)))
        return made.add("Where", made.add("IsNaN", found), zero, found)

    def flag(value: str) -> str:
        return made.add("Cast", made.add("Greater", value, zero), to=1)

    usual, holiday, festival, rain, shut = (series(number) for number in range(5))
    factor = made.add(
        "Add", made.constant(1.0), made.add("Mul", flag(holiday), made.constant(HOLIDAY - 1))
    )
    count = made.add("Mul", usual, factor)
    count = made.add("Add", count, made.add("Mul", flag(festival), made.constant(FESTIVAL)))
    count = made.add("Sub", count, made.add("Mul", rain, made.constant(RAIN)))
    opened = made.add("Sub", made.constant(1.0), flag(shut))
    middle = made.add("Mul", made.add("Max", count, zero), opened)
    axis = made.constant(np.array([2], np.int64))
    ends = [
        made.add("Unsqueeze", made.add("Mul", middle, made.constant(share)), axis)
        for share in (1 - WIDTH, 1.0, 1 + WIDTH)
    ]
    stacked = made.add("Concat", *ends, axis=2)
    flat = made.constant(np.array([-1, 3 * steps], np.int64))
    return made.finish(made.add("Reshape", stacked, flat))


def write_all(folder: Path, store, **changes: object) -> None:
    """Write the artefacts of all models, each into a folder of its name."""
    manifest = resolve(store, online_tourism.SERVICE, release=2, as_of=online_tourism.INSTANTS)
    for model in STEPS:
        served_model.write(folder / model, manifest, spec(model, **changes), graph(model))
    write_response(folder / "campaign_uplift")


def write_response(folder: Path, **changes: object) -> None:
    """Write the artefact of the response to campaigns; `changes` as in `campaign_plans.learned`."""
    folder.mkdir(parents=True, exist_ok=True)
    campaign_plans.learned(places=PLACES, **changes).save(folder)
    ServedVersion(
        model="campaign_uplift",
        estimator="response",
        run_id="unregistered",
        feature_service="campaign_uplift_v1",
        release=2,
        as_of=AS_OF,
    ).save(folder / VERSION_FILE)


def home(folder: Path, **changes: object) -> Settings:
    """Make a home with the artefacts of all models, and the online store behind them."""
    settings = Settings(home=folder)
    settings.online_store.parent.mkdir(parents=True)
    online = {"type": "sqlite", "path": str(settings.online_store)}
    store = online_tourism.repository(folder, online)
    online_tourism.fill(store)
    write_all(folder / "models", store, **changes)
    return settings


def client(folder: Path, **changes: object) -> served_model.Client:
    """Make a home in a folder, and serve from it."""
    home(folder, **changes)
    return client_of(folder)


def client_of(folder: Path) -> served_model.Client:
    """Serve from a home that was made."""
    settings = Settings(home=folder)
    opened = open_endpoints(ENDPOINTS, folder / "models", settings)
    routes = [
        found
        for one in ENDPOINTS
        for found in (
            route(one.operation, opened[one.operation.name].answer),
            *task_routes(one.operation, opened[one.operation.name].look),
        )
    ]
    return served_model.Client(ProblemMiddleware(Starlette(routes=routes)))
