"""The fleet's pages on a released fleet and its service, and a reading that moves the board."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import app_browser
import app_pages
import pytest
import released_fleet
import shown_fleet
from app_browser import Visitor
from app_pages import metrics, texts
from mqtt_broker import MosquittoBroker, needs_broker, publisher, reading
from mqtt_listener import Listener
from oidc_issuer import API, Client, issuing
from released_fleet import DAYS, NOW, VESSELS
from shown_fleet import FLOWN, GRAVE, LIMIT, SILENT, SOUND, WORN
from streamlit.testing.v1 import AppTest

from app import asking
from app.fleet import board, months, operations, schedule
from tambo.lake import reader, releases
from tambo.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return released_fleet.home(tmp_path_factory.mktemp("fleet"), shown_fleet.more())


@pytest.fixture
def settings(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The home is the one that the app shows."""
    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    return home


@pytest.fixture
def service(home: Settings) -> Iterator[str]:
    with shown_fleet.serving(home) as url:
        yield url


@pytest.fixture(scope="module")
def running(home: Settings) -> Iterator[Callable[[], Visitor]]:
    """The app of the home; gives it new visitors."""
    with app_browser.browser() as found, app_browser.running_app(home.home) as url:
        yield lambda: Visitor(found, url)


def table(shown: AppTest, column: str):
    """The table that has a column."""
    return next(one.value for one in shown.dataframe if column in one.value)


def test_the_board_shows_what_is_urgent_and_why(settings, service) -> None:
    shown = app_pages.page("fleet")
    assert not shown.exception
    boxes = metrics(shown)
    assert (boxes["Vessels"], boxes["Need attention today"]) == ("4", "1")
    why = table(shown, "why")
    assert why["vessel"].iloc[0] == GRAVE
    assert "a critical entry in the service log 3 days ago" in set(why["why"])
    assert "2 of 40 legal hours are left" in " ".join(why.loc[why["vessel"] == WORN, "why"])
    assert "cost" not in why, "no cost is foretold"
    rows = table(shown, "health").set_index("vessel")
    assert set(rows.index) == {*VESSELS, SILENT}
    assert rows.index[0] == GRAVE
    assert rows.loc[GRAVE, "state"] == board.NOW
    assert rows.loc[WORN, "hours"] == FLOWN
    assert rows.loc[WORN, "hours_share"] == pytest.approx(100 * FLOWN / LIMIT)
    assert (rows.loc[SILENT, "kind"], rows.loc[SILENT, "base"]) == ("Private Jet", "Cusco")
    assert rows.loc[GRAVE, "base"] == "not told"
    sent = rows.drop(index=SILENT)
    assert sent["health"].between(70, 90).all()
    assert all(len(one) > DAYS for one in sent["lately"]), "each day, and now"
    assert f"No reading of the engines is known: {SILENT}." in texts(shown)


def test_one_vessel_is_shown_with_its_log_and_without_names(settings, service) -> None:
    shown = app_pages.page("fleet")
    assert shown.selectbox(key="fleet_vessel").value == GRAVE, "the most urgent one"
    log = table(shown, "severity")
    assert list(log["severity"]) == ["critical", "info"]
    assert not {"author", "entry"} & set(log)
    assert "Rojas" not in texts(shown)
    shown.selectbox(key="fleet_vessel").select(SILENT).run()
    assert not shown.exception
    assert f"No reading of {SILENT} is known" in texts(shown)
    assert metrics(shown)["Health now"] == "not known"


def test_without_the_service_the_released_readings_stay(settings) -> None:
    shown = app_pages.page("fleet")
    assert not shown.exception
    assert [one.value for one in shown.warning] == ["The fleet service is not running."]
    assert [one.value for one in shown.code] == [
        f"TAMBO_HOME={settings.home} make serve DOMAIN=fleet"
    ]
    assert "0 that came since" in texts(shown)
    assert "Health now" not in metrics(shown)


def test_bookings_at_risk_say_why_and_what_instead(settings, service) -> None:
    shown = app_pages.page("bookings_at_risk")
    assert not shown.exception
    boxes = metrics(shown)
    assert boxes["Booked trips"] == "5", "none that is over, cancelled or later"
    assert (boxes["Nobody flies"], boxes["Vessel may fail"]) == ("2", "1")
    assert "1 of 6 trips depart after the horizon" in texts(shown)
    risks = table(shown, "instead").set_index("booking")
    assert list(risks.index) == ["STRANGE", "BESIDE", "FAR"], "most revenue at risk first"
    assert risks.loc["STRANGE", "at_risk"] == 10_000
    assert "no Yacht of the fleet is at Nowhere" in risks.loc["STRANGE", "why"]
    assert f"{SILENT} is away for FIRST" in risks.loc["BESIDE", "why"]
    assert 0 < risks.loc["FAR", "at_risk"] < 20_000
    assert (risks["instead"].str.len() > 0).all()
    assert f"Why: {risks.loc['STRANGE', 'why']}" in texts(shown)
    rows = table(shown, "why_not").set_index("booking")
    assert rows["vessel"].dropna().to_dict() == dict.fromkeys(("FIRST", "ANYHOW", "FAR"), SILENT)
    assert rows.loc["ANYHOW", "kind"] == "any"
    assert rows.loc["FIRST", "state"] == operations.FLOWN
    assert set(rows["destination"]) == {"Pisco"}
    used = table(shown, "away").set_index("vessel")
    assert used["trips"].to_dict() == {**dict.fromkeys(VESSELS, 0), SILENT: 3}
    shown.selectbox(key="risk_days").select(90).run()
    assert metrics(shown)["Booked trips"] == "6"
    shown.selectbox(key="risk_chance").select(0.3).run()
    assert "FARTHER" in set(table(shown, "why_not")["booking"])
    assert metrics(shown)["Vessel may fail"] == "0"


def test_without_the_service_the_bookings_stay(settings) -> None:
    shown = app_pages.page("bookings_at_risk")
    assert not shown.exception
    assert [one.value for one in shown.warning] == ["The fleet service is not running."]
    assert list(table(shown, "booking")["booking"]) == [
        "FIRST",
        "BESIDE",
        "STRANGE",
        "ANYHOW",
        "FAR",
    ]


def test_a_role_is_told_what_it_may_not_see(settings, monkeypatch, tmp_path) -> None:
    token = tmp_path / "token"
    monkeypatch.setenv("TAMBO_OIDC_CLIENT_ID", API)
    monkeypatch.setenv("TAMBO_TOKEN_FILE", str(token))
    roles = ("technician", "executive", "customer_support")
    with issuing(*(Client(one, (one,)) for one in roles)) as issuer:
        monkeypatch.setenv("TAMBO_OIDC_DISCOVERY_URL", issuer.discovery)
        with shown_fleet.serving(settings):
            token.write_text(issuer.token("technician"))
            shown = app_pages.page("bookings_at_risk")
            (said,) = [one.value for one in shown.warning]
            assert "needs one of the roles customer" in said
            assert "shown to roles that may ask for the plan" in texts(shown)
            assert not shown.dataframe, "nor are the bookings shown"
            token.write_text(issuer.token("executive"))
            shown = app_pages.page("fleet")
            assert "Your role is not told what is urgent" in texts(shown)
            assert set(table(shown, "health")["state"]) == {board.WITHHELD}
            assert "Need attention today" not in metrics(shown)
            token.write_text(issuer.token("customer_support"))
            shown = app_pages.page("bookings_at_risk")
            assert metrics(shown)["Booked trips"] == "5"
            shown = app_pages.page("fleet")
            assert "needs one of the roles" in shown.warning[0].value
            assert not any("state" in one.value for one in shown.dataframe)


def schedule_body(settings: Settings, **changes: object) -> dict[str, object]:
    """What the page asks of the fleet that can be scheduled."""
    names = [WORN, GRAVE, SOUND, SILENT]
    instant = releases.latest(settings).as_of.of("fleet").replace(tzinfo=UTC)
    return {"horizon": 28, "asked_at": instant.isoformat(), "aircraft_ids": names, **changes}


def test_the_schedule_is_that_of_the_service_and_stays_while_the_page_reruns(
    settings, service
) -> None:
    shown = app_pages.page("schedule")
    assert not shown.exception
    told = asking.ask("fleet", schedule.PATH, schedule_body(settings))
    assert {one["aircraft_id"] for one in told["vessels"]} == {WORN, SOUND}
    rows = table(shown, "practice").set_index("vessel")
    for one in told["vessels"]:
        row = rows.loc[one["aircraft_id"]]
        assert (row["enters"], row["why"]) == (schedule.day(one["enters"]), one["why"])
        assert row["practice"] == schedule.day(one["planned"])
    assert list(rows["priority"]) == [1, 2]
    earned = f"USD {told['plan']['earned']:,.0f}"
    assert metrics(shown)["Earned"] == earned
    cost = round(told["difference"]["cost"])
    assert cost
    altogether = f"USD {abs(cost):,.0f} {'less' if cost < 0 else 'more'}"
    assert metrics(shown)["Costs altogether"] == altogether
    plans = table(shown, "downtime_days").set_index("plan")
    assert list(plans.index) == [schedule.PROPOSED, schedule.PRACTICE]
    assert plans.loc[schedule.PRACTICE, "cost"] == round(told["current_plan"]["cost"])
    assert f"the kind or the base of {GRAVE} is not known" in texts(shown)
    urgent = table(shown, "until").set_index("vessel")
    assert urgent.loc[WORN, "enters"] == rows.loc[WORN, "enters"]
    assert shown.selectbox(key="schedule_vessel").value == WORN
    assert "not within these days" in set(table(shown, "why_not")["what"])
    shown.slider(key="schedule_horizon").set_value(10)
    shown.selectbox(key="schedule_name").select("run_to_failure")
    closed = shown.multiselect(key="schedule_closed")
    closed.select(closed.options[1])
    next(one for one in shown.button if one.label == "Make the plan").click().run()
    assert not shown.exception
    said = f"10 days, decided by run to failure; nobody enters on {NOW + timedelta(days=1):%d %b}"
    assert said in texts(shown)
    shown.selectbox(key="schedule_vessel").select(SOUND).run()
    assert said in texts(shown), "nothing new was asked for"
    assert not shown.exception


def test_without_a_trained_schedule_the_page_says_what_to_load(settings) -> None:
    with shown_fleet.serving(settings, schedules=False):
        shown = app_pages.page("schedule")
    assert not shown.exception
    assert "no schedule was trained" in shown.warning[0].value
    assert "hangars" in texts(shown)
    assert GRAVE in set(table(shown, "until")["vessel"]), "what is urgent is told all the same"


def test_the_schedule_is_shown_to_those_whose_work_it_is(settings, monkeypatch, tmp_path) -> None:
    token = tmp_path / "token"
    monkeypatch.setenv("TAMBO_OIDC_CLIENT_ID", API)
    monkeypatch.setenv("TAMBO_TOKEN_FILE", str(token))
    roles = ("executive", "customer_support")
    with issuing(*(Client(one, (one,)) for one in roles)) as issuer:
        monkeypatch.setenv("TAMBO_OIDC_DISCOVERY_URL", issuer.discovery)
        with shown_fleet.serving(settings):
            token.write_text(issuer.token("customer_support"))
            shown = app_pages.page("schedule")
            assert "needs one of the roles" in shown.warning[0].value
            assert "The schedule is shown to roles that may ask for it." in texts(shown)
            assert not any("why" in one.value for one in shown.dataframe)
            token.write_text(issuer.token("executive"))
            shown = app_pages.page("schedule")
            assert "Your role is not told what is urgent" in texts(shown)
            assert set(table(shown, "practice")["vessel"]) == {WORN, SOUND}


def test_somebody_asks_what_their_own_dates_would_cost(settings, service, running) -> None:
    visitor = running()
    visitor.open("schedule")
    rows = list(csv.DictReader(visitor.download("Download the plan as CSV").splitlines()))
    assert [one["vessel"] for one in rows] == [WORN, SOUND]
    mine = (date.fromisoformat(rows[1]["enters"]) - timedelta(days=2)).isoformat()
    visitor.edit_cell(visitor.form("What would that cost?"), 1, 0.35, mine)
    visitor.click("What would that cost?")
    own = [
        {"aircraft_id": WORN, "enters": rows[0]["enters"]},
        {"aircraft_id": SOUND, "enters": mine},
    ]
    told = asking.ask("fleet", schedule.PATH, schedule_body(settings, current_plan=own))
    found = visitor.cells("your dates")
    assert [float(one) for one in found[1:3]] == [
        round(told["current_plan"][name]) for name in ("cost", "earned")
    ]
    assert told["current_plan"]["cost"] != told["plan"]["cost"]
    assert (visitor.exceptions(), visitor.unnamed(), visitor.outside) == ([], [], [])
    visitor.keep("schedule")
    visitor.choose("Vessel", SOUND)
    assert visitor.cells("your dates") == found, "they stay while the page reruns"
    assert mine in visitor.cells(SOUND, visitor.form("What would that cost?"))[2]
    visitor.edit_cell(visitor.form("Make the plan"), 0, 0.75, "0")
    visitor.click("Make the plan")
    assert f"{shown_fleet.BASE} with 0 slots" in visitor.says()
    stands = f"the hangar of {shown_fleet.BASE} has no slots: it stands still"
    assert any(WORN in one and stands in one for one in visitor.problems())
    assert "your dates" not in visitor.says(), "they belong to the plan before"


def test_the_figures_of_months_are_those_of_the_marts(settings) -> None:
    shown = app_pages.page("executive")
    assert not shown.exception
    (file,) = shown.get("download_button")
    assert file.proto.ignore_rerun, "the page is not drawn anew under a visitor's hands"
    boxes = metrics(shown)
    assert boxes["Hours flown"] == f"{FLOWN} h"
    assert boxes["Revenue"] == "USD 5,000"
    assert boxes["Maintenance cost"] == "USD 1,000"
    assert boxes["Cost per flight hour"] == "USD 26"
    assert boxes["Failures per 1,000 h"] == "0.00"
    assert boxes["Hours between failures"] == "no figure", "none failed"
    assert boxes["Availability"] == "not known"
    assert "This release tells nothing of downtime, so figures" in texts(shown)
    assert "No month is told of as a whole" in texts(shown)
    kinds = table(shown, "kind").set_index("kind")
    assert kinds["hours"].to_dict() == {"Private Jet": 0, "Yacht": FLOWN}
    with reader(settings) as lake:
        hours, done = lake.execute(
            "SELECT max(total_flight_hours), max(maintenances_done) FROM lake.marts."
            "aircraft_operations JOIN lake.marts.aircraft_maintenance USING (aircraft_id)"
        ).fetchone()
    assert (hours, done) == (FLOWN, 1)
    shown.selectbox(key="executive_kind").select("Private Jet").run()
    assert metrics(shown)["Hours flown"] == "0 h"
    assert not shown.exception


def test_a_fleet_of_which_nothing_is_told_says_so(settings, monkeypatch) -> None:
    begin = datetime(2000, 1, 1)
    monkeypatch.setattr(months, "months", lambda as_of, real=months.months: real(begin))
    shown = app_pages.page("executive")
    assert not shown.exception
    said = "This release tells of no flight, no maintenance and no downtime."
    assert [one.value for one in shown.info] == [said]


def test_months_are_read_in_a_browser_and_taken_away(settings, running) -> None:
    visitor = running()
    visitor.open("executive")
    rows = visitor.download("Download every month and kind as CSV").splitlines()
    head = rows[0].split(",")
    assert head[:3] == ["month", "kind", "whole"]
    hours = sum(float(one.split(",")[head.index("hours")] or 0) for one in rows[1:])
    assert hours == FLOWN
    assert {one.split(",")[2] for one in rows[1:]} == {"False"}
    visitor.choose("Vessels", "Yacht")
    assert f"{FLOWN} h" in visitor.says()
    assert visitor.cut(800) == []
    assert (visitor.exceptions(), visitor.unnamed(), visitor.outside) == ([], [], [])
    visitor.keep("executive")


def test_the_bookings_at_risk_are_taken_away_as_a_file(settings, service, running) -> None:
    visitor = running()
    visitor.open("bookings_at_risk")
    visitor.choose("Days ahead", "90")
    told = visitor.download("Download the bookings at risk as CSV").splitlines()
    assert told[0].startswith("rank,booking,at_risk,")
    assert told[1].startswith("1,STRANGE,10000.0,")
    every = visitor.download("Download every booked trip as CSV")
    assert len(every.splitlines()) == 1 + 6
    assert visitor.page.locator("[class*=st-key-risk_]").count() >= 3
    assert (visitor.exceptions(), visitor.unnamed(), visitor.outside) == ([], [], [])
    visitor.keep("bookings-at-risk")


@pytest.fixture
def broker(tmp_path) -> Iterator[MosquittoBroker]:
    made = MosquittoBroker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@needs_broker
def test_a_reading_that_arrives_moves_the_board_in_the_browser(
    settings, service, running, broker
) -> None:
    visitor = running()
    visitor.open("fleet")
    box = visitor.page.get_by_test_id("stMetric").filter(has_text="Health now")
    value = box.get_by_test_id("stMetricValue")
    before = value.inner_text()
    listener = Listener(settings, broker)
    listener.start()
    try:
        with publisher(broker) as publish:
            # Two in a row agree, so the second is news and no outlier.
            for second, score in ((1, 31.5), (2, 31.25)):
                at = f"{NOW + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"
                publish([reading(GRAVE, 0, read_at=at, engine_health_score=score)])
            # Nobody reloads the page.
            visitor.until(lambda: value.inner_text() == "31.2")
    finally:
        listener.end()
    assert before != "31.2"
    assert visitor.exceptions() == []
    assert visitor.outside == []
    visitor.keep("fleet-live")
