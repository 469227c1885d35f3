"""Data docs: a static site with the last runs, made anew when it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from expectations import docs
from expectations.suite import Suite, between
from expectations.verdict import Failure, SuiteResult, Verdict
from tambo.lake.releases import Build
from tambo.settings import Settings

SUITE = Suite(
    name="travel.marts.fares",
    frame="{table}",
    columns={"fare": "fare", "route": "route"},
    keys=("route",),
    expectations=(between("fare", 0, 10, unit="BRL"),),
    table="marts.fares",
)
FAILURE = Failure(
    "travel.marts.fares",
    "expect_column_values_to_be_between",
    "fare",
    "fare is at least 0 and at most 10 BRL",
    "critical",
    unexpected=1,
    checked=3,
    values=(4242,),
    rows=({"route": "Natal", "fare": 4242},),
)


def publish(settings: Settings, number: int, *failures: Failure) -> str:
    result = SuiteResult(SUITE.name, 3, 1, failures)
    verdict = Verdict(number, number, 7, success=not failures, suites=[result])
    build = Build(number, 7, "raw", "abc", "run", None)
    assert docs.publish(settings, [SUITE], verdict, build) == docs.index(settings)
    return docs.index(settings).read_text()


def pages(settings: Settings) -> list[Path]:
    return sorted((settings.data_docs / "site" / "validations").rglob("*.html"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_page_says_what_was_expected_and_which_rows_broke_it(settings: Settings) -> None:
    assert docs.index(settings) is None
    publish(settings, 1, FAILURE)
    (page,) = pages(settings)
    text = page.read_text()
    for words in (
        "travel.marts.fares",
        "greater than or equal to",
        "4242 in route=Natal",
        "Failed",
        "3 rows of",
    ):
        assert words in text
    suites = settings.data_docs / "site" / "expectations"
    (suite,) = suites.rglob("*.html")
    assert suite.name == "fares.html"
    assert "fare is at least 0 and at most 10 BRL" in suite.read_text()


def test_only_the_last_runs_are_kept(settings: Settings) -> None:
    for number in range(1, docs.KEPT_RUNS + 3):
        front = publish(settings, number)
    kept = [f"validation {number:06d}" for number in range(3, docs.KEPT_RUNS + 3)]
    assert sorted({page.parts[-3] for page in pages(settings)}) == kept
    assert all(name in front for name in kept)
    assert "validation 000001" not in front


def test_a_site_broken_by_a_killed_run_is_made_anew(settings: Settings) -> None:
    publish(settings, 1)
    (settings.data_docs / "gx" / "great_expectations.yml").write_text("{")
    for stored in (settings.data_docs / "gx").rglob("*.json"):
        stored.write_text("{")
    publish(settings, 2)
    assert [page.parts[-3] for page in pages(settings)] == ["validation 000002"]
