"""What an iCalendar's event becomes: days, zones, recurrence, words, and what is odd."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from calendar_feeds import calendar, event, read_text, row_dicts

from tambo.errors import SourceError
from tambo.sources.contracts import load

DAY = "DTSTART;VALUE=DATE:20260601"


def rows(folder: Path, *events: str, **settings: Any) -> list[dict[str, Any]]:
    return row_dicts(read_text(folder, calendar(*events), **settings))


def row(folder: Path, *lines: str, **settings: Any) -> dict[str, Any]:
    (only,) = rows(folder, event(*lines), **settings)
    return only


def days(folder: Path, *lines: str, **settings: Any) -> list[str]:
    return [f"{found['event_date']:%m-%d}" for found in rows(folder, event(*lines), **settings)]


def test_rows_are_in_the_contract_s_columns(tmp_path: Path) -> None:
    page = read_text(tmp_path, calendar(event(DAY)))
    assert page.rows.column_names == load("tourism").tables["events"].file_columns
    assert page.fetched_to == datetime(2026, 5, 10, 15)


@pytest.mark.parametrize(
    ("lines", "first", "last"),
    [
        ((DAY, "DTEND;VALUE=DATE:20260604"), (6, 1), (6, 3)),  # the end of a day is exclusive
        ((DAY, "DTEND;VALUE=DATE:20260602"), (6, 1), None),
        ((DAY,), (6, 1), None),
        ((DAY, "DURATION:P3D"), (6, 1), (6, 3)),
        (("DTSTART:20260601T030000Z",), (5, 31), None),  # 22:00 of the day before in Lima
        (("DTSTART;TZID=Europe/Madrid:20260601T030000",), (5, 31), None),
        (("DTSTART:20260601T230000",), (6, 1), None),  # no zone: the contract's
        (("DTSTART:20260601T220000", "DTEND:20260602T000000"), (6, 1), None),  # until midnight
        (("DTSTART:20260601T220000", "DTEND:20260602T020000"), (6, 1), (6, 2)),
        (("DTSTART:20260601T220000", "DURATION:PT30H"), (6, 1), (6, 3)),
    ],
)
def test_days(
    tmp_path: Path, lines: tuple[str, ...], first: tuple[int, int], last: tuple[int, int] | None
) -> None:
    found = row(tmp_path, *lines)
    assert found["event_date"] == date(2026, *first)
    assert found["event_end"] == (date(2026, *last) if last else None)


def test_name_location_and_kind(tmp_path: Path) -> None:
    places = tmp_path / "places.yml"
    places.write_text("Cusco: Cusco\n'Explanada de Sacsayhuamán': Sacsayhuaman\n", encoding="utf-8")
    found = row(
        tmp_path, DAY, "SUMMARY:Inti Raymi\\, la fiesta", " del sol", "CATEGORIES:Arte,FIESTAS",
        "LOCATION:explanada de SACSAYHUAMAN", events_locations=places,
    )  # fmt: skip
    assert found["name"] == "Inti Raymi, la fiestadel sol"  # a folded line loses its first blank
    assert (found["location"], found["event_type"]) == ("Sacsayhuaman", "festival")
    assert (
        row(tmp_path, DAY, "LOCATION:Av. El Sol 5\\, Cusco", events_locations=places)["location"]
        == "Cusco"
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Música", "concert"), ("DEPORTES", "sports"), ("Festival religioso", "religious"),
        ("Paro", "strike"), ("Trade fair", "fair"), ("Congreso", "conference"), ("Varios", "other"),
    ],
)  # fmt: skip
def test_kinds_in_two_languages(tmp_path: Path, words: str, kind: str) -> None:
    assert row(tmp_path, DAY, f"CATEGORIES:{words}")["event_type"] == kind


def test_unknown_places_and_kinds_are_noted(tmp_path: Path) -> None:
    page = read_text(tmp_path, calendar(event(DAY, "LOCATION:Atlantis", "CATEGORIES:Misc")))
    (found,) = row_dicts(page)
    assert (found["location"], found["event_type"]) == ("national", "other")
    assert any("Atlantis" in note for note in page.notes)
    assert any("Misc" in note for note in page.notes)


@pytest.mark.parametrize(
    ("lines", "announced"),
    [
        (("CREATED:20260301T030000Z", "DTSTAMP:20260401T000000Z"), datetime(2026, 2, 28, 22)),
        (("DTSTAMP:20260401T120000Z",), datetime(2026, 4, 1, 7)),
        # Changed since: as it stands it has been known only from then on.
        (("CREATED:20260301T120000Z", "LAST-MODIFIED:20260405T120000Z", "SEQUENCE:2"), datetime(2026, 4, 5, 7)),
        (("CREATED:20260301T120000Z", "LAST-MODIFIED:20260405T120000Z"), datetime(2026, 3, 1, 7)),
        # A stamp after the event is the time of an export.
        (("DTSTAMP:20260801T120000Z",), None),
        ((), None),
    ],
)  # fmt: skip
def test_when_it_was_announced(
    tmp_path: Path, lines: tuple[str, ...], announced: datetime | None
) -> None:
    assert row(tmp_path, DAY, *lines)["announced_at"] == announced


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ((DAY, "RRULE:FREQ=WEEKLY;COUNT=3"), "06-01 06-08 06-15"),
        ((DAY, "RRULE:FREQ=WEEKLY;UNTIL=20260615"), "06-01 06-08 06-15"),
        ((DAY, "RRULE:FREQ=DAILY;COUNT=4", "EXDATE;VALUE=DATE:20260602,20260603"), "06-01 06-04"),
        ((DAY, "RDATE;VALUE=DATE:20260610,20260612"), "06-01 06-10 06-12"),
        # UNTIL in UTC is 19:00 of the 8th in Lima: the occurrence at 20:00 is past it.
        (
            ("DTSTART;TZID=America/Lima:20260601T200000", "RRULE:FREQ=WEEKLY;UNTIL=20260609T000000Z"),
            "06-01",
        ),
        (
            ("DTSTART;TZID=America/Lima:20260601T200000", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260609T010000Z"),
            "06-01 06-15",
        ),
        # 21:00 on Mondays in Lima are Tuesdays in UTC; the rule is followed in Lima.
        (("DTSTART;TZID=America/Lima:20260601T210000", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2"), "06-01 06-08"),
    ],
)  # fmt: skip
def test_recurrence(tmp_path: Path, lines: tuple[str, ...], found: str) -> None:
    assert " ".join(days(tmp_path, *lines)) == found


def test_recurrence_is_followed_in_the_event_s_zone_over_a_clock_change(tmp_path: Path) -> None:
    """23:30 in Madrid is the same Lima day in winter and in summer, an hour apart."""
    found = rows(
        tmp_path, event("DTSTART;TZID=Europe/Madrid:20260322T053000", "RRULE:FREQ=WEEKLY;COUNT=2")
    )
    # 05:30 in Madrid is 23:30 of the day before in Lima in winter, 22:30 in summer.
    assert [r["event_date"] for r in found] == [date(2026, 3, 21), date(2026, 3, 28)]


def test_changed_and_cancelled_occurrences(tmp_path: Path) -> None:
    start = "DTSTART;TZID=America/Lima:20260601T100000"
    series = event(start, "RRULE:FREQ=WEEKLY;COUNT=4", "SUMMARY:Feria")
    moved = event(
        "RECURRENCE-ID;TZID=America/Lima:20260608T100000",
        "DTSTART;TZID=America/Lima:20260610T100000",
        "SUMMARY:Feria",
    )
    off = event("RECURRENCE-ID:20260615T150000Z", start, "STATUS:CANCELLED")
    found = rows(tmp_path, series, moved, off)
    assert [f"{r['event_date']:%m-%d}" for r in found] == ["06-01", "06-10", "06-22"]


def test_the_horizon_bounds_what_has_no_end(tmp_path: Path) -> None:
    forever = (DAY.replace("2026", "1999"), "RRULE:FREQ=DAILY")
    found = rows(tmp_path, event(*forever), events_years_back=1, events_days_ahead=60)
    first, last = (found[n]["event_date"] for n in (0, -1))
    assert abs((first - date(2025, 5, 10)).days) <= 1
    assert abs((last - date(2026, 7, 9)).days) <= 1


def test_rules_that_cannot_be_followed_leave_the_first_day(tmp_path: Path) -> None:
    for rule in ("FREQ=SECONDLY", "FREQ=SOMETIMES", "FREQ=WEEKLY;BYDAY=XX"):
        page = read_text(tmp_path, calendar(event(DAY, f"RRULE:{rule}")))
        assert [r["event_date"] for r in row_dicts(page)] == [date(2026, 6, 1)]
        assert page.notes


def test_events_of_one_key_are_one_row(tmp_path: Path) -> None:
    early, late = ("DTSTART:20260601T080000", "DTSTART:20260601T180000")
    (found,) = rows(
        tmp_path, event(early, "SUMMARY:Misa", "CREATED:20260402T120000Z", uid="a"),
        event(late, "SUMMARY:Misa", "CREATED:20260401T120000Z", uid="b"),
    )  # fmt: skip
    assert found["announced_at"] == datetime(2026, 4, 1, 7)


def test_of_two_versions_the_higher_sequence_counts(tmp_path: Path) -> None:
    new = event("DTSTART;VALUE=DATE:20260605", "SEQUENCE:2")
    (found,) = rows(tmp_path, new, event(DAY, "SEQUENCE:1"))
    assert found["event_date"] == date(2026, 6, 5)


def test_what_is_broken_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    text = calendar(
        "X-NAME:ours",
        "no colon here",
        event(DAY, "also broken"),
        event("SUMMARY:x", "DTSTART:soon", uid="2"),
    )
    page = read_text(tmp_path, text)
    found = row_dicts(page)
    assert [r["event_date"] for r in found] == [None, date(2026, 6, 1)]
    assert any("broken lines" in note and note.endswith(": 2") for note in page.notes)
    assert any("no day" in note for note in page.notes)


def test_an_end_before_the_start_goes_to_ingest_and_is_noted(tmp_path: Path) -> None:
    page = read_text(tmp_path, calendar(event(DAY, "DTEND;VALUE=DATE:20260520")))
    (found,) = row_dicts(page)
    assert found["event_end"] < found["event_date"]
    assert any("end before they begin" in note for note in page.notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<!DOCTYPE html><html><body>Sign in</body></html>", "no iCalendar"),
        ("", "no iCalendar"),
        ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + event(DAY), "cut off"),
        ("BEGIN:VCALENDAR\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", "cannot be read as iCalendar"),
    ],
)
def test_what_is_no_calendar_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read_text(tmp_path, text)


def test_an_unknown_zone_counts_as_local_and_is_noted(tmp_path: Path) -> None:
    page = read_text(tmp_path, calendar(event("DTSTART;TZID=Nowhere/Land:20260601T230000")))
    assert [r["event_date"] for r in row_dicts(page)] == [date(2026, 6, 1)]
    assert any("Nowhere/Land" in note for note in page.notes)


def test_the_clock_of_the_door_is_utc_by_default() -> None:
    from tambo.sources.calendar.event_door import EventDoor

    before = datetime.now(UTC)
    assert before <= EventDoor("tourism")._now() <= datetime.now(UTC)
