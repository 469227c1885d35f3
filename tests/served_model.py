"""A small real model artefact, registered as champion: what training hands to serving."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import numpy as np
import online_feast
import onnx
from onnx import TensorProto, helper, numpy_helper
from starlette.applications import Starlette

from bentos.travel.documentation import FLIGHT_PRICE
from bentos.travel.pricing import FlightPricer
from bentos.travel.schemas import FlightBatch, FlightPrices
from bentos.web.endpoint import route
from bentos.web.middleware import ProblemMiddleware
from tambo.featurestore.online import OnlineManifest, OnlineReader, resolve
from tambo.requesttime.travel import FLIGHT_CLASSES
from tambo.serving.model import ServedModel
from tambo.serving.spec import Band, Input, Interval, ServingSpec
from tambo.settings import Settings

FARE = "fare_prices__fare_mean"
DAYS = "flight_request__days_to_travel"


def spec(**changes: object) -> ServingSpec:
    fields = {
        "model": "flight_price",
        "estimator": "formula",
        "run_id": "unregistered",
        "feature_service": online_feast.SERVICE,
        "release": 3,
        "as_of": online_feast.AS_OF,
        "target": "price",
        "unit": "BRL",
        "inputs": (
            Input(name=FARE, kind="number"),
            Input(name="flight_type", kind="category", vocabulary=FLIGHT_CLASSES),
            Input(name=DAYS, kind="number"),
            Input(name="agency", kind="category", vocabulary=online_feast.AGENCIES),
        ),
        "known": {"agency": online_feast.AGENCIES},
        "interval": Interval(
            level=0.9,
            kind="relative",
            overall=Band(low=-0.2, high=0.2),
            group_by="flight_type",
            by_group={"economic": Band(low=-0.1, high=0.1)},
            unseen=Band(low=-0.5, high=0.75),
        ),
        **changes,
    }
    return ServingSpec(**fields)


def graph() -> onnx.ModelProto:
    """price = (stored fare, else 400 + 300 class) + 10 if the second agency - days to travel."""
    weights = np.array([[0.0], [300.0], [0.0], [0.0]], np.float32)
    extra = np.array([[0.0], [0.0], [-1.0], [10.0]], np.float32)
    constants = {
        "w": weights,
        "x": extra,
        "base": np.float32([[400.0]]),
        "zero": np.float32(0),
        "first": np.int64([0]),
        "next": np.int64([1]),
        "axis": np.int64([1]),
    }
    node = helper.make_node
    nodes = [
        node("IsNaN", ["features"], ["absent"]),
        node("Where", ["absent", "zero", "features"], ["filled"]),
        node("MatMul", ["filled", "w"], ["ranked"]),
        node("Add", ["ranked", "base"], ["fallback"]),
        node("Slice", ["features", "first", "next", "axis"], ["stored"]),
        node("IsNaN", ["stored"], ["unknown"]),
        node("Where", ["unknown", "fallback", "stored"], ["fare"]),
        node("MatMul", ["filled", "x"], ["more"]),
        node("Add", ["fare", "more"], ["price"]),
    ]
    made = helper.make_graph(
        nodes,
        "fares",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 4])],
        [helper.make_tensor_value_info("price", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write(folder: Path, manifest: OnlineManifest, **changes: object) -> Path:
    """Write the artefact's three files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(graph(), folder / "model.onnx")
    spec(**changes).save(folder / "serving.json")
    manifest.save(folder / "online_manifest.json")
    return folder


def register(settings: Settings, folder: Path, *, champion: bool = True) -> str:
    """Log the artefact to MLflow and register it; returns its version."""
    import mlflow

    Path(settings.mlflow_uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    # The registry too: training in the same process may have named another.
    client = mlflow.MlflowClient(tracking_uri=settings.mlflow_uri, registry_uri=settings.mlflow_uri)
    found = client.get_experiment_by_name("test")
    experiment = (
        found.experiment_id
        if found
        else client.create_experiment("test", settings.mlflow_artifacts.as_uri())
    )
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(folder), "serving")
    client.set_terminated(run.info.run_id)
    if not client.search_registered_models("name = 'flight_price'"):
        client.create_registered_model("flight_price")
    version = client.create_model_version(
        "flight_price", f"{run.info.artifact_uri}/serving", run.info.run_id
    )
    if champion:
        client.set_registered_model_alias("flight_price", "champion", version.version)
    return str(version.version)


def home(folder: Path) -> tuple[Path, Path]:
    """Make an artefact and the online store behind it; returns both paths."""
    path = folder / "online.sqlite"
    store = online_feast.repository(folder, {"type": "sqlite", "path": str(path)})
    online_feast.fill(store)
    manifest = resolve(store, online_feast.SERVICE, release=3, as_of=online_feast.AS_OF)
    return write(folder / "artefact", manifest), path


class Client:
    """Calls an ASGI application as HTTP would."""

    def __init__(self, app) -> None:
        self._transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, path: str, **options) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://service"
            ) as one:
                return await one.request(method, path, **options)

        return asyncio.run(call())

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, **options) -> httpx.Response:
        return self.request("POST", path, **options)


def client_of(folder, path) -> Client:
    model = ServedModel.load(folder)
    pricer = FlightPricer(model, OnlineReader.open(model.manifest, sqlite=path))

    async def handle(asked):
        batch = isinstance(asked, FlightBatch)
        prices = pricer.price(asked.items if batch else [asked], batch=batch)
        return FlightPrices(items=prices) if batch else prices[0]

    app = ProblemMiddleware(Starlette(routes=[route(FLIGHT_PRICE, handle)]))
    return Client(app)
