"""The door "events" from run to run: by address, by file and by folder; bad sources."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from calendar_feeds import NOW, calendar, event, land, read, read_text, row_dicts, server
from ingest_files import new_home, query

from tambo.errors import SourceBusyError, SourceError
from tambo.ingest import ingest
from tambo.settings import Settings
from tambo.sources.calendar import feed
from tambo.sources.calendar.event_door import EventDoor

FAIR = event("DTSTART;VALUE=DATE:20260601", "SUMMARY:Feria", "CATEGORIES:feria", uid="fair")
HTML = b"<html><body>Please sign in</body></html>"


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAUSES", (0.0, 0.0))


def test_an_address_is_asked_whether_it_has_changed() -> None:
    with server() as served:
        served.answers = [
            (200, {"ETag": '"a"', "Content-Type": "text/calendar"}, calendar(FAIR).encode())
        ]
        (first,) = read(served.url)
        (second,) = read(served.url, first.state)
        assert (first.rows.num_rows, second.rows.num_rows) == (1, 0)
        assert served.asked[1]["If-None-Match"] == '"a"'
        assert second.fetched_to is not None
        served.answers = [(200, {"ETag": '"b"'}, calendar(FAIR, FAIR).encode())]
        (third,) = read(served.url, second.state)
        assert third.rows.num_rows == 0
        assert third.state["etag"] == '"b"'


def test_without_a_tag_the_same_content_gives_nothing() -> None:
    with server() as served:
        served.answers = [(200, {}, calendar(FAIR).encode())]
        (first,) = read(served.url)
        (second,) = read(served.url, first.state)
    assert second.rows.num_rows == 0
    assert second.state["given"] == first.state["given"]


def test_an_unchanged_calendar_is_read_again_before_its_horizon_comes_near() -> None:
    weekly = event("DTSTART;VALUE=DATE:20260601", "RRULE:FREQ=WEEKLY")
    with server() as served:
        served.answers = [(200, {"ETag": '"a"'}, calendar(weekly).encode())]
        (first,) = read(served.url)
        (soon,) = read(served.url, first.state, NOW + timedelta(days=29))
        (later,) = read(served.url, soon.state, NOW + timedelta(days=31))
    assert soon.rows.num_rows == 0
    assert 4 <= later.rows.num_rows <= 5
    assert not any(row["withdrawn"] for row in row_dicts(later))


def test_csv_by_address() -> None:
    with server() as served:
        served.answers = [
            (200, {"Content-Type": "text/csv"}, b"event_type,event_date\nfair,2026-06-01\n")
        ]
        (page,) = read(served.url)
    assert row_dicts(page)[0]["event_date"] == date(2026, 6, 1)


@pytest.mark.parametrize("status", [404, 401, 403, 410])
def test_an_address_that_is_wrong_is_said_without_its_secret(status: int) -> None:
    with server() as served:
        served.answers = [(status, {}, HTML)]
        with pytest.raises(SourceError, match=str(status)) as caught:
            read(served.url)
        assert len(served.asked) == 1
    assert not isinstance(caught.value, SourceBusyError)
    assert "secret-token" not in str(caught.value)


def test_an_address_that_is_away_is_asked_again() -> None:
    good = (200, {}, calendar(FAIR).encode())
    with server() as served:
        served.answers = [(503, {}, b""), (429, {}, b""), good]
        (page,) = read(served.url)
        assert page.rows.num_rows == 1
        served.answers = [(500, {}, b"")]
        with pytest.raises(SourceBusyError, match="500, 3 times"):
            read(served.url)
        assert len(served.asked) == 6
    with pytest.raises(SourceBusyError, match="does not answer"):
        read(served.url)


def test_html_with_status_200_is_no_calendar_and_withdraws_nothing() -> None:
    with server() as served:
        served.answers = [(200, {}, HTML)]
        with pytest.raises(SourceError, match="no iCalendar"):
            read(served.url)


def test_what_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no calendar at"):
        read(tmp_path / "away.ics")
    with pytest.raises(SourceError, match=r"no \.csv and no \.ics"):
        read(tmp_path)
    (tmp_path / "latin.ics").write_bytes("BEGIN:VCALENDAR\nSUMMARY:Perú".encode("latin-1"))
    with pytest.raises(SourceError, match="not UTF-8"):
        read(tmp_path)
    with pytest.raises(SourceError, match="places of events"):
        read_text(tmp_path, calendar(FAIR), events_locations=tmp_path / "none.yml")


def test_the_setting_is_asked_for() -> None:
    assert "TAMBO_EVENTS_SOURCE" in str(EventDoor("tourism").missing(Settings()))
    assert EventDoor("tourism").missing(Settings(events_source="x")) is None


def test_what_is_moved_cancelled_or_taken_out_is_withdrawn(tmp_path: Path) -> None:
    concert = event("DTSTART;VALUE=DATE:20260701", "SUMMARY:Concierto", uid="c")
    race = event("DTSTART;VALUE=DATE:20260801", "SUMMARY:Carrera", uid="r")
    first = read_text(tmp_path, calendar(FAIR, concert, race))
    moved = FAIR.replace("20260601", "20260603")
    second = read_text(
        tmp_path, calendar(moved, concert.replace("UID", "STATUS:CANCELLED\r\nUID")), first.state
    )
    found = {
        (f"{row['event_date']:%m-%d}", row["name"], bool(row["withdrawn"]))
        for row in row_dicts(second)
    }
    assert found == {
        ("06-01", "Feria", True), ("06-03", "Feria", False),
        ("07-01", "Concierto", True), ("08-01", "Carrera", True),
    }  # fmt: skip


def test_what_is_over_stays_when_it_is_listed_no_more_unless_it_was_moved(tmp_path: Path) -> None:
    over = event("DTSTART;VALUE=DATE:20260501", "SUMMARY:Antes", uid="o")
    first = read_text(tmp_path, calendar(FAIR, over))
    dropped = read_text(tmp_path, calendar(FAIR), first.state)
    assert dropped.rows.num_rows == 0
    postponed = read_text(
        tmp_path, calendar(FAIR, over.replace("20260501", "20260520")), first.state
    )
    found = {(row["event_date"], row["withdrawn"]) for row in row_dicts(postponed)}
    assert found == {(date(2026, 5, 1), True), (date(2026, 5, 20), None)}


def test_a_new_stamp_alone_is_no_change(tmp_path: Path) -> None:
    def stamped(day: int) -> str:
        return FAIR.replace("UID", f"DTSTAMP:202604{day:02}T000000Z\r\nUID")

    first = read_text(tmp_path, calendar(stamped(1)))
    assert read_text(tmp_path, calendar(stamped(2)), first.state).rows.num_rows == 0


def test_an_empty_calendar_is_not_believed(tmp_path: Path) -> None:
    first = read_text(tmp_path, calendar(FAIR))
    empty = read_text(tmp_path, calendar(), first.state)
    assert empty.rows.num_rows == 0
    assert empty.notes
    assert empty.state == first.state


def test_pages_are_bounded_and_a_killed_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tambo.sources.calendar import changes

    monkeypatch.setattr(changes, "PAGE_ROWS", 2)
    (tmp_path / "five.ics").write_text(
        calendar(*(event(f"DTSTART;VALUE=DATE:2026060{n}", uid=str(n)) for n in range(1, 6))),
        newline="",
    )
    whole = read(tmp_path)
    assert [page.rows.num_rows for page in whole] == [2, 2, 1]
    rest = read(tmp_path, whole[0].state)
    assert [page.rows.num_rows for page in rest] == [2, 1]
    assert rest[-1].state == whole[-1].state


def test_csv_lines_go_on_as_they_are_and_ingest_says_what_is_wrong(tmp_path: Path) -> None:
    calendars, landing = tmp_path / "calendars", tmp_path / "landing"
    calendars.mkdir()
    landing.mkdir()
    (calendars / "own.csv").write_text(
        "event_type,event_date,event_end,location,name\n"
        "fair,2026-06-01,2026-06-03,Cusco,Feria\n"
        "party,2026-06-02,,Cusco,Fiesta\n"
        "fair,someday,,,\n"
        "fair,2026-06-05,2026-06-01,,Al revés\n"
        "fair,2026-06-07,,,,,\n",
        encoding="utf-8",
    )
    (calendars / "web.ics").write_text(calendar(FAIR), newline="")
    (page,) = read(calendars)
    assert any("have not 5 fields" in note for note in page.notes)
    land(landing / "events_1.csv", page)
    home = new_home(tmp_path / "home")
    ingest(home, landing)
    assert query(home, "SELECT name, location FROM lake.raw.events ORDER BY ALL") == [
        ("Feria", "Cusco"), ("Feria", "national"),
    ]  # fmt: skip
    reasons = query(home, "SELECT reason FROM lake.quarantine.lines ORDER BY ALL")
    assert reasons == [("bad_date",), ("ends_before_it_starts",), ("not_allowed",)]


def test_csv_of_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("when,what\n2026-06-01,fair\n")
    with pytest.raises(SourceError, match=r"it must have event_type, event_date"):
        read(tmp_path)


def test_a_line_that_is_gone_from_the_csv_is_withdrawn(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "event_type,event_date,name\nfair,2026-06-01,A\nfair,2026-06-02,B\nfair,2026-05-01,C\n"
    )
    (first,) = read(file)
    file.write_text("event_type,event_date,name\nfair,2026-06-01,A\n")
    (second,) = read(file, first.state)
    assert [(row["name"], row["withdrawn"]) for row in row_dicts(second)] == [("B", True)]
