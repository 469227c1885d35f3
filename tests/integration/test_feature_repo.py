"""The checked-in definitions: as the marts say, the same for all callers, and served alike."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import feature_lake
import pandas as pd
import pytest
from feature_lake import AS_OF, VIEWS, day, marts, release

from tambo.errors import FeatureError
from tambo.settings import Settings

REPO = Path(__file__).resolve().parents[2] / "feature_repo"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the travel marts released and published."""
    from feature_repo.definitions import all_objects
    from tambo.featurestore.publish import publish

    settings = Settings(home=tmp_path_factory.mktemp("repo") / "home")
    marts(settings)
    release(settings, 1)
    publish(settings, all_objects(["travel"]))
    return settings


ROW = {
    "user_code": 7,
    "origin": "a",
    "destination": "b",
    "flight_type": "economic",
    "agency": "X",
    "travel_date": date(2024, 2, 1),
}


def rows(*times):
    return pd.DataFrame([{**ROW, "event_timestamp": time} for time in times])


def test_definitions_that_were_applied_are_still_the_same_definitions(home):
    from feature_repo.definitions import all_objects
    from tambo.featurestore.publish import publish

    assert publish(home, all_objects(["travel"])).up_to_date


def test_the_checked_in_views_are_what_the_marts_say(tmp_path):
    from tambo.featurestore.generate import check
    from tambo.lake import dbt_runner

    settings = Settings(home=tmp_path / "home")
    settings.home.mkdir()
    dbt_runner.run(settings, ["parse"])
    assert check(settings.dbt_target / "manifest.json", REPO) == []


def test_every_view_says_what_it_is():
    from feast import FeatureView

    from feature_repo.definitions import all_objects

    views = [one for one in all_objects() if isinstance(one, FeatureView)]
    assert len(views) == 26
    for view in views:
        assert view.description.startswith("One row per ")
        assert view.owner
        assert {"domain", "tier", "personal_data", "ttl_reason"} <= set(view.tags)
        assert view.batch_source.created_timestamp_column == "created_timestamp"
        assert all(feature.description for feature in view.features)


def test_the_fare_service_sees_neither_gender_nor_employer():
    from feature_repo.travel.services import flight_price_v1

    names = {
        f"{one.name_to_use()}__{feature.name}"
        for one in flight_price_v1.feature_view_projections
        for feature in one.features
    }
    assert "traveller_profile__age" in names
    assert not [name for name in names if "gender" in name or "company" in name]
    assert {"origin_place__arrivals", "destination_place__arrivals"} <= names


def test_a_training_frame_holds_what_was_known_and_its_certificate(home):
    from tambo.featurestore.historical import get_features

    frame = get_features(home, "flight_price_v1", rows(day(2), day(5), day(10), day(12)))
    table = frame.table.to_pandas()
    assert table["fare_prices__fare_mean"].fillna(0).tolist() == [0, 100, 100, 150]
    assert table["origin_place__arrivals"].fillna(0).tolist() == [0, 3, 3, 3]
    assert table["destination_place__arrivals"].fillna(0).tolist() == [0, 4, 4, 4]
    assert table["flight_request__days_to_travel"].tolist() == [30, 27, 22, 20]
    assert table["flight_request__flight_distance_km"].fillna(0).tolist() == [0, 500, 500, 500]
    assert table["travel_date"].tolist() == [date(2024, 2, 1)] * 4
    certificate = frame.certificate
    assert (certificate.release, certificate.rows, certificate.fan_out) == (1, 4, 1)
    assert certificate.newest_event < 0
    # The second fare became known at the very instant of the last row.
    assert certificate.newest_created <= 0
    assert certificate.nulls["fare_prices__fare_mean"] == 1
    assert certificate.nulls["route_fares__route_fare_std"] == 4
    assert certificate.nulls["flight_request__flight_distance_km"] == 1
    assert certificate.unmatched["fare_prices"] == 1
    again = get_features(home, "flight_price_v1", rows(day(2)))
    assert again.certificate.service_hash == certificate.service_hash


def test_entity_rows_may_come_from_a_file(home, tmp_path):
    from tambo.featurestore.historical import get_features

    path = tmp_path / "rows.csv"
    rows(day(12)).to_csv(path, index=False)
    table = get_features(home, "flight_price_v1", path).table
    assert table.column("fare_prices__fare_mean").to_pylist() == [150.0]
    assert table.column("flight_request__days_to_travel").to_pylist() == [20.0]


def test_an_unknown_service_names_those_that_are_there(home):
    from tambo.featurestore.historical import get_features

    with pytest.raises(FeatureError, match="no feature service fare_v9") as error:
        get_features(home, "fare_v9", rows(day(5)))
    assert error.value.remedy == (
        "choose one of: fares_v1, flight_price_v1, hotel_recommendation_v1, traveller_gender_v1"
    )


def test_online_is_what_offline_says_at_as_of(home):
    from tambo.featurestore.historical import get_features
    from tambo.featurestore.online.resolve import resolve
    from tambo.featurestore.store import open_store

    asked = {**ROW, "travel_date": "2024-06-20", "asked_at": AS_OF.replace(tzinfo=UTC)}
    offline = get_features(
        home, "flight_price_v1", pd.DataFrame([{**asked, "event_timestamp": AS_OF}])
    ).table.to_pylist()[0]
    store = open_store(home)
    service = store.get_feature_service("flight_price_v1")
    online = store.get_online_features(
        service, [{**asked, "distance_km": None, "duration_hours": None}], full_feature_names=True
    ).to_dict()
    stored = [name for name in offline if "__" in name and not name.startswith("flight_request")]
    assert len(stored) == 30
    for name in stored:
        expected = offline[name]
        if isinstance(expected, datetime):
            # Feast keeps whole seconds online.
            expected = expected.replace(microsecond=0)
        assert online[name] == [expected], name
    # The definitions are such that the reader of the services understands them.
    resolve(store, "flight_price_v1", release=1, as_of=feature_lake.INSTANTS)


def test_explanations_name_the_row_and_why_others_are_not_it(home):
    from tambo.featurestore.explain import explain

    key = {name: ROW[name] for name in ("origin", "destination", "flight_type", "agency")}
    known = explain(home, "fare_prices", key, datetime(2024, 1, 12, tzinfo=UTC))
    assert known.matched.event == day(9)
    assert known.matched.age.days == 2
    assert [one.verdict for one in known.rejected] == ["superseded"]
    assert {cell.feature: cell.value for cell in known.cells}["fare_mean"] == 150.0

    between = explain(home, "fare_prices", key, day(10))
    assert between.matched.event == day(2)
    assert between.counts == {"served": 1, "not yet known": 1}
    before = explain(home, "fare_prices", key, day(0))
    assert before.matched is None
    assert before.cells[0].why == "nothing was known of this key: 2 future event"
    nobody = explain(home, "fare_prices", {**key, "origin": "z"}, day(10))
    assert nobody.cells[0].why == "the key has no row"
    empty = explain(home, "route_fares", {"origin": "a", "destination": "b"}, day(10))
    assert {cell.feature: cell.why for cell in empty.cells}["route_fare_std"] == (
        "null in the row itself"
    )


@pytest.mark.parametrize(
    ("view", "key", "message"),
    [
        ("fares", {}, "no feature view fares"),
        ("place_demand", {"origin": "a"}, "keyed by place, not by origin"),
        ("traveller_travel", {"user_code": "seven"}, "is BIGINT; 'seven' is not"),
    ],
)
def test_questions_that_make_no_sense_are_answered_with_what_would(home, view, key, message):
    from tambo.featurestore.explain import explain

    with pytest.raises(FeatureError, match=message):
        explain(home, view, key, day(1))


def test_the_yaml_of_other_teams_says_what_our_commands_use(home, monkeypatch):
    from feast.repo_config import load_repo_config

    from tambo.featurestore.store import repo_config

    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    # The defaults are compared, and the tests themselves set fewer threads.
    monkeypatch.delenv("TAMBO_THREADS")
    theirs = load_repo_config(REPO, REPO / "feature_store.yaml")
    ours = repo_config(Settings(home=home.home))
    for name in ("project", "provider", "entity_key_serialization_version"):
        assert getattr(theirs, name) == getattr(ours, name)
    assert theirs.registry.path == ours.registry.path
    assert theirs.online_store == ours.online_store
    assert theirs.offline_store == ours.offline_store
    assert theirs.batch_engine == ours.batch_engine
    assert theirs.materialization_config == ours.materialization_config


@pytest.mark.slow
def test_feasts_own_command_line_registers_each_object_once(tmp_path):
    settings = Settings(home=tmp_path / "home")
    marts(settings)
    release(settings, 1)
    environment = {**os.environ, "TAMBO_HOME": str(settings.home)}
    feast = [str(Path(sys.executable).parent / "feast"), "-c", str(REPO)]
    subprocess.run([*feast, "apply"], env=environment, check=True, capture_output=True)

    from tambo.featurestore.store import open_store

    store = open_store(settings)
    assert len(store.list_feature_views()) == len(VIEWS)
    assert len(store.list_entities()) == 7
    assert len(store.list_permissions()) == 5
    unset = {name: value for name, value in environment.items() if name != "TAMBO_HOME"}
    failed = subprocess.run(
        [*feast, "apply"], env=unset, capture_output=True, text=True, check=False
    )
    assert failed.returncode != 0
    assert "TAMBO_HOME" in failed.stdout + failed.stderr
