"""Tourism from random raw files to features, offline and online."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import app_pages
import numpy as np
import pandas as pd
import pytest
import yaml
from history_check import AHEAD_SECONDS
from tourism_files import FIRST, LOCATIONS, random_history

from expectations.gate import validate
from feature_repo.definitions import all_objects
from tambo.catalogue.entries import entries
from tambo.catalogue.measured import time_ranges
from tambo.errors import SettingsError
from tambo.featurestore.historical import get_features
from tambo.featurestore.publish import publish
from tambo.ingest import ingest
from tambo.lake import dbt_runner, reader, releases
from tambo.lake.build import build
from tambo.proofs.parity import prove_parity
from tambo.requesttime.tourism import FLOW_REQUEST_FEATURES
from tambo.settings import Settings
from tambo.sources.fetching import fetch

pytestmark = pytest.mark.slow
SEED = 11
ZONE = "Europe/Madrid"
"""Not the contract's, and with a clock change among the days."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A release of tourism alone, published."""
    folder = tmp_path_factory.mktemp("tourism")
    settings = Settings(home=folder / "home", tourism_zone=ZONE, ingest_ahead_seconds=AHEAD_SECONDS)
    for file in random_history(random.Random(SEED)):
        file.write(folder / "raw")
    ingest(settings, folder / "raw", history=False)
    build(settings)
    assert validate(settings).success
    releases.release(settings)
    publish(settings, all_objects(["tourism"]))
    yield settings


def test_dbt_unit_tests_pass(home: Settings) -> None:
    lima = home.model_copy(update={"tourism_zone": None})
    run = dbt_runner.run(lima, ["test", "--select", "test_type:unit,path:models/tourism"])
    written = (path.read_text() for path in (home.root / "dbt/models/tourism").rglob("*.yml"))
    assert run.tests == sum(len(yaml.safe_load(text).get("unit_tests", ())) for text in written)


def test_a_release_holds_tourism_alone(home: Settings) -> None:
    release = releases.get(home)
    assert set(release.as_of.by_domain) == {"tourism"}
    assert release.row_counts["marts.location_flow"] > 0


def test_days_are_those_of_the_zone_that_is_set(home: Settings) -> None:
    with reader(home) as lake:
        days = lake.execute(
            "SELECT local_day, event_timestamp, time_zone FROM lake.marts.label_visitor_flow "
            "WHERE visitors IS NOT NULL"
        ).fetchall()
    offsets = set()
    for day, end, zone in days:
        midnight = end.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert (midnight.date() - day, midnight.time()) == (timedelta(days=1), time())
        offsets.add(midnight.utcoffset())
    assert {zone for _, _, zone in days} == {ZONE}
    assert len(offsets) == 2


def test_a_home_keeps_the_zone_that_its_rows_were_read_in(home: Settings) -> None:
    lima = home.model_copy(update={"tourism_zone": None})
    said = "were read in the zone Europe/Madrid, and America/Lima is set now"
    file = random_history(random.Random(SEED + 1))[0]
    file.write(home.home.parent / "later")
    with pytest.raises(SettingsError, match=said):
        ingest(lima, home.home.parent / "later")
    with pytest.raises(SettingsError, match=said):
        build(lima)
    with pytest.raises(SettingsError, match=said):
        fetch(lima, "tourism", "holidays")
    assert build(home).up_to_date


def test_a_training_row_sees_what_was_announced_and_counted_by_then(home: Settings) -> None:
    today = FIRST + timedelta(days=8)
    asked = datetime.combine(today, time(17))
    with reader(home) as lake:
        (day,) = lake.execute("SELECT max(local_day) FROM lake.marts.label_visitor_flow").fetchone()
        known = lake.execute(
            "SELECT arg_max(daily_visitors, created_timestamp) FROM lake.marts.location_flow "
            "WHERE location = ? AND created_timestamp <= ?",
            [LOCATIONS[0], asked],
        ).fetchone()
    rows = pd.DataFrame(
        {
            "event_timestamp": asked,
            "location": LOCATIONS[0],
            "target_day": [str(today), str(day + timedelta(days=5))],
        }
    )
    frame = get_features(home, "visitor_flow_v1", rows)
    table = frame.table.to_pandas()
    assert frame.certificate.newest_created <= 0
    assert frame.certificate.fan_out == 1
    assert known is not None
    found = np.array(table["location_flow__daily_visitors"][0])
    assert np.array_equal(found, np.array(known[0]), equal_nan=True)
    named = {f"visitor_flow_request__{name}" for name in FLOW_REQUEST_FEATURES}
    assert named <= set(table.columns)
    until = table["location_flow__counted_until"][0].tz_convert(ZONE).date()
    horizons = table["visitor_flow_request__horizon_days"].tolist()
    wanted = (today, day + timedelta(days=5))
    assert horizons == [(one - until).days + 1 for one in wanted]


def test_distances_to_events_are_those_of_the_files_that_had_come(home: Settings) -> None:
    days = [FIRST + timedelta(days=n) for n in range(-5, 45)]
    # The second place opens in between: before that nobody knows of it.
    before = datetime.combine(FIRST + timedelta(days=7), time(12))
    after = datetime.combine(FIRST + timedelta(days=13), time(17))
    asked = [(before, LOCATIONS[0]), *((after, place) for place in LOCATIONS)]
    rows = pd.DataFrame(
        [
            {"event_timestamp": at, "location": place, "target_day": str(day)}
            for at, place in asked
            for day in days
        ]
    )
    table = get_features(home, "visitor_flow_v1", rows).table.to_pandas()
    found = table["visitor_flow_request__days_to_nearest_event"].tolist()
    wanted = [
        min((abs((day - one).days) for one in announced_events(at, place)), default=None)
        for at, place in asked
        for day in days
    ]
    assert [None if np.isnan(one) else one for one in found] == wanted
    assert len(set(wanted)) > 5


def announced_events(at: datetime, place: str) -> set[date]:
    """Days of the events at a place in the files that had arrived by then, without withdrawn ones."""
    events: dict[tuple[str, str, str], tuple[datetime, dict[str, Any]]] = {}
    for file in random_history(random.Random(SEED)):
        if file.name.startswith("events") and file.arrived_at <= at:
            for line in file.lines:
                key = (str(line["event_date"]), line["location"], str(line["name"]))
                if key not in events or events[key][0] < file.arrived_at:
                    events[key] = (file.arrived_at, line)
    return {
        line["event_date"]
        for _, line in events.values()
        if line["location"] in (place, "national") and not line.get("withdrawn")
    }


def test_the_catalogue_says_all_that_a_steward_must_know(home: Settings) -> None:
    release = releases.get(home)
    found = [one for one in entries(home) if one.domain == "tourism"]
    assert {one.layer for one in found} == {"raw", "marts", "request"}
    for one in found:
        for word in ("description", "owner", "origin", "granularity", "cleaning", "limits"):
            assert all(getattr(one, word)), f"{one.table} has no {word}"
        assert all(field.description for field in one.fields), one.table
    spans = time_ranges(home, release, found)
    assert set(spans) == {one.table for one in found if one.layer != "request"}
    with reader(home, release.snapshot_id) as lake:
        flow = "SELECT count(*), min(timestamp), max(timestamp) FROM lake.raw.tourist_flow"
        span = spans["raw.tourist_flow"]
        assert (span.rows, span.first, span.last) == lake.execute(flow).fetchone()
    calendar = next(one for one in found if one.table == "marts.location_calendar")
    assert {one.partition(":")[0] for one in calendar.origin} == {
        *("raw.events", "raw.external_factors", "raw.holidays")
    }, "counts only tell which locations there are"


def test_the_app_lists_the_campaigns_that_are_known(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    shown = app_pages.page("catalogue")
    assert not shown.exception
    assert [one.value for one in shown.header] == ["Context"]
    listed = next(one.value for one in shown.dataframe if "spend" in one.value)
    lines: dict[str, dict[str, object]] = {}
    for file in sorted(random_history(random.Random(11)), key=lambda one: one.arrived_at):
        for line in file.lines if file.name.startswith("campaigns") else ():
            lines[f"{line['campaign_id']} at {line['location']}"] = line
    stand = {name: one for name, one in lines.items() if not one.get("withdrawn")}
    ids = listed["campaign_id"] + " at " + listed["location"]
    assert sorted(ids) == sorted(stand)
    assert dict(zip(ids, listed["spend"], strict=True)) == {
        name: one["spend"] for name, one in stand.items()
    }
    shown.segmented_control(key="catalogue_context_tourism").set_value("holidays").run()
    assert not shown.exception
    assert [one.value for one in shown.dataframe if "holiday_type" in one.value]


def test_online_is_what_offline_is(home: Settings) -> None:
    found = prove_parity(home, sample=100, seed=7)
    assert found.failures == []
    assert {one.view for one in found.services} == {"campaign_uplift_v1", "visitor_flow_v1"}


def test_sources_that_nobody_has_are_no_reason_to_stop(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(home=tmp_path / "home")
    counts = [f for f in random_history(random.Random(3)) if f.name.startswith("tourist_flow")]
    for file in counts:
        file.write(tmp_path / "raw")
    ingest(settings, tmp_path / "raw", history=False)
    made = build(settings)
    assert made.row_counts["marts.location_flow"] > 0
    assert made.row_counts["marts.location_weather"] == 0
    assert validate(settings).success
