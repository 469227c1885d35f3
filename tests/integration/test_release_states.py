"""Releases on a small lake made by hand: what may be released, and what readers are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from small_lake import AS_OF, build, release, take_batch, validate

from tambo.as_of import AsOf
from tambo.errors import LakeError, ReleaseError
from tambo.lake import reader, releases, writer
from tambo.lake.state import now
from tambo.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home", threads=1)
    with writer(made, "test") as lake:
        lake.execute("CREATE TABLE lake.marts.fares AS SELECT 1 AS code")
        lake.execute("CREATE VIEW lake.staging.stg_fares AS SELECT * FROM lake.marts.fares")
    return made


def test_a_passed_build_is_released_once(settings: Settings) -> None:
    made = build(settings)
    validate(settings, made, success=True)

    first = releases.release(settings)
    again = releases.release(settings)

    assert not first.up_to_date
    assert again.up_to_date
    assert again.release == first.release == releases.latest(settings) == releases.get(settings, 1)
    assert first.release.number == 1
    assert first.release.snapshot_id == made.snapshot_id
    assert first.release.as_of == AsOf({"travel": AS_OF})
    assert first.release.row_counts == {"marts.fares": 2, "quarantine.lines": 0}
    assert first.release.verdicts == [{"suite": "travel.fares"}]
    assert [row.status for row in releases.history(settings)] == ["released"]


def test_the_snapshot_named_is_the_one_validated_not_the_head(settings: Settings) -> None:
    made = build(settings)
    validate(settings, made, success=True)
    with writer(settings, "test") as lake:
        lake.execute("INSERT INTO lake.marts.fares VALUES (99)")

    first = releases.release(settings).release

    assert first.row_counts == {"marts.fares": 2, "quarantine.lines": 0}
    with reader(settings, first.snapshot_id) as lake:
        assert lake.execute("SELECT max(code) FROM lake.marts.fares").fetchone() == (1,)
        assert lake.execute("SELECT count(*) FROM lake.audit.releases").fetchone() == (0,)


def test_nothing_is_released_before_it_is_built(settings: Settings) -> None:
    with pytest.raises(ReleaseError, match="Nothing has been built") as error:
        releases.release(settings)
    assert "tambo build" in str(error.value.remedy)


def test_nothing_is_released_before_it_is_validated(settings: Settings) -> None:
    made = build(settings)
    validate(settings, replace(made, snapshot_id=made.snapshot_id - 1), success=True)
    with pytest.raises(ReleaseError, match="has not been validated") as error:
        releases.release(settings)
    assert "tambo validate" in str(error.value.remedy)


def test_nothing_is_released_after_the_raw_tables_changed(settings: Settings) -> None:
    take_batch(settings, 1)
    made = build(settings)
    validate(settings, made, success=True)
    take_batch(settings, 2)
    with pytest.raises(ReleaseError, match="raw tables have changed") as error:
        releases.release(settings)
    assert "tambo build" in str(error.value.remedy)
    assert releases.history(settings) == []


def test_a_released_build_is_not_up_to_date_once_the_raw_tables_changed(
    settings: Settings,
) -> None:
    validate(settings, build(settings), success=True)
    releases.release(settings)
    take_batch(settings, 1)
    with pytest.raises(ReleaseError, match="raw tables have changed"):
        releases.release(settings)


def test_a_refused_build_is_recorded_as_rejected_and_cannot_be_read(settings: Settings) -> None:
    made = build(settings)
    validate(settings, made, success=False)
    for _ in range(2):
        with pytest.raises(ReleaseError, match="did not pass the gate"):
            releases.release(settings)
    assert [(row.number, row.status) for row in releases.history(settings)] == [(1, "rejected")]
    with pytest.raises(ReleaseError, match="Release 1 cannot be read: it is rejected"):
        releases.get(settings, 1)

    validate(settings, made, success=True)
    second = releases.release(settings).release
    assert (second.number, second.validation_id) == (2, 2)
    assert releases.latest(settings).number == 2


def test_a_candidate_left_by_a_killed_run_is_finished_under_its_number(settings: Settings) -> None:
    made = build(settings)
    validate(settings, made, success=True)
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.audit.releases VALUES (1, ?, ?, 1, 1, 'abc', 'run', ?, '[]', '{}', "
            "'candidate')",
            [now(), made.snapshot_id, AsOf({"travel": AS_OF}).dump()],
        )
    with pytest.raises(ReleaseError, match="candidate"):
        releases.get(settings, 1)
    assert releases.release(settings).release.number == 1
    assert [row.status for row in releases.history(settings)] == ["released"]


def test_an_unknown_number_names_those_that_can_be_read(settings: Settings) -> None:
    for _ in range(2):
        release(settings)
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
