"""The truth of the sample world of tourism: the counts follow it, and plans are judged by it."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from tourism_reader import instant, last_rows, notes

from tambo.errors import TamboError
from tambo.sources.tourism.world import Truth, generate, read_truth
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.campaigns import spend_of
from tambo.sources.tourism.world.counts import counts, day_effect
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.weather import weather

YEARS, WEEK = 3, timedelta(days=7)
SPRING, WINTER = date(2026, 10, 19), date(2026, 7, 20)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("truth") / "world"
    return generate(folder, locations=7, years=YEARS, seed=6, dirty_share=0.0).out


@pytest.fixture(scope="module")
def truth(out: Path) -> Truth:
    return read_truth(out)


@pytest.fixture(scope="module")
def days(out: Path) -> dict[tuple[str, str], dict[date, dict[str, float]]]:
    """Rows of `_truth_days.csv` by location, market and day."""
    found: dict = defaultdict(dict)
    for row in notes(out, "_truth_days.csv"):
        values = {k: float(v) for k, v in row.items() if k not in {"location", "market", "day"}}
        found[row["location"], row["market"]][date.fromisoformat(row["day"])] = values
    return found


@pytest.fixture(scope="module")
def told(out: Path) -> dict:
    return json.loads((out / "_truth.json").read_text())


def test_the_truth_is_drawn_again_from_the_note(out, truth, told):
    markets = {each["name"]: tuple(each["markets"]) for each in told["locations"]}
    assert truth.locations == markets
    assert {len(each) for each in markets.values()} <= {1, 3, 4}
    assert sum(len(each) > 1 for each in markets.values()) == 3
    kinds = [each["kind"] for each in told["locations"]]
    assert len(set(kinds)) == 5
    bases = [each["base"] for each in told["locations"]]
    assert min(bases) < 60
    assert max(bases) > 1000


def test_the_last_version_of_every_row_is_what_was_counted(out, truth, days):
    """But for sensors that failed, whose hours are written down."""
    wrong = {
        (row["location"], instant(row["from"]) + timedelta(hours=n))
        for row in notes(out, "_faults.csv")
        if row["kind"] in {"stuck", "spike"}
        for n in range(int(row["hours"]))
    }
    position = {}
    hours = truth.calendar.hours
    for n, (day, minute) in enumerate(zip(hours.day.tolist(), hours.minute.tolist(), strict=True)):
        position[truth.calendar.date_of(day), minute // 60] = n
    drawn = {place.name: (place, drawn_counts(truth, place, days)) for place in truth.places}
    compared = 0
    for row in last_rows(out, "tourist_flow"):
        at = instant(row["timestamp"])
        if (row["location"], at) not in wrong:
            place, counted = drawn[row["location"]]
            market = place.markets.index(row["market"])
            n = position[at.date(), at.hour]
            assert int(row["tourist_count"]) == counted[market, n]
            compared += 1
    assert compared > 100_000


def drawn_counts(truth: Truth, place: Place, days) -> np.ndarray:
    """Counts drawn again, around the visitors that the truth's file expects."""
    found, count = truth.demand(place.name), truth.calendar.world_days
    sky = weather(truth.draws, truth.calendar, place).factor(place)[:count]
    spent = spend_of(truth.campaigns, truth.calendar, place)
    mean = found.expected[:, :count] * sky + found.added(spent)[:, :count]
    told = [
        [each["expected"] + each["extra"] for each in days[place.name, market].values()]
        for market in place.markets
    ]
    # The file is rounded, and the draw of an hour may turn on the last digit: the mean is drawn.
    assert np.allclose(mean, told, atol=1e-4)
    return counts(truth.draws, truth.calendar, place, mean)


def test_the_counts_have_the_mean_and_the_spread_of_the_truth(out, truth, days):
    """Of whole days, without those on which a sensor failed or a row is missing."""
    counted: dict = defaultdict(lambda: defaultdict(int))
    rows: dict = defaultdict(lambda: defaultdict(int))
    for row in last_rows(out, "tourist_flow"):
        at = instant(row["timestamp"])
        counted[row["location"], row["market"]][at.date()] += int(row["tourist_count"])
        rows[row["location"], row["market"]][at.date()] += 1
    failed = {(row["location"], instant(row["from"]).date() + timedelta(days=n))
              for row in notes(out, "_faults.csv") for n in (0, 1)}  # fmt: skip
    all_seen = all_due = 0.0
    for (location, market), each in days.items():
        mine, hours = counted[location, market], rows[location, market]
        whole = [
            day
            for day, row in each.items()
            if row["expected"] > 0 and (location, day) not in failed
            and hours[day] == max(hours.values())
        ]  # fmt: skip
        due = np.array([each[day]["expected"] + each[day]["extra"] for day in whole])
        seen = np.array([mine[day] for day in whole])
        assert seen.sum() / due.sum() == pytest.approx(1, abs=0.05)
        score = (seen / due - 1) / truth.noise(location, market, whole)
        assert score.std() == pytest.approx(1, abs=0.15)
        all_seen, all_due = all_seen + seen.sum(), all_due + due.sum()
    assert all_seen / all_due == pytest.approx(1, abs=0.01)


def test_the_day_effect_has_mean_one_and_lasts(truth):
    """Over many days: as many as 30 years have."""
    calendar = Calendar(30, truth.calendar.zone)
    for place in truth.places[:3]:
        effect = day_effect(truth.draws, calendar, place)
        log = np.log(effect)
        assert effect.mean() == pytest.approx(1, abs=0.01)
        assert log.std() == pytest.approx(place.spread, rel=0.05)
        assert np.corrcoef(log[1:], log[:-1])[0, 1] == pytest.approx(place.memory, abs=0.03)


def test_the_weather_factor_has_mean_one(days):
    """So `expected` needs no weather; three wet seasons still leave a percent or two."""
    for each in days.values():
        factor = np.array([row["weather_factor"] for row in each.values()])
        assert factor.mean() == pytest.approx(1, abs=0.02)
        assert factor.min() > 0.2


def test_the_shock_is_deep_and_over_before_the_last_year(truth, told, days, out):
    shock = truth.factors.shock
    first = date.fromisoformat(told["shock"]["first_day"])
    begin = truth.calendar.number(first)
    assert (shock[:begin] == 1).all()
    assert shock[begin + 12 : begin + 16].min() == pytest.approx(0.4, abs=0.02)
    assert 0.4 < shock[begin + 60] < 0.99
    assert shock[begin + 250 :].min() > 0.999
    assert date(2025, 1, 1) - first > timedelta(days=250)
    # What was counted in the two weeks at its depth, against what would have been.
    span = {first + timedelta(days=n) for n in range(12, 26)}
    counted = sum(
        int(row["tourist_count"])
        for row in last_rows(out, "tourist_flow")
        if instant(row["timestamp"]).date() in span
    )
    usual = sum(
        row["expected"] / shock[truth.calendar.number(day)]
        for each in days.values()
        for day, row in each.items()
        if day in span
    )
    assert counted / usual == pytest.approx(0.43, abs=0.06)


def test_expected_is_the_file_without_the_weather(truth, days):
    for (location, market), each in days.items():
        some = list(each)[::37]
        due = [each[day]["expected"] / each[day]["weather_factor"] for day in some]
        plain = truth.expected(location, market, some, campaigns=False)
        assert plain == pytest.approx(due, rel=2e-3, abs=1e-3)
        with_extra = truth.expected(location, market, some)
        assert with_extra - plain == pytest.approx([each[d]["extra"] for d in some], abs=1e-3)
    location = truth.places[0].name
    together = truth.expected(location, None, some)
    each = [truth.expected(location, market, some) for market in truth.locations[location]]
    assert together == pytest.approx(np.sum(each, axis=0))


def test_the_season_goes_on_in_the_following_year(truth):
    beach = next(place.name for place in truth.places if place.kind.name == "beach")
    summer = [date(2026, 2, 2) + timedelta(days=n) for n in range(28)]
    winter = [date(2026, 6, 8) + timedelta(days=n) for n in range(28)]
    market = truth.locations[beach][0]
    assert truth.expected(beach, market, summer).sum() > 3 * (
        truth.expected(beach, market, winter).sum()
    )


def past_plan(out: Path) -> list[tuple[str, str, date, float]]:
    """The world's own campaigns as a plan, their spend evenly over their days."""
    rows = []
    for row in last_rows(out, "campaigns"):
        first, last = date.fromisoformat(row["start_date"]), date.fromisoformat(row["end_date"])
        span = (last - first).days + 1
        rows += [
            (row["location"], row["market"], first + timedelta(days=n), float(row["spend"]) / span)
            for n in range(span)
        ]
    return rows


def test_the_campaigns_that_were_add_what_the_file_says(out, truth, days):
    added = truth.extra_visitors(past_plan(out))
    due: dict = defaultdict(float)
    for (location, market), each in days.items():
        for day, row in each.items():
            if row["extra"]:
                due[location, market, day - timedelta(days=day.weekday())] += row["extra"]
    within = {week: value for week, value in added.items() if week[2] <= date(2025, 12, 22)}
    shown = {week: value for week, value in due.items() if week[2] <= date(2025, 12, 22)}
    assert {week for week, value in within.items() if value > 1e-2} <= set(shown)
    for week, value in shown.items():
        assert within[week] == pytest.approx(value, rel=1e-3, abs=5e-3)
    assert len({week[:2] for week in shown}) < len(days)  # some pairs never had a campaign


def test_a_plan_follows_the_equation(truth, told):
    """Worked out by hand from `_truth.json`, for a pair of which the base is `expected`."""
    name, parameters = open_place(told)
    spend = 0.8 * parameters["scale"]
    added = truth.extra_visitors([(name, "all", SPRING, spend)])
    assert list(added) == [(name, "all", SPRING + n * WEEK) for n in range(3)]
    season = truth.demand(name).season[0]
    for n, weight in enumerate((1.0, 0.45, 0.2)):
        week = [SPRING + n * WEEK + timedelta(days=day) for day in range(7)]
        base = truth.expected(name, "all", week, campaigns=False)
        level = np.array([season[truth.calendar.number(day)] for day in week])
        room = np.minimum(np.exp(-1.5 * (level - 1)), 2.0)
        share = parameters["beta"] * (1 - np.exp(-weight * spend / parameters["scale"]))
        assert added[name, "all", week[0]] == pytest.approx((base * room).sum() * share, rel=1e-5)


def open_place(told, kind: str | None = None) -> tuple[str, dict]:
    """A location with one market that is there at the end, and its market's parameters."""
    return next(
        (each["name"], each["markets"]["all"])
        for each in told["locations"]
        if "all" in each["markets"]
        and not each["opened"]
        and all(closure["last_day"] for closure in each["closures"])
        and kind in (None, each["kind"])
    )


def test_twice_the_spend_adds_less_than_twice(truth, told):
    name, parameters = open_place(told)
    for spend in (0.1 * parameters["scale"], parameters["scale"], 5 * parameters["scale"]):
        once = sum(truth.extra_visitors([(name, "all", SPRING, spend)]).values())
        twice = sum(truth.extra_visitors([(name, "all", SPRING, 2 * spend)]).values())
        rows = [(name, "all", SPRING, spend), (name, "all", SPRING + timedelta(days=3), spend)]
        assert once < twice < 2 * once
        assert sum(truth.extra_visitors(rows).values()) == pytest.approx(twice)


def test_campaigns_before_a_plan_carry_over_into_it(out, truth):
    late = max(past_plan(out), key=lambda row: (row[2], row[3]))
    location, market, last, _ = late
    week = last + WEEK
    after = truth.extra_visitors([(location, market, week, 1000.0)])
    alone = Truth(
        truth.draws, truth.calendar, truth.places, truth.feasts, truth.events, truth.factors, ()
    ).extra_visitors([(location, market, week, 1000.0)])
    assert 0 < sum(after.values()) < sum(alone.values())


def test_there_is_more_room_in_low_season(truth, told):
    name, parameters = open_place(told, "beach")
    shares = []
    for week in (date(2026, 2, 9), date(2026, 8, 10)):
        days = [week + timedelta(days=n) for n in range(7)]
        added = truth.extra_visitors([(name, "all", week, parameters["scale"])])
        shares.append(
            added[name, "all", week]
            / truth.expected(name, "all", days, campaigns=False).sum()
        )  # fmt: skip
    assert shares[1] > 2 * shares[0]


def test_a_shut_location_gains_nothing(truth, told):
    gone = next(
        each for each in told["locations"]
        if any(closure["last_day"] is None for closure in each["closures"])
    )  # fmt: skip
    market = next(iter(gone["markets"]))
    assert sum(truth.extra_visitors([(gone["name"], market, SPRING, 5000)]).values()) == 0
    assert truth.expected(gone["name"], market, [SPRING]).tolist() == [0]
    assert np.isnan(truth.noise(gone["name"], market, [SPRING])).all()


def test_an_empty_plan_adds_nothing(truth, told):
    name, _ = open_place(told)
    assert truth.extra_visitors([]) == {}
    assert truth.extra_visitors([(name, "all", SPRING, 0.0)]) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"location": "Atlantis"}, "no location 'Atlantis'"),
        ({"market": "mars"}, "no market 'mars'"),
        ({"week": date(2031, 1, 6)}, "does not know 2031-01-06"),
        ({"week": date(2022, 12, 26)}, "does not know 2022-12-26"),
        ({"spend": -1.0}, "cannot spend -1.0"),
        ({"spend": float("nan")}, "cannot spend nan"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(truth, told, change, message):
    name, _ = open_place(told)
    row = {"location": name, "market": "all", "week": SPRING, "spend": 100.0} | change
    with pytest.raises(TamboError, match=message):
        truth.extra_visitors([tuple(row.values())])


def test_no_world_no_truth(tmp_path):
    with pytest.raises(TamboError, match="no sample world"):
        read_truth(tmp_path)


def test_three_hundred_locations_have_names_and_sizes_of_their_own():
    truth = Truth.draw(locations=300, years=1, seed=1, zone="America/Lima")
    assert len(truth.locations) == 300
    assert not [name for name in truth.locations if "," in name or '"' in name]
    base = np.array([place.base for place in truth.places])
    assert base.min() >= 20
    assert base.max() <= 3000
    assert np.median(base) < 0.5 * base.mean()
    split = sum(len(markets) > 1 for markets in truth.locations.values())
    assert split == 100
