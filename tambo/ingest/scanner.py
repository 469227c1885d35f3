"""Accounts for every byte of a file, by itself: it shares no code with the loader.

The loader splits records by strict quoting; this scanner knows physical lines only. A line with an
odd number of quotes opens or closes a record; lines of quarantined records are told by number and
are compared byte by byte position; everything else follows by counting. Where the two disagree the
file is not loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

LOADED, REPEAT, QUARANTINED, FILTERED = 1, 2, 3, 4
CLASSES = {"loaded": LOADED, "repeat": REPEAT, "quarantined": QUARANTINED, "filtered": FILTERED}
HEADER, BLANK = 5, 6
SCAN_BYTES = 8 << 20

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class MismatchError(Exception):
    """The loader's account of a file is not what the file holds."""


@dataclass(frozen=True)
class Claims:
    """What the loader says of quarantined records, by record number ascending.

    Attributes:
        record: record numbers.
        line: first physical line of each, counting from 1.
        lines: physical lines of each.
        position: byte position of each.
        length: bytes of each.
    """

    record: Ints
    line: Ints
    lines: Ints
    position: Ints
    length: Ints


@dataclass
class Account:
    """Where the bytes, physical lines and records of a file went, by class."""

    bom: int = 0
    bytes: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 7), 0))
    lines: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 7), 0))
    records: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(1, 5), 0))

    def total(self) -> int:
        """All bytes."""
        return self.bom + sum(self.bytes.values())


def scan(read: Callable[[int], bytes], classes: npt.NDArray[np.uint8], claims: Claims) -> Account:
    """Account for a file that has a header.

    Args:
        read: gives the next bytes, none at the end.
        classes: class of each record by its number; entry 0 is unused.
        claims: of its quarantined records.

    Raises:
        MismatchError: a byte belongs to no class, or to two.
    """
    scanner = _Scanner(classes, claims)
    for lines in _physical_lines(read, scanner.account):
        scanner.add(lines)
    scanner.finish()
    return scanner.account


def scan_whole(read: Callable[[int], bytes]) -> Account:
    """Account for a file that is quarantined as a whole: all of it behind the mark."""
    account = Account()
    for lines in _physical_lines(read, account):
        account.bytes[QUARANTINED] += int(lines.lengths.sum())
        account.lines[QUARANTINED] += len(lines.lengths)
    account.records[QUARANTINED] = 1
    return account


@dataclass(frozen=True)
class _Lines:
    """Consecutive physical lines: positions, lengths, odd quote counts, nothing but a line end."""

    positions: Ints
    lengths: Ints
    odd: Flags
    empty: Flags


def _physical_lines(read: Callable[[int], bytes], account: Account) -> _LineIterator:
    return _LineIterator(read, account)


class _LineIterator:
    """Physical lines of a stream, a chunk at a time; a line may be longer than a chunk."""

    def __init__(self, read: Callable[[int], bytes], account: Account) -> None:
        self._read = read
        self._account = account
        self._position = 0  # of the line that has begun
        self._length = 0  # of what is known of it
        self._quotes = 0  # in what is known of it
        self._last = 0  # byte before the next chunk

    def __iter__(self) -> _LineIterator:
        return self

    def __next__(self) -> _Lines:
        while chunk := self._read(SCAN_BYTES):
            data = chunk
            if not self._position and not self._length and not self._account.bom:
                data = self._without_mark(chunk)
            lines = self._cut(data)
            if len(lines.lengths):
                return lines
        if not self._length:
            raise StopIteration
        last = _Lines(
            np.array([self._position]),
            np.array([self._length]),
            np.array([self._quotes % 2 == 1]),
            np.array([False]),
        )
        self._position, self._length = self._position + self._length, 0
        return last

    def _without_mark(self, chunk: bytes) -> bytes:
        while len(chunk) < 3 and (more := self._read(SCAN_BYTES)):
            chunk += more
        if chunk[:3] == b"\xef\xbb\xbf":
            self._account.bom = self._position = 3
            return chunk[3:]
        return chunk

    def _cut(self, chunk: bytes) -> _Lines:
        data = np.frombuffer(chunk, np.uint8)
        ends = (data == 0x0A).nonzero()[0]
        counts = np.zeros(len(ends), np.int64)
        total = chunk.count(b'"')
        if total:
            counts = np.searchsorted((data == 0x22).nonzero()[0], ends)
        per_line = np.diff(counts, prepend=0)
        lengths = np.diff(ends, prepend=-1)
        if not len(ends):
            self._length += len(chunk)
            self._quotes += total
            self._last = chunk[-1] if chunk else self._last
            return _Lines(ends, lengths, np.zeros(0, bool), np.zeros(0, bool))
        per_line[0] += self._quotes
        lengths[0] += self._length
        before = data[ends - 1]
        if ends[0] == 0:
            before[0] = self._last
        empty = (lengths == 1) | ((lengths == 2) & (before == 0x0D))
        positions = self._position + np.concatenate((np.zeros(1, np.int64), lengths.cumsum()))
        self._position = int(positions[-1])
        self._length = len(chunk) - int(ends[-1]) - 1
        self._quotes = total - int(counts[-1])
        self._last = chunk[-1]
        return _Lines(positions[:-1], lengths, per_line % 2 == 1, empty)


class _Scanner:
    def __init__(self, classes: npt.NDArray[np.uint8], claims: Claims) -> None:
        self.account = Account()
        self._classes = classes
        self._claims = claims
        self._ends = claims.line + claims.lines
        self._claimed = np.zeros(len(claims.record), np.int64)
        self._line = 1
        self._record = 0
        self._open = False
        self._header = False

    def add(self, lines: _Lines) -> None:
        """Account for some more lines."""
        if not self._header:
            lines = self._take_header(lines)
        if not len(lines.lengths):
            return
        numbers = self._line + np.arange(len(lines.lengths))
        self._line += len(numbers)
        begun = np.searchsorted(self._claims.line, numbers, side="right")
        inside = begun > np.searchsorted(self._ends, numbers, side="right")
        first = inside & np.isin(numbers, self._claims.line)
        parity = np.cumsum(lines.odd & ~inside) + self._open
        opened = np.concatenate(([self._open], parity[:-1] % 2 == 1))
        self._open = bool(parity[-1] % 2)
        blank = lines.empty & ~inside & ~opened
        starts = first | ~(inside | opened | blank)
        records = self._record + np.cumsum(starts)
        self._record = int(records[-1])
        if (first & opened).any():
            raise MismatchError("a quarantined record begins inside another record")
        self._check_claims(lines, begun - 1, inside, first, records)
        self._count(lines, blank, inside, starts, records)

    def _take_header(self, lines: _Lines) -> _Lines:
        filled = np.flatnonzero(~lines.empty)
        head = int(filled[0]) if len(filled) else len(lines.lengths)
        self._tally(BLANK, int(lines.lengths[:head].sum()), head)
        self._line += head
        if len(filled):
            self._header = True
            self._tally(HEADER, int(lines.lengths[head]), 1)
            self._line += 1
            head += 1
        return _Lines(
            lines.positions[head:], lines.lengths[head:], lines.odd[head:], lines.empty[head:]
        )

    def _check_claims(
        self, lines: _Lines, claim: Ints, inside: Flags, first: Flags, records: Ints
    ) -> None:
        if not inside.any():
            return
        np.add.at(self._claimed, claim[inside], lines.lengths[inside])
        begins = claim[first]
        wrong = (self._claims.record[begins] != records[first]) | (
            self._claims.position[begins] != lines.positions[first]
        )
        if wrong.any():
            record = int(self._claims.record[begins][wrong][0])
            raise MismatchError(f"quarantined record {record} is not where it is said to be")

    def _count(
        self, lines: _Lines, blank: Flags, inside: Flags, starts: Flags, records: Ints
    ) -> None:
        if self._record >= len(self._classes):
            raise MismatchError(
                f"the file holds more than the {len(self._classes) - 1} records accounted for"
            )
        kinds = self._classes[records]
        kinds[blank] = BLANK
        if ((kinds == QUARANTINED) != inside).any():
            raise MismatchError("a record's class and its quarantined lines differ")
        size = np.bincount(kinds, weights=lines.lengths, minlength=7)
        count = np.bincount(kinds, minlength=7)
        record = np.bincount(kinds[starts], minlength=7)
        for kind in (*CLASSES.values(), BLANK):
            self._tally(kind, int(size[kind]), int(count[kind]), int(record[kind]))
        if count[0]:
            raise MismatchError(f"{int(count[0])} lines belong to no class")

    def _tally(self, kind: int, size: int, lines: int, records: int = 0) -> None:
        self.account.bytes[kind] += size
        self.account.lines[kind] += lines
        if kind in self.account.records:
            self.account.records[kind] += records

    def finish(self) -> None:
        """Check what only the end of the file shows."""
        if self._open:
            raise MismatchError("a quote is open at the end of the file")
        if self._record != len(self._classes) - 1:
            raise MismatchError(
                f"{len(self._classes) - 1} records are accounted for, the file has {self._record}"
            )
        short = np.flatnonzero(self._claimed != self._claims.length)
        if len(short):
            record = int(self._claims.record[short[0]])
            raise MismatchError(f"quarantined record {record} has another length")
