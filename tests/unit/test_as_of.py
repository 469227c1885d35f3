"""As_of by domain: one type, one function that answers, and what older homes hold instead."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import gate_lake
import pytest
from small_lake import AS_OF

from tambo.as_of import AsOf
from tambo.errors import OnlineStoreError, ReleaseError
from tambo.featurestore.online import OnlineManifest
from tambo.featurestore.online.state import StoreState
from tambo.lake import reader, ready, releases, writer
from tambo.lake.build_log import last_finished
from tambo.settings import Settings

TWO = AsOf({"travel": datetime(2026, 1, 1, 7, 7, 3), "tourism": datetime(2012, 12, 31, 23)})


def test_a_domain_that_is_not_held_is_named_with_what_is() -> None:
    assert TWO.domains == ("tourism", "travel")
    with pytest.raises(
        ReleaseError, match="Nothing of fleet is here; there is: tourism 2012-12-31 23:00, travel"
    ):
        TWO.of("fleet")
    with pytest.raises(ReleaseError, match="tambo build && tambo validate"):
        AsOf({}).of("travel")


def test_what_does_not_say_its_domain_is_of_the_only_one() -> None:
    assert AsOf({"travel": AS_OF}).of(None) == AS_OF
    with pytest.raises(ReleaseError, match="of which domain this is"):
        TWO.of(None)
    with pytest.raises(ReleaseError, match="Nothing of any domain is here; there is: nothing"):
        AsOf({}).of(None)


def test_it_is_shown_by_domain_where_there_are_several() -> None:
    assert str(TWO) == "tourism 2012-12-31 23:00, travel 2026-01-01 07:07"
    assert str(AsOf({"travel": AS_OF})) == "2025-06-01 12:00"
    assert str(AsOf({})) == "unknown"


def test_a_domain_stands_back_only_before_its_own_instant() -> None:
    later = AsOf({"travel": AS_OF + timedelta(1), "tourism": AS_OF})
    earlier = AsOf({"travel": AS_OF, "tourism": AS_OF + timedelta(1)})
    assert later.not_before(earlier, "travel")
    assert later.not_before(later, "travel")
    assert not later.not_before(earlier, "tourism")
    assert not later.not_before(AsOf({"tourism": AS_OF}), "travel"), "a domain that has joined"


def test_no_json_of_instants_is_refused() -> None:
    for text in ("", "null", "2026-01-01", '{"travel": "soon"}'):
        with pytest.raises(ReleaseError, match="no as_of by domain"):
            AsOf.parse(text)


def _age(settings: Settings) -> None:
    """Make the lake as an earlier Tambo left it: one instant in a column of its own."""
    with writer(settings, "test") as lake:
        for table in ("builds", "releases"):
            lake.execute(f"ALTER TABLE lake.audit.{table} ADD COLUMN as_of TIMESTAMP")
            lake.execute(f"UPDATE lake.audit.{table} SET as_of = ?", [AS_OF])
            lake.execute(f"ALTER TABLE lake.audit.{table} DROP COLUMN as_of_by_domain")


def _columns(lake: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name, *_) in lake.execute("DESCRIBE lake.audit.builds").fetchall()}


def test_a_lake_from_before_is_read_and_brought_up_to_date(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    gate_lake.make(settings)
    with writer(settings, "test") as lake:
        build = releases.newest_build(lake)
        releases.reject(lake, build, 1, "[]")
    _age(settings)
    with reader(settings) as lake:
        assert "as_of_by_domain" not in _columns(lake)
        assert releases.newest_build(lake) == build
        assert [row.as_of for row in releases.history(settings)] == [AsOf({"travel": AS_OF})]

    with writer(settings, "test") as lake:
        assert "as_of" not in _columns(lake)
        assert releases.newest_build(lake) == build
        before = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
    assert [row.as_of for row in releases.history(settings)] == [AsOf({"travel": AS_OF})]
    with writer(settings, "test") as lake:
        finished = last_finished(lake)
        after = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
    assert finished is not None
    assert finished.target.as_of == AsOf({"travel": AS_OF})
    assert after == before, "once is enough"


def test_a_store_from_before_is_to_be_filled_again() -> None:
    old = json.dumps({"release": 4, "as_of": "2026-01-01T07:07:00+00:00", "publication": 9})
    state = StoreState.parse(old)
    # Redis goes on counting: rows of an earlier publication must not look new.
    assert (state.release, state.publication) == (4, 9)
    with pytest.raises(OnlineStoreError, match="as an earlier Tambo wrote it") as caught:
        state.now("travel")
    assert caught.value.remedy == "run tambo features"


def test_a_store_that_lacks_the_domain_says_so() -> None:
    state = StoreState(7, AsOf({"travel": AS_OF}))
    with pytest.raises(OnlineStoreError, match="holds release 7: Nothing of tourism is here"):
        state.now("tourism")
    wall = StoreState(7, AsOf({"travel": AS_OF}), clock="wall")
    assert datetime.now(UTC) - wall.now("tourism") < timedelta(minutes=1)


def test_a_manifest_from_before_is_of_the_only_domain() -> None:
    """A model that was trained by an earlier Tambo is served as long as there is one domain."""
    old = {
        "project": "tambo",
        "feature_service": "flight_price_v1",
        "release": 1,
        "as_of": "2026-01-01T07:07:00Z",
        "views": [],
    }
    manifest = OnlineManifest.model_validate_json(json.dumps(old))
    assert manifest.domain is None
    assert StoreState(1, AsOf({"travel": AS_OF})).now(manifest.domain) == AS_OF.replace(tzinfo=UTC)


def test_each_table_has_an_owner() -> None:
    whose = ready.owners(Settings())
    assert {
        whose[table]
        for table in ("raw.flights", "staging.stg_hotels", "intermediate.int_user_facts")
    } == {"travel"}
    assert whose["marts.fare_prices"] == "travel"
    assert "raw.batches" not in whose
