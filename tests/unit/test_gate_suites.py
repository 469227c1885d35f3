"""Suites as data: what is made of contracts, of the manifest, and of the domains' slices."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import gate_lake
import pytest
import yaml

from expectations.discover import all_suites, fingerprint
from expectations.frames import Scope, query
from expectations.from_contracts import raw_suites
from expectations.from_manifest import mart_suite, marts
from expectations.suite import LARGEST, Suite, between
from expectations.tally import plain
from expectations.verdict import Failure, SuiteResult, Verdict
from tambo.as_of import AsOf
from tambo.domains import slices
from tambo.errors import ReleaseError, ValidationFailedError
from tambo.settings import PROJECT_ROOT, Settings
from tambo.sources import contracts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(home=tmp_path / "home")
    gate_lake.write_manifest(made)
    return made


def said(suite: Suite) -> dict[str, str]:
    return {one.says: one.severity for one in suite.expectations}


def test_every_column_of_a_contract_is_expected_as_the_contract_says() -> None:
    by_name = {suite.name: suite for suite in raw_suites(contracts.load("travel"))}
    flights = said(by_name["travel.raw.flights"])
    for words in (
        "travelCode is never null",
        "price is above 0 and at most 100,000 BRL",
        "flightType is one of economic, premium, firstClass",
        "date is from 1950-01-01 to 2100-12-31",
        "length of agency is at most 100 characters",
        'A leg must lead to another place than it starts from. ("from" <> "to")',
        "_event_at is never null",
        "_known_from is one of recorded, manifest, history, ingest",
    ):
        assert flights[words] == "critical"
    assert "booked_at is never null" not in flights
    assert "_event_at is never null" not in said(by_name["travel.raw.users"])


def test_a_withdrawal_must_only_say_what_and_when() -> None:
    by_name = {suite.name: suite for suite in raw_suites(contracts.load("travel"))}
    withdrawn = by_name["travel.raw.hotels.withdrawals"]
    assert [one.column for one in withdrawn.expectations] == ["travelCode", "its origin is known"]


def test_a_mart_is_expected_as_its_meta_says(settings: Settings) -> None:
    fares, labels = marts(settings)
    assert fares.sources == {"flights"}
    words = said(mart_suite(fares))
    assert words["fare_mean is at least 0 and at most 100,000 BRL"] == "critical"
    assert words["fare_observations is at least 0 legs"] == "critical"
    assert words["created_timestamp is never null"] == "critical"
    assert words["event_timestamp is not after created_timestamp"] == "critical"
    # A column of doubles without a bound must still be finite.
    assert words["fare_std is at least 0 and finite BRL"] == "critical"
    assert "price is finite" in said(mart_suite(labels))
    assert "leg_number is never null" in said(mart_suite(labels))
    assert "event_timestamp is not after created_timestamp" not in said(mart_suite(labels))


def test_without_a_manifest_the_remedy_is_to_build(tmp_path: Path) -> None:
    with pytest.raises(ValidationFailedError, match="is missing") as error:
        marts(Settings(home=tmp_path))
    assert error.value.remedy == "tambo build"


def test_a_domain_without_raw_tables_has_no_suites(settings: Settings) -> None:
    assert all_suites(settings, ()) == []


def test_columns_are_compared_before_anything_reads_them(settings: Settings) -> None:
    names = [suite.name for suite in all_suites(settings, {"travel"})]
    assert names[0] == "travel.raw.columns"
    rows = [name for name in names if name.count(".") == 2 and not name.endswith(".columns")]
    assert names.index("travel.marts.columns") < min(map(names.index, rows))


def test_the_fingerprint_follows_what_is_expected_and_nothing_else(settings: Settings) -> None:
    suites = all_suites(settings, {"travel"})
    assert fingerprint(suites) == fingerprint(all_suites(settings, {"travel"}))
    assert fingerprint([suites[0].extend([between("x", 1)], {"x": "1"}), *suites[1:]]) != (
        fingerprint(suites)
    )


PRINT = """
import sys
from pathlib import Path
from expectations.discover import all_suites, fingerprint
from tambo.settings import Settings

print(fingerprint(all_suites(Settings(home=Path(sys.argv[1])), {"travel"})))
"""


def test_the_fingerprint_is_the_same_in_every_process(settings: Settings) -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", PRINT, str(settings.home)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_every_suite_that_a_slice_adds_to_is_a_mart_of_its_domain() -> None:
    found = slices("expectations", "suites")
    assert "travel" in found
    for domain, module in found.items():
        folder = PROJECT_ROOT / "dbt" / "models" / domain / "marts"
        described = {
            f"{domain}.marts.{model['name']}": {column["name"] for column in model["columns"]}
            for path in folder.glob("*.yml")
            for model in yaml.safe_load(path.read_text()).get("models", [])
        }
        for name, conditions in module.MORE.items():
            assert name in described
            for sql in conditions:
                assert any(column in sql for column in described[name]), sql


def test_only_rows_written_since_the_last_pass_are_read(settings: Settings) -> None:
    fares = mart_suite(marts(settings)[0])
    as_of = AsOf({"travel": gate_lake.AS_OF})
    whole = Scope(9, as_of)
    later = Scope(9, as_of, since=4)
    opaque = Scope(9, as_of, since=4, opaque=frozenset({"marts.fare_prices"}))
    assert "snapshot_id" not in query(fares, whole)
    assert "WHERE snapshot_id > 4" in query(fares, later)
    assert query(fares, opaque) == query(fares, whole)


def test_a_suite_is_measured_against_as_of_of_its_own_domain(settings: Settings) -> None:
    name = "travel.marts.fare_prices.whole"
    (whole,) = [one for one in all_suites(settings, {"travel"}) if one.name == name]
    other = replace(whole, name=whole.name.replace("travel", "tourism"))
    scope = Scope(9, AsOf({"travel": datetime(2026, 1, 1), "tourism": datetime(2012, 12, 31, 23)}))
    later = "created_timestamp > TIMESTAMP '{}'"
    assert later.format("2026-01-01 00:00:00") in query(whole, scope)
    assert later.format("2012-12-31 23:00:00") in query(other, scope)
    with pytest.raises(ReleaseError, match="Nothing of fleet"):
        query(replace(whole, name="fleet.marts.x.whole"), scope)


@pytest.mark.parametrize(
    ("low", "high", "above", "words"),
    [
        (0, None, None, "x is at least 0"),
        (0, 1, None, "x is at least 0 and at most 1"),
        (None, 5, 2, "x is above 2 and at most 5"),
        (0, LARGEST, None, "x is at least 0 and finite"),
    ],
)
def test_bounds_in_words(low: float, high: float, above: float, words: str) -> None:
    assert between("x", low, high, above=above).says == words


def test_cells_are_made_plain() -> None:
    pandas = pytest.importorskip("pandas")
    assert plain(float("inf")) == "infinite or not a number"
    assert plain(float("nan")) is None
    assert plain(pandas.NaT) is None
    assert plain(pandas.Timestamp("2025-01-02 03:04:05")) == "2025-01-02 03:04:05"
    assert plain(pandas.Series([7]).iloc[0]) == 7
    assert plain(7.0) == 7
    assert plain(0.5) == 0.5


def test_a_verdict_is_the_same_after_a_trip_through_json() -> None:
    failure = Failure("s", "kind", "c", "c is good", "warning", 1, 9, (3,), ({"c": 3, "key": 1},))
    result = SuiteResult("s", 9, 2, (failure,), 0.5, whole=False)
    again = SuiteResult.from_json(result.to_json())
    assert again.to_json() == result.to_json()
    assert again.success
    verdict = Verdict(1, 1, 1, success=True, suites=[again])
    assert verdict.line() == "1 suites, 2 expectations, 9 rows read, 1 warning"
    assert verdict.warnings[0].rows[0]["key"] == 1
    assert verdict.failures == []
