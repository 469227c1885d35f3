"""Reads the head of a file: byte-order mark, blank lines, and the line that names the columns."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from io import BytesIO

from tambo.ingest.splitter import MAX_RECORD_BYTES, Source

BOM = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a bar", ":": "a colon"}


@dataclass(frozen=True)
class Problem:
    """Why a whole file is quarantined: reason code, and the column and value it names."""

    reason: str
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Head:
    """The head of a file.

    Attributes:
        columns: names in the header, stripped of blanks around them.
        bom: bytes of the byte-order mark (0 or 3).
        blank: bytes of blank lines before the header.
        blank_lines: how many of them.
        header: bytes of the header line with its line end.
        delimiter: that the columns were split by.
        line: the header's text.
        problem: why there is no header, or why it cannot be used.
    """

    columns: tuple[str, ...] = ()
    bom: int = 0
    blank: int = 0
    blank_lines: int = 0
    header: int = 0
    delimiter: str = ","
    line: str = ""
    problem: Problem | None = None

    @property
    def position(self) -> int:
        """Byte position of the first byte behind the header."""
        return self.bom + self.blank + self.header


class Pushback:
    """A source whose first bytes were read already and are given again."""

    def __init__(self, prefix: bytes, source: Source) -> None:
        self._prefix = BytesIO(prefix)
        self._source = source

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes; none at the end."""
        return self._prefix.read(size) or self._source.read(size)


def read_head(
    source: Source, delimiter: str = ",", encoding: str = "utf-8"
) -> tuple[Head, Pushback]:
    """Read a file's head.

    Args:
        source: stands at the first byte.
        delimiter: between column names.
        encoding: of the header's text.

    Returns:
        The head, and the source standing at the first byte behind it.
    """
    start = _read(source, MAX_RECORD_BYTES + 1)
    head = _look(start, delimiter, encoding)
    return head, Pushback(start[head.position :], source)


def _read(source: Source, size: int) -> bytes:
    parts = []
    while size and (part := source.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _look(start: bytes, delimiter: str, encoding: str) -> Head:
    if not start:
        return Head(problem=Problem("empty_file"))
    if _is_utf16(start):
        return Head(problem=Problem("utf16"), line=_text(start[:4096], "utf-16"))
    bom = len(BOM) if start.startswith(BOM) else 0
    at, blank_lines = bom, 0
    while start[at : at + 1] == b"\n" or start[at : at + 2] == b"\r\n":
        at = start.index(b"\n", at) + 1
        blank_lines += 1
    if at == len(start):
        return Head(bom=bom, problem=Problem("empty_file"))
    end = start.find(b"\n", at) + 1 or len(start)
    head = Head(
        bom=bom, blank=at - bom, blank_lines=blank_lines, header=end - at, delimiter=delimiter
    )
    return _with_columns(head, start[at:end], encoding)


def _with_columns(head: Head, line: bytes, encoding: str) -> Head:
    body = line.removesuffix(b"\n").removesuffix(b"\r")
    if len(line) > MAX_RECORD_BYTES:
        problem = Problem("unreadable_header", value="a line of more than 1 MB")
        return replace(head, problem=problem, header=0)
    if b"\r" in body:
        return replace(head, problem=Problem("carriage_returns"), line=_text(body, encoding))
    try:
        text = body.decode(encoding)
        columns = next(csv.reader([text], delimiter=head.delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        problem = Problem("unreadable_header", value=_text(body[:200], encoding))
        return replace(head, problem=problem, line=_text(body, encoding))
    names = tuple(name.strip() for name in columns)
    head = replace(head, columns=names, line=text)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return replace(head, problem=Problem("duplicate_column", column=twice[0]))
    return head


def _text(data: bytes, encoding: str) -> str:
    return data.decode(encoding, errors="replace")


def _is_utf16(start: bytes) -> bool:
    """Whether it has a UTF-16 mark, or every second byte of its beginning is NUL."""
    if start.startswith(UTF16_MARKS):
        return True
    sample = start[:4096]
    half = len(sample) // 2
    if half < 2:
        return False
    return max(sample[0::2].count(0), sample[1::2].count(0)) > half * 0.7
