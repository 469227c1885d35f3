"""The fleet from random raw files to features, offline and online."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import fleet_oracle as oracle
import pandas as pd
import pytest
import yaml
from fleet_check import check_against_oracle, raw_of
from fleet_files import DAYS, FIRST, STEEP, STILL, VESSELS, odd_sensors, random_history
from history_check import AHEAD_SECONDS, take_in

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.catalogue.entries import entries
from tambo.featurestore.historical import get_features
from tambo.featurestore.publish import publish
from tambo.lake import dbt_runner, reader, releases
from tambo.lake.build import build
from tambo.proofs.parity import prove_parity
from tambo.requesttime.fleet import DEMAND_REQUEST_FEATURES, MAINTENANCE_REQUEST_FEATURES
from tambo.settings import Settings

pytestmark = pytest.mark.slow
SEED = 11
DAY = timedelta(days=1)
ASKED = FIRST + timedelta(days=DAYS - 5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A release of a fleet alone, published."""
    folder = tmp_path_factory.mktemp("fleet")
    settings = Settings(home=folder / "home", ingest_ahead_seconds=AHEAD_SECONDS)
    take_in(settings, folder / "raw", [*random_history(random.Random(SEED)), *odd_sensors()])
    build(settings)
    assert validate(settings).success
    releases.release(settings)
    publish(settings, all_objects(["fleet"]))
    yield settings


def test_dbt_unit_tests_pass(home: Settings) -> None:
    run = dbt_runner.run(home, ["test", "--select", "test_type:unit,path:models/fleet"])
    written = (path.read_text() for path in (home.root / "dbt/models/fleet").rglob("*.yml"))
    assert run.tests == sum(len(yaml.safe_load(text).get("unit_tests", ())) for text in written)


def test_the_marts_are_as_the_oracle_says(home: Settings) -> None:
    moments = [FIRST + timedelta(days=day, hours=7, minutes=11) for day in (4, 17, 29, DAYS)]
    check_against_oracle(home, [datetime(2024, 3, 1), *moments])


def test_what_a_sensor_may_say_passes_the_gate(home: Settings) -> None:
    names = ("{}_read", "{}_is_outlier", "{}", "{}_zscore", "{}_trend_28d")
    for measure, stood in (("engine_health_score", 80.000001), ("temperature_variance", 9.000001)):
        columns = ", ".join(name.format(measure) for name in names)
        with reader(home) as lake:
            last = {
                vessel: lake.execute(
                    f"SELECT {columns} FROM lake.marts.aircraft_health WHERE aircraft_id = ? "
                    "ORDER BY created_timestamp DESC LIMIT 1",
                    [vessel],
                ).fetchone()
                for vessel in (STILL, STEEP)
            }
        assert last[STILL][:4] == (0.0, True, stood, -1000.0)
        # Ten readings of nine seconds say nothing of a day.
        assert last[STEEP][4] is None


def test_a_training_row_sees_what_was_known_by_then(home: Settings) -> None:
    vessels = list(VESSELS)
    rows = pd.DataFrame(
        {
            "event_timestamp": ASKED,
            "aircraft_id": vessels,
            "base": "Lima",
            "vessel_type": [VESSELS[one] for one in vessels],
        }
    )
    frame = get_features(home, "maintenance_schedule_v2", rows)
    table = frame.table.to_pandas()
    assert frame.certificate.newest_created <= 0
    assert frame.certificate.fan_out == 1
    named = {f"maintenance_request__{name}" for name in MAINTENANCE_REQUEST_FEATURES}
    assert named | {f"demand_request__{name}" for name in DEMAND_REQUEST_FEATURES} <= set(table)
    raw, days = raw_of(home), []
    for vessel in vessels:
        stored = oracle.maintenance(raw, vessel, ASKED) or {}
        last, due = stored.get("last_maintenance_date"), stored.get("next_maintenance_date")
        days.append((last and (ASKED - last) / DAY, due and (due - ASKED) / DAY))
    names = ("days_since_last_maintenance", "days_to_planned_maintenance")
    found = table[[f"maintenance_request__{name}" for name in names]].astype(float)
    wanted = pd.DataFrame(days, columns=found.columns, dtype=float)
    pd.testing.assert_frame_equal(found, wanted)
    assert wanted.notna().to_numpy().any()
    foretold = [oracle.predicted_cost(raw, vessel, ASKED) or {} for vessel in vessels]
    costs = table["aircraft_predicted_cost__predicted_maintenance_cost"].tolist()
    assert costs == [one["predicted_maintenance_cost"] for one in foretold]


def test_online_is_what_offline_is(home: Settings) -> None:
    found = prove_parity(home, sample=100, seed=7)
    assert found.failures == []
    named = ("maintenance_due_v1", "maintenance_schedule_v1", "maintenance_schedule_v2")
    assert {one.view for one in found.services} == set(named)


def test_the_catalogue_says_all_that_a_steward_must_know(home: Settings) -> None:
    found = [one for one in entries(home) if one.domain == "fleet"]
    assert {one.layer for one in found} == {"raw", "marts", "request"}
    for one in found:
        for word in ("description", "owner", "origin", "granularity", "cleaning", "limits"):
            assert all(getattr(one, word)), f"{one.table} has no {word}"
        assert all(field.description for field in one.fields), one.table
