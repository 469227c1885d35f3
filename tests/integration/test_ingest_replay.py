"""What leaves the quarantine: by a mapping, by a corrected export; moved, never copied."""

from __future__ import annotations

import csv
from datetime import datetime
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

from tambo.errors import IngestError
from tambo.ingest import ingest, quarantine, replay, reports, withdraw
from tambo.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return new_home(tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    users_file(tmp_path / "raw")
    return tmp_path / "raw"


def accounts_hold(settings: Settings) -> bool:
    return all(report.conserved for report in reports(settings))


def test_replay_moves_what_a_mapping_makes_good(settings: Settings, folder: Path) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1), flight(2, date="27.09.2019"),
        flight(3, flightType="eco"), flight(4, price=-1), flight(5).encode().replace(b"Rain", b"R\xe1in") + b"\n",
    )  # fmt: skip
    assert ingest(settings, folder).quarantined == 4
    assert replay(settings).line() == "0 left the quarantine, 4 stay"
    mapping = write(
        folder / "mend.yml",
        """
tables:
  - table: flights
    files: ["flights*.csv"]
    encoding: latin-1
    formats: {date: ["%m/%d/%Y", "%d.%m.%Y"]}
    select:
      flightType: CASE "flightType" WHEN 'eco' THEN 'economic' ELSE "flightType" END
""",
    )
    report = replay(settings, mapping=mapping)
    assert report.replayed == 3
    assert rows(
        settings, "flights", '"travelCode", "date"::VARCHAR, "flightType", agency, _row_number'
    ) == [
        (1, "2019-09-26", "economic", "Rainbow", 1),
        (2, "2019-09-27", "economic", "Rainbow", 2),
        (3, "2019-09-26", "economic", "Rainbow", 3),
        (5, "2019-09-26", "economic", "Ráinbow", 5),
    ]
    assert [line.record for line in quarantine.lines(settings)] == [4]
    assert accounts_hold(settings)
    assert replay(settings, mapping=mapping).replayed == 0


def test_a_replayed_line_that_contradicts_its_own_file_stays(
    settings: Settings, folder: Path
) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1), flight(1, price=9, flightType="eco"), flight(2)
    )
    ingest(settings, folder)
    mapping = write(
        folder / "mend.yml",
        "tables: [{table: flights, files: [flights.csv], select: {flightType: \"'economic'\"}}]",
    )
    assert replay(settings, mapping=mapping).replayed == 0
    (line,) = quarantine.lines(settings)
    assert (line.record, line.reason) == (2, "duplicate_key")


def test_replay_takes_a_whole_file_that_a_mapping_can_read(
    settings: Settings, folder: Path
) -> None:
    lines = [
        line.replace(",", ";") for line in (FLIGHTS.replace("price", "fare"), flight(1), flight(2))
    ]
    write(folder / "flights.csv", *lines)
    (report,) = [f for f in ingest(settings, folder).files if f.table == "flights"]
    assert report.status == "quarantined"
    mapping = write(
        folder / "tambo_mapping.yml",
        "tables: [{table: flights, files: [flights.csv], delimiter: ';', select: {price: fare}}]",
    )
    assert replay(settings, mapping=mapping).replayed == 1
    (after,) = [f for f in reports(settings) if f.table == "flights"]
    assert (after.batch_id, after.status, after.loaded.records) == (report.batch_id, "loaded", 2)
    assert quarantine.lines(settings) == []
    assert ingest(settings, folder).up_to_date


def test_ingest_with_a_mapping_takes_a_file_that_was_quarantined(
    settings: Settings, folder: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS + ",seat", flight(1) + ",1A")
    ingest(settings, folder)
    write(
        folder / "tambo_mapping.yml",
        "tables: [{table: flights, files: [flights.csv], drop: [seat]}]",
    )
    assert ingest(settings, folder).loaded == 1
    assert quarantine.lines(settings) == []
    assert accounts_hold(settings)


def edit(path: Path, **changes: dict[str, str]) -> None:
    """Change fields of an export, by the value of _record."""
    with path.open(newline="") as source:
        table = list(csv.DictReader(source))
    for row in table:
        row.update(changes.get(f"r{row['_record']}", {}))
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def test_a_corrected_export_is_taken_back(settings: Settings, folder: Path, tmp_path: Path) -> None:
    write(
        folder / "flights.csv", FLIGHTS, flight(1), flight(2, price=-1),
        flight(3, agency='"a\nb"', date="x"), "4,5", flight(5, price=-5), flight(6, agency='"R'),
    )  # fmt: skip
    write(folder / "_arrivals.csv", "file,arrived_at", "flights.csv,2020-01-01 00:00:00")
    assert ingest(settings, folder).quarantined == 5
    out = tmp_path / "fix.csv"
    assert quarantine.export(settings, out, table="flights") == quarantine.Exported(5, [out])
    with out.open(newline="") as source:
        exported = {row["_record"]: row for row in csv.DictReader(source)}
    assert (exported["2"]["price"], exported["2"]["_raw"]) == ("-1", "")
    assert exported["3"]["agency"] == "a\nb"
    assert (exported["4"]["price"], exported["4"]["_raw"]) == ("", "4,5")
    assert exported["6"]["_reason"] == "open_quote"
    with pytest.raises(IngestError, match="exists"):
        quarantine.export(settings, out)
    row4 = dict(zip(FLIGHTS.split(","), flight(4).split(","), strict=True))
    edit(out, r2={"price": "10"}, r3={"date": "09/26/2019"}, r4=row4)
    report = replay(settings, file=out)
    # Line 5 was left as it was: it is the new file's now. Line 6 has no fields yet.
    assert report.replayed == 4
    (new,) = report.files
    assert (new.loaded.records, new.quarantined.records, new.filtered.records) == (3, 1, 1)
    assert new.conserved
    left = quarantine.lines(settings)
    assert [(line.source_file, line.reason) for line in left] == [
        ("flights.csv", "open_quote"),
        ("fix.csv", "out_of_range"),
    ]
    assert rows(settings, "flights", '"travelCode", _known_at', "_source_file = 'fix.csv'") == [
        (code, datetime(2020, 1, 1)) for code in (2, 3, 4)
    ]
    assert replay(settings, file=out).up_to_date
    assert new.batch_id is not None
    withdraw(settings, new.batch_id)
    assert len(quarantine.lines(settings)) == 5
    assert accounts_hold(settings)


def test_a_correction_may_hold_any_line_separator_but_a_line_end(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1, agency="Rain\u2028bow\x85", price="?"))
    ingest(settings, folder)
    quarantine.export(settings, tmp_path / "fix.csv")
    text = (tmp_path / "fix.csv").read_bytes().decode()
    (tmp_path / "mended.csv").write_bytes(text.replace(",?,1.5", ",500,1.5").encode())
    assert replay(settings, file=tmp_path / "mended.csv").replayed == 1
    assert rows(settings, "flights", "agency") == [("Rain\u2028bow\x85",)]


def test_an_export_has_one_file_for_each_table_and_shape(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    write(folder / "flights.csv", FLIGHTS, flight(1, price=-1), flight(2, date="x"))
    write(folder / "hotels.csv", HOTELS, hotel(1, days=0))
    ingest(settings, folder)
    done = quarantine.export(settings, tmp_path / "fix.csv")
    assert (done.lines, [path.name for path in done.files]) == (3, ["fix.csv", "fix-2.csv"])
    only = quarantine.export(settings, tmp_path / "days.csv", reason="bad_date")
    assert only.lines == 1
    with pytest.raises(IngestError, match="No such line"):
        quarantine.export(settings, tmp_path / "none.csv", reason="nul_byte")


def test_what_is_no_export_is_refused(settings: Settings, folder: Path, tmp_path: Path) -> None:
    ingest(settings, folder)
    with pytest.raises(IngestError, match="no export"):
        replay(settings, file=folder / "users.csv")


def test_the_summary_counts_by_table_reason_and_file(settings: Settings, folder: Path) -> None:
    write(
        folder / "flights.csv",
        FLIGHTS,
        flight(1, price=-1),
        flight(2, price=-1),
        flight(3, userCode=9),
    )
    write(folder / "flights_2.csv", FLIGHTS, flight(4, price=-1))
    ingest(settings, folder)
    found = [(s.table, s.reason, s.source_file, s.lines) for s in quarantine.summary(settings)]
    assert found == [
        ("flights", "out_of_range", "flights.csv", 2),
        ("flights", "orphan", "flights.csv", 1),
        ("flights", "out_of_range", "flights_2.csv", 1),
    ]
    assert len(quarantine.lines(settings, reason="out_of_range", limit=2)) == 2


MAPPING = """
tables:
  - table: flights
    files: ["reservas*.csv"]
    delimiter: ";"
    encoding: latin-1
    select:
      travelCode: viagem
      userCode: usuario
      from: a.city
      to: b.city
      flightType: CASE classe WHEN 'E' THEN 'economic' WHEN 'P' THEN 'premium' ELSE classe END
      price: replace(replace(valor, '.', ''), ',', '.')
      time: TRY_CAST(minutos AS DOUBLE) / 60
      distance: km
      agency: "'Balcão'"
      date: try_strptime(data, '%d.%m.%Y')
    joins:
      - {file: lookups/airports.csv, as: a, match: a.code = source.origem}
      - {file: lookups/airports.csv, as: b, match: b.code = source.destino}
    where: status <> 'cancelada'
  - table: users
    files: ["reservas*.csv"]
    delimiter: ";"
    encoding: latin-1
    select:
      code: usuario
      company: "'-'"
      name: nome
      gender: "'none'"
      age: "30"
"""
RESERVAS = "viagem;usuario;nome;origem;destino;classe;valor;minutos;km;data;status"


def reserva(code: int, **other: object) -> str:
    row = {
        "usuario": 1, "nome": "José", "origem": "REC", "destino": "NAT", "classe": "E",
        "valor": "1.434,38", "minutos": 90, "km": "250.5", "data": "26.09.2019", "status": "ok",
    } | other  # fmt: skip
    return ";".join(str(value) for value in (code, *row.values()))


def test_a_foreign_file_feeds_two_tables(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    write(folder / "lookups" / "airports.csv", "code,city", "REC,Recife (PE)", "NAT,Natal (RN)")
    write(folder / "tambo_mapping.yml", MAPPING)
    lines = [
        RESERVAS, reserva(1), reserva(2, status="cancelada"), reserva(3, data="31.02.2019"),
        reserva(4, minutos="?"), reserva(5, destino="XXX"), "6;1", reserva(7, classe="P", usuario=2, nome="Ana"),
    ]  # fmt: skip
    write(folder / "reservas.csv", *(f"{line}\n".encode("latin-1") for line in lines))
    report = ingest(settings, folder)
    (users, flights) = report.files
    assert (users.table, users.loaded.records, users.repeat.records) == ("users", 2, 4)
    assert (flights.loaded.records, flights.filtered.records) == (2, 1)
    assert flights.reasons == {"missing_value": 3, "field_count": 1}
    assert users.conserved
    assert flights.conserved
    assert rows(
        settings, "flights", '"travelCode", "from", "to", "flightType", price::VARCHAR, time, agency, _row_number'
    ) == [
        (1, "Recife (PE)", "Natal (RN)", "economic", "1434.3800", 1.5, "Balcão", 1),
        (7, "Recife (PE)", "Natal (RN)", "premium", "1434.3800", 1.5, "Balcão", 7),
    ]  # fmt: skip
    assert rows(settings, "users", "name") == [("Ana",), ("José",)]
    kept = {
        line.record: (line.column, line.raw) for line in quarantine.lines(settings, table="flights")
    }
    assert [kept[record][0] for record in (3, 4, 5, 6)] == ["date", "time", "to", None]
    assert kept[5][1] == (reserva(5, destino="XXX") + "\n").encode("latin-1")
    assert query(settings, "SELECT record FROM lake.audit.filtered") == [(2,)]


def test_one_line_may_give_two_rows_of_a_table(settings: Settings, folder: Path) -> None:
    leg = 'flightType: "\'economic\'", time: "1", distance: "100", agency: "\'x\'"'
    write(
        folder / "tambo_mapping.yml",
        f"""
tables:
  - {{table: flights, files: [trips.csv], select: {{from: a, to: b, price: fare::DOUBLE / 2, date: out, {leg}}}}}
  - {{table: flights, files: [trips.csv], select: {{from: b, to: a, price: fare::DOUBLE / 2, date: back, {leg}}}}}
""",
    )
    write(
        folder / "trips.csv", "travelCode,userCode,a,b,fare,out,back",
        "1,1,Rio,Recife,300,09/26/2019,09/30/2019", "2,1,Rio,Natal,400,09/26/2019,?",
    )  # fmt: skip
    report = ingest(settings, folder)
    assert [f.loaded.records for f in report.files if f.table == "flights"] == [2, 1]
    assert rows(settings, "flights", '"travelCode", "from", price::DOUBLE, "date"::VARCHAR') == [
        (1, "Recife", 150, "2019-09-30"),
        (1, "Rio", 150, "2019-09-26"),
        (2, "Rio", 200, "2019-09-26"),
    ]
    assert accounts_hold(settings)
    assert ingest(settings, folder).up_to_date


def test_a_join_must_not_multiply_lines(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    write(folder / "lookups" / "airports.csv", "code,city", "REC,a", "REC,b", "NAT,c")
    write(folder / "tambo_mapping.yml", MAPPING)
    write(folder / "reservas.csv", RESERVAS, reserva(1))
    with pytest.raises(Exception, match="turn 1 lines of"):
        ingest(settings, folder)


def test_a_mapping_that_names_no_column_of_the_file_is_an_error(
    settings: Settings, folder: Path
) -> None:
    write(
        folder / "tambo_mapping.yml",
        "tables: [{table: users, files: [users.csv], select: {age: alter}}]",
    )
    with pytest.raises(Exception, match=r"does not fit users\.csv"):
        ingest(settings, folder)


def test_a_mapping_that_fails_on_a_value_quarantines_the_file(
    settings: Settings, folder: Path
) -> None:
    write(folder / "users_2.csv", USERS, user(7), user(8, age="old"))
    mapping = "tables: [{table: users, files: [users_2.csv], select: {age: 'age::INTEGER + 1'}}]"
    write(folder / "tambo_mapping.yml", mapping)
    report = ingest(settings, folder)
    (file,) = [file for file in report.files if file.source_file == "users_2.csv"]
    assert (file.status, file.reasons) == ("quarantined", {"mapping_failed": 1})
    assert len(rows(settings, "users")) == 3
