"""The maintenance schedule from a lake: what is read of the past, what is registered, who serves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import duckdb
import numpy as np
import pytest

from benchmarks.fleet_past import past
from bentos.fleet.maintenance_schedule.scheduling import FleetScheduler
from bentos.fleet.maintenance_schedule.schemas import MaintenanceScheduleRequest
from bentos.inference.endpoint import OpenModel
from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import publish
from tambo.ingest import ingest
from tambo.lake import reader, releases
from tambo.lake.build import build
from tambo.planning.fleet.demand import ANY
from tambo.planning.fleet.look import NAMES, look
from tambo.planning.fleet.policies import ENTER, STAY, Policy, Threshold, run_to_failure
from tambo.planning.fleet.schedules import (
    KINDS,
    NETWORK,
    OPTIMISER,
    RUN_TO_FAILURE,
    THRESHOLD,
    Schedules,
)
from tambo.serving.model import ServedModel
from tambo.settings import Settings
from tambo.sources.fleet.world.generate import generate
from tambo.sources.fleet.world.truth import Truth
from training import registry
from training.experiment import train
from training.fleet import maintenance_schedule
from training.fleet.schedule import network as networks
from training.fleet.schedule.asked import estimate_demand
from training.fleet.schedule.beside import Beside
from training.fleet.schedule.choosing import Validation, with_margin
from training.fleet.schedule.comparing import SCORES, Judging, gain, live
from training.fleet.schedule.fitted import Fitted, Sizes, choose, prepare
from training.fleet.schedule.fleets import Fleets
from training.fleet.schedule.graph import to_onnx, valued
from training.fleet.schedule.history import History, read_history
from training.fleet.schedule.learn import Learned
from training.fleet.schedule.morning import standing
from training.fleet.schedule.promotion import decide
from training.fleet.schedule.recipe import LEARNED
from training.fleet.schedule.record import figures, reports

pytestmark = pytest.mark.slow
MODEL = "maintenance_schedule"
WORLD = {"aircraft": 6, "years": 2, "seed": 9}
SMALL = partial(Sizes, chosen=4, tested=8, distilled=4, days=200)
TINY = replace(LEARNED, fleets=4, begin=200, batch=16, updates=1, units=8)
"""Learns next to nothing: a rule is better."""
READ = (
    *(
        f"intermediate.int_{of}"
        for of in ("vessels", "readings", "flights", "maintenances", "bookings")
    ),
    "staging.stg_flights_log",
)
"""Of the past."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A release of a sample world, small fleets to judge on, and the least training."""
    folder = tmp_path_factory.mktemp("schedule")
    settings = Settings(
        home=folder / "home", schedule_training_days=500, schedule_optimised_fleets=0
    )
    generate(folder / "raw", **WORLD, dirty_share=0.0)
    ingest(settings, folder / "raw")
    build(settings)
    assert validate(settings).success
    releases.release(settings)
    publish(settings, all_objects(["fleet"]))
    yield settings


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(maintenance_schedule, "Sizes", SMALL)
        changed.setattr(maintenance_schedule, "LEARNED", TINY)
        yield


@pytest.fixture(scope="module")
def champion(home: Settings) -> tuple[Schedules, Policy]:
    """What serves."""
    train(home, MODEL)
    version = registry.champion(home, MODEL)
    assert version is not None
    schedules = Schedules.read(registry.serving_files(home, version))
    _, model = registry.load_serving(home, version)
    return schedules, schedules.policy(schedules.best, valued(model))


def test_what_was_trained_dates_a_plan_of_the_published_fleet(
    home: Settings, champion: tuple[Schedules, Policy]
) -> None:
    version = registry.champion(home, MODEL)
    assert version is not None
    folder = registry.serving_files(home, version)
    scheduler = FleetScheduler(*OpenModel.load(folder, home), folder)
    asked = [MaintenanceScheduleRequest(schedule=name) for name in (None, *KINDS)]
    served, *each = scheduler.answer(asked)
    assert served.schedule == champion[0].best
    assert [one.schedule for one in each] == list(KINDS)
    fleet = {one.aircraft_id for one in served.vessels}
    assert len(fleet) == WORLD["aircraft"]
    for one in (served, *each):
        assert {vessel.aircraft_id for vessel in one.vessels} == fleet
        assert one.current_plan == served.current_plan
    optimal = each[KINDS.index(OPTIMISER)]
    assert optimal.proven
    # Whole units of ten dollars may miss what the figures tell by a little.
    assert optimal.plan.cost <= min(one.plan.cost for one in each) + 1_000


@pytest.fixture(scope="module")
def fitted(home: Settings, champion: tuple[Schedules, Policy]) -> Fitted:
    """A network that learned nothing, judged in the champion's world."""
    return chosen(home, champion[0], graph_of=1)


@pytest.fixture(scope="module")
def beside(home: Settings, champion: tuple[Schedules, Policy]) -> Fitted:
    """The same beside the optimiser."""
    return chosen(home, champion[0], graph_of=1, optimised=4)


def chosen(home: Settings, schedules: Schedules, graph_of: int, optimised: int = 0) -> Fitted:
    """Judge a network with the graph of the same seed, or of another one."""
    parameters, roster = schedules.horizon.parameters, history(home).roster
    morning = look(standing(Fleets(parameters, roster, 4, 10, seed=1)))
    network, other = (networks.build(8, duelling=False, seed=seed) for seed in (1, graph_of))
    worth = Learned(network).value(morning)
    # It lets half of the vessels enter.
    middle = float(np.median(worth[..., ENTER] - worth[..., STAY]))
    for one in (network, other):
        one.set_weights(with_margin(networks.weights(one), middle))
    sizes = SMALL(optimised=optimised)
    validation = Validation(parameters, roster, sizes.chosen, sizes.days)
    unlearned, graph = prepare(validation), to_onnx(networks.weights(other))
    judging = Judging(parameters, roster, range(optimised), fleets=1, days=60)
    told = schedules.kinds, Learned(network), graph, validation, unlearned
    with Beside(judging, unlearned.horizon) as few:
        return choose(*told, few, lambda text: None, sizes)


def serving(fitted: Fitted, name: str, policy: Policy) -> Fitted:
    """The same with a policy as the best schedule."""
    judged = {**fitted.judged, name: live(policy, fitted.tests.again())}
    return replace(fitted, schedules=replace(fitted.schedules, best=name), judged=judged)


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


def test_bookings_that_name_no_kind_are_asked_of_all_kinds_of_their_base(home: Settings) -> None:
    """The column is not in every booking system: without it demand is estimated all the same."""
    whole, held = history(home), releases.get(home)
    with reader(home, held.snapshot_id) as lake, duckdb.connect() as copy:
        for table in READ:
            copy.execute(f"create schema if not exists {table.split('.')[0]}")
            copy.register("rows", lake.execute(f"from {table}").to_arrow_table())
            copy.execute(f"create table {table} as from rows")
        copy.execute("update intermediate.int_bookings set vessel_type = ?", [ANY])
        found = read_history(copy, held.as_of.of("fleet"))
    assert len(found.bookings.departs) == len(whole.bookings.departs)
    for one in estimate_demand(found):
        assert one.trips > 0
    for base, vessels in enumerate(found.roster.homes):
        owned = np.bincount(found.roster.kind[vessels], minlength=2) / len(vessels)
        asked = np.bincount(found.bookings.kind[found.bookings.base == base], minlength=2)
        assert asked / asked.sum() == pytest.approx(owned, abs=0.01)


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


def test_a_network_that_loses_challenges_the_rule_that_serves(home: Settings) -> None:
    trained = train(home, MODEL)
    assert trained.baseline
    assert trained.estimator not in {NETWORK, OPTIMISER}
    assert {one.name for one in trained.verdict.failed} == {"beats_rules"}
    assert "the best baseline, as the candidate failed: beats_rules" in trained.line()


def test_a_new_training_is_held_against_the_champion(home: Settings) -> None:
    first = train(home, MODEL)
    again = train(home.model_copy(update={"seed": 8}), MODEL)
    assert again.version == first.version + 1
    newest = registry.get(home, MODEL, again.version)
    reason = newest.tags["role_reason"]
    assert f"against what version {first.version} does" in reason
    assert again.champion == (newest.tags["role"] == "champion")
    assert again.champion == (reason.split(" earns ")[1][0] == "+")
    gate = json.loads(newest.tags["gate"])
    assert {one["name"] for one in gate["checks"]} == {"beats_rules", "onnx_parity"}


def test_a_version_serves_only_if_it_earns_no_less(home, champion, fitted) -> None:
    schedules, theirs = champion
    equal = decide(home, MODEL, serving(fitted, schedules.best, theirs))
    assert equal.champion
    assert "+0.00%" in equal.reason
    worse = decide(home, MODEL, serving(fitted, RUN_TO_FAILURE, run_to_failure))
    assert not worse.champion
    # Nor one that earns less, but not surely: step by step such versions would drift down.
    lived = live(theirs, fitted.tests.again())
    doubtful = [
        Threshold(score)
        for score in SCORES
        if (more := gain(live(Threshold(score), fitted.tests.again()), lived)).mean < 0 < more.high
    ]
    assert doubtful
    for policy in doubtful:
        assert not decide(home, MODEL, serving(fitted, THRESHOLD, policy)).champion


def test_the_optimiser_is_judged_with_the_luck_of_the_others(beside) -> None:
    few, told = beside.few, beside.schedules.earned[OPTIMISER]
    assert set(few.judged) == {OPTIMISER, NETWORK, beside.rule}
    assert {len(one.earned) for one in few.judged.values()} == {4}
    more = few.judged[OPTIMISER].earned - few.judged[few.quick].earned
    assert told.usd == pytest.approx(beside.judged[few.quick].earned.mean() + more.mean())
    assert told.low < told.usd < told.high
    assert beside.schedules.best == few.best
    checks = {one.name: one.value for one in beside.verdict.checks}
    assert checks["holds_against_optimiser"] == few.over_network.mean
    text = "\n".join(figures(json.loads(json.dumps(reports(beside)))))
    assert f"| {OPTIMISER} | {told.usd / 1e6:.2f}" in text
    assert "On 4 fleets more the optimiser earns" in text


def test_where_one_serves_the_optimiser_the_few_fleets_decide(home, champion, beside) -> None:
    _, theirs = champion
    few = beside.few
    lived = few.judging.by(theirs)
    for more, serves in ((0.01, True), (-0.01, False)):
        made = replace(lived, earned=lived.earned * (1 + more))
        found = replace(few, judged={**few.judged, OPTIMISER: made})
        schedules = replace(beside.schedules, best=OPTIMISER)
        decision = decide(home, MODEL, replace(beside, schedules=schedules, few=found))
        assert decision.champion == serves
        assert "on the same 4 fleets" in decision.reason


def test_a_version_whose_graph_is_not_its_network_never_serves(home, champion, fitted) -> None:
    schedules, theirs = champion
    assert not [one for one in fitted.verdict.failed if one.name == "onnx_parity"]
    found = chosen(home, schedules, graph_of=2)
    assert "onnx_parity" in {one.name for one in found.verdict.failed}
    # Not even where its rule earns as much: services can be asked for the network by its name.
    decision = decide(home, MODEL, serving(found, schedules.best, theirs))
    assert not decision.champion
    assert "its graph" in decision.reason


def test_the_tree_is_reported_beside_a_constant(fitted) -> None:
    lived = fitted.judged["tree"].earned
    assert "tree" not in fitted.schedules.earned
    assert fitted.tree is not None
    assert fitted.schedules.tree.splitlines() == fitted.tree.tree.lines()
    text = "\n".join(figures(json.loads(json.dumps(reports(fitted)))))
    assert f"| tree | {lived.mean() / 1e6:.2f}" in text
    assert f"a constant (nobody enters) does on {fitted.tree.constant:.1%}" in text


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
