"""`tambo prove leakage`: nothing leaks on the real road, and a mart that leaks is caught."""

from __future__ import annotations

import shutil

import pytest
import training_home
import ungated

from tambo.cli.proof_road import road, training_rows
from tambo.errors import ProofError
from tambo.proofs.leakage import prove_leakage
from tambo.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow

ROWS = 1_200


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return training_home.small(tmp_path_factory)


def prove(home, folder, way=road):
    return prove_leakage(
        home, way, training_rows(home), folder=folder, rows=ROWS, futures=1, seed=11
    )


def test_another_future_moves_nothing_earlier(home, tmp_path):
    proof = prove(home, tmp_path)
    (future,) = proof.futures
    assert proof.leaks == []
    assert proof.powerless == []
    assert min(future.told.values()) > 10
    parts = {part.part: part for part in future.moved}
    assert {
        "training rows of flight_price_v1",
        "labels of flight_price",
        "training rows of traveller_gender_v1",
        "training rows of hotel_recommendation_v1",
        "labels of hotel_recommendation",
        "mart label_flight_price",
        "view hotel_stays",
        "view traveller_profile",
    } <= set(parts)
    rows = parts["training rows of flight_price_v1"]
    assert rows.earlier > 5_000
    assert rows.later_moved > 1_000


def test_a_mart_that_ignores_when_a_row_became_known_is_caught(home, tmp_path):
    """The scratch project dates the first news of each stay as known when it was booked."""
    root = tmp_path / "project"
    shutil.copytree(PROJECT_ROOT / "dbt", root / "dbt")
    shutil.copytree(PROJECT_ROOT / "feature_repo", root / "feature_repo")
    facts = root / "dbt/models/travel/intermediate/int_hotel_facts.sql"
    honest = "known_at as created_timestamp"
    leaking = (
        "if(row_number() over (partition by travel_code order by known_at) = 1, "
        "least(known_at, event_at + interval 1 microsecond), known_at) as created_timestamp"
    )
    assert facts.read_text().count(honest) == 1
    facts.write_text(facts.read_text().replace(honest, leaking))
    proof = prove(home.model_copy(update={"root": root}), tmp_path / "homes", ungated.road)
    leaking_parts = {part.part for part in proof.leaks}
    assert {"mart hotel_stays", "view hotel_stays", "view traveller_hotels"} <= leaking_parts
    assert {"mart traveller_recent_stays", "view traveller_recent_stays"} <= leaking_parts
    assert not [part for part in leaking_parts if "fare" in part or "flight" in part]
    examples = [text for part in proof.leaks for text in part.examples]
    assert any("hotel_stays__" in text and "became" in text for text in examples)


def test_scratch_homes_start_from_nothing(home, tmp_path):
    (tmp_path / "base").mkdir()
    with pytest.raises(ProofError, match="not empty"):
        prove(home, tmp_path)
