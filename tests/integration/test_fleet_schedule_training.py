"""The maintenance schedule from a lake: what is read of the past, what is registered, who serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from benchmarks.fleet_past import past
from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import publish
from tambo.ingest import ingest
from tambo.lake import reader, releases
from tambo.lake.build import build
from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.schedules import KINDS, NETWORK, OPTIMISER, Schedules
from tambo.serving.model import ServedModel
from tambo.settings import Settings
from tambo.sources.fleet.world.generate import generate
from tambo.sources.fleet.world.truth import Truth
from training import registry
from training.experiment import train
from training.fleet import maintenance_schedule
from training.fleet.schedule.fitted import Sizes, fit
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.history import History, read_history
from training.fleet.schedule.morning import standing

pytestmark = pytest.mark.slow
MODEL = "maintenance_schedule"
WORLD = {"aircraft": 6, "years": 2, "seed": 9}
SMALL = Sizes(chosen=4, tested=8, distilled=4, days=200)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A release of a sample world, small fleets to judge on, and the least training."""
    folder = tmp_path_factory.mktemp("schedule")
    settings = Settings(home=folder / "home", schedule_training_days=500)
    generate(folder / "raw", **WORLD, dirty_share=0.0)
    ingest(settings, folder / "raw")
    build(settings)
    assert validate(settings).success
    releases.release(settings)
    publish(settings, all_objects(["fleet"]))
    yield settings


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        maintenance_schedule, "fit", lambda *given: fit(*given, sizes=SMALL), raising=True
    )


def history(home: Settings, known_by: datetime | None = None) -> History:
    held = releases.get(home)
    with reader(home, held.snapshot_id) as connection:
        return read_history(connection, known_by or held.as_of.of("fleet"))


def test_the_past_is_read_as_the_world_made_it(home: Settings) -> None:
    found, made = history(home), past(Truth.draw(**WORLD))
    assert sorted(found.vessels) == sorted(made.vessels)
    assert found.bases == made.bases
    assert (found.roster.slots == made.roster.slots).all()
    order = [made.kinds.index(name) for name in found.kinds]
    assert (found.limits == made.limits[order]).all()
    each = [
        sorted((one.vessels[n], float(hours)) for n, hours in enumerate(one.hours().sum(axis=1)))
        for one in (found, made)
    ]
    assert [name for name, _ in each[0]] == [name for name, _ in each[1]]
    assert [hours for _, hours in each[0]] == pytest.approx([h for _, h in each[1]], rel=0.01)
    assert len(found.maintenances.day) == len(made.maintenances.day)
    assert found.maintenances.failed.sum() == made.maintenances.failed.sum()
    assert len(found.flights.day) == pytest.approx(len(made.flights.day), rel=0.01)
    assert found.flights.hours.sum() == pytest.approx(made.flights.hours.sum(), rel=0.01)
    assert len(found.bookings.departs) == pytest.approx(len(made.bookings.departs), rel=0.05)
    assert np.nanmean(found.score) == pytest.approx(np.nanmean(made.score), abs=1)


def test_nothing_of_the_past_is_told_of_what_came_later(home: Settings) -> None:
    whole = history(home)
    cut = releases.get(home).as_of.of("fleet") - timedelta(days=200)
    then = history(home, cut)
    day = (cut - datetime(1970, 1, 1)) / timedelta(days=1)
    assert then.last == int(day)
    for one in (then.flights.day, then.maintenances.day, then.bookings.booked):
        assert one.max() <= day
    finished = then.maintenances.finished
    assert not (finished > day).any()
    assert 0 < len(then.maintenances.day) < len(whole.maintenances.day)
    known = (whole.maintenances.day <= day).sum()
    assert len(then.maintenances.day) <= known


def test_a_version_holds_all_that_a_service_needs(home: Settings) -> None:
    trained = train(home, MODEL)
    assert trained.champion
    version = registry.champion(home, MODEL)
    assert version is not None
    folder = registry.serving_files(home, version)
    model, schedules = ServedModel.load(folder), Schedules.read(folder)
    assert schedules.best == trained.estimator
    assert trained.baseline == (schedules.best != NETWORK)
    assert model.spec.known_values("aircraft_id") == history(home).vessels
    parameters, roster = schedules.horizon.parameters, history(home).roster
    today = standing(Fleets(parameters, roster, 2, 10, seed=1))

    def value(seen):
        flat = model.predict_matrix(seen.reshape(-1, len(NAMES)))
        return flat.reshape(*seen.shape[:-1], 2)

    for name in KINDS:
        urgency = schedules.policy(name, value)(today)
        assert urgency.shape == today.score.shape
        assert np.isfinite(urgency[today.must_enter]).all()
    assert set(schedules.earned) == set(KINDS) - {OPTIMISER}
    assert value(look(today)).shape == (*today.score.shape, 2)
    assert train(home, MODEL).up_to_date


def test_a_new_training_serves_unless_it_surely_earns_less(home: Settings) -> None:
    first = train(home, MODEL)
    again = train(home.model_copy(update={"seed": 8}), MODEL)
    assert again.version == first.version + 1
    newest = registry.get(home, MODEL, again.version)
    assert f"against what version {first.version} does" in newest.tags["role_reason"]
    assert again.champion == (newest.tags["role"] == "champion")
    gate = json.loads(newest.tags["gate"])
    assert {one["name"] for one in gate["checks"]} == {"beats_rules", "onnx_parity"}


def test_schedules_without_a_legal_limit_are_read_as_they_were_written(home, tmp_path) -> None:
    version = registry.champion(home, MODEL)
    assert version is not None
    found = Schedules.read(registry.serving_files(home, version))
    first, *others = found.horizon.parameters.upkeep
    endless = replace(first, hours_limit=float("inf"), days_limit=float("inf"))
    parameters = replace(found.horizon.parameters, upkeep=(endless, *others))
    made = replace(found, horizon=replace(found.horizon, parameters=parameters))
    made.save(tmp_path)
    assert Schedules.read(tmp_path).horizon.parameters == parameters
    before = (tmp_path / "schedules.json").read_bytes()
    Schedules.read(tmp_path).save(tmp_path)
    assert (tmp_path / "schedules.json").read_bytes() == before
