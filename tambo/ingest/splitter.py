"""Cuts a file's bytes into records, 16 MB at a time, and sets apart what DuckDB must not see.

One record is what a strict CSV reader takes as one: a quote opens only at the start of a field and
closes only before a delimiter or a line end; between them line ends are text. Where quotes do not
fit, the first physical line is set apart and reading starts again on the next one, so that an open
quote never swallows the good lines below it. Everything is counted on numpy arrays of byte
positions; no line is touched one by one unless it is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tambo.ingest.reasons import SHAPE_CODES

CHUNK_BYTES = 16 << 20
MAX_RECORD_BYTES = 1 << 20
MIN_WINDOW_BYTES = 4 << 10

BLANK = 255
"""Code of a blank line, which is no record."""

CODE = {name: number for number, name in enumerate(SHAPE_CODES)}
LF, CR, QUOTE, TAB = 10, 13, 34, 9

Positions = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


class Source(Protocol):
    """What the splitter reads from: a binary stream that stands at the first byte to split."""

    def read(self, size: int, /) -> bytes:
        """Read at most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Shape:
    """How the records of a file look.

    Attributes:
        fields: number of fields of a record.
        delimiter: one byte.
        utf8: whether bytes must be UTF-8 (a mapping may name a one-byte encoding instead).
    """

    fields: int
    delimiter: bytes = b","
    utf8: bool = True


@dataclass(frozen=True)
class Block:
    """Consecutive whole records of a file.

    Attributes:
        data: their bytes; empty for one line over the limit, whose bytes are not kept.
        position: byte position of the first in the file.
        record: number that the first one has, if it is no blank line; counts from 1.
        line: physical line on which the first one begins; counts from 1.
        stops: where each ends, behind its line end, relative to `position`.
        lines: physical lines of each.
        codes: 0 good, BLANK, or the number of a reason in SHAPE_CODES.
    """

    data: bytes
    position: int
    record: int
    line: int
    stops: Positions
    lines: Positions
    codes: Codes

    @property
    def starts(self) -> Positions:
        """Where each record begins, relative to `position`."""
        return np.concatenate((np.zeros(1, np.int64), self.stops[:-1]))

    @property
    def numbers(self) -> Positions:
        """Record number of each; a blank line has that of the record before it."""
        return self.record - 1 + np.cumsum(self.codes != BLANK)

    @property
    def records(self) -> int:
        """How many of them are records."""
        return int(np.count_nonzero(self.codes != BLANK))


@dataclass(frozen=True)
class _Cut:
    """What one look at a buffer found: good and marked records, and where it must start again."""

    stops: Positions
    lines: Positions
    codes: Codes
    broken: bool = False  # whether the quotes of the record behind the last stop do not fit

    @property
    def starts(self) -> Positions:
        return np.concatenate((np.zeros(1, np.int64), self.stops[:-1]))


def blocks(source: Source, shape: Shape, *, position: int, line: int) -> Iterator[Block]:
    """Split a stream into blocks of records; every byte of it is in exactly one block.

    Args:
        source: stands behind the header.
        shape: of the records.
        position: byte position in the file at which the stream stands.
        line: physical line on which it stands.

    Yields:
        Blocks in order; at most about CHUNK_BYTES + MAX_RECORD_BYTES are held.
    """
    buffer, record = b"", 1
    while True:
        data = _fill(source)
        buffer += data
        consumed = 0
        for cut, start, stop in _cuts(buffer, shape, at_end=not data):
            held = buffer[start:stop]
            block = Block(held, position, record, line, cut.stops, cut.lines, cut.codes)
            yield block
            record += block.records
            line += int(cut.lines.sum())
            position += stop - start
            consumed = stop
        buffer = buffer[consumed:]
        if not data:
            return
        if len(buffer) > MAX_RECORD_BYTES:
            block, buffer = _huge_line(source, buffer, position, record, line)
            yield block
            record, line, position = record + 1, line + 1, position + int(block.stops[0])


def _fill(source: Source) -> bytes:
    """Read a whole chunk, however little the stream gives at a time."""
    parts: list[bytes] = []
    missing = CHUNK_BYTES
    while missing and (part := source.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _huge_line(
    source: Source, buffer: bytes, position: int, record: int, line: int
) -> tuple[Block, bytes]:
    """Pass over a line that is over the limit, keeping only its length."""
    length = 0
    while (end := buffer.find(b"\n")) < 0:
        length += len(buffer)
        buffer = _fill(source)
        if not buffer:
            break
    else:
        length, buffer = length + end + 1, buffer[end + 1 :]
    block = Block(
        b"", position, record, line, np.array([length]), np.ones(1, np.int64),
        np.array([CODE["line_too_long"]], np.uint8),
    )  # fmt: skip
    return block, buffer


def _cuts(buffer: bytes, shape: Shape, *, at_end: bool) -> Iterator[tuple[_Cut, int, int]]:
    """Cut a buffer into pieces; the rest behind the last piece waits for more bytes."""
    start, window = 0, len(buffer)
    while start < len(buffer):
        stop = min(start + window, len(buffer))
        last = at_end and stop == len(buffer)
        part = buffer[start:stop]
        cut = _look(part, shape, at_end=last)
        if len(cut.stops):
            good = int(cut.stops[-1])
            yield cut, start, start + good
            start, part = start + good, part[good:]
        broken = cut.broken
        if not broken and not len(cut.stops):
            if stop < len(buffer):  # no record ends within the window: look further
                window *= 2
                continue
            if len(part) <= MAX_RECORD_BYTES or b"\n" not in part:
                return
            broken = True
        if broken:
            end = part.find(b"\n") + 1 or len(part)
            yield _one_line(end, _quote_fault(part[:end], shape)), start, start + end
            start += end
            window = max(window // 2, MIN_WINDOW_BYTES)
        else:
            window = min(window * 2, CHUNK_BYTES)


def _quote_fault(line: bytes, shape: Shape) -> int:
    """Why the quotes of one physical line do not fit: one is left open, or stands in a value."""
    if len(line) > MAX_RECORD_BYTES:
        return CODE["line_too_long"]
    delimiter = re.escape(shape.delimiter)
    whole = rb'(?:"(?:[^"]|"")*+"|[^"%b]*+)%b' % (delimiter, delimiter)
    last = re.sub(rb"\A(?:%b)*+" % whole, b"", line.rstrip(b"\r\n"), count=1)
    return CODE["open_quote" if re.fullmatch(rb'"(?:[^"]|"")*+', last) else "bad_quote"]


def _one_line(length: int, code: int) -> _Cut:
    return _Cut(np.array([length]), np.ones(1, np.int64), np.array([code], np.uint8))


def _look(part: bytes, shape: Shape, *, at_end: bool) -> _Cut:
    """Find the records of a buffer that begins with one, up to the first whose quotes break."""
    octets = np.frombuffer(part, np.uint8)
    ends = np.flatnonzero(octets == LF) + 1
    if at_end and part and octets[-1] != LF:
        ends = np.append(ends, len(part))
    quotes = np.flatnonzero(octets == QUOTE) if QUOTE in part else np.empty(0, np.int64)
    outside = np.searchsorted(quotes, ends) & 1 == 0 if len(quotes) else slice(None)
    stops: Positions = ends[outside]
    broken = at_end and len(ends) > 0 and not _reaches(stops, len(part))
    if len(quotes):
        wrong = _first_bad_quote(octets, quotes, stops, shape)
        if wrong is not None:
            record = int(np.searchsorted(stops, wrong, side="right"))
            broken = True
            stops = stops[:record]
    if len(stops) == len(ends):
        lines = np.ones(len(stops), np.int64)
    else:
        lines = np.diff(np.searchsorted(ends, stops, side="right"), prepend=0)
    return _coded(part, _Cut(stops, lines, np.zeros(len(stops), np.uint8), broken), quotes, shape)


def _reaches(stops: Positions, length: int) -> bool:
    return bool(len(stops)) and int(stops[-1]) == length


def _first_bad_quote(
    octets: npt.NDArray[np.uint8], quotes: Positions, stops: Positions, shape: Shape
) -> int | None:
    """Position of the first quote that neither opens nor closes a field nor is doubled."""
    limit = int(stops[-1]) if len(stops) else 0
    quotes = quotes[quotes < limit]
    opening, closing = quotes[0::2], quotes[1::2]
    delimiter = shape.delimiter[0]
    before = octets[np.maximum(opening - 1, 0)]
    doubled = np.zeros(len(opening), bool)
    doubled[1:] = opening[1:] == closing[:-1] + 1
    opens = (opening == 0) | (before == delimiter) | (before == LF) | doubled
    following = closing + 1
    after = np.where(following < len(octets), octets[np.minimum(following, len(octets) - 1)], LF)
    carriage = (after == CR) & np.isin(following + 2, stops)
    closes = (after == delimiter) | (after == LF) | carriage
    closes[:-1] |= doubled[1:]
    bad = np.concatenate((opening[~opens], closing[~closes]))
    return int(bad.min()) if len(bad) else None


def _coded(part: bytes, cut: _Cut, quotes: Positions, shape: Shape) -> _Cut:
    """Mark wrong field counts, forbidden bytes and blank lines."""
    if not len(cut.stops):
        return cut
    octets = np.frombuffer(part, np.uint8, count=int(cut.stops[-1]))
    _mark_field_counts(cut, octets, quotes, shape)
    _mark_long(cut)
    cut = _without_swallowed(cut)
    if not len(cut.stops):
        return cut
    octets = octets[: int(cut.stops[-1])]
    if shape.utf8 and not part.isascii():
        _mark_not_utf8(cut, part, octets)
    _mark_control_characters(cut, octets)
    _mark_long(cut)
    _mark_blank(cut, octets)
    return cut


def _mark_long(cut: _Cut) -> None:
    cut.codes[cut.stops - cut.starts > MAX_RECORD_BYTES] = CODE["line_too_long"]


def _without_swallowed(cut: _Cut) -> _Cut:
    """Stop before a record of several lines of the wrong shape: its quote was never closed."""
    swallowed = np.flatnonzero((cut.lines > 1) & (cut.codes != 0))
    if not len(swallowed):
        return cut
    first = int(swallowed[0])
    return _Cut(cut.stops[:first], cut.lines[:first], cut.codes[:first], broken=True)


def _mark_blank(cut: _Cut, octets: npt.NDArray[np.uint8]) -> None:
    starts = cut.starts
    lengths = cut.stops - starts
    if int(lengths.min()) > 2:
        return
    first = octets[starts]
    blank = (lengths == 1) & (first == LF)
    second = octets[np.minimum(starts + 1, len(octets) - 1)]
    blank |= (lengths == 2) & (first == CR) & (second == LF)
    cut.codes[blank] = BLANK


def _mark_field_counts(
    cut: _Cut, octets: npt.NDArray[np.uint8], quotes: Positions, shape: Shape
) -> None:
    wanted, stops = shape.fields - 1, cut.stops
    found = np.flatnonzero(octets == shape.delimiter[0])
    if len(quotes):
        found = found[np.searchsorted(quotes, found) & 1 == 0]
    if len(found) == len(stops) * wanted:
        if not wanted:
            return
        # As many as there must be: they are right if each record holds its own.
        grid = found.reshape(len(stops), wanted)
        if bool((grid[:, 0] >= cut.starts).all() and (grid[:, -1] < stops).all()):
            return
    owner = np.searchsorted(stops, found, side="right")
    cut.codes[np.bincount(owner, minlength=len(stops)) != wanted] = CODE["field_count"]


def _mark_not_utf8(cut: _Cut, part: bytes, octets: npt.NDArray[np.uint8]) -> None:
    if _is_utf8(part[: len(octets)]):
        return
    high = np.unique(np.searchsorted(cut.stops, np.flatnonzero(octets > 127), side="right"))
    starts = cut.starts
    for record in high.tolist():
        if not _is_utf8(part[int(starts[record]) : int(cut.stops[record])]):
            cut.codes[record] = CODE["not_utf8"]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mark_control_characters(cut: _Cut, octets: npt.NDArray[np.uint8]) -> None:
    control = octets < 32
    line_ends = int(cut.lines.sum()) - (octets[-1] != LF)
    if np.count_nonzero(control) == line_ends:
        return
    at = np.flatnonzero(control)
    kinds = octets[at]
    following = octets[np.minimum(at + 1, len(octets) - 1)]
    fine = (kinds == LF) | (kinds == TAB) | ((kinds == CR) & (following == LF))
    at, kinds = at[~fine], kinds[~fine]
    owner = np.searchsorted(cut.stops, at, side="right")
    cut.codes[owner] = CODE["control_character"]
    cut.codes[owner[kinds == CR]] = CODE["lone_carriage_return"]
    cut.codes[owner[kinds == 0]] = CODE["nul_byte"]
