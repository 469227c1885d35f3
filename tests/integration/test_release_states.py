"""Releases on a small lake made by hand: what may be released, and what readers are told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tambo.errors import LakeError, ReleaseError
from tambo.lake import reader, releases, writer
from tambo.lake.state import now, raw_state
from tambo.settings import Settings

AS_OF = datetime(2025, 6, 1, 12)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", threads=1)
    with writer(made, "test") as lake:
        lake.execute("CREATE TABLE lake.marts.fares AS SELECT 1 AS code, 10.0 AS fare")
        lake.execute("CREATE VIEW lake.staging.stg_fares AS SELECT * FROM lake.marts.fares")
    return made


def take_batch(settings: Settings, number: int) -> None:
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.audit.batches VALUES (?, 'travel', 'users', 'users.csv', ?, "
            "'loaded', true, ?, ?, 1)",
            [number, f"hash {number}", now(), now()],
        )


def build(settings: Settings, number: int) -> int:
    with writer(settings, "test") as lake:
        lake.execute("INSERT INTO lake.marts.fares VALUES (?, ?)", [number, number * 10.0])
        (snapshot,) = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        lake.execute(
            "INSERT INTO lake.audit.builds VALUES (?, ?, ?, 'project', 'abc', 'run', ?, ?, '{}')",
            [number, now(), raw_state(lake), AS_OF, snapshot],
        )
    return snapshot


def validate(settings: Settings, number: int, build_id: int, snapshot: int, success: bool) -> None:
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.audit.validations VALUES (?, ?, ?, ?, 'suites', ?, ?)",
            [number, now(), build_id, snapshot, success, '[{"suite": "travel.fares"}]'],
        )


def test_a_passed_build_is_released_once(settings: Settings) -> None:
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot, success=True)

    first = releases.release(settings)
    again = releases.release(settings)

    assert not first.up_to_date
    assert again.up_to_date
    assert again.release == first.release == releases.latest(settings) == releases.get(settings, 1)
    assert first.release.number == 1
    assert first.release.snapshot_id == snapshot
    assert first.release.as_of == AS_OF
    assert first.release.row_counts == {"marts.fares": 2}
    assert first.release.verdicts == [{"suite": "travel.fares"}]
    assert [row.status for row in releases.history(settings)] == ["released"]


def test_the_snapshot_named_is_the_one_validated_not_the_head(settings: Settings) -> None:
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot, success=True)
    with writer(settings, "test") as lake:
        lake.execute("INSERT INTO lake.marts.fares VALUES (99, 0)")

    made = releases.release(settings).release

    assert made.row_counts == {"marts.fares": 2}
    with reader(settings, made.snapshot_id) as lake:
        assert lake.execute("SELECT max(code) FROM lake.marts.fares").fetchone() == (1,)
        assert lake.execute("SELECT count(*) FROM lake.audit.releases").fetchone() == (0,)


def test_nothing_is_released_before_it_is_built(settings: Settings) -> None:
    with pytest.raises(ReleaseError, match="Nothing has been built") as error:
        releases.release(settings)
    assert "tambo build" in str(error.value.remedy)


def test_nothing_is_released_before_it_is_validated(settings: Settings) -> None:
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot - 1, success=True)
    with pytest.raises(ReleaseError, match="has not been validated") as error:
        releases.release(settings)
    assert "tambo validate" in str(error.value.remedy)


def test_nothing_is_released_after_the_raw_tables_changed(settings: Settings) -> None:
    take_batch(settings, 1)
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot, success=True)
    take_batch(settings, 2)
    with pytest.raises(ReleaseError, match="raw tables have changed") as error:
        releases.release(settings)
    assert "tambo build" in str(error.value.remedy)
    assert releases.history(settings) == []


def test_a_released_build_is_not_up_to_date_once_the_raw_tables_changed(
    settings: Settings,
) -> None:
    validate(settings, 1, 1, build(settings, 1), success=True)
    releases.release(settings)
    take_batch(settings, 1)
    with pytest.raises(ReleaseError, match="raw tables have changed"):
        releases.release(settings)


def test_a_refused_build_is_recorded_as_rejected_and_cannot_be_read(settings: Settings) -> None:
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot, success=False)
    for _ in range(2):
        with pytest.raises(ReleaseError, match="did not pass the gate"):
            releases.release(settings)
    assert [(row.number, row.status) for row in releases.history(settings)] == [(1, "rejected")]
    with pytest.raises(ReleaseError, match="Release 1 cannot be read: it is rejected"):
        releases.get(settings, 1)

    validate(settings, 2, 1, snapshot, success=True)
    made = releases.release(settings).release
    assert (made.number, made.validation_id) == (2, 2)
    assert releases.latest(settings).number == 2


def test_a_candidate_left_by_a_killed_run_is_finished_under_its_number(settings: Settings) -> None:
    snapshot = build(settings, 1)
    validate(settings, 1, 1, snapshot, success=True)
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.audit.releases VALUES (1, ?, ?, 1, 1, 'abc', 'run', ?, '[]', '{}', "
            "'candidate')",
            [now(), snapshot, AS_OF],
        )
    with pytest.raises(ReleaseError, match="candidate"):
        releases.get(settings, 1)
    assert releases.release(settings).release.number == 1
    assert [row.status for row in releases.history(settings)] == ["released"]


def test_an_unknown_number_names_those_that_can_be_read(settings: Settings) -> None:
    for number in (1, 2):
        validate(settings, number, number, build(settings, number), success=True)
        releases.release(settings)
    with pytest.raises(ReleaseError, match="There is no release 9") as error:
        releases.get(settings, 9)
    assert error.value.remedy == "choose one of: 1, 2"
    assert releases.get(settings).number == 2


def test_without_a_lake_the_remedy_is_the_first_command(tmp_path: Path) -> None:
    nothing = Settings(home=tmp_path / "none")
    for call in (releases.release, releases.latest, releases.history):
        with pytest.raises(LakeError, match="There is no lake") as error:
            call(nothing)
        assert "tambo ingest" in str(error.value.remedy)
