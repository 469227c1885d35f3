"""The raw files of the sample world of tourism: same bytes, arrival, faults, closures, plans."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError
from tourism_reader import instant, last_rows, notes, read_files, versions

from tambo.errors import TamboError
from tambo.settings import Settings
from tambo.sources.tourism.world import WorldSummary, generate, sample

LOCAL = timedelta(hours=-5)  # Lima, which has no summer time
CUT, END = date(2025, 10, 3), date(2025, 12, 31)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    out = tmp_path_factory.mktemp("tourism") / "world"
    return generate(out, locations=6, years=2, seed=4, dirty_share=0.0)


def tiny(out: Path, **changes: float) -> WorldSummary:
    return generate(out, **{"locations": 3, "years": 1, "seed": 3} | changes)


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_same_parameters_same_bytes_and_another_seed_others(tmp_path):
    first = tiny(tmp_path / "a")
    assert (first.up_to_date, tiny(tmp_path / "a").up_to_date) == (False, True)
    settings = Settings(home=tmp_path / "home", world_locations=3, world_years=1, seed=3)
    assert not sample(settings, tmp_path / "b").up_to_date
    tiny(tmp_path / "c", seed=4)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    name = "tourist_flow_2025.csv"
    assert contents(tmp_path / "a")[name] != contents(tmp_path / "c")[name]
    digest = hashlib.sha256()
    for path in sorted((tmp_path / "a").glob("[a-z]*.csv")):
        digest.update(path.name.encode() + path.read_bytes())
    # Fails on any machine that makes another world; with a new VERSION, note the new hash.
    assert digest.hexdigest()[:16] == "47275f3484e2444f"


@pytest.mark.parametrize("locations", [2, 301])
def test_too_few_and_too_many_locations_are_refused_with_a_sentence(tmp_path, locations):
    with pytest.raises(TamboError, match=f"locations = {locations}") as caught:
        tiny(tmp_path / "world", locations=locations)
    assert "from 3 to 300" in str(caught.value)
    with pytest.raises(ValidationError, match="world_locations"):
        Settings(world_locations=locations)
    assert not (tmp_path / "world").exists()


def test_three_hundred_locations_are_taken(tmp_path):
    def begun(message: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "world", locations=300, years=1, seed=1, progress=begun)


def test_the_last_90_days_come_in_daily_files_with_their_arrival(made):
    names = {path.name for path in made.out.glob("[a-z]*.csv")}
    arrivals = {row["file"]: instant(row["arrived_at"]) for row in notes(made.out, "_arrivals.csv")}
    assert made.files == len(names) < 320
    assert set(arrivals) <= names
    for table in ("tourist_flow", "weather", "weather_forecast"):
        days = [(CUT + timedelta(days=n)).isoformat() for n in range(90)]
        daily = {f"{table}_{day}.csv" for day in days}
        assert daily <= set(arrivals)
        history = {name for name in names - set(arrivals) if name.startswith(f"{table}_20")}
        assert history == {f"{table}_2024.csv", f"{table}_2025.csv"}
    assert max(arrivals.values()) + LOCAL < datetime(2026, 1, 1, 5)


def test_nothing_is_told_before_it_is_known(made):
    told = {"tourist_flow": "timestamp", "weather": "timestamp", "weather_forecast": "issued_at",
            "events": "announced_at", "holidays": "announced_at", "campaigns": "announced_at",
            "external_factors": "published_at"}  # fmt: skip
    for table, column in told.items():
        for file in read_files(made.out, table):
            for row in file.rows.values():
                at = instant(row[column])
                if file.arrived is None:
                    assert at.date() < CUT
                else:
                    assert at < file.arrived + LOCAL


def test_no_key_is_twice_in_a_file_but_in_rows_sent_twice(made):
    twice = 0
    for table in ("tourist_flow", "weather", "weather_forecast", "events", "holidays",
                  "campaigns", "external_factors"):  # fmt: skip
        lines = Counter(
            (id(file), tuple(row.values()))
            for file in read_files(made.out, table)
            for row in file.rows.values()
        )
        history = versions(made.out, table)
        for each in history.values():
            by_file = Counter(file.name for file, _ in each)
            different = {(file.name, *row.values()) for file, row in each}
            assert len(different) == len(by_file)
        twice += sum(lines.values()) - len(lines)
    assert twice == made.events["tourist_flow repeated"] > 0


def test_corrections_withdrawals_and_the_late_gate_are_as_counted(made):
    seen: Counter[str] = Counter()
    corrected_history = 0
    late_days = defaultdict(set)
    for history in versions(made.out, "tourist_flow").values():
        (first_file, first), (last_file, last) = history[0], history[-1]
        day = instant(first["timestamp"]).date()
        if first_file.arrived is not None:
            days = (first_file.arrived + LOCAL).date() - day
            if days.days > 1:
                late_days[first["location"]].add(days.days - 1)
                seen["late"] += 1
        if first_file.name == last_file.name:
            continue
        assert last["withdrawn"] == "true" or first["tourist_count"] != last["tourist_count"]
        seen["withdrawn" if last["withdrawn"] else "corrected"] += 1
        corrected_history += first_file.arrived is None
        if last["withdrawn"]:
            assert last["tourist_count"] == ""
    assert dict(seen) == {
        event: made.events[f"tourist_flow {event}"] for event in ("late", "corrected", "withdrawn")
    }
    assert corrected_history > 0
    assert list(late_days.values()) == [{1, 2, 3, 4, 5, 6}]


def test_what_is_missing_stuck_or_spiked_is_written_down_and_nothing_else(made):
    """Of locations that are there from the first to the last day and report in time."""
    hours = defaultdict(set)
    counted = defaultdict(lambda: defaultdict(int))
    for row in last_rows(made.out, "tourist_flow"):
        at = instant(row["timestamp"])
        hours[row["location"]].add(at)
        counted[row["location"]][at] += int(row["tourist_count"])
    # A withdrawn row is gone, but the sensor had reported.
    for location, at, _ in versions(made.out, "tourist_flow"):
        hours[location].add(instant(at))
    truth = {(r["location"], r["day"]): r for r in notes(made.out, "_truth_days.csv")}
    faults = notes(made.out, "_faults.csv")
    assert {row["kind"] for row in faults} == {
        "missing_hour", "missing_hours", "missing_day", "stuck", "spike"
    }  # fmt: skip
    for location, seen in hours.items():
        days = {at.date() for at in seen}
        if (max(days) - min(days)).days != 730 or END not in days:
            continue
        usual = {at.hour for at in seen}
        open_days = {
            date.fromisoformat(day)
            for (name, day), row in truth.items()
            if name == location and float(row["expected"]) > 0
        }
        should = {
            datetime(day.year, day.month, day.day, hour) for day in open_days for hour in usual
        }
        noted = set()
        for row in faults:
            if row["location"] == location:
                span = [instant(row["from"]) + timedelta(hours=n) for n in range(int(row["hours"]))]
                check_fault(row, span, counted[location], seen)
                noted |= set(span) if row["kind"].startswith("missing") else set()
        assert should - seen == noted & should


def check_fault(fault, span, counted, seen) -> None:
    if fault["kind"].startswith("missing"):
        assert not seen & set(span)
        lengths = {"missing_hour": {1}, "missing_hours": range(2, 13), "missing_day": {24}}
        assert len(span) in lengths[fault["kind"]]
    elif fault["kind"] == "stuck":
        assert 3 <= len(span) <= 8
        assert not any(counted[at] for at in span)
    else:
        assert 1 <= len(span) <= 2
        assert 8 <= int(fault["factor"]) <= 40
        assert all(counted[at] % int(fault["factor"]) == 0 for at in span)
        assert any(counted[at] for at in span)


def test_a_closure_is_announced_mostly_silent_and_truly_zero(made):
    factors = list(last_rows(made.out, "external_factors"))
    closures = [row for row in factors if row["name"] == "closure"]
    weeks = [row for row in closures if row["period_end"] < "2026"]
    for_good = [row for row in closures if row["period_end"] == "2030-12-31"]
    assert len(for_good) == 1
    assert weeks
    flow = list(last_rows(made.out, "tourist_flow"))
    for row in closures:
        first, last = date.fromisoformat(row["period"]), date.fromisoformat(row["period_end"])
        assert 10 <= (first - instant(row["published_at"]).date()).days <= 45
        if row in weeks:
            assert 21 <= (last - first).days + 1 <= 56
        days = defaultdict(int)
        for each in flow:
            day = instant(each["timestamp"]).date()
            if each["location"] == row["location"] and first <= day <= last:
                days[day] += int(each["tourist_count"])
        assert not any(days.values())
        assert len(days) < 0.4 * ((min(last, END) - first).days + 1)


def test_one_location_is_new_and_has_a_short_history(made):
    days = defaultdict(set)
    for row in last_rows(made.out, "tourist_flow"):
        days[row["location"]].add(row["timestamp"][:10])
    first = {location: min(each) for location, each in days.items()}
    # 1 January 2024 was a Monday: museums were shut.
    assert sorted(first.values())[4] <= "2024-01-02"
    assert "2025-06-01" < max(first.values()) < "2025-09-15"


def test_events_are_announced_ahead_and_taken_back_when_they_are_moved_or_cancelled(made):
    tombstones = 0
    for history in versions(made.out, "events").values():
        (_, first), (_, last) = history[0], history[-1]
        ahead = date.fromisoformat(first["event_date"]) - instant(first["announced_at"]).date()
        assert ahead.days >= 3
        assert ahead.days <= 230  # a moved event was announced for an earlier day
        if last["withdrawn"]:
            tombstones += 1
            assert len(history) == 2
            assert last["announced_at"] > first["announced_at"]
    assert tombstones == made.events["events withdrawn"] > 0
    kinds = {row["event_type"] for row in last_rows(made.out, "events")}
    assert {"strike", "festival"} <= kinds


def test_campaigns_and_school_terms_are_announced_ahead(made):
    campaigns = list(last_rows(made.out, "campaigns"))
    assert 25 <= len({row["campaign_id"] for row in campaigns}) <= 40
    for row in campaigns:
        ahead = date.fromisoformat(row["start_date"]) - instant(row["announced_at"]).date()
        assert 20 <= ahead.days <= 90
        assert 300 <= float(row["spend"]) <= 60_000
        assert row["end_date"] <= END.isoformat()
    holidays = list(last_rows(made.out, "holidays"))
    for year in ("2024", "2025", "2026"):
        terms = [row for row in holidays if row["holiday_type"] == "school"
                 and row["holiday_date"].startswith(year)]  # fmt: skip
        assert len(terms) == 4
        assert all(row["announced_at"] < year for row in terms)
        assert {"public", "government"} <= {
            row["holiday_type"] for row in holidays if row["holiday_date"].startswith(year)
        } | ({"government"} if year == "2026" else set())


def test_a_forecast_is_worse_the_further_it_looks_and_the_measurement_has_gaps(made):
    measured, gaps = {}, 0
    for row in last_rows(made.out, "weather"):
        gaps += row["temperature"] == ""
        if row["temperature"]:
            measured[row["location"], row["timestamp"]] = float(row["temperature"])
    errors = defaultdict(list)
    for row in last_rows(made.out, "weather_forecast"):
        true = measured.get((row["location"], row["valid_at"]))
        ahead = instant(row["valid_at"]) - instant(row["issued_at"])
        assert timedelta(hours=6) <= ahead <= timedelta(days=10)
        assert row["issued_at"].endswith(" 06:00:00")
        if true is not None:
            errors[ahead.days].append(abs(float(row["temperature"]) - true))
    mean = {day: sum(each) / len(each) for day, each in errors.items()}
    assert mean[0] < mean[2] < mean[5] < mean[9]
    assert mean[0] > 0.3
    assert 0.001 < gaps / len(measured) < 0.03


@pytest.mark.parametrize(
    "name",
    ["Europe/Madrid", "America/New_York", "America/Havana", "Africa/Cairo", "Asia/Kathmandu"],
)
def test_every_hour_that_clocks_showed_is_there_in_order_and_no_other(tmp_path, name):
    """Havana and Cairo skip midnight, Havana repeats it too."""
    zone = ZoneInfo(name)
    made = generate(tmp_path / "w", locations=3, years=1, seed=2, zone=name, dirty_share=0.0)
    start = datetime(2025, 1, 1, tzinfo=zone).astimezone(UTC)
    stop = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC)
    shown = []
    while start < stop:
        shown.append(f"{start.astimezone(zone):%Y-%m-%d %H:%M:%S}")
        start += timedelta(hours=1)
    written = defaultdict(list)
    for file in read_files(made.out, "weather"):
        for row in file.rows.values():
            written[row["location"]].append(row["timestamp"])
    assert list(written.values()) == [shown] * 3
    for file in read_files(made.out, "weather_forecast"):
        for row in file.rows.values():
            at = instant(row["valid_at"])
            assert (
                at.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at
            )
