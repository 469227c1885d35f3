"""The gate on a small lake: what it refuses, what it says, what it records, what it reads again."""

from __future__ import annotations

import json
import shutil
import struct
from datetime import timedelta
from pathlib import Path

import gate_lake
import pytest

from expectations import docs
from expectations.gate import judge, validate
from expectations.verdict import Verdict
from tambo.errors import ReleaseError, ValidationFailedError
from tambo.lake import reader, releases, writer
from tambo.lake.retention import retire
from tambo.settings import Settings

AS_OF = gate_lake.AS_OF


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Verdict]:
    """A small lake whose first build has passed the gate."""
    made = Settings(home=tmp_path_factory.mktemp("gate") / "home", threads=1)
    gate_lake.make(made)
    with writer(made, "test") as lake:
        # After the build, so none of the gate's business.
        gate_lake.add_fares(lake, 1, mean="-1")
        lake.execute("DELETE FROM lake.marts.fare_prices WHERE fare_mean < 0")
    return made, validate(made)


@pytest.fixture
def settings(passed: tuple[Settings, Verdict], tmp_path: Path) -> Settings:
    """A copy of that lake, to be changed."""
    copy = passed[0].model_copy(update={"home": tmp_path / "home"})
    shutil.copytree(passed[0].home, copy.home)
    return copy


def failures(settings: Settings) -> dict[tuple[str, str], str]:
    """What a refused build is told, by suite and column."""
    gate_lake.note_build(settings)
    with pytest.raises(ValidationFailedError):
        validate(settings)
    with reader(settings) as lake:
        (verdicts,) = lake.execute(
            "SELECT verdicts FROM lake.audit.validations ORDER BY validation_id DESC LIMIT 1"
        ).fetchone()
    rows = releases.history(settings)[0].verdicts
    assert rows == json.loads(verdicts)
    return {(one["suite"], one["column"]): one for result in rows for one in result["failures"]}


def test_good_data_pass_and_may_be_released(
    passed: tuple[Settings, Verdict], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _, verdict = passed
    assert verdict.success
    assert not verdict.up_to_date
    assert verdict.failures == []
    assert verdict.warnings == []
    rows = {result.suite: result.rows for result in verdict.suites}
    assert rows["travel.marts.fare_prices"] == 40
    assert rows["travel.raw.flights"] == 20
    assert all(result.whole for result in verdict.suites)
    made = releases.release(settings).release
    assert (made.validation_id, made.snapshot_id) == (verdict.validation_id, verdict.snapshot_id)
    assert len(made.verdicts) == len(verdict.suites)
    assert capsys.readouterr().out == ""


def test_the_same_build_is_not_looked_at_twice(settings: Settings) -> None:
    again = validate(settings)
    assert again.up_to_date
    assert again.validation_id == 1
    assert again.suites
    assert again.data_docs == docs.index(settings)
    shutil.rmtree(settings.data_docs)
    again = validate(settings)
    assert again.up_to_date
    assert again.data_docs is not None
    assert "validation 000001" in again.data_docs.read_text()


def test_a_value_out_of_range_stops_the_release_and_is_named(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        lake.execute(
            "INSERT INTO lake.marts.fare_prices VALUES "
            "('Manaus (AM)', 'Natal (RN)', ?, ?, 1, 250000.5, NULL)",
            [AS_OF, AS_OF],
        )
    gate_lake.note_build(settings)
    seen: list[tuple[str, int, int]] = []

    with pytest.raises(ValidationFailedError) as error:
        validate(settings, progress=lambda *step: seen.append(step))

    text = str(error.value)
    for words in (
        "Build 2 does not pass the gate: 1 critical expectations failed",
        "travel.marts.fare_prices: expected that fare_mean is at least 0 and at most 100,000 BRL",
        "1 of 1 rows break it",
        "found 250000.5 in origin=Manaus (AM), destination=Natal (RN), event_timestamp=2025-06-01 12:00:00",
        "tambo build",
        str(docs.index(settings)),
    ):
        assert words in text
    assert seen[-1][1] == seen[-1][2] == len(seen)
    newest = releases.history(settings)[0]
    assert (newest.status, newest.build_id, newest.validation_id) == ("rejected", 2, 2)
    with pytest.raises(ReleaseError, match="did not pass the gate"):
        releases.release(settings)


def test_every_kind_of_fault_is_found(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        for mean in ("'nan'::DOUBLE", "'-infinity'::DOUBLE", "NULL"):
            gate_lake.add_fares(lake, 1, mean=mean)
        lake.execute("UPDATE lake.marts.fare_prices SET fare_std = 'nan' WHERE fare_mean = 120.5")
        lake.execute(
            "INSERT INTO lake.marts.label_flight_price VALUES (90, ?, ?, NULL, 5), (91, ?, ?, 3, 0)",
            [AS_OF, AS_OF, AS_OF, AS_OF + timedelta(days=1)],
        )
        gate_lake.take_in(lake, 2, 10)
        lake.execute("UPDATE lake.raw.flights SET \"flightType\" = 'cargo' WHERE _row_number = 1")
        lake.execute('UPDATE lake.raw.flights SET "to" = "from" WHERE _row_number = 2')
        lake.execute("UPDATE lake.raw.flights SET date = DATE '9999-12-31' WHERE _row_number = 3")
        lake.execute("UPDATE lake.raw.hotels SET total = 1 WHERE _row_number = 4")
        lake.execute("UPDATE lake.raw.users SET code = NULL, _source_file = NULL WHERE age = 40")
        lake.execute("UPDATE lake.raw.hotels SET _event_at = ?", [AS_OF - timedelta(days=100)])
        lake.execute("UPDATE lake.audit.files SET quarantined_records = 3 * loaded_records")

    found = failures(settings)

    fares = found["travel.marts.fare_prices", "fare_mean"]
    assert (fares["unexpected"], fares["values"]) == (2, ["infinite or not a number"] * 2)
    assert found["travel.marts.fare_prices", "fare_std"]["unexpected"] == 40
    assert len(found["travel.marts.fare_prices", "fare_std"]["rows"]) == 20
    assert found["travel.marts.label_flight_price", "leg_number"]["unexpected"] == 1
    assert found["travel.marts.label_flight_price", "leg_number IN (1, 2)"]["unexpected"] == 1
    assert found["travel.marts.label_flight_price", "price > 0"]["unexpected"] == 1
    late = found["travel.marts.label_flight_price.whole", "rows known after as_of"]
    assert late["values"] == [1]
    assert found["travel.raw.flights", "flightType"]["values"] == ["cargo"] * 2
    assert found["travel.raw.flights", "same_place"]["unexpected"] == 2
    assert found["travel.raw.flights", "day of date"]["values"] == [99991231] * 2
    hotels = found["travel.raw.hotels", "total_mismatch"]["rows"][0]
    assert (hotels["_source_file"], hotels["_row_number"]) == ("file.csv", 4)
    assert found["travel.raw.users", "code"]["unexpected"] == 30
    assert found["travel.raw.users", "its origin is known"]["unexpected"] == 30
    assert found["travel.raw.hotels.whole", "days behind the domain"]["values"] == [99]
    assert found["travel.raw.users.whole", "share in quarantine"]["values"] == [0.75]
    assert {one["trouble"] for one in found.values()} == {""}


def test_tables_that_are_not_as_declared_or_empty_are_found(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        lake.execute("ALTER TABLE lake.marts.fare_prices DROP COLUMN fare_std")
        lake.execute("ALTER TABLE lake.raw.users DROP COLUMN age")
        lake.execute("ALTER TABLE lake.raw.users ADD COLUMN age VARCHAR")
        lake.execute("DELETE FROM lake.marts.label_flight_price")
        lake.execute("DELETE FROM lake.raw.hotels")

    found = failures(settings)

    columns = found["travel.marts.columns", "as declared"]["rows"]
    assert [(row["column_name"], row["found"]) for row in columns] == [("fare_std", "missing")]
    columns = found["travel.raw.columns", "as declared"]["rows"]
    assert [(row["column_name"], row["declared"], row["found"]) for row in columns] == [
        ("age", "BIGINT", "VARCHAR")
    ]
    empty = "rows if its sources have some"
    assert found["travel.marts.label_flight_price.whole", empty]["values"] == [0]
    assert found["travel.raw.hotels.whole", "rows if any were loaded"]["values"] == [0]
    results = {result["suite"]: result for result in releases.history(settings)[0].verdicts}
    assert results["travel.marts.fare_prices"]["skipped"] == "not as declared: marts.fare_prices"
    assert not any(suite == "travel.marts.fare_prices" for suite, _ in found)


def test_only_new_rows_are_read_again_and_only_those_that_are_still_there(
    settings: Settings,
) -> None:
    with writer(settings, "test") as lake:
        gate_lake.take_in(lake, 2, 10)
        # Enough for files of their own, which retention merges.
        for rows in (3, 4):
            gate_lake.add_fares(lake, rows * 100)
        gate_lake.add_fares(lake, 1, mean="-1")
        lake.execute("DELETE FROM lake.marts.fare_prices WHERE fare_mean < 0")
        lake.execute(
            "CREATE OR REPLACE TABLE lake.marts.label_flight_price AS "
            "SELECT * FROM lake.marts.label_flight_price"
        )
    gate_lake.note_build(settings)
    # Files of before and after are merged, the snapshots between them are gone.
    assert retire(settings, named=[], keep=1, grace=timedelta(0)).merged

    verdict = validate(settings)

    rows = {result.suite: result.rows for result in verdict.suites}
    assert rows["travel.marts.fare_prices"] == 700
    assert rows["travel.raw.flights"] == 10
    assert rows["travel.raw.flights.batches"] == 1
    # Built anew, so all of it is new.
    assert rows["travel.marts.label_flight_price"] == 40
    assert not next(one for one in verdict.suites if one.suite == "travel.raw.flights").whole
    assert releases.release(settings).release.row_counts["marts.fare_prices"] == 740


def rot(settings: Settings) -> None:
    """Change a value in the file of fares, behind the lake's back: no snapshot tells."""
    (file,) = (settings.home / "lake" / "data" / "marts" / "fare_prices").glob("*.parquet")
    before = file.read_bytes()
    after = before.replace(struct.pack("<d", 120.5), struct.pack("<d", -120.5))
    assert before != after
    file.write_bytes(after)


def test_whole_looks_at_every_row_again_and_what_it_finds_counts(settings: Settings) -> None:
    verdict = validate(settings, whole=True)
    assert (verdict.success, verdict.up_to_date, verdict.validation_id) == (True, False, 2)
    assert "validation 000002" in verdict.data_docs.read_text()
    made = releases.release(settings).release
    rot(settings)
    assert validate(settings).up_to_date

    with pytest.raises(ValidationFailedError) as error:
        validate(settings, whole=True)

    for words in (
        "Release 1, made from it, can still be read",
        "fare_mean is at least 0 and at most 100,000 BRL; 40 of 40 rows break it",
        "found -120.5 in origin=Natal (RN)",
    ):
        assert words in str(error.value)
    assert [(row.number, row.status) for row in releases.history(settings)] == [(1, "released")]
    assert releases.get(settings).validation_id == made.validation_id == 2
    # What passed before is no longer believed, neither for this build nor for the next.
    with pytest.raises(ValidationFailedError):
        validate(settings)
    gate_lake.note_build(settings)
    with pytest.raises(ValidationFailedError, match="40 of 40 rows break it"):
        validate(settings)
    assert releases.history(settings)[0].status == "rejected"


def test_a_build_that_fails_in_whole_is_not_released(settings: Settings) -> None:
    rot(settings)
    verdict = judge(settings, whole=True)
    assert not verdict.success
    assert verdict.whole
    assert verdict.released is None
    with pytest.raises(ReleaseError, match="did not pass the gate"):
        releases.release(settings)


def test_a_failure_among_new_rows_leaves_the_earlier_pass_standing(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        gate_lake.add_fares(lake, 1, mean="-1")
    gate_lake.note_build(settings)
    assert not judge(settings).whole
    with writer(settings, "test") as lake:
        lake.execute("DELETE FROM lake.marts.fare_prices WHERE fare_mean < 0")
        gate_lake.add_fares(lake, 3)
    gate_lake.note_build(settings)
    rows = {result.suite: result.rows for result in validate(settings).suites}
    assert rows["travel.marts.fare_prices"] == 3


def test_warnings_are_told_and_do_not_stop(settings: Settings) -> None:
    with writer(settings, "test") as lake:
        lake.execute(
            "UPDATE lake.audit.files SET quarantined_records = 2 WHERE batch_id IN "
            "(SELECT batch_id FROM lake.audit.batches WHERE table_name = 'flights')"
        )
        lake.execute("UPDATE lake.raw.hotels SET _event_at = ?", [AS_OF - timedelta(days=40)])
    # A line that came in live makes as_of the wall clock; old data stay right.
    gate_lake.note_build(settings, AS_OF + timedelta(days=300))

    verdict = validate(settings)

    assert verdict.success
    assert {(one.suite, one.column) for one in verdict.warnings} == {
        ("travel.raw.flights.whole", "share in quarantine"),
        ("travel.raw.hotels.whole", "days behind the domain"),
        ("travel.raw.hotels.whole", "days before as_of"),
        ("travel.raw.flights.whole", "days before as_of"),
    }
    assert verdict.line().endswith("4 warnings")
    assert releases.release(settings).release.number == 1


def test_a_batch_is_held_against_others_that_came_live(settings: Settings) -> None:
    """History may come in years and in days; a door that brings a hundredth is told."""
    with writer(settings, "test") as lake:
        for arrival, rows in enumerate((2, 2, 2, 600), start=2):
            gate_lake.take_in(lake, arrival, rows)
            gate_lake.take_in(lake, 10 + arrival, rows, history=False)
    gate_lake.note_build(settings)
    found = [(one.suite, [row["rows"] for row in one.rows]) for one in validate(settings).warnings]
    assert found == [(f"travel.raw.{table}.batches", [600]) for table in gate_lake.VALUES]


def test_nothing_is_validated_before_it_is_built(tmp_path: Path) -> None:
    empty = Settings(home=tmp_path / "home")
    with writer(empty, "test"):
        pass
    with pytest.raises(ReleaseError, match="Nothing has been built"):
        validate(empty)
