"""The page Fleet on a released fleet and its service, and a reading that moves it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import app_browser
import app_pages
import pytest
import released_fleet
import served_fleet
from app_browser import Visitor
from app_pages import metrics, texts
from mqtt_broker import MosquittoBroker, needs_broker, publisher, reading
from mqtt_listener import Listener
from released_fleet import DAYS, NOW, VESSELS
from streamlit.testing.v1 import AppTest
from tourism_files import RawFile

from app.fleet import board
from tambo.services import announced
from tambo.settings import Settings

pytestmark = pytest.mark.slow

WORN, GRAVE, SILENT = VESSELS[0], VESSELS[1], "YT-9"
"""One near the limit of its kind, one with a critical entry, one that never sent a reading."""
FLOWN, LIMIT = 38, 40


def more() -> list[RawFile]:
    """A vessel without readings, a limit, hours flown, and what was written of one vessel."""
    day = NOW - timedelta(days=3)
    register = [{"aircraft_id": SILENT, "aircraft_type": "Private Jet", "home_base": "Cusco"}]
    limits = [
        {"aircraft_type": "Yacht", "measure": "hours_between_overhauls", "limit": LIMIT},
        {"aircraft_type": "Yacht", "measure": "days_between_overhauls", "limit": 400},
    ]
    job = {"maintenance_id": "M-1", "aircraft_id": WORN, "kind": "scheduled", "cost": 1000}
    done = {"started_at": NOW - timedelta(days=11), "finished_at": NOW - timedelta(days=10)}
    flight = {
        "flight_id": "F-1",
        "aircraft_id": WORN,
        "departed_at": day - timedelta(hours=FLOWN),
        "arrived_at": day,
        "flight_hours": FLOWN,
        "fuel_litres": 900,
        "passengers": 2,
        "revenue": 5000,
    }
    entries = [
        {"aircraft_id": GRAVE, "logged_at": day, "author": "Rojas", "severity": "critical",
         "entry": "Rojas saw a crack"},
        {"aircraft_id": GRAVE, "logged_at": day - timedelta(days=2), "author": "Flores",
         "severity": "info", "entry": "washed"},
    ]  # fmt: skip
    found = {"aircraft_9": register, "legal_limits_0": limits, "service_logs_0": entries}
    found |= {"maintenance_0": [job | done], "flights_log_0": [flight]}
    return [RawFile(f"{name}.csv", NOW - timedelta(days=1), rows) for name, rows in found.items()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return released_fleet.home(tmp_path_factory.mktemp("board"), more())


@pytest.fixture
def settings(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The home is the one that the app shows."""
    monkeypatch.setenv("TAMBO_HOME", str(home.home))
    return home


@pytest.fixture
def service(home: Settings) -> Iterator[str]:
    """The service of the home, with hazards by a known formula."""
    app = served_fleet.application(
        home, released_fleet.manifest(home), home.home / "formula", costs=False
    )
    with served_fleet.listening(app) as url, announced(home, "fleet", url):
        yield url


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
    assert rows.loc[WORN, "base"] == "not told"
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


@pytest.fixture
def broker(tmp_path) -> Iterator[MosquittoBroker]:
    made = MosquittoBroker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@needs_broker
def test_a_reading_that_arrives_moves_the_board_in_the_browser(settings, service, broker) -> None:
    with app_browser.browser() as found, app_browser.running_app(settings.home) as url:
        visitor = Visitor(found, url)
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
                sent = time.monotonic()
                visitor.until(lambda: value.inner_text() == "31.2")
                seconds = time.monotonic() - sent
        finally:
            listener.end()
        assert before != "31.2"
        assert seconds < 20, "nobody reloaded the page"
        assert visitor.exceptions() == []
        assert visitor.outside == []
        visitor.keep("fleet-live")
