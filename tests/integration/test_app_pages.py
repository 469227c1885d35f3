"""The pages of the app on a released home: what they show, and what they say is missing."""

from __future__ import annotations

from pathlib import Path

import app_pages
import pytest
import toy_domain
import training_home
from app_pages import metrics, texts
from streamlit.testing.v1 import AppTest

from app.discovery import pages
from tambo.ingest import quarantine
from tambo.lake import reader, releases, writer
from tambo.settings import Settings

pytestmark = pytest.mark.slow

PAGES = [one.name for one in pages()]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published release in which nothing has been trained."""
    home = training_home.small(tmp_path_factory).home
    return Settings(home=home)


@pytest.fixture
def settings(released: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The released home is the one that the app shows."""
    monkeypatch.setenv("TAMBO_HOME", str(released.home))
    return released


def one(settings: Settings, query: str) -> object:
    with reader(settings, releases.latest(settings).snapshot_id) as lake:
        return lake.execute(query).fetchone()[0]


def test_the_shell_opens_on_the_first_page_that_the_release_can_fill(settings) -> None:
    shown = AppTest.from_file(str(app_pages.ENTRY), default_timeout=app_pages.SECONDS).run()
    assert not shown.exception
    first = next(one for one in pages() if one.domain == "travel")
    assert first != pages()[0], "nothing of the first domain is released"
    assert [one.value for one in shown.title] == [first.title]
    said = "\n".join(one.value for one in shown.sidebar.caption)
    assert str(settings.home) in said
    assert "Release 1" in said


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_that_there_is_no_lake_and_how_to_make_one(
    name, tmp_path, monkeypatch
) -> None:
    home = tmp_path / "none"
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page(name)
    assert not shown.exception
    assert [one.value for one in shown.error] == [f"There is no lake in {home} yet."]
    assert [one.value for one in shown.code] == [f"TAMBO_HOME={home} make run"]
    assert not home.exists(), "looking makes nothing"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_says_that_nothing_is_released(name, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(tmp_path))
    with writer(Settings(home=tmp_path), "test"):
        pass
    shown = app_pages.page(name)
    assert not shown.exception
    assert [one.value for one in shown.error] == [f"Nothing has been released in {tmp_path}."]
    assert [one.value for one in shown.code] == [f"TAMBO_HOME={tmp_path} make run"]


def test_the_figures_of_the_data_page_are_those_of_the_release(settings) -> None:
    shown = app_pages.page("data")
    assert not shown.exception
    found = metrics(shown)
    for table in ("users", "flights", "hotels"):
        assert (
            found[f"Rows of {table}"] == f"{one(settings, f'SELECT count(*) FROM raw.{table}'):,}"
        )
    refused = sum(row.lines for row in quarantine.summary(settings))
    assert refused > 0
    assert found["Lines in quarantine"] == f"{refused:,}"


def test_the_quarantine_is_shown_with_reasons_and_without_personal_values(settings) -> None:
    shown = app_pages.page("data")
    reasons = shown.selectbox(key="data_reason")
    assert set(reasons.options) == {
        f"{row.reason.replace('_', ' ')} in {row.table}" for row in quarantine.summary(settings)
    }
    reasons.select(("flights", "orphan")).run()
    assert not shown.exception
    lines = next(one.value for one in shown.dataframe if "remedy" in one.value)
    assert set(lines["column_name"]) == {"userCode"}
    assert set(lines["value"]) == {"not shown"}, "a traveller's number is personal"
    reasons = shown.selectbox(key="data_reason")
    reasons.select(("flights", "bad_date")).run()
    lines = next(one.value for one in shown.dataframe if "remedy" in one.value)
    kept = quarantine.lines(settings, reason="bad_date", table="flights", limit=20)
    assert list(lines["value"]) == [row.value for row in kept]


def test_the_data_page_shows_each_release_and_how_fresh_its_tables_are(settings) -> None:
    shown = app_pages.page("data")
    tables = [one.value for one in shown.dataframe]
    made = next(table for table in tables if "suites" in table)
    assert list(made["release"]) == [1]
    assert list(made["status"]) == ["released"]
    fresh = next(table for table in tables if "age_days" in table).set_index("table")
    known = one(settings, "SELECT max(_known_at) FROM raw.flights")
    assert fresh.loc["flights", "newest_known"] == known
    assert (
        fresh.loc["flights", "age_days"]
        == (releases.latest(settings).as_of.of("travel") - known).days
    )
    assert "Online features: release 1" in texts(shown)
    assert "Nobody has said anything of a recommendation yet." in texts(shown)


def test_the_catalogue_says_of_a_feature_where_it_is_from_and_what_it_spans(settings) -> None:
    shown = app_pages.page("catalogue")
    assert not shown.exception
    assert shown.segmented_control(key="catalogue_domain").options == ["Travel"]
    item = shown.selectbox(key="catalogue_item_travel")
    assert metrics(shown)["Rows"] == f"{one(settings, 'SELECT count(*) FROM raw.users'):,}"
    assert metrics(shown)["First event"] == "none", "a person is true from the beginning of time"
    item.select("fare_prices · fare_std").run()
    assert not shown.exception
    said = texts(shown)
    assert "Sample standard deviation of these prices" in said
    assert "raw.flights: The company's booking system" in said
    assert "travel-data" in said
    assert "No fare is clipped or filled." in said
    known = one(settings, "SELECT count(fare_std) / count(*) FROM marts.fare_prices")
    assert metrics(shown)["Rows in which it is known"] == f"{known:.1%}".replace("%", " %")
    first = "SELECT min(event_timestamp) FROM marts.fare_prices WHERE fare_std IS NOT NULL"
    assert f"Events from {one(settings, first)} to " in said


def test_a_view_that_is_computed_has_no_time_range(settings) -> None:
    shown = app_pages.page("catalogue")
    shown.selectbox(key="catalogue_item_travel").select("hotel_request").run()
    assert not shown.exception
    assert "It has none: it is computed when somebody asks." in texts(shown)
    assert "Rows" not in metrics(shown)


def test_the_models_page_says_that_none_is_registered(settings) -> None:
    shown = app_pages.page("models")
    assert not shown.exception
    assert [one.value for one in shown.error] == [f"No model is registered in {settings.home} yet."]
    assert [one.value for one in shown.code] == [f"TAMBO_HOME={settings.home} make run"]


def test_fares_paid_are_shown_while_the_service_is_down(settings) -> None:
    shown = app_pages.page("fares")
    assert not shown.exception
    assert [one.value for one in shown.warning] == ["The travel service is not running."]
    assert [one.value for one in shown.code] == [
        f"TAMBO_HOME={settings.home} make serve DOMAIN=travel"
    ]
    origin, destination = (shown.selectbox(key=f"fares_{end}").value for end in ("from", "to"))
    where = f"origin = '{origin}' AND destination = '{destination}' AND ended_timestamp IS NULL"
    legs = one(settings, f"SELECT count(*) FROM intermediate.int_flight_facts WHERE {where}")
    assert metrics(shown)["Legs flown or booked"] == f"{legs:,}"
    sold = next(one.value for one in shown.dataframe if "median_fare" in one.value)
    assert sold["legs"].sum() == legs
    median = f"SELECT median(price)::DOUBLE FROM intermediate.int_flight_facts WHERE {where}"
    first = sold.iloc[0]
    own = f"flight_type = '{first['flight_type']}' AND agency = '{first['agency']}'"
    assert first["flight_type"] == "economic"
    assert first["median_fare"] == pytest.approx(one(settings, f"{median} AND {own}"))


def test_past_stays_are_shown_while_the_service_is_down(settings) -> None:
    shown = app_pages.page("hotels")
    assert not shown.exception
    assert [one.value for one in shown.warning] == ["The travel service is not running."]
    assert [one.value for one in shown.code] == [
        f"TAMBO_HOME={settings.home} make serve DOMAIN=travel"
    ]
    who = shown.selectbox(key="hotels_traveller").value
    mine = f"user_code = {who.code} AND ended_timestamp IS NULL"
    stays = one(settings, f"SELECT count(*) FROM intermediate.int_hotel_facts WHERE {mine}")
    trips = "SELECT count(DISTINCT travel_code) FROM intermediate.int_flight_facts"
    assert metrics(shown)["Stays"] == f"{stays:,}"
    assert metrics(shown)["Trips"] == f"{one(settings, f'{trips} WHERE {mine}'):,}"
    table = next(one.value for one in shown.dataframe if "hotel_name" in one.value)
    assert len(table) == stays == who.stays


def test_a_traveller_is_found_by_number_and_by_company_and_shown_without_a_name(settings) -> None:
    shown = app_pages.page("hotels")
    listed = shown.selectbox(key="hotels_traveller").options
    company = shown.selectbox(key="hotels_traveller").value.company
    shown.text_input(key="hotels_search").input(company.upper()).run()
    found = shown.selectbox(key="hotels_traveller")
    assert found.options
    assert all(company in option for option in found.options)
    number = one(settings, "SELECT max(user_code) FROM intermediate.int_user_facts")
    shown.text_input(key="hotels_search").input(str(number)).run()
    assert shown.selectbox(key="hotels_traveller").value.code == number
    shown.text_input(key="hotels_search").input("no such company").run()
    assert "No traveller's number starts with" in texts(shown)
    with reader(settings, releases.latest(settings).snapshot_id) as lake:
        names = {
            word
            for (name,) in lake.execute("SELECT name FROM raw.users").fetchall()
            for word in name.split()
            if len(word) > 3
        }
    said = {word for option in listed for word in option.replace("·", " ").split()}
    assert not names & (said - set(company.split()))


def test_somebody_new_has_no_past(settings) -> None:
    shown = app_pages.page("hotels")
    shown.toggle(key="hotels_new").set_value(True).run()
    assert not shown.exception
    assert "A new traveller has no past" in texts(shown)
    assert "Stays" not in metrics(shown)


def test_a_service_that_was_killed_is_said_to_be_down(settings, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_SERVICE_URL", "http://127.0.0.1:9")
    shown = app_pages.page("fares")
    assert not shown.exception
    said = "The travel service at http://127.0.0.1:9 does not answer."
    assert [one.value for one in shown.warning] == [said]
    assert [one.value for one in shown.code] == [
        f"TAMBO_HOME={settings.home} make serve DOMAIN=travel"
    ]


def test_pages_of_a_domain_that_is_not_released_say_so(settings) -> None:
    others = [one for one in pages() if one.domain in ("fleet", "tourism")]
    assert {one.domain for one in others} == {"fleet", "tourism"}
    for page in others:
        shown = app_pages.page(page.name)
        assert not shown.exception
        said = [f"Release 1 holds nothing of {page.domain}: no raw files."]
        assert [one.value for one in shown.error] == said


def test_a_domain_brings_its_own_pages(settings, tmp_path: Path, monkeypatch) -> None:
    assert "toy_flow" not in PAGES
    with toy_domain.declared(tmp_path):
        monkeypatch.setenv("TAMBO_ROOT", str(tmp_path))
        found = [(one.slice, one.name) for one in pages()]
        assert ("toy", "toy_flow") in found
        assert [one.name for one in pages() if one.slice != "toy"] == PAGES
        shown = app_pages.page("toy_flow")
    assert not shown.exception
    assert [one.value for one in shown.error] == ["Release 1 holds nothing of toy: no raw files."]
