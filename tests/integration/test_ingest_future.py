"""Times that lie ahead of a line's arrival: quarantined, where only what has happened is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ingest_files import FLIGHTS, flight, new_home, query, users_file, write

from tambo.ingest import IngestReport, ingest, quarantine, replay, reports
from tambo.lake import writer
from tambo.lake.build_domains import newest_knowledge
from tambo.settings import Settings

NOW = datetime(2026, 3, 10, 22, 30, 7)
"""When the files come, UTC."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON, LATER, FAR = NOW + timedelta(minutes=1), NOW + HOUR, NOW + 900 * DAY
TOMORROW = datetime(2026, 3, 11)
ELSEWHERE = (NOW + 14 * HOUR).date()
"""The date where days begin first."""

BOOKED = f"{FLIGHTS},booked_at"
READING = "aircraft_id,read_at,engine_health_score,temperature_variance"
MAINTENANCE = "maintenance_id,aircraft_id,kind,started_at,finished_at"
BOOKING = "booking_id,booked_at,departs_at,origin,destination,hours,revenue,cancelled_at"
TRIP, EVENT = "Lima,Cusco,1.5,900", "event_date,event_type,announced_at"


def lima(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo("America/Lima")).replace(tzinfo=None)


CASES = {
    "telemetry.csv": (
        READING,
        (f"N-1,{NOW - HOUR},80,1", None),
        (f"N-1,{SOON},81,1", None),
        (f"N-1,{TOMORROW},82,1", None),
        (f"N-1,{LATER},83,1", "read_at"),
        (f"N-1,  {FAR} ,84,1", "read_at"),
    ),
    "maintenance.csv": (
        MAINTENANCE,
        (f"M-1,N-1,scheduled,{NOW - 9 * DAY},{NOW - 8 * DAY}", None),
        (f"M-2,N-1,scheduled,{FAR},", "started_at"),
        (f"M-3,N-1,scheduled,{NOW - DAY},{FAR}", "finished_at"),
        # One of two lines of a key is wrong by itself: the other is not doubtful.
        (f"M-4,N-1,unscheduled,{FAR},", "started_at"),
        (f"M-4,N-1,unscheduled,{NOW - 2 * DAY},", None),
    ),
    "bookings.csv": (
        BOOKING,
        (f"B-1,{NOW - DAY},{FAR},{TRIP},", None),
        (f"B-2,{LATER},{FAR},{TRIP},", "booked_at"),
        (f"B-3,{NOW - DAY},{FAR},{TRIP},{LATER}", "cancelled_at"),
    ),
    "maintenance_plan.csv": (
        "aircraft_id,planned_at,due_at",
        (f"N-1,{NOW - DAY},{FAR}", None),
        (f"N-1,{LATER},{FAR + DAY}", "planned_at"),
    ),
    "flights.csv": (
        BOOKED,
        (flight(1, date=f"{FAR:%m/%d/%Y}") + f",{NOW - DAY}", None),
        (flight(2, date=f"{FAR:%m/%d/%Y}") + ",", None),
        (flight(3, date=f"{FAR:%m/%d/%Y}") + f",{LATER}", "booked_at"),
    ),
    "tourist_flow.csv": (
        "timestamp,location,tourist_count",
        (f"{lima(NOW - HOUR)},Ica,5", None),
        (f"{lima(FAR)},Ica,6", "timestamp"),
    ),
    "weather.csv": (
        "timestamp,location,temperature,precipitation,humidity",
        (f"{lima(FAR)},Ica,20,0,50", "timestamp"),
    ),
    "weather_forecast.csv": (
        "issued_at,valid_at,location,temperature,precipitation,humidity",
        (f"{lima(NOW - HOUR)},{lima(NOW + DAY)},Ica,20,0,50", None),
    ),
    "events.csv": (
        EVENT,
        (f"{FAR:%Y-%m-%d},fair,", None),
        (f"{FAR:%Y-%m-%d},concert,{ELSEWHERE}", None),
        (f"{FAR:%Y-%m-%d},strike,{ELSEWHERE + 2 * DAY}", "announced_at"),
    ),
}  # fmt: skip


def arrive(settings: Settings, folder: Path, at: datetime) -> IngestReport:
    """Take a folder in, by a clock that stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tambo.ingest.load.now", lambda: at)
        return ingest(settings, folder)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with all the cases."""
    folder = tmp_path_factory.mktemp("future")
    write(folder / "raw" / "aircraft.csv", "aircraft_id,aircraft_type", "N-1,Yacht")
    users_file(folder / "raw")
    for name, (header, *lines) in CASES.items():
        write(folder / "raw" / name, header, *(line for line, _ in lines))
    settings = new_home(folder / "home")
    arrive(settings, folder / "raw", NOW)
    return settings


@pytest.mark.parametrize("name", CASES)
def test_what_can_only_have_happened_cannot_lie_ahead(told: Settings, name: str) -> None:
    wanted = {
        number: ("from_the_future", column)
        for number, (_, column) in enumerate(CASES[name][1:], start=1)
        if column is not None
    }
    lines = quarantine.lines(told, source_file=name, limit=99)
    assert {line.line - 1: (line.reason, line.column) for line in lines} == wanted
    (report,) = [one for one in reports(told) if one.source_file == name]
    assert report.conserved
    assert report.loaded.records == len(CASES[name]) - 1 - len(wanted)


def test_the_line_says_what_is_wrong_and_what_to_do(told: Settings) -> None:
    (line,) = quarantine.lines(told, source_file="weather.csv", limit=9)
    assert line.message == f"timestamp is '{lima(FAR)}', which had not come when the line arrived."
    assert "Correct it at the source" in line.remedy
    assert "zone" in line.remedy


def test_nothing_that_lies_ahead_takes_as_of_along(told: Settings) -> None:
    """Nor does a row of a lake from before, which took in everything."""
    with writer(told, "test") as lake:
        lake.execute("UPDATE lake.raw.maintenance SET started_at = ?, _event_at = ?", [FAR, FAR])
        domains = ("fleet", "travel", "tourism")
        as_of = newest_knowledge(told, lake, domains)
    # The begin of a day that has come somewhere may lie so far ahead.
    assert as_of.of("fleet") == TOMORROW + timedelta(microseconds=1)
    assert all(NOW <= as_of.of(domain) < NOW + timedelta(hours=27) for domain in domains)


def stated(tmp_path: Path, *lines: str, **values: float) -> Settings:
    """A home with readings of a file that states when it arrived."""
    raw = tmp_path / "raw"
    write(raw / "aircraft.csv", "aircraft_id,aircraft_type", "N-1,Yacht")
    write(raw / "telemetry.csv", READING, *lines)
    write(
        raw / "_arrivals.csv", "file,arrived_at",
        "aircraft.csv,2024-05-01 00:00:00", "telemetry.csv,2024-05-02 10:00:00",
    )  # fmt: skip
    home = new_home(tmp_path / "home").model_copy(update=values)
    ingest(home, raw)
    return home


AHEAD = "N-1,2024-05-02 12:00:00,70,1"


def readings(settings: Settings) -> list[datetime]:
    return [
        at for (at,) in query(settings, "SELECT read_at FROM lake.raw.telemetry ORDER BY read_at")
    ]


def test_it_is_held_against_the_arrival_that_is_stated(tmp_path: Path) -> None:
    """Whatever the clock says, also when it is tried again; another tolerance lets it in."""
    home = stated(tmp_path, "N-1,2024-05-02 09:00:00,80,1", AHEAD)
    assert readings(home) == [datetime(2024, 5, 2, 9)]
    assert replay(home).replayed == 0
    patient = home.model_copy(update={"ingest_ahead_seconds": 7200})
    assert replay(patient).replayed == 1
    assert readings(home) == [datetime(2024, 5, 2, 9), datetime(2024, 5, 2, 12)]


def test_a_line_that_came_without_a_stated_arrival_is_held_against_the_first_try(
    tmp_path: Path,
) -> None:
    write(tmp_path / "raw" / "aircraft.csv", "aircraft_id,aircraft_type", "N-1,Yacht")
    write(tmp_path / "raw" / "telemetry.csv", READING, AHEAD)
    home = new_home(tmp_path / "home")
    assert arrive(home, tmp_path / "raw", datetime(2024, 5, 2, 10)).quarantined == 1
    assert replay(home).replayed == 0


def test_what_a_door_lets_through_ingest_takes(tmp_path: Path) -> None:
    assert len(readings(stated(tmp_path, AHEAD, telemetry_ahead_seconds=7200.0))) == 1


def test_a_line_may_withdraw_what_should_never_have_been_told(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    write(raw / "aircraft.csv", "aircraft_id,aircraft_type", "N-1,Yacht")
    write(raw / "telemetry.csv", f"{READING},withdrawn", f"N-1,{FAR},,,true")
    home = new_home(tmp_path / "home")
    report = ingest(home, raw)
    assert (report.quarantined, readings(home)) == (0, [FAR])


def test_a_corrected_line_comes_in(tmp_path: Path) -> None:
    home = stated(tmp_path, AHEAD)
    export = tmp_path / "fix.csv"
    quarantine.export(home, export, reason="from_the_future")
    export.write_text(export.read_text().replace("12:00:00,70", "08:00:00,70"))
    assert replay(home, file=export).replayed == 1
    assert readings(home) == [datetime(2024, 5, 2, 8)]
