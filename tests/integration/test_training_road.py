"""Training on the real road: a small world, its release, the registry and what a service gets."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import training_home

from tambo.errors import TrainingError
from tambo.lake import reader, releases
from tambo.serving.model import ServedModel
from tambo.settings import Settings
from training import card, experiment, onnx_export, registry
from training.experiment import encode_parts, train
from training.frame import build_frame
from training.gate import GateRule
from training.promotion import decide
from training.travel.flight_price import MODEL, TRAVELLER
from training.travel.traveller_gender import CLASSES as GENDER_CLASSES
from training.travel.traveller_gender import NAME as GENDER_NAME

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    """A released and published small world."""
    return training_home.small(tmp_path_factory)


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def trained(settings, steps):
    return train(settings, "flight_price", trials=1, progress=lambda *step: steps.append(step))


@pytest.fixture(scope="module")
def frame(settings):
    return build_frame(settings, MODEL, releases.get(settings, 1))


@pytest.fixture(scope="module")
def artifacts(settings, trained) -> Path:
    return Path(registry.connect(settings).download_artifacts(trained.run_id, ""))


def test_the_first_version_is_champion_and_says_what_it_is(settings, trained):
    assert (trained.version, trained.champion, trained.up_to_date) == (1, True, False)
    found = registry.champion(settings, "flight_price")
    assert found.version == 1
    assert found.estimator == trained.estimator
    assert found.tags["release"] == "1"
    assert found.tags["role_reason"] == "the first version"
    assert found.metrics["rmse"] == pytest.approx(trained.metrics["rmse"])
    assert trained.line().startswith(f"flight_price 1 ({trained.estimator}, champion): RMSE")


def test_progress_counts_up_to_the_end(trained, steps):
    assert [done for _, done, _ in steps] == list(range(len(steps)))
    assert steps[-1] == ("done", steps[-1][2], steps[-1][2])


def test_the_run_tells_what_went_in_and_what_came_out(settings, trained, frame):
    run = registry.connect(settings).get_run(trained.run_id)
    assert run.data.params["release"] == "1"
    assert run.data.params["feature_service"] == "flight_price_v1"
    assert run.data.params["frame"] == frame.digest()
    assert int(run.data.params["rows.train"]) == frame.parts["train"].num_rows
    assert run.data.metrics["test.rmse"] == pytest.approx(trained.metrics["rmse"], rel=1e-4)
    for name in ("route_class_mean", "linear", "xgboost"):
        assert run.data.metrics[f"{name}.onnx_parity.largest_difference"] < 0.05
        assert run.data.metrics[f"{name}.unseen_route.rmse"] > 0
    assert "test.flight_type.economic.rmse" in run.data.metrics
    (data,) = run.inputs.dataset_inputs
    assert data.dataset.digest == frame.digest()
    described = run.data.tags["mlflow.note.content"]
    assert described.startswith(f"**{trained.estimator}**, champion: the first version.")
    assert all(f"| {check.name} |" in described for check in trained.verdict.checks)


def test_the_addresses_shown_are_those_of_the_runs(settings, trained):
    run = registry.connect(settings).get_run(trained.run_id)
    shown = registry.addresses(settings, 5000)
    assert list(shown) == ["travel", "models"]
    assert f"127.0.0.1:5000/#/experiments/{run.info.experiment_id}/runs?" in shown["travel"]


def test_the_certificate_is_verified_and_logged(artifacts, frame):
    certificate = json.loads((artifacts / "reports" / "certificate.json").read_text())
    assert certificate == json.loads(frame.certificate.to_json())
    assert certificate["newest_event"] <= 0
    assert certificate["newest_created"] <= 0
    assert certificate["fan_out"] == 1
    assert certificate["rows"] == sum(part.num_rows for part in frame.parts.values())


def test_a_training_frame_that_breaks_its_promises_is_refused(settings, monkeypatch):
    from tambo.errors import FeatureError
    from training import frame as frames

    honest = frames.get_features

    def from_the_future(*arguments, **options):
        found = honest(*arguments, **options)
        return replace(found, certificate=replace(found.certificate, newest_created=1))

    monkeypatch.setattr(frames, "get_features", from_the_future)
    with pytest.raises(FeatureError, match="breaks its promises"):
        build_frame(settings, MODEL, releases.get(settings, 1))


def test_reports_plots_and_native_files_are_there_and_nothing_is_pickled(artifacts, trained):
    plots = {path.name for path in (artifacts / "plots").glob("*.png")}
    assert {"residuals.png", "importance_shuffled.png", "over_time.png"} <= plots
    importance = json.loads((artifacts / "reports" / "importance.json").read_text())
    assert {*importance["shuffled"]}.isdisjoint(TRAVELLER)
    assert list((artifacts / "native").iterdir())
    for path in artifacts.rglob("*"):
        assert path.suffix not in {".pkl", ".pickle", ".joblib", ".cloudpickle"}
        if path.is_file():
            assert path.read_bytes()[:2] not in {b"\x80\x04", b"\x80\x05"}


def test_a_service_gets_the_model_that_was_judged(artifacts, frame, trained):
    served = ServedModel.load(artifacts / "serving")
    spec = served.spec
    assert (spec.model, spec.estimator, spec.release) == ("flight_price", trained.estimator, 1)
    assert spec.run_id == trained.run_id
    assert {*spec.columns} <= {
        *served.manifest.feature_names, "origin", "destination", "flight_type", "agency"
    }  # fmt: skip
    assert spec.known_values("agency") is not None
    rows = frame.parts["test"].to_pylist()
    prices = served.predict([{name: row[name] for name in spec.columns} for row in rows])
    error = prices - np.array([row["price"] for row in rows])
    assert np.sqrt(np.square(error).mean()) == pytest.approx(trained.metrics["rmse"], rel=1e-3)
    inside = [
        low <= row["price"] <= high
        for price, row in zip(prices, rows, strict=True)
        for low, high in [spec.interval.bounds(float(price), row["flight_type"])]
    ]
    assert np.mean(inside) == pytest.approx(trained.metrics["coverage"], abs=1e-3)


def test_mlflow_can_run_the_model_with_its_example(settings, trained):
    import mlflow

    registry.connect(settings)
    model = mlflow.pyfunc.load_model("models:/flight_price@champion")
    assert model.metadata.signature is not None
    example = model.input_example
    assert (model.predict(example)["prediction"] > 0).all()


def test_training_again_does_nothing(settings, trained):
    runs = len(registry.model_versions(settings))
    again = train(settings, "flight_price", trials=1)
    assert again.up_to_date
    assert (again.version, again.run_id) == (trained.version, trained.run_id)
    assert again.verdict == trained.verdict
    assert len(registry.model_versions(settings)) == runs


def test_an_equal_follows_a_champion_that_lacks_a_feature_of_today(settings, trained, frame):
    rows, test = frame.parts["test"], encode_parts(MODEL, frame.parts, settings.seed).test
    value = trained.metrics["rmse"] * 1.0005
    assert not decide(settings, MODEL, rows, test, value).champion
    today = rows.append_column("fare_prices__tomorrow", pa.nulls(rows.num_rows))
    found = decide(settings, MODEL, today, test, value)
    assert (found.champion, found.rival) == (True, trained.version)
    assert found.reason.endswith("trained before there was fare_prices__tomorrow")
    assert not decide(settings, MODEL, today, test, value * 1.1).champion


def test_a_run_killed_before_its_alias_is_completed(settings, trained):
    client = registry.connect(settings)
    client.delete_registered_model_alias("flight_price", "champion")
    assert registry.champion(settings, "flight_price") is None
    again = train(settings, "flight_price", trials=1)
    assert (again.version, again.champion, again.up_to_date) == (trained.version, True, True)


def test_a_version_that_is_not_complete_is_not_seen(settings, trained):
    client = registry.connect(settings)
    whole = client.get_model_version("flight_price", str(trained.version))
    made = client.create_model_version("flight_price", whole.source, trained.run_id)
    assert int(made.version) not in {one.version for one in registry.model_versions(settings)}
    client.delete_model_version("flight_price", made.version)


def test_releases_of_registered_versions_are_named(settings, trained):
    assert registry.named_releases(settings) == {1}
    assert registry.named_releases(Settings(home=settings.home / "nothing")) == set()


def test_where_nothing_passes_the_best_baseline_serves_under_its_own_name(
    settings, trained, monkeypatch
):
    """A margin that nothing can meet; and a champion that stays, as it is better."""
    strict = replace(MODEL, gate=GateRule("rmse", margin=0.99), trials=0)
    monkeypatch.setattr(experiment, "models", lambda: {"flight_price": strict})
    found = train(settings, "flight_price")
    assert found.baseline
    assert found.estimator in {"linear", "route_class_mean"}
    assert [check.name for check in found.verdict.failed] == ["beats_baselines"]
    assert "the best baseline" in found.line()
    spec, model = registry.load_serving(
        settings, registry.get(settings, "flight_price", found.version)
    )
    assert spec.baseline
    assert spec.estimator == found.estimator
    assert onnx_export.open_session(model).get_outputs()[0].name == "prediction"
    version = registry.get(settings, "flight_price", found.version)
    if found.metrics["rmse"] < trained.metrics["rmse"]:
        assert version.aliases == ("champion",)
    else:
        assert version.aliases == ("challenger",)
        assert "not below" in version.tags["role_reason"]
        assert registry.champion(settings, "flight_price").version == trained.version


def test_a_release_without_labels_is_refused(settings, monkeypatch):
    other = replace(MODEL, label=replace(MODEL.label, name="marts.label_of_nothing"))
    monkeypatch.setattr(experiment, "models", lambda: {"flight_price": other})
    with pytest.raises(TrainingError, match="label_of_nothing"):
        train(settings, "flight_price", trials=2)


def test_a_gender_is_learned_from_names_that_are_written_nowhere(settings):
    found = train(settings, "traveller_gender")
    folder = Path(registry.connect(settings).download_artifacts(found.run_id, ""))
    served = ServedModel.load(folder / "serving")
    assert served.spec.classes == GENDER_CLASSES
    assert served.spec.abstain_below > 0.0
    with reader(settings, releases.get(settings, 1).snapshot_id) as lake:
        found_names = lake.execute(
            "SELECT DISTINCT lower(first_name) FROM lake.marts.traveller_profile "
            "WHERE length(first_name) > 4"
        ).fetchall()
    names = {name for (name,) in found_names}
    assert len(names) > 30
    # The whole registry: parameters, tags, data sets, traces; and every file of every run.
    stored = [path for path in settings.registry_folder.rglob("*") if path.is_file()]
    assert len(stored) > 10
    for path in stored:
        words = {*re.findall(r"\w+", path.read_bytes().decode("utf-8", "ignore").lower())}
        assert not words & names, path
    rows = [dict.fromkeys(served.spec.columns) | {GENDER_NAME: name} for name in ("Maria", "João")]
    chances = served.predict(rows)
    assert chances.shape == (2, 3)
    assert chances.sum(axis=1) == pytest.approx(1.0)
    assert chances[0, 1] > chances[1, 1]
    figures = card.figures(settings, "traveller_gender")
    assert "| logistic | unseen first name |" in figures
