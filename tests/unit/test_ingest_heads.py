"""The head of a file says which table it is for, or what is wrong with it."""

from __future__ import annotations

from io import BytesIO

import pytest

from tambo.ingest.claims import all_contracts, claim
from tambo.ingest.header import Head, read_head
from tambo.settings import Settings

USERS = "code,company,name,gender,age"
FLIGHTS = "travelCode,userCode,from,to,flightType,price,time,distance,agency,date"


def head_of(data: bytes, delimiter: str = ",") -> Head:
    return read_head(BytesIO(data), delimiter)[0]


def claimed(name: str, header: str) -> tuple[str, str | None] | None:
    found = claim(all_contracts(Settings()), name, head_of(f"{header}\n1\n".encode()))
    if found is None:
        return None
    return found.table.name, found.problem.reason if found.problem else None


def test_the_source_stands_behind_the_header() -> None:
    data = b'\xef\xbb\xbf\r\n\n a ,"b,c",d\r\n1,2,3\n'
    head, source = read_head(BytesIO(data))
    assert head.columns == ("a", "b,c", "d")
    assert (head.bom, head.blank, head.blank_lines, head.header) == (3, 3, 2, 13)
    assert source.read(100) == b"1,2,3\n"
    assert head.position == len(data) - 6


def test_a_header_alone_needs_no_line_end() -> None:
    assert head_of(b"a,b").columns == ("a", "b")


def test_a_header_without_end_is_no_header() -> None:
    problem = head_of(b"x" * (3 << 20)).problem
    assert problem is not None
    assert problem.reason == "unreadable_header"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_seen(encoding: str) -> None:
    problem = head_of("código,b\n1,2\n".encode(encoding)).problem
    assert problem is not None
    assert problem.reason == "utf16"


@pytest.mark.parametrize(
    ("name", "header", "expected"),
    [
        ("users.csv", USERS, ("users", None)),
        ("whatever.csv", USERS, ("users", None)),
        ("users.csv", FLIGHTS, ("flights", None)),
        ("flights.csv", FLIGHTS + ",booked_at,withdrawn", ("flights", None)),
        ("flights.csv", FLIGHTS + ",seat", ("flights", "extra_column")),
        ("flights.csv", FLIGHTS.replace("date", "day"), ("flights", "missing_column")),
        ("flights.csv", FLIGHTS.upper(), ("flights", "missing_column")),
        ("flights.csv", FLIGHTS.replace(",", ";"), ("flights", "wrong_delimiter")),
        ("export.csv", FLIGHTS.replace(",", "|"), ("flights", "wrong_delimiter")),
        ("flights.csv", "row", None),
        ("flights.csv", "", ("flights", "empty_file")),
        ("export.csv", "a,b,c", None),
        ("export.csv", "", None),
    ],
)
def test_a_file_is_claimed_by_its_columns_and_then_by_its_name(
    name: str, header: str, expected: tuple[str, str | None] | None
) -> None:
    if header:
        assert claimed(name, header) == expected
    else:
        found = claim(all_contracts(Settings()), name, head_of(b""))
        assert (found and (found.table.name, found.problem and found.problem.reason)) == expected
