"""Campaign uplift on the real road: a small world, its release, the registry, and a plan."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from campaign_plans import FIRST

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.featurestore.publish import publish
from tambo.ingest import ingest
from tambo.lake import releases
from tambo.lake.build import build
from tambo.planning.tourism.learned import RESPONSE_FILE, Learned
from tambo.planning.tourism.plan import make_plan
from tambo.planning.tourism.request import PlanRequest
from tambo.serving.version import VERSION_FILE, ServedVersion
from tambo.settings import Settings
from tambo.sources.tourism import world
from training import card, registry
from training.experiment import models, train
from training.tourism.campaign_uplift import MODEL

pytestmark = pytest.mark.slow

LAST = date(2026, 6, 28)


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    """A small world without weather, which is most of its rows."""
    folder = tmp_path_factory.mktemp("campaigns") / "raw"
    world.generate(folder, locations=3, years=2, seed=23)
    for path in folder.glob("weather*.csv"):
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def home(raw) -> Settings:
    """A released home of it."""
    settings = Settings(home=raw.parent / "home")
    ingest(settings, raw)
    build(settings)
    assert validate(settings).success
    releases.release(settings)
    publish(settings, all_objects(["tourism"]))
    return settings


@pytest.fixture(scope="module")
def trained(home):
    return train(home, MODEL.name)


@pytest.fixture(scope="module")
def learned(home, trained) -> Learned:
    version = registry.get(home, MODEL.name, trained.version)
    return Learned.load(registry.serving_files(home, version))


def test_it_is_found_trained_and_registered_like_any_model(home, trained):
    assert models()[MODEL.name] is MODEL
    assert trained.champion
    assert (trained.version, trained.up_to_date) == (1, False)
    version = registry.champion(home, MODEL.name)
    assert version.release == 1
    assert version.estimator == ("no_effect" if trained.baseline else "response")
    assert trained.line().startswith(f"{MODEL.name} 1 ({version.estimator}, champion)")
    assert train(home, MODEL.name).up_to_date


def test_the_campaigns_that_were_known_are_those_of_the_world(raw, learned):
    told = json.loads((raw / "_truth.json").read_text())["campaigns"]
    dirty = (raw / "_dirty.csv").read_text().count("campaigns")
    spent = sum(one["spend"] for one in told)
    assert sum(one.usd for one in learned.past) == pytest.approx(spent, rel=0.1 if dirty else 1e-6)
    assert {one.segment for one in learned.past} <= {one["segment"] for one in told}
    places = {(one["location"], one["market"]) for one in told}
    assert {(one.location, one.market) for one in learned.past} <= places


def test_what_was_expected_is_near_what_the_world_expects(raw, learned):
    truth = world.read_truth(raw)
    weeks = [FIRST]
    outlook = learned.outlook(weeks)
    for (location, market), here in zip(outlook.pairs, outlook.middle[:, 0], strict=True):
        days = [date(2026, 1, 5 + n) for n in range(7)]
        true = truth.expected(location, market, days, campaigns=False).sum()
        assert here == pytest.approx(true, rel=0.5, abs=10)


def test_a_newer_version_is_held_against_the_champion_on_the_same_campaigns(home, trained):
    newer = train(home.model_copy(update={"seed": 8}), MODEL.name)
    version = registry.get(home, MODEL.name, newer.version)
    assert newer.version == trained.version + 1
    assert version.tags["role_reason"].startswith("log predictive density")
    assert f"of version {trained.version} on" in version.tags["role_reason"]
    assert newer.champion == (version.tags["role"] == registry.CHAMPION)


def test_a_version_holds_json_and_reports_alone(home, trained):
    client = registry.connect(home)
    folder = Path(client.download_artifacts(trained.run_id, ""))
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    reports = {"certificate", "gate", "metrics", "held_out", "evidence", "importance"}
    written = {*(f"reports/{name}.json" for name in reports), "plots/uplift_by_market.png"}
    assert files == {f"serving/{RESPONSE_FILE}", f"serving/{VERSION_FILE}", *written}
    said = ServedVersion.load(folder / "serving" / VERSION_FILE)
    assert (said.model, said.release, said.run_id) == (MODEL.name, 1, trained.run_id)
    assert said.baseline == trained.baseline
    certificate = json.loads((folder / "reports" / "certificate.json").read_text())
    assert certificate["newest_created"] <= 0
    told = card.figures(home, MODEL.name)
    assert "held-out campaigns; the interval of 80 % holds" in told
    assert "| beats_no_effect |" in told


def test_a_plan_is_made_from_it_and_is_better_than_equal_spread_in_the_world(raw, learned):
    plan = make_plan(learned, PlanRequest(20_000.0, FIRST, LAST))
    assert plan.basis == ("response" if learned.enough else "gaps")
    truth = world.read_truth(raw)

    def brings(spends):
        rows = [(one.location, one.market, one.week, one.usd) for one in spends]
        return sum(truth.extra_visitors(rows).values())

    assert brings(plan.spends) > 1.15 * brings(plan.equal_spread.spends)
