"""The README's first command on a tiny world: raw files to an answer, then nothing to redo.

What it made is then looked at as people do: in a browser, with the app and the service running.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import app_browser
import app_pages
import pytest
from app_browser import Visitor
from playwright.sync_api import Browser

from app.tourism import counts, kept_plans, plans
from bentos.serve import call, serving
from tambo import registry
from tambo.lake import reader, releases
from tambo.registry import model_versions
from tambo.requesttime.travel import local_date
from tambo.services import address
from tambo.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "TAMBO_HOME": str(home),
        "TAMBO_WORLD_TRAVELLERS": "80",
        "TAMBO_WORLD_LOCATIONS": "3",
        "TAMBO_WORLD_AIRCRAFT": "2",
        "TAMBO_WORLD_YEARS": "1",
        "TAMBO_SEARCH_TRIALS": "0",
    }


def tambo(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from tambo.cli import main; main()", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("road") / "home"


@pytest.fixture(scope="module")
def first(home: Path) -> subprocess.CompletedProcess[str]:
    return tambo(home, "run")


def stages(output: str) -> dict[str, str]:
    """Mark of each stage: ✓ done, = up to date."""
    return {name: mark for mark, name in re.findall(r"^([✓=]) (\w+)", output, re.MULTILINE)}


def answer(output: str, holds: str = "price") -> dict:
    """The answer of the service whose first answer holds a field."""
    lines = [line for line in output.splitlines() if re.match(r"[✓=] serve", line)]
    (one,) = [line for line in lines if f'"{holds}"' in line]
    return json.loads(one[one.index("{") :])


def test_the_road_ends_with_an_answer_of_each_model(first) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert set(stages(first.stdout)) == {
        *("world", "ingest", "build", "validate", "release", "features", "foretell", "train"),
        *("bundle", "serve"),
    }
    assert "cost_predictions: too few labels, none yet" in first.stdout
    assert answer(first.stdout)["price"] > 0
    assert answer(first.stdout)["release"] == 1
    others = dict(re.findall(r"^  (\w+): (\{.*\})$", first.stdout, re.MULTILINE))
    assert len(json.loads(others["hotel_recommendation"])["recommendations"]) == 1
    assert sum(json.loads(others["traveller_gender"])["probabilities"].values()) == pytest.approx(1)
    days = answer(first.stdout, "visitors")
    hours = json.loads(others["visitor_flow_hourly"])
    assert [(one["unit"], len(one["visitors"])) for one in (days, hours)] == [
        ("day", 3),
        ("hour", 3),
    ]
    assert days["visitors"][0]["p50"] > 0
    due = answer(first.stdout, "aircraft_id")
    within = [one["chance"] for one in due["failure"]]
    assert within == sorted(within)
    assert due["cost"] is None, "a year of two vessels holds too few costs"
    assert "maintenance_cost: skipped" in first.stdout
    alerts = json.loads(others["maintenance_cost"])
    named = {one["aircraft_id"] for one in alerts["alerts"]}
    assert len({*named, *alerts["quiet"], *alerts["in_maintenance"]}) == 2
    assert '"features"' not in first.stdout
    assert "make serve DOMAIN=tourism" in first.stdout


def test_visitors_are_forecast_by_day_and_by_hour(first, home: Path) -> None:
    lines = dict(
        re.findall(r"^✓ train +[\d.]+ s  (visitor_flow\w*) (.*)$", first.stdout, re.MULTILINE)
    )
    assert set(lines) == {"visitor_flow", "visitor_flow_hourly"}
    settings = Settings(home=home)
    for model in lines:
        newest, *older = model_versions(settings, model)
        folder = registry.connect(settings).download_artifacts(newest.run_id, "reports")
        metrics = json.loads((Path(folder) / "metrics.json").read_text())
        assert {"seasonal_naive", "ets", "xgboost", "lstm"} <= set(metrics)
        assert (
            newest.estimator
            == min(
                (one for one in ("xgboost", "lstm") if metrics[one]["mase"] > 0),
                key=lambda one: metrics[one]["mase"],
            )
            or newest.tags["baseline"] == "true"
        )
        assert newest.aliases == ("champion",)
        assert [one.aliases for one in older] in ([], [("challenger",)])


def test_nothing_is_redone_when_nothing_changed(first, home: Path) -> None:
    again = tambo(home, "run")
    assert again.returncode == 0, again.stdout + again.stderr
    marks = stages(again.stdout)
    assert {name for name, mark in marks.items() if mark != "="} == {"serve"}
    assert answer(again.stdout) == answer(first.stdout)
    assert answer(again.stdout, "visitors") == answer(first.stdout, "visitors")


def test_status_shows_the_release_and_the_champion(first, home: Path) -> None:
    shown = tambo(home, "status")
    assert shown.returncode == 0, shown.stderr
    assert "released" in shown.stdout
    assert "champion" in shown.stdout
    assert "quarantine" in shown.stdout
    assert re.search(r"gate: build 1 passed \(validation 1, .*all rows: [1-9]", shown.stdout)


def test_nothing_is_left_running(first, home: Path) -> None:
    assert left_running(home) == []


def test_what_ctrl_c_cuts_off_is_made_good_by_the_next_run(
    first, home: Path, tmp_path: Path
) -> None:
    raw = str(Settings(home=home).world / "travel")
    home = tmp_path / "home"
    for after, seconds in (("", 4.0), ("ingest", 6.0), ("release", 3.0), ("features", 4.0)):
        interrupt(home, raw, after, seconds)
        assert left_running(home) == []
    last = tambo(home, "run", "--raw", raw)
    assert last.returncode == 0, last.stdout + last.stderr
    assert answer(last.stdout) == answer(first.stdout)


def interrupt(home: Path, raw: str, after: str, seconds: float) -> None:
    """Press Ctrl-C some time after a stage has ended, or the start, as a terminal would."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from tambo.cli import main; main()", "run", "--raw", raw],
        env={**environment(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert not after or any(re.match(rf"[✓=] {after} ", line) for line in process.stdout)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=120)
        assert (process.returncode, "Traceback" in said) == (130, False), said
    finally:
        process.kill()


def left_running(home: Path) -> list[str]:
    return [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/environ")
        if f"TAMBO_HOME={home}\0".encode() in _read(path)
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_the_app_shows_the_models_that_are_registered(first, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("models")
    registered = model_versions(Settings(home=home))
    of_model = {
        name: [one for one in registered if one.name == name]
        for name in {one.name for one in registered}
    }
    for name, made in of_model.items():
        one = made[0]
        shown.selectbox(key="models_model").select(name).run()
        assert not shown.exception
        assert len(app_pages.metrics(shown)) == len(one.metrics)
        versions = next(table.value for table in shown.dataframe if "role" in table.value)
        assert list(versions["estimator"]) == [version.estimator for version in made]
        assert list(versions["role"]) == [", ".join(version.aliases) for version in made]
        gate = json.loads(one.tags["gate"])
        checks = next(table.value for table in shown.dataframe if "check" in table.value)
        assert len(checks) == len(gate["checks"])
        assert ("failed" in set(checks["passed"])) == (not gate["passed"])
        assert shown.get("image"), "plots of the calibration"
        said = " ".join(caption.value for caption in shown.caption)
        assert ("What the drivers add" in said) == name.startswith("visitor_flow")
        assert "Model card" in " ".join(head.value for head in shown.header)
    price = next(one for one in registered if one.name == "flight_price")
    shown.selectbox(key="models_model").select("flight_price").run()
    assert app_pages.metrics(shown)["RMSE"] == f"BRL {price.metrics['rmse']:,.2f}"


@pytest.fixture(scope="module")
def browser(first) -> Iterator[Browser]:
    with app_browser.browser() as found:
        yield found


@pytest.fixture(scope="module")
def app(browser, home: Path) -> Iterator[str]:
    with app_browser.running_app(home) as url:
        yield url


@pytest.fixture(scope="module")
def service(browser, home: Path) -> Iterator[ExitStack]:
    """The services of all domains; closing it is stopping them."""
    with ExitStack() as stack:
        for domain in ("travel", "tourism", "fleet"):
            stack.enter_context(serving(Settings(home=home), domain))
        yield stack


@pytest.fixture(scope="module")
def visitor(browser: Browser, app: str, service) -> Visitor:
    return Visitor(browser, app)


def test_every_page_opens_in_a_browser(visitor: Visitor) -> None:
    visitor.open()
    assert {"Hotels", "Fares", "Data", "Catalogue", "Models"} <= set(visitor.menu())
    assert {"Flow", "Off season", "Accuracy", "Open forecast"} <= set(visitor.menu())
    assert {"Fleet", "Schedule", "Bookings at risk", "Executive"} <= set(visitor.menu())
    for title in visitor.menu():
        visitor.follow(title)
        assert (visitor.exceptions(), problems(visitor)) == ([], [])
        assert visitor.unnamed() == []
        visitor.keep(f"{address_of(title)}-light")
    assert visitor.outside == [], "the app asks nobody but itself"


def address_of(title: str) -> str:
    return title.lower().replace(" ", "_")


def problems(visitor: Visitor) -> list[str]:
    """What the app complains of; champions of so small a world are weak, which is said."""
    weak = ("no trained model beat", "it failed the gate", "not enough data", "the newest counts")
    weak += ("no costs of maintenance are known", "is in maintenance", "is in its hangar")
    weak += ("has not begun", "the last booked trip is over", "the law allows")
    weak += ("depart after the horizon", "no schedule was trained", "bookings are seen until")
    weak += ("cannot keep the dates", "no legal days count", "taken for granted")
    return [one for one in visitor.problems() if not any(said in one.lower() for said in weak)]


def test_every_page_has_an_address_and_can_be_read_in_the_dark(
    visitor: Visitor, browser: Browser, app: str
) -> None:
    dark = Visitor(browser, app, "dark")
    for title in visitor.menu():
        dark.open(address_of(title))
        assert dark.title() == title
        assert (dark.exceptions(), problems(dark)) == ([], [])
        dark.keep(f"{address_of(title)}-dark")
    assert dark.brightness() < 0.25
    assert visitor.brightness() > 0.75


def test_prices_follow_the_class_that_is_chosen(visitor: Visitor) -> None:
    visitor.open("fares")
    visitor.choose("Class", "economic")
    economic = visitor.amount("Cheapest day")
    visitor.choose("Class", "first class")
    visitor.until(lambda: visitor.amount("Cheapest day") > economic)


def test_the_cheapest_day_is_that_of_the_service(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("fares")
    assert not shown.exception
    chosen = {
        name: shown.selectbox(key=f"fares_{name}").value
        for name in ("from", "to", "class", "agency")
    }
    chosen["flightType"] = chosen.pop("class")
    today = local_date(releases.latest(Settings(home=home)).as_of.of("travel"))
    days = [(today + timedelta(days=ahead)).isoformat() for ahead in range(1, 91)]
    url = f"{address(Settings(home=home), 'travel')}/v1/flight-price"
    items = call(url, {"items": [{**chosen, "date": day} for day in days]})["items"]
    prices = [one["price"] for one in items]
    found = {name.partition(":")[0]: value for name, value in app_pages.metrics(shown).items()}
    assert found["Cheapest day"] == f"BRL {min(prices):,.2f}"
    assert found["Dearest day"] == f"BRL {max(prices):,.2f}"
    table = next(one.value for one in shown.dataframe if "high" in one.value)
    assert list(table["low"]) == [one["interval"]["low"] for one in items]
    assert list(table["high"]) == [one["interval"]["high"] for one in items]


def test_visitors_are_shown_as_the_service_foretells_them(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    url = f"{address(Settings(home=home), 'tourism')}/v1/visitor-flow"
    shown = app_pages.page("flow")
    assert not shown.exception
    location = shown.selectbox(key="flow_location").options[-1]
    shown.selectbox(key="flow_location").select(location)
    for unit, steps in (("day", 28), ("hour", 72)):
        shown.segmented_control(key="flow_unit").set_value(unit).run()
        assert not shown.exception
        asked = {"location": location, "unit": unit}
        found = call(url, asked)["visitors"]
        table = next(one.value for one in shown.dataframe if "middle" in one.value)
        assert len(table) == steps
        for name, quantile in (("low", "p10"), ("middle", "p50"), ("high", "p90")):
            assert list(table[name]) == [one[quantile] for one in found]
        steps_explained = call(f"{url}/explanations", asked)["explained"]
        explained = max(steps_explained, key=lambda one: one["p50"])
        said = app_pages.texts(shown)
        assert all(one["says"] in said for one in explained["drivers"] if one["visitors"])


def test_what_if_changes_the_forecast(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("flow")
    shown.toggle(key="flow_what_if").set_value(True).run()
    shown.number_input(key="flow_rain").set_value(150.0).run()
    assert not shown.exception
    (box,) = (one for one in shown.metric if one.label == "Expected in all")
    assert box.delta.endswith("by the what-if")


def test_everybody_reads_what_the_service_expects_of_each_place(
    service, home: Path, monkeypatch
) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("open_forecast")
    assert not shown.exception
    places = shown.selectbox(key="open_place").options
    items = [{"location": one} for one in places]
    url = f"{address(Settings(home=home), 'tourism')}/v1/visitor-flow"
    answers = call(url, {"items": items})["items"]
    by_week = next(one.value for one in shown.dataframe if "location" in one.value)
    assert list(by_week["location"]) == places
    for answer, sums in zip(answers, by_week.drop(columns="location").to_numpy(), strict=True):
        days = [round(one["p50"]) for one in answer["visitors"]]
        assert list(sums) == [sum(days[start : start + 7]) for start in range(0, 28, 7)]


def test_the_accuracy_is_that_of_the_champion(first, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("accuracy")
    for model in ("visitor_flow", "visitor_flow_hourly"):
        shown.segmented_control(key="accuracy_model").set_value(model).run()
        assert not shown.exception
        champion = model_versions(Settings(home=home), model)[0]
        assert app_pages.metrics(shown)["MASE"] == f"{champion.metrics['mase']:.3f}"
        tables = {next(iter(one.value)): one.value for one in shown.dataframe}
        assert {"ets", "xgboost", "lstm"} <= set(tables["estimator"]["estimator"])
        assert len(tables["location"]) <= 3
        assert "kept by origin" not in app_pages.texts(shown)


def test_a_plan_is_edited_kept_and_planned_again(visitor: Visitor, home: Path) -> None:
    visitor.open("off_season")
    with reader(Settings(home=home)) as lake:
        place = lake.execute("SELECT max(location) FROM marts.location_flow").fetchone()[0]
    visitor.choose_also("Locations", place)
    visitor.fill("Value of one more visitor, USD", "12")
    visitor.click("Make the plan")
    visitor.until(lambda: f": {place}; all markets" in visitor.says())
    rows = visitor.download("Download the plan as CSV").splitlines()
    assert {line.split(",")[1] for line in rows[1:]} <= {place}
    visitor.fill("Keep it as", "Rain season")
    visitor.click("Keep this plan")
    visitor.until(lambda: "Rain season" in visitor.says())
    (path,) = (home / "plans" / "tourism").iterdir()
    kept = json.loads(path.read_text())
    assert kept["request"]["value_per_visitor"] == 12
    assert kept["plan"]["release"] == 1
    assert kept["plan"]["model"]["name"] == "campaign_uplift"
    visitor.click("Plan the rest again")
    visitor.until(lambda: "planned again from" in visitor.says())
    assert (visitor.exceptions(), problems(visitor), visitor.unnamed()) == ([], [], [])
    visitor.keep("off_season-kept")


def test_a_kept_plan_is_held_against_what_came(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    url = f"{address(Settings(home=home), 'tourism')}{plans.PATH}"
    as_of = releases.latest(Settings(home=home)).as_of.of("tourism")
    made = as_of - timedelta(weeks=10)
    wish = plans.Wish(5_000.0, made.date(), as_of.date(), off_peak=1.2)
    # Asked for now; kept as if it had been made then.
    plan = call(url, wish.request()) | {"as_of": f"{made.isoformat()}+00:00"}
    one = kept_plans.keep("Last weeks", wish.request(), plan)
    shown = app_pages.page("off_season")
    shown.selectbox(key="kept_plan").select(one.path.name).run()
    assert not shown.exception
    counted = counts.market_weeks(made.date() - timedelta(days=7), as_of.date())
    boxes = app_pages.metrics(shown)
    assert 0 < int(boxes["Came"].replace(",", "")) <= round(counted["visitors"].sum())
    assert re.search(r"\d+ location-weeks are over", app_pages.texts(shown))
    one.path.unlink()


def test_a_business_downloads_the_forecast(visitor: Visitor) -> None:
    visitor.open("open_forecast")
    assert visitor.download("Download every place and day as CSV").startswith(
        "location,day,expected,from,to,against_lately,says"
    )


def test_recommendations_follow_the_budget(visitor: Visitor, home: Path) -> None:
    visitor.open("hotels")
    visitor.fill("Search by number or company", str(most_travelled(home)))
    free = visitor.hotels()
    assert len(free) == 5
    budget = sorted(price for _, _, price in free)[2]
    visitor.fill("Most for a night, BRL", f"{budget:.2f}")
    visitor.until(lambda: visitor.hotels() != free)
    limited = visitor.hotels()
    assert limited
    assert all(price <= budget for _, _, price in limited)
    assert len(set(limited) & set(free)) <= 3, "the dearer ones made room"
    visitor.keep("hotels-with-budget")


def test_what_somebody_says_of_a_hotel_lands_in_the_lake(visitor: Visitor, home: Path) -> None:
    hotel, place, _ = visitor.hotels()[0]
    assert visitor.say(1, "Useful") == "You said: useful. It is in the lake."
    with reader(Settings(home=home)) as lake:
        kept = lake.execute(
            "SELECT kind, item, place, rank, subject, endpoint, model FROM monitoring.feedback"
        ).fetchall()
    who = str(most_travelled(home))
    path = "/v1/hotel-recommendations"
    assert kept == [("useful", hotel, place, 1, who, path, "hotel_recommendation")]


def test_what_if_is_answered_by_the_service(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("hotels")
    place = shown.selectbox(key="hotels_to").options[1]
    shown.selectbox(key="hotels_to").select(place)
    shown.toggle(key="hotels_dated").set_value(True)
    shown.slider(key="hotels_k").set_value(2)
    shown.slider(key="hotels_diversity").set_value(0.5).run()
    assert not shown.exception
    first, last = (one.value for one in shown.date_input)
    who = shown.selectbox(key="hotels_traveller").value.code
    asked = {"userCode": who, "to": place, "k": 2, "diversity": 0.5}
    dates = {"checkIn": first.isoformat(), "checkOut": last.isoformat()}
    url = address(Settings(home=home), "travel")
    found = call(f"{url}/v1/hotel-recommendations", asked | dates)["recommendations"]
    assert len(found) == 2
    said = app_pages.texts(shown)
    for one in found:
        assert f"**{one['rank']}. {one['hotel']}**  \n{place}" in said
        assert f"BRL {one['totalPrice']:,.2f} in all" in said
        assert all(reason in said for reason in one["reasons"])


def test_somebody_new_is_answered_and_told_so(service, home: Path, monkeypatch) -> None:
    monkeypatch.setenv("TAMBO_HOME", str(home))
    shown = app_pages.page("hotels")
    shown.toggle(key="hotels_new").set_value(True).run()
    assert not shown.exception
    assert "nothing is known of them" in app_pages.texts(shown)
    assert "**1. " in app_pages.texts(shown)


def most_travelled(home: Path) -> int:
    """Number of the traveller with the most stays."""
    with reader(Settings(home=home)) as lake:
        return lake.execute(
            "SELECT user_code FROM intermediate.int_hotel_facts WHERE ended_timestamp IS NULL "
            "GROUP BY ALL ORDER BY count(*) DESC, user_code LIMIT 1"
        ).fetchone()[0]


def test_without_the_service_the_app_says_how_to_start_it(
    visitor: Visitor, service: ExitStack, home: Path
) -> None:
    service.close()
    asks = {"hotels": "travel", "fares": "travel", "flow": "tourism"}
    asks |= {"open_forecast": "tourism", "off_season": "tourism", "fleet": "fleet"}
    asks |= {"bookings_at_risk": "fleet"}
    for name, domain in asks.items():
        visitor.open(name)
        assert visitor.problems() == [f"The {domain} service is not running."]
        # The browser fetches what draws a command when it is first needed.
        command = f"TAMBO_HOME={home} make serve DOMAIN={domain}"
        visitor.until(lambda command=command: visitor.commands() == [command])
        assert visitor.exceptions() == []
        visitor.keep(f"{name}-without-service")
