"""Small real model artefacts, registered as champions: what training hands to serving."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import numpy as np
import online_feast
import online_hotels
import onnx
import served_hotels
from onnx import TensorProto, helper, numpy_helper
from starlette.applications import Starlette

from bentos.inference.endpoint import Endpoint, OpenEndpoint, OpenModel
from bentos.travel.flight_price.documentation import FLIGHT_PRICE
from bentos.travel.traveller_gender.chances import FIRST_NAME
from bentos.web.endpoint import route
from bentos.web.middleware import ProblemMiddleware
from tambo.featurestore.online import OnlineManifest, OnlineReader, resolve
from tambo.requesttime.travel import FLIGHT_CLASSES
from tambo.serving.model import ServedModel
from tambo.serving.ngrams import bucket
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


GENDERS = ("male", "female", "none")
SHARES = (0.45, 0.4, 0.15)
SAYS = {"a$": 1, "o$": 0}
"""Which class the end of a name speaks for."""
AGE = "traveller_profile__age"
BUCKETS = 256


def gender_spec(**changes: object) -> ServingSpec:
    fields = {
        "model": "traveller_gender",
        "estimator": "softmax",
        "run_id": "unregistered",
        "feature_service": online_feast.GENDER_SERVICE,
        "release": 2,
        "as_of": online_feast.AS_OF,
        "target": "gender",
        "unit": "chance",
        "inputs": (
            Input(name=FIRST_NAME, kind="ngrams", buckets=BUCKETS),
            Input(name=AGE, kind="number"),
        ),
        "classes": GENDERS,
        "abstain_below": 0.6,
        **changes,
    }
    return ServingSpec(**fields)


def gender_graph(width: int = BUCKETS + 1) -> onnx.ModelProto:
    """softmax(log shares + 3 for the class that the name's end speaks for + age / 1000 for male)."""
    weights = np.zeros((width, len(GENDERS)), np.float32)
    weights[-1, 0] = 0.001
    if width > BUCKETS:
        for run, says in SAYS.items():
            weights[bucket(run, BUCKETS), says] = 3.0
    constants = {"w": weights, "base": np.log(np.float32([SHARES])), "zero": np.float32(0)}
    node = helper.make_node
    nodes = [
        node("IsNaN", ["features"], ["absent"]),
        node("Where", ["absent", "zero", "features"], ["filled"]),
        node("MatMul", ["filled", "w"], ["speaks"]),
        node("Add", ["speaks", "base"], ["evidence"]),
        node("Softmax", ["evidence"], ["chances"], axis=1),
    ]
    made = helper.make_graph(
        nodes,
        "genders",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("chances", TensorProto.FLOAT, [None, len(GENDERS)])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def write(
    folder: Path,
    manifest: OnlineManifest,
    made: ServingSpec | None = None,
    model: onnx.ModelProto | None = None,
) -> Path:
    """Write an artefact's three files into a folder: the flight price's unless others are given."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model or graph(), folder / "model.onnx")
    (made or spec()).save(folder / "serving.json")
    manifest.save(folder / "online_manifest.json")
    return folder


def fill(store) -> None:
    """Write the online values of all three models."""
    online_feast.fill(store)
    online_hotels.fill(online_hotels.repository(store))


def write_all(folder: Path, store) -> None:
    """Write the artefacts of all models, each into a folder of its name."""
    kept = {"as_of": online_feast.INSTANTS}
    fares = resolve(store, online_feast.SERVICE, release=3, **kept)
    genders = resolve(store, online_feast.GENDER_SERVICE, release=2, **kept)
    write(folder / "flight_price", fares)
    write(folder / "traveller_gender", genders, gender_spec(), gender_graph())
    hotels = resolve(store, online_hotels.SERVICE, release=1, **kept)
    served_hotels.save_index(
        write(folder / "hotel_recommendation", hotels, served_hotels.spec(), served_hotels.graph())
    )


def register(settings: Settings, folder: Path, model: str = "flight_price") -> str:
    """Log the artefact to MLflow and register it as champion; returns its version."""
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
    if not client.search_registered_models(f"name = '{model}'"):
        client.create_registered_model(model)
    version = client.create_model_version(
        model, f"{run.info.artifact_uri}/serving", run.info.run_id
    )
    client.set_registered_model_alias(model, "champion", version.version)
    return str(version.version)


def home(folder: Path, model: str = "flight_price") -> tuple[Path, Path]:
    """Make the artefacts and the online store behind them; returns paths of one, and the store."""
    path = folder / "online.sqlite"
    store = online_feast.repository(folder, {"type": "sqlite", "path": str(path)})
    fill(store)
    write_all(folder / "models", store)
    return folder / "models" / model, path


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


def client_of(folder: Path, path: Path, endpoint: Endpoint = FLIGHT_PRICE) -> Client:
    model = ServedModel.load(folder)
    reader = OnlineReader.open(model.manifest, sqlite=path)
    opened = OpenEndpoint(endpoint, [OpenModel(model, reader)], far=False)
    return Client(ProblemMiddleware(Starlette(routes=[route(endpoint.operation, opened.answer)])))
