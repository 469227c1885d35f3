"""Data docs: a static site with the last runs, made anew when it is broken."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

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
        "fare is at least 0 and at most 10 BRL",
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


class Loads(HTMLParser):
    """Addresses that a browser asks for when it opens or follows a page, and its elements."""

    NAMES = ("src", "srcset", "href", "action", "data", "poster", "background")

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.elements: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in self.NAMES]


def everything(settings: Settings) -> list[Path]:
    return sorted((settings.data_docs / "site").rglob("*.html"))


def test_pages_ask_nothing_of_the_network_and_lead_to_each_other(settings: Settings) -> None:
    publish(settings, 1, FAILURE)
    publish(settings, 2)
    found = everything(settings)
    assert len(found) == 4
    for page in found:
        loads = Loads(page)
        assert "link" in loads.elements
        for address in loads.addresses:
            assert not re.match(r"\s*([a-z]+:)?//", address, re.IGNORECASE), (page, address)
            if address and not address.startswith(("#", "data:")):
                assert (page.parent / unquote(address)).resolve() in found, (page, address)
        text = page.read_text()
        assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", text)


def test_values_of_raw_files_are_text_and_never_markup(settings: Settings) -> None:
    evil = "<script src=//elsewhere/x.js></script>"
    publish(settings, 1, replace(FAILURE, rows=({"route": evil, "fare": 4242},)))
    (page,) = pages(settings)
    assert "&lt;script src=//elsewhere" in page.read_text()
    assert Loads(page).elements.count("script") == 1


def test_the_first_page_puts_the_newest_run_and_its_failures_first(settings: Settings) -> None:
    publish(settings, 1, FAILURE)
    other = replace(SUITE, name="travel.marts.aaa")
    build = Build(2, 7, "raw", "abc", "run", None)
    results = [SuiteResult(other.name, 3, 1), SuiteResult(SUITE.name, 3, 1, [FAILURE])]
    verdict = Verdict(2, 2, 7, success=False, suites=results)
    docs.publish(settings, [SUITE, other], verdict, build)
    rows = re.findall(r'<a href="(validations/.*?)">', docs.index(settings).read_text())
    assert [unquote(row).split("/")[2:5] for row in rows] == [
        ["marts", "fares", "validation 000002"],
        ["marts", "aaa", "validation 000002"],
        ["marts", "fares", "validation 000001"],
    ]


def test_pages_drawn_in_another_way_are_drawn_again(settings: Settings) -> None:
    publish(settings, 1)
    shutil.rmtree(settings.data_docs / "site")
    publish(settings, 2)
    assert len(pages(settings)) == 2
