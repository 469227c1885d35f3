"""The raw files of the sample world: formats, keys, arrivals, corrections, withdrawals, dirt."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from world_reader import (
    RawFile,
    date,
    instant,
    last_versions,
    notes,
    read_world,
    table_of,
    versions,
)

from tambo.sources.travel.world import WorldSummary, generate

LOCAL = timedelta(hours=-3)  # São Paulo, without summer time since 2019


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> WorldSummary:
    out = tmp_path_factory.mktemp("files") / "world"
    return generate(out, travellers=250, years=2, seed=11, dirty_share=0.03)


@pytest.fixture(scope="module")
def files(made: WorldSummary) -> list[RawFile]:
    return read_world(made.out)


def test_every_raw_file_is_in_the_manifest_and_counted(made, files):
    on_disk = {path.name for path in made.out.glob("*.csv") if not path.name.startswith("_")}
    assert {file.name for file in files} == on_disk
    assert made.files == len(on_disk)
    lines = Counter()
    for file in files:
        lines[file.table] += len(file.rows) + len(file.refused)
    assert made.rows == dict(lines)


def test_exactly_the_lines_written_down_as_dirty_are_refused(made, files):
    refused = {(file.name, line) for file in files for line in file.refused}
    noted = {(row["file"], int(row["line"])): row for row in notes(made.out, "_dirty.csv")}
    assert refused == set(noted)
    assert made.dirty == dict(sorted(Counter(row["kind"] for row in noted.values()).items()))
    assert set(made.dirty) >= {
        "bad_number", "bad_date", "missing_field", "extra_field", "open_quote", "bad_category",
        "missing_key", "negative_number", "unknown_user", "wrong_total", "duplicate_key",
    }  # fmt: skip


def test_the_share_of_dirty_lines_is_as_asked(made):
    dirty = [row for row in notes(made.out, "_dirty.csv") if row["table"] == "flights"]
    doubled = sum(row["kind"] == "duplicate_key" for row in dirty) / 2
    clean_share = 1 - 0.04  # late, corrected and withdrawn trips are left alone
    expected = 0.03 * clean_share * made.rows["flights"]
    assert len(dirty) - doubled == pytest.approx(expected, rel=0.2)


def test_a_clean_line_comes_again_where_the_note_says_so_and_only_there(made, files):
    by_name = {file.name: file for file in files}
    keys = {table: versions(files, table) for table in ("flights", "hotels")}
    again = never = 0
    for note in notes(made.out, "_dirty.csv"):
        if note["kind"] in {"missing_key", "missing_field"} or note["table"] == "users":
            continue
        line = (made.out / note["file"]).read_text().split("\n")[int(note["line"]) - 1]
        fields = line.replace('"', "").split(",")
        key = (fields[0],) if note["table"] == "hotels" else (fields[0], fields[2], fields[3])
        there = {file.name for file, _ in keys[note["table"]].get(key, [])}
        assert there == ({note["clean_line_in"]} if note["clean_line_in"] else set())
        if note["clean_line_in"]:
            again += 1
            assert by_name[note["clean_line_in"]].arrived > by_name[note["file"]].arrived
        else:
            never += 1
    assert again > 20
    assert never > 20


def test_dirty_users_are_nobody_who_travels(made, files):
    real = {row["code"] for file in files if file.table == "users" for row in file.rows.values()}
    assert real == {str(code) for code in range(250)}


def test_a_line_arrives_after_it_was_booked_and_its_user_before(files):
    user_arrived = {}
    for file in files:
        if file.table == "users":
            for row in file.rows.values():
                user_arrived.setdefault(row["code"], file.arrived)
    for file in files:
        for row in file.rows.values():
            if file.table != "users" and not row["withdrawn"]:
                booked = instant(row["booked_at"]) - LOCAL
                assert user_arrived[row["userCode"]] < booked < file.arrived
                assert date(row["date"]) > instant(row["booked_at"])


def test_files_are_named_by_booking_month_and_end_with_2025(files):
    for file in files:
        if file.table == "users":
            continue
        month = file.name.split("_")[1][:7]
        late = file.name.endswith("_late.csv")
        booked = [instant(r["booked_at"]) for r in file.rows.values() if not r["withdrawn"]]
        assert all(f"{each:%Y-%m}" <= month for each in booked)
        if late:
            assert {f"{each:%Y-%m}" for each in booked} == {month}
        else:
            assert f"{max(booked):%Y-%m}" == month
        assert file.arrived < datetime(2026, 1, 2)
        months_late = _months(file.arrived + LOCAL) - _months(datetime.strptime(month, "%Y-%m"))
        assert months_late in ({2, 3, 4} if late else {1})


def _months(at: datetime) -> int:
    return at.year * 12 + at.month


def test_two_flights_a_trip_out_and_back_and_a_hotel_where_it_goes(files):
    trips: dict[str, list[dict[str, str]]] = {}
    for row in last_versions(files, "flights"):
        trips.setdefault(row["travelCode"], []).append(row)
    whole = {code: legs for code, legs in trips.items() if len(legs) == 2}
    assert len(whole) > 0.9 * len(trips)
    for legs in whole.values():
        out, back = sorted(legs, key=lambda row: date(row["date"]))
        assert (out["from"], out["to"]) == (back["to"], back["from"])
        same = ("userCode", "flightType", "agency", "booked_at", "distance", "time")
        assert all(out[column] == back[column] for column in same)
        assert date(out["date"]) < date(back["date"])
    stays = [row for row in last_versions(files, "hotels") if row["travelCode"] in whole]
    assert 0.4 < len(stays) / len(whole) < 0.75
    for stay in stays:
        out, back = sorted(whole[stay["travelCode"]], key=lambda row: date(row["date"]))
        assert (stay["place"], stay["date"]) == (out["to"], out["date"])
        assert int(stay["days"]) == (date(back["date"]) - date(out["date"])).days
        assert stay["booked_at"] > out["booked_at"]


def test_travel_codes_ascend_with_booking(files):
    codes = {int(row["travelCode"]): row["booked_at"] for row in last_versions(files, "flights")}
    assert [codes[code] for code in sorted(codes)] == sorted(codes.values())


def test_corrections_and_withdrawals_come_later_and_change_something(made, files):
    seen: Counter[str] = Counter()
    for table in ("users", "flights", "hotels"):
        for history in versions(files, table).values():
            assert len(history) <= 2
            if len(history) == 2:
                (first_file, first), (file, row) = history
                assert first_file.arrived < file.arrived
                assert first != row
                seen[f"{table} {'withdrawn' if row.get('withdrawn') else 'corrected'}"] += 1
            else:
                assert not history[0][1].get("withdrawn")
    expected = {
        key: n for key, n in made.events.items() if key.endswith(("corrected", "withdrawn"))
    }
    assert dict(seen) == expected
    assert set(seen) == {
        "users corrected", "flights corrected", "flights withdrawn", "hotels corrected",
        "hotels withdrawn",
    }  # fmt: skip


def test_a_tombstone_holds_only_the_key(files):
    for file in files:
        for row in file.rows.values():
            if row.get("withdrawn"):
                filled = {column for column, value in row.items() if value}
                keys = {"flights": {"travelCode", "from", "to"}, "hotels": {"travelCode"}}
                assert filled == keys[file.table] | {"withdrawn"}


def test_late_lines_are_counted(made, files):
    late = [file for file in files if file.name.endswith("_late.csv")]
    for table in ("flights", "hotels"):
        lines = sum(len(file.rows) + len(file.refused) for file in late if file.table == table)
        assert lines == made.events[f"{table} late"] > 0


def test_nothing_is_quoted_but_open_quotes_on_purpose(made):
    opened = {
        (row["file"], int(row["line"]))
        for row in notes(made.out, "_dirty.csv")
        if row["kind"] == "open_quote"
    }
    for path in made.out.glob("[a-z]*.csv"):
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            assert (b'"' in line) == ((path.name, number) in opened)
            assert b"\r" not in line
    assert {table_of(name) for name, _ in opened} >= {"flights", "hotels"}
