"""The weather doors against an API on loopback that misbehaves as scheduled."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from weather_api import HOUR, KEY, WeatherApi, cut, html, serving, silent, status, truncated

from tambo.errors import SettingsError, SourceBusyError, SourceError
from tambo.lake import reader
from tambo.settings import Settings
from tambo.sources.fetching import Fetched, fetch_door, state_of
from tambo.sources.patience import Patience
from tambo.sources.tourism.weather import Weather
from tambo.sources.tourism.weather_forecast import WeatherForecast

NOW = datetime(2025, 3, 4, 12, 20)
"""Naive UTC."""


def seconds(instant: datetime) -> int:
    return int(instant.replace(tzinfo=UTC).timestamp())


@pytest.fixture
def api() -> Iterator[WeatherApi]:
    with serving(WeatherApi(now=seconds(NOW.replace(minute=0)) - HOUR)) as running:
        yield running


def settings_of(api: WeatherApi, home: Path, **values: Any) -> Settings:
    given: dict[str, Any] = {
        "weather_key": KEY,
        "weather_url": api.url,
        "weather_forecast_url": api.forecast_url,
        "weather_locations": "Cusco=-13.5,-71.97; Lima=-12,-77.04",
        "weather_from": date(2025, 3, 1),
        "weather_window_hours": 24,
        "weather_requests_per_minute": 60_000,
        "weather_timeout_seconds": 1,
    }
    return Settings(home=home, **{**given, **values})


def door(kind: type = Weather, at: datetime = NOW, attempts: int = 6) -> Any:
    return kind(patience=Patience(attempts=attempts, first_seconds=0.01), clock=lambda: at)


def stored(settings: Settings, table: str = "weather") -> list[tuple[Any, ...]]:
    with reader(settings) as lake:
        return lake.execute(
            f"SELECT * EXCLUDE (withdrawn) FROM (SELECT COLUMNS(c -> c NOT LIKE '\\_%' ESCAPE '\\') "
            f"FROM lake.raw.{table}) ORDER BY ALL"
        ).fetchall()


def expected(until: datetime, places: dict[str, float]) -> list[tuple[Any, ...]]:
    """Each hour from local midnight of March 1 in Lima, 05:00 UTC."""
    found = []
    for place, latitude in places.items():
        at = datetime(2025, 3, 1, 5)
        while at < until:
            rain = 1.25 if at.hour == 5 else 0.0
            found.append((at, place, round(at.hour + latitude, 2), rain, 50.0))
            at += timedelta(hours=1)
    return sorted(found)


PLACES = {"Cusco": -13.5, "Lima": -12.0}
UNTIL = NOW.replace(minute=0)


def test_history_comes_window_by_window_and_then_only_what_is_new(api: WeatherApi, tmp_path: Path):
    settings = settings_of(api, tmp_path)
    first = fetch_door(settings, door())
    assert first.loaded == first.rows == 2 * 79
    assert first.fetched_to == UNTIL
    assert stored(settings) == expected(UNTIL, PLACES)
    assert len(api.asked) == 8

    api.asked.clear()
    again = fetch_door(settings, door())
    assert (again.rows, api.asked) == (0, [])

    api.now += 3 * HOUR
    third = fetch_door(settings, door(at=NOW + timedelta(hours=3)))
    assert third.loaded == third.rows == 6
    assert [int(one["start"]) for one in api.asked] == [seconds(UNTIL)] * 2
    assert stored(settings) == expected(UNTIL + timedelta(hours=3), PLACES)


def test_whatever_goes_wrong_every_hour_comes_once(api: WeatherApi, tmp_path: Path):
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    api.page = 10
    api.misbehave = [
        status(429, Retry_After="0"),
        None,
        status(503, Retry_After=soon),
        html,
        None,
        truncated,
        cut,
        status(500),
        None,
        silent,
        status(429, b"not json", Retry_After="soon"),
        status(200, b'{"cod": 429, "message": "too many"}'),
        None,
        status(200, b'["no object"]'),
        None,
        status(200, b""),
    ]
    settings = settings_of(api, tmp_path)
    done = fetch_door(settings, door())
    assert api.misbehave == []
    assert done.rows == done.loaded == 2 * 79
    assert stored(settings) == expected(UNTIL, PLACES)


def test_an_api_that_asks_to_wait_is_waited_for(api: WeatherApi, tmp_path: Path):
    api.misbehave = [status(429, Retry_After="1")]
    fetch_door(settings_of(api, tmp_path), door())
    assert api.times[1] - api.times[0] >= 1


@pytest.mark.parametrize(
    "behaviour", [status(503), cut, truncated, status(429, Retry_After="3600")]
)
def test_an_api_that_stays_away_is_left_for_later(api: WeatherApi, tmp_path: Path, behaviour):
    settings = settings_of(api, tmp_path)
    api.misbehave = [None, None, *[behaviour] * 3]
    with pytest.raises(SourceBusyError, match=r"127\.0\.0\.1"):
        fetch_door(settings, door(attempts=3))
    # The two windows before are in the lake, as history, and are not asked for again.
    assert stored(settings) == expected(datetime(2025, 3, 3, 5), {"Cusco": -13.5})
    api.misbehave, api.asked = [], []
    fetch_door(settings, door())
    assert int(api.asked[0]["start"]) == seconds(datetime(2025, 3, 3, 5))
    assert stored(settings) == expected(UNTIL, PLACES)
    with reader(settings) as lake:
        told = lake.execute("SELECT DISTINCT _known_from FROM lake.raw.weather").fetchall()
    assert told == [("history",)]


def test_an_expired_key_is_told_at_once_and_shown_nowhere(
    api: WeatherApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    secret = "old+key/0123"
    caplog.set_level(logging.INFO)
    logging.getLogger().setLevel(logging.DEBUG)
    settings = settings_of(api, tmp_path, weather_key=secret)
    with pytest.raises(SourceError, match="refuses the key") as told:
        fetch_door(settings, door())
    assert not isinstance(told.value, SourceBusyError)
    assert "TAMBO_WEATHER_KEY" in (told.value.remedy or "")
    assert api.asked == []
    good = settings_of(api, tmp_path)
    api.misbehave = [
        status(403),
        status(400, f"no: {KEY}".encode()),
        cut,
        status(302, Location="http://127.0.0.1:1/"),
    ]
    said = [str(told.value)]
    for _ in range(2):
        with pytest.raises(SourceError) as refused:
            fetch_door(good, door())
        said.append(str(refused.value))
    with pytest.raises(SourceError) as refused:
        fetch_door(good, door())
    said += [str(refused.value), state_of(good, door()).error or "", caplog.text, repr(good)]
    state = (tmp_path / "landing" / "tourism" / "weather" / "state.json").read_text()
    for text in [*said, state]:
        for shown in (secret, "old%2Bkey", KEY, "k3y%2F"):
            assert shown not in text


def test_a_page_of_html_is_named_as_what_it_is(api: WeatherApi, tmp_path: Path):
    api.misbehave = [html] * 3
    with pytest.raises(SourceError, match="HTML where JSON was asked for, 3 times") as told:
        fetch_door(settings_of(api, tmp_path), door(attempts=3))
    assert not isinstance(told.value, SourceBusyError)


def test_times_without_a_zone_are_refused(api: WeatherApi, tmp_path: Path):
    api.change = lambda hour: {**hour, "dt": "2025-03-01 05:00:00"}
    with pytest.raises(SourceError, match=r"'2025-03-01 05:00:00', which has no zone"):
        fetch_door(settings_of(api, tmp_path), door())


def test_missing_measures_are_null_and_kelvin_becomes_celsius(api: WeatherApi, tmp_path: Path):
    def change(hour: dict[str, Any]) -> dict[str, Any]:
        if hour["dt"] == seconds(datetime(2025, 3, 1, 6)):
            return {"dt": hour["dt"], "main": {"humidity": "wet"}, "rain": {"3h": 1}}
        if hour["dt"] == seconds(datetime(2025, 3, 1, 7)):
            return {"dt": "2025-03-01T02:00:00-05:00"}
        return hour

    api.change = change
    settings = settings_of(
        api, tmp_path, weather_units="standard", weather_locations="Lima=-12,-77"
    )
    fetch_door(settings, door())
    at, rest = datetime(2025, 3, 1, 5), expected(UNTIL, {"Lima": -12.0})
    found = stored(settings)
    assert found[:3] == [
        (at, "Lima", -7.0, 1.25, 50.0),
        (at + timedelta(hours=1), "Lima", None, None, None),
        (at + timedelta(hours=2), "Lima", None, None, None),
    ]
    assert found[3:] == rest[3:]


def test_hours_that_come_late_are_asked_for_again_until_they_are_old(
    api: WeatherApi, tmp_path: Path
):
    old, recent = datetime(2025, 3, 2, 3), datetime(2025, 3, 4, 9)
    api.holes = {seconds(old), seconds(recent)}
    settings = settings_of(api, tmp_path, weather_locations="Lima=-12,-77")
    first = fetch_door(settings, door())
    assert (first.rows, first.fetched_to) == (77, recent)
    assert first.notes == ("Lima: 1 hours are missing, and too old to be asked for again",)
    api.holes.clear()
    api.asked.clear()
    second = fetch_door(settings, door())
    assert second.loaded == 1
    assert [int(one["start"]) for one in api.asked] == [seconds(recent)]
    assert second.fetched_to == UNTIL


def test_the_rate_is_kept(api: WeatherApi, tmp_path: Path):
    settings = settings_of(api, tmp_path, weather_requests_per_minute=300)
    fetch_door(settings, door())
    gaps = [later - earlier for earlier, later in zip(api.times, api.times[1:], strict=False)]
    assert min(gaps) > 0.15


def test_a_forecast_keeps_when_it_was_issued(api: WeatherApi, tmp_path: Path):
    settings = settings_of(api, tmp_path, weather_locations="Lima=-12,-77")
    api.issued = seconds(datetime(2025, 3, 4, 12))
    api.now = api.issued - HOUR

    def later(minutes: int) -> Fetched:
        return fetch_door(settings, door(WeatherForecast, NOW + timedelta(minutes=minutes)))

    # Of six hours one had begun when it was issued.
    assert later(0).loaded == 5
    assert later(30).rows == 0
    assert len(api.asked) == 1
    # Asked again, and still the same forecast.
    assert later(61).rows == 0
    assert len(api.asked) == 2
    api.issued += 3 * HOUR
    api.now += 3 * HOUR
    assert later(200).loaded == 5
    found = stored(settings, "weather_forecast")
    issued = [datetime(2025, 3, 4, 12), datetime(2025, 3, 4, 15)]
    assert sorted({row[0] for row in found}) == issued
    assert min(row[1] for row in found) == issued[0]
    assert all(row[1] >= row[0] for row in found)


def test_the_forecast_of_an_api_that_does_not_say_is_issued_when_it_was_asked(
    api: WeatherApi, tmp_path: Path
):
    settings = settings_of(api, tmp_path, weather_locations="Lima=-12,-77")
    fetch_door(settings, door(WeatherForecast))
    assert {row[0] for row in stored(settings, "weather_forecast")} == {NOW}


def test_a_place_that_fails_does_not_lose_those_before_it(api: WeatherApi, tmp_path: Path):
    settings = settings_of(api, tmp_path)
    api.misbehave = [None, status(500), status(500)]
    with pytest.raises(SourceBusyError):
        fetch_door(settings, door(WeatherForecast, attempts=2))
    api.asked.clear()
    fetch_door(settings, door(WeatherForecast))
    assert [one["lat"] for one in api.asked] == ["-12.0"]
    assert {row[2] for row in stored(settings, "weather_forecast")} == {"Cusco", "Lima"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"weather_from": date(2099, 1, 1)}, "lies in the future"),
        ({"weather_url": "ftp://x/y"}, "is no address"),
        ({"weather_url": "https://h/y?appid=geheim"}, "holds more than an address"),
        ({"weather_locations": "Lima=-12"}, "'Lima=-12' is no name with"),
        ({"weather_locations": "Lima=-77.04,-120; x=1,2"}, None),
        ({"weather_locations": "Lima=-120,7"}, "no place on earth"),
        ({"weather_locations": "Lima=1,2;Lima=1,2"}, "names Lima twice"),
        ({"weather_locations": "no/such.csv"}, "no file that can be read"),
        ({"weather_locations": ";="}, "is no name with"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path: Path, values, words):
    api = WeatherApi(now=0)
    settings = settings_of(api, tmp_path, **{"weather_url": "http://127.0.0.1:9/", **values})
    kind = SourceBusyError if words is None else SettingsError
    with pytest.raises(kind, match=words) as told:
        fetch_door(settings, door(attempts=1))
    assert "geheim" not in str(told.value)


def test_places_may_stand_in_a_file(api: WeatherApi, tmp_path: Path):
    file = tmp_path / "places.csv"
    file.write_text('location,latitude,longitude\n"Cusco, centro",-13.5,-71.9\n')
    settings = settings_of(api, tmp_path / "home", weather_locations=str(file))
    fetch_door(settings, door())
    assert stored(settings) == expected(UNTIL, {"Cusco, centro": -13.5})
    file.write_text("location,latitude,longitude\nCusco,-13.5,\n")
    with pytest.raises(SettingsError, match="line 2 is no name"):
        fetch_door(settings, door())
