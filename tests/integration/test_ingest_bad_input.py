"""Each kind of bad input ends in quarantine with its reason, or in a clear error; nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ingest_files import (
    FLIGHTS,
    HOTELS,
    USERS,
    flight,
    hotel,
    new_home,
    query,
    rows,
    user,
    users_file,
    write,
)

from tambo.errors import ContractError, IngestError
from tambo.ingest import FileReport, IngestReport, ingest, quarantine
from tambo.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    users_file(tmp_path / "raw")
    return tmp_path / "raw"


def file_of(report: IngestReport, name: str) -> FileReport:
    (found,) = [file for file in report.files if file.source_file == name]
    return found


def take(settings: Settings, folder: Path, name: str = "flights.csv") -> FileReport:
    report = ingest(settings, folder)
    assert all(file.conserved for file in report.new)
    return file_of(report, name)


BAD_FLIGHTS = [
    ("missing key", flight(""), "missing_value", "travelCode"),
    ("missing value", flight(2, price=""), "missing_value", "price"),
    ("all empty", ",,,,,,,,,", "empty_record", None),
    ("text for a number", flight("x"), "not_a_number", "travelCode"),
    ("thousands separator", flight(2, price='"1,500.25"'), "not_a_number", "price"),
    ("underscore", flight(2, price="1_500"), "not_a_number", "price"),
    ("hexadecimal", flight("0x1F"), "not_an_integer", "travelCode"),
    ("fraction for a whole number", flight("2.5"), "not_an_integer", "travelCode"),
    ("too large for its type", flight("99999999999999999999"), "out_of_range", "travelCode"),
    ("NaN price", flight(2, price="NaN"), "not_finite", "price"),
    ("infinite price", flight(2, price="1e400"), "not_finite", "price"),
    ("NaN distance", flight(2, distance="NaN"), "not_finite", "distance"),
    ("infinite time", flight(2, time="inf"), "not_finite", "time"),
    ("1e400 time", flight(2, time="1e400"), "not_finite", "time"),
    ("negative price", flight(2, price="-3"), "out_of_range", "price"),
    ("price of nothing", flight(2, price="0"), "out_of_range", "price"),
    ("absurd price", flight(2, price="100000.01"), "out_of_range", "price"),
    ("five decimals", flight(2, price="1.00001"), "too_precise", "price"),
    ("negative distance", flight(2, distance="-1"), "out_of_range", "distance"),
    ("absurd distance", flight(2, distance="20101"), "out_of_range", "distance"),
    ("absurd time", flight(2, time="48.5"), "out_of_range", "time"),
    ("other date format", flight(2, date="2019-09-26"), "bad_date", "date"),
    ("day and month exchanged", flight(2, date="26/09/2019"), "bad_date", "date"),
    ("impossible date", flight(2, date="02/30/2019"), "bad_date", "date"),
    ("word for a date", flight(2, date="infinity"), "bad_date", "date"),
    ("two-digit year", flight(2, date="09/26/19"), "out_of_range", "date"),
    ("unknown class", flight(2, flightType="business"), "not_allowed", "flightType"),
    ("leads nowhere", flight(2, to="Recife (PE)"), "same_place", None),
    ("unknown user", flight(2, userCode=77), "orphan", "userCode"),
    ("too long a value", flight(2, agency="x" * 101), "too_long", "agency"),
    ("a field too few", "2,1,Recife (PE)", "field_count", None),
    ("a field too many", flight(2) + ",x", "field_count", None),
    (
        "latin-1 byte",
        flight(2).encode().replace(b"Rainbow", b"Ra\xednbow") + b"\n",
        "not_utf8",
        None,
    ),
    ("NUL byte", flight(2).replace("Rainbow", "Rain\0bow"), "nul_byte", None),
    ("control character", flight(2).replace("Rainbow", "Rain\x01bow"), "control_character", None),
    (
        "lone carriage return",
        flight(2).replace("Rainbow", "Rain\rbow"),
        "lone_carriage_return",
        None,
    ),
    ("quote left open", flight(2, agency='"Rainbow'), "open_quote", None),
    ("quote in a value", flight(2, agency='Rain"bow'), "bad_quote", None),
    ("text behind a quote", flight(2, agency='"Rain"bow'), "bad_quote", None),
]


@pytest.fixture(scope="module")
def many_bad_lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, FileReport]:
    """One file with all of them, a good line before and behind each."""
    base = tmp_path_factory.mktemp("lines")
    users_file(base / "raw")
    lines: list[str | bytes] = [FLIGHTS]
    for number, (_, line, _, _) in enumerate(BAD_FLIGHTS):
        # A key of its own, where the line has one.
        text = line.replace(b"2,", b"%d," % (900 + number), 1) if isinstance(line, bytes) else line
        lines += [flight(100 + number), text]
    write(base / "raw" / "flights.csv", *lines, flight(99))
    settings = new_home(base / "home")
    return settings, take(settings, base / "raw")


def test_all_good_lines_load_between_the_bad_ones(
    many_bad_lines: tuple[Settings, FileReport],
) -> None:
    settings, report = many_bad_lines
    assert report.loaded.records == len(BAD_FLIGHTS) + 1
    assert report.quarantined.records == len(BAD_FLIGHTS)
    codes = [row[0] for row in rows(settings, "flights", '"travelCode"')]
    assert codes == [99, *range(100, 100 + len(BAD_FLIGHTS))]


@pytest.mark.parametrize("number", range(len(BAD_FLIGHTS)), ids=[c[0] for c in BAD_FLIGHTS])
def test_a_bad_line_is_kept_with_its_bytes_place_and_reason(
    many_bad_lines: tuple[Settings, FileReport], raw_bytes: bytes, number: int
) -> None:
    settings, _ = many_bad_lines
    _, _, reason, column = BAD_FLIGHTS[number]
    (kept,) = [k for k in quarantine.lines(settings) if k.record == 2 * number + 2]
    assert (kept.line, kept.lines) == (2 * number + 3, 1)
    assert (kept.reason, kept.column) == (reason, column)
    assert kept.raw is not None
    assert len(kept.raw) == kept.byte_length
    assert raw_bytes[kept.byte_position : kept.byte_position + kept.byte_length] == kept.raw
    assert raw_bytes[kept.byte_position - 1 : kept.byte_position] == b"\n"
    assert kept.raw.endswith(b"\n")
    assert kept.remedy
    assert kept.message.endswith(".")
    assert "{" not in kept.message


@pytest.fixture(scope="module")
def raw_bytes(many_bad_lines: tuple[Settings, FileReport]) -> bytes:
    settings, _ = many_bad_lines
    return (settings.home.parent / "raw" / "flights.csv").read_bytes()


def test_hotel_checks(settings: Settings, folder: Path) -> None:
    write(
        folder / "hotels.csv", HOTELS, hotel(1), hotel(2, total="200.22"), hotel(3, total="200.21"),
        hotel(4, days=0, total=0), hotel(5, days=400, total="40040"), hotel(6, userCode=9),
    )  # fmt: skip
    report = take(settings, folder, "hotels.csv")
    assert report.reasons == {"total_mismatch": 1, "out_of_range": 2, "orphan": 1}
    assert [row[0] for row in rows(settings, "hotels", '"travelCode"')] == [1, 3]


BAD_FILES = [
    ("empty file", b"", "empty_file", None),
    ("only blank lines", b"\n\r\n\n", "empty_file", None),
    ("UTF-16", f"{FLIGHTS}\n{flight()}\n".encode("utf-16"), "utf16", None),
    ("UTF-16 without mark", f"{FLIGHTS}\n{flight()}\n".encode("utf-16-le"), "utf16", None),
    ("semicolons", f"{FLIGHTS}\n{flight()}\n".replace(",", ";").encode(), "wrong_delimiter", None),
    ("tabs", f"{FLIGHTS}\n{flight()}\n".replace(",", "\t").encode(), "wrong_delimiter", None),
    ("missing column", b"travelCode,userCode,from,to\n1,1,a,b\n", "missing_column", "flightType"),
    ("renamed column", f"{FLIGHTS}\n{flight()}\n".replace("price", "fare").encode(), "missing_column", "price"),
    ("extra column", f"{FLIGHTS},seat\n{flight()},1A\n".encode(), "extra_column", "seat"),
    ("column twice", f"{FLIGHTS},price\n{flight()},1\n".encode(), "duplicate_column", "price"),
    ("carriage returns only", f"{FLIGHTS}\r{flight()}\r".encode(), "carriage_returns", None),
    ("header not UTF-8", FLIGHTS.replace("price", "pre\xe7o").encode("latin-1") + b"\n", "unreadable_header", None),
    ("open quote in header", b'"' + FLIGHTS.encode() + b"\n", "unreadable_header", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def many_bad_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, IngestReport]:
    base = tmp_path_factory.mktemp("files")
    users_file(base / "raw")
    for number, (_, data, _, _) in enumerate(BAD_FILES):
        write(base / "raw" / f"flights_{number}.csv", data)
    settings = new_home(base / "home")
    return settings, ingest(settings, base / "raw")


@pytest.mark.parametrize("number", range(len(BAD_FILES)), ids=[c[0] for c in BAD_FILES])
def test_a_file_of_the_wrong_kind_is_quarantined_as_a_whole(
    many_bad_files: tuple[Settings, IngestReport], number: int
) -> None:
    settings, report = many_bad_files
    _, data, reason, column = BAD_FILES[number]
    file = file_of(report, f"flights_{number}.csv")
    assert (file.status, file.reasons) == ("quarantined", {reason: 1})
    assert file.conserved
    assert file.quarantined.bytes == len(data)
    (entry,) = quarantine.lines(settings, source_file=file.source_file)
    assert (entry.record, entry.byte_position, entry.byte_length) == (0, 0, len(data))
    assert entry.column == column
    assert entry.raw is None
    assert "{" not in entry.message


def test_other_files_load_beside_the_wrong_ones(
    many_bad_files: tuple[Settings, IngestReport],
) -> None:
    settings, report = many_bad_files
    assert rows(settings, "flights") == []
    assert len(rows(settings, "users")) == 3
    assert len(report.new) == len(BAD_FILES) + 1


def test_a_mark_and_carriage_returns_are_no_fault(settings: Settings, folder: Path) -> None:
    text = f"{FLIGHTS}\r\n{flight(1)}\r\n\r\n{flight(2)}\r\n"
    write(folder / "flights.csv", b"\xef\xbb\xbf" + text.encode())
    report = take(settings, folder)
    assert (report.loaded.records, report.blank.lines, report.bom) == (2, 1, 3)
    assert rows(settings, "flights", '"date"::VARCHAR, agency') == [("2019-09-26", "Rainbow")] * 2


def test_mixed_line_ends_load(settings: Settings, folder: Path) -> None:
    write(
        folder / "flights.csv", f"{FLIGHTS}\r\n{flight(1)}\n{flight(2)}\r\n{flight(3)}\n".encode()
    )
    assert take(settings, folder).loaded.records == 3


def test_header_only(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS)
    report = take(settings, folder)
    assert (report.status, report.records, report.header.bytes) == ("loaded", 0, len(FLIGHTS) + 1)


@pytest.mark.parametrize("header_end", ["", "\n"])
def test_header_only_without_line_end(settings: Settings, folder: Path, header_end: str) -> None:
    write(folder / "flights.csv", (FLIGHTS + header_end).encode())
    assert take(settings, folder).records == 0


def test_last_line_without_line_end(settings: Settings, folder: Path) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1), flight(2).encode())
    assert take(settings, folder).loaded.records == 2
    write(folder / "flights_2.csv", FLIGHTS, flight(3), flight(4)[:-25].encode())
    report = take(settings, folder, "flights_2.csv")
    assert report.loaded.records == 1
    assert report.reasons == {"field_count": 1}


def test_an_embedded_line_end_is_one_record(settings: Settings, folder: Path) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1),
        flight(2, agency='"Rain\nbow, ""the"" agency"'), flight(3), "x,y", flight(4),
    )  # fmt: skip
    report = take(settings, folder)
    assert (report.loaded.records, report.loaded.lines) == (4, 5)
    assert rows(settings, "flights", "agency", '"travelCode" = 2') == [('Rain\nbow, "the" agency',)]
    (bad,) = quarantine.lines(settings)
    assert (bad.record, bad.line, bad.raw) == (4, 6, b"x,y\n")


def test_an_open_quote_does_not_swallow_the_lines_below(settings: Settings, folder: Path) -> None:
    good = [flight(code) for code in range(100, 400)]
    write(
        folder / "flights.csv", FLIGHTS, *good[:100], flight(1, agency='"Rainbow'), *good[100:200],
        flight(2, agency='"Rain""bow"'), flight(3, agency='"Rainbow'), *good[200:],
    )  # fmt: skip
    report = take(settings, folder)
    assert report.loaded.records == 301
    assert [line.line for line in quarantine.lines(settings)] == [102, 204]


def test_duplicate_keys_within_a_file(settings: Settings, folder: Path) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1), flight(2), flight(1, price="501"), flight(3),
        flight(3), flight(1),
    )  # fmt: skip
    report = take(settings, folder)
    assert (report.loaded.records, report.repeat.records) == (2, 1)
    assert report.reasons == {"duplicate_key": 3}
    assert [line.record for line in quarantine.lines(settings)] == [1, 3, 6]


def test_a_line_of_many_megabytes(settings: Settings, folder: Path) -> None:
    path = folder / "flights.csv"
    with path.open("wb") as out:
        out.write(f"{FLIGHTS}\n{flight(1)}\n".encode())
        for _ in range(40):
            out.write(b"x" * (1 << 20))
        out.write(f"\n{flight(2)}\n".encode())
    report = take(settings, folder)
    assert report.loaded.records == 2
    (line,) = quarantine.lines(settings)
    assert (line.reason, line.raw, line.record) == ("line_too_long", None, 2)
    assert line.byte_length == (40 << 20) + 1


def test_a_file_of_nobody_is_listed_with_a_hint(settings: Settings, folder: Path) -> None:
    write(folder / "flights_rows.csv", "row", "1", "2")
    report = ingest(settings, folder)
    (file,) = report.unclaimed
    assert file.source_file == "flights_rows.csv"
    assert "tambo_mapping.yml" in file.message
    assert quarantine.lines(settings) == []


def test_a_foreign_name_with_known_columns_is_claimed(settings: Settings, folder: Path) -> None:
    write(folder / "export 17.csv", FLIGHTS, flight())
    assert take(settings, folder, "export 17.csv").loaded.records == 1


def test_bookkeeping_and_hidden_files_are_not_looked_at(settings: Settings, folder: Path) -> None:
    for name in ("_notes.csv", ".hidden.csv", "flights.json"):
        write(folder / name, "x")
    (folder / "notes").mkdir()
    assert [file.source_file for file in ingest(settings, folder).files] == ["users.csv"]


def test_folders_with_raw_files_are_listed_and_not_read(settings: Settings, folder: Path) -> None:
    write(folder / "2024" / "flights.csv", FLIGHTS, flight())
    (folder / "flights.csv").mkdir()
    report = ingest(settings, folder)
    assert [file.source_file for file in report.unclaimed] == ["2024/", "flights.csv/"]
    assert f"tambo ingest {folder / '2024'}" in report.unclaimed[0].message
    assert rows(settings, "flights") == []
    with pytest.raises(IngestError, match="no CSV file") as stop:
        ingest(settings, folder.parent)
    assert stop.value.remedy
    assert str(folder) in stop.value.remedy


def test_a_missing_path(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="does not exist"):
        ingest(settings, tmp_path / "nowhere")


def test_an_empty_folder(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IngestError, match="no CSV"):
        ingest(settings, tmp_path / "empty")


def test_a_pipe_is_no_file(settings: Settings, folder: Path) -> None:
    os.mkfifo(folder / "flights.csv")
    with pytest.raises(IngestError, match="no regular file"):
        ingest(settings, folder)


def test_an_unreadable_file_names_itself_and_nothing_is_loaded(
    settings: Settings, folder: Path
) -> None:
    # Its first byte cannot be read, whoever asks.
    (folder / "flights.csv").symlink_to("/proc/self/mem")
    with pytest.raises(IngestError, match=r"flights\.csv cannot be read"):
        ingest(settings, folder)
    assert query(settings, "SELECT count(*) FROM lake.audit.batches") == [(0,)]


def test_a_dangling_link(settings: Settings, folder: Path) -> None:
    (folder / "flights.csv").symlink_to("gone.csv")
    with pytest.raises(IngestError, match=r"flights\.csv cannot be read"):
        ingest(settings, folder)


def test_a_bad_manifest_names_its_line(settings: Settings, folder: Path) -> None:
    write(folder / "_arrivals.csv", "file,arrived_at", "users.csv,yesterday")
    with pytest.raises(IngestError, match="line 2"):
        ingest(settings, folder)


def test_a_bad_mapping_is_refused(settings: Settings, folder: Path) -> None:
    write(folder / "tambo_mapping.yml", "tables: [{table: flights, files: [x], oops: 1}]")
    with pytest.raises(ContractError, match="oops"):
        ingest(settings, folder)


def test_users_with_a_key_that_is_not_stated_twice(settings: Settings, folder: Path) -> None:
    write(folder / "users.csv", USERS, user(1), user(2, gender="unknown"), user(3, age=121))
    report = take(settings, folder, "users.csv")
    assert report.reasons == {"not_allowed": 1, "out_of_range": 1}
