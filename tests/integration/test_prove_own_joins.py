"""`tambo prove joins` on a release's own views, and its verdict on the command line."""

from __future__ import annotations

import feature_lake
import pytest
from typer.testing import CliRunner

from feature_repo.definitions import all_objects
from tambo.cli import app
from tambo.errors import ProofError
from tambo.featurestore.publish import publish
from tambo.proofs.own_joins import prove_own_joins
from tambo.settings import Settings, get_settings


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Settings:
    """Release 1 is sound; in release 2 a late row stands where the mart promises records."""
    settings = Settings(home=tmp_path_factory.mktemp("own-joins"))
    feature_lake.marts(settings)
    feature_lake.release(settings, 1)
    publish(settings, all_objects(["travel"]))
    feature_lake.write(
        settings,
        "INSERT INTO lake.marts.fare_prices SELECT * REPLACE (TIMESTAMP '2024-01-01' AS "
        "event_timestamp, TIMESTAMP '2024-02-01' AS created_timestamp, 999 AS fare_mean) "
        "FROM lake.marts.fare_prices LIMIT 1",
    )
    feature_lake.release(settings, 2)
    return settings


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["prove", "joins", "--examples", "0", *words])
    get_settings.cache_clear()


def test_every_view_is_compared_at_its_edges(home):
    proofs = prove_own_joins(home, keys=50, seed=1, release=1)
    assert [one.view for one in proofs] == feature_lake.VIEWS
    for one in proofs:
        assert not one.differences
        assert one.edges > 0
        assert 0 < one.filled < one.cells, one.view


def test_a_row_that_breaks_what_its_source_declares_is_found(home):
    broken = {one.view: one for one in prove_own_joins(home, keys=50, seed=1, release=2)}
    differences = broken["fare_prices"].differences
    assert any(
        "fare_prices:fare_mean" in text and "brute force 150.0" in text for text in differences
    )
    assert not broken["route_fares"].differences


def test_the_command_says_so_and_ends_with_an_error(run):
    sound = run("--release", "1")
    assert sound.exit_code == 0, sound.output
    assert "every cell is what brute force says" in sound.output
    broken = run("--release", "2")
    assert broken.exit_code == 1
    assert isinstance(broken.exception, ProofError)
    assert "view fare_prices" in str(broken.exception)
    assert "999.0, brute force 150.0" in broken.output


def test_the_same_seed_draws_the_same(home):
    assert prove_own_joins(home, keys=3, seed=5, release=1) == prove_own_joins(
        home, keys=3, seed=5, release=1
    )
