"""Whatever the bytes, the splitter loses none, and the scanner and DuckDB agree with it."""

from __future__ import annotations

import csv
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tambo.ingest import scanner, splitter
from tambo.ingest.checks import PLACEHOLDER
from tambo.ingest.clean import Written, write_clean
from tambo.ingest.splitter import BLANK, CODE, Block, Shape, blocks

SHAPE = Shape(fields=3)
PIECES = st.sampled_from(
    [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"a", b"bc", b" ", b"\t", b"\0", b"\xc3\xa9", b"\xe9",
     b"1,2,3\n", b'x,"y",z\n', b'"p, q\nr",s,t\n', b'u,v,"w\n', b"4,5\n", b"6,7,8,9\n", b"\x01,,\n",
     b"0123456789" * 5]
)  # fmt: skip
DATA = st.lists(PIECES, max_size=40).map(b"".join)


def split(data: bytes, shape: Shape = SHAPE) -> list[Block]:
    return list(blocks(BytesIO(data), shape, position=0, line=1))


def flat(found: list[Block]) -> list[tuple[int, int, int, int]]:
    """Position behind, first line, code and number of each record."""
    rows = []
    for block in found:
        line = block.line + np.concatenate(([0], np.cumsum(block.lines)[:-1]))
        rows += zip(
            (block.position + block.stops).tolist(), line.tolist(), block.codes.tolist(),
            block.numbers.tolist(), strict=True,
        )  # fmt: skip
    return rows


@settings(max_examples=400, deadline=None)
@given(DATA)
def test_every_byte_is_in_one_record_or_blank_line(data: bytes) -> None:
    found = split(data)
    assert b"".join(block.data for block in found) == data
    ends = [row[0] for row in flat(found)]
    assert ends == sorted(set(ends))
    assert (ends or [0])[-1] == len(data)
    numbers = [row[3] for row in flat(found) if row[2] != BLANK]
    assert numbers == list(range(1, len(numbers) + 1))
    for block in found:
        bounds = zip(block.starts.tolist(), block.stops.tolist(), block.lines.tolist(), strict=True)
        for start, stop, lines in bounds:
            piece = block.data[start:stop]
            assert lines == piece.count(b"\n") + (not piece.endswith(b"\n"))


@settings(max_examples=400, deadline=None)
@given(DATA)
def test_good_records_are_what_a_strict_reader_reads(data: bytes) -> None:
    for block in split(data):
        for start, stop, code in zip(block.starts, block.stops, block.codes, strict=True):
            piece = block.data[start:stop]
            if code == BLANK:
                assert piece.strip(b"\r\n") == b""
            elif code == 0:
                rows = (
                    list(csv.reader([piece.decode("utf-8")], strict=True))
                    if (b"\n" not in piece.rstrip(b"\r\n"))
                    else list(
                        csv.reader(piece.decode("utf-8").splitlines(keepends=True), strict=True)
                    )
                )
                assert [len(row) for row in rows] == [SHAPE.fields]
                assert b"\0" not in piece


@settings(max_examples=300, deadline=None)
@given(DATA, st.integers(1, 60))
def test_the_size_of_chunks_changes_nothing(data: bytes, chunk: int) -> None:
    expected = flat(split(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitter, "CHUNK_BYTES", chunk)
        patch.setattr(splitter, "MIN_WINDOW_BYTES", 3)
        assert flat(split(data)) == expected


@settings(max_examples=300, deadline=None)
@given(DATA, st.integers(1, 30))
def test_long_lines_are_set_apart_alike_in_any_chunks(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitter, "MAX_RECORD_BYTES", 30)
        expected = flat(split(data))
        patch.setattr(splitter, "CHUNK_BYTES", chunk)
        patch.setattr(splitter, "MIN_WINDOW_BYTES", 3)
        assert flat(split(data)) == expected
    long = [code for _, _, code, _ in expected if code == CODE["line_too_long"]]
    assert len(long) <= data.count(b"\n") + 1


@settings(max_examples=400, deadline=None)
@given(DATA, st.integers(1, 100), st.booleans())
def test_the_scanner_agrees(data: bytes, chunk: int, marked: bool) -> None:
    head = (b"\xef\xbb\xbf" if marked else b"") + b"a,b,c\n"
    found = list(blocks(BytesIO(data), SHAPE, position=len(head), line=2))
    account = account_of(head + data, found, chunk)
    assert account.total() == len(head) + len(data)
    assert account.bytes[scanner.HEADER] == 6
    codes = np.concatenate([block.codes for block in found] or [np.zeros(0, np.uint8)])
    assert account.records[scanner.LOADED] == np.count_nonzero(codes == 0)
    assert account.records[scanner.QUARANTINED] == np.count_nonzero((codes > 0) & (codes < BLANK))
    assert account.lines[scanner.BLANK] == np.count_nonzero(codes == BLANK)


def account_of(data: bytes, found: list[Block], chunk: int) -> scanner.Account:
    """The scanner's account of a file whose good records are loaded, the others quarantined."""
    rows = flat(found)
    starts = [*(block.position for block in found[:1]), *(row[0] for row in rows[:-1])]
    lines = np.concatenate([block.lines for block in found] or [np.zeros(0, np.int64)])
    classes = np.zeros(1 + sum(block.records for block in found), np.uint8)
    bad = []
    for (stop, line, code, number), start, count in zip(rows, starts, lines.tolist(), strict=True):
        if code == BLANK:
            continue
        classes[number] = scanner.LOADED if code == 0 else scanner.QUARANTINED
        if code:
            bad.append((number, line, count, start, stop - start))
    claims = np.array(bad, np.int64).reshape(len(bad), 5).T
    source = BytesIO(data)
    return scanner.scan(
        lambda size: source.read(min(size, chunk)), classes, scanner.Claims(*claims)
    )


@settings(max_examples=150, deadline=None)
@given(DATA, st.data())
def test_the_scanner_notices_a_wrong_account(data: bytes, draw: st.DataObject) -> None:
    head = b"a,b,c\n"
    found = list(blocks(BytesIO(head + data + b"1,2,3\n"), SHAPE, position=0, line=1))
    rows = [row for row in flat(found) if row[2] != BLANK]
    classes = np.array([0, *(1 if row[2] == 0 else 3 for row in rows[1:])], np.uint8)
    wrong = draw.draw(st.integers(1, len(classes) - 1))
    lost = np.delete(classes, wrong)
    source = BytesIO(head + data + b"1,2,3\n")
    none = scanner.Claims(*np.zeros((5, 0), np.int64))
    with pytest.raises(scanner.MismatchError):
        scanner.scan(source.read, lost, none)


connection = duckdb.connect()


@settings(max_examples=150, deadline=None)
@given(DATA)
def test_duckdb_reads_the_clean_copy_as_it_was_split(data: bytes) -> None:
    out, seen = BytesIO(), Written(Path("unused"))
    found = split(data)
    for block in found:
        write_clean(out, block, SHAPE, "utf-8", seen)
    rows = read(out.getvalue())
    assert len(rows) == seen.records == sum(block.records for block in found)
    good = [row for row in rows if row[0] != PLACEHOLDER.decode()]
    expected = []
    for block in found:
        for start, stop, code in zip(block.starts, block.stops, block.codes, strict=True):
            if code == 0:
                text = block.data[start:stop].decode("utf-8")
                # newline="" keeps line ends inside quotes as they are.
                (fields,) = csv.reader(text.splitlines(keepends=True) if '"' in text else [text])
                expected.append(tuple(field or None for field in fields))
    assert good == expected


def read(clean: bytes) -> list[tuple[str | None, ...]]:
    if not clean:
        return []
    with NamedTemporaryFile(suffix=".csv") as file:
        file.write(clean)
        file.flush()
        return connection.execute(
            f"SELECT * FROM read_csv('{file.name}', auto_detect = false, header = false, columns = "
            "{'a': 'VARCHAR', 'b': 'VARCHAR', 'c': 'VARCHAR'}, delim = ',', quote = '\"', "
            "escape = '\"', new_line = '\\n', strict_mode = true, parallel = false)"
        ).fetchall()
