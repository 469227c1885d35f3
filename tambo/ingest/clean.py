"""Writes the copy of a file that DuckDB reads: UTF-8, LF, every record of the right shape.

Header and blank lines are left out; a record that the splitter set apart is replaced by a
placeholder, so that the n-th row DuckDB reads is the n-th record of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tambo.ingest.checks import PLACEHOLDER
from tambo.ingest.splitter import BLANK, CR, LF, QUOTE, Block, Shape


@dataclass
class Written:
    """A clean copy, and what it holds.

    Attributes:
        path: of the copy.
        first: number of its first record.
        records: how many it holds.
        bytes: its size.
        multiline: whether a record spans lines.
    """

    path: Path
    first: int = 1
    records: int = 0
    bytes: int = 0
    multiline: bool = False


def write_clean(out: BinaryIO, block: Block, shape: Shape, encoding: str, seen: Written) -> None:
    """Append one block to a clean copy.

    Args:
        out: the copy.
        block: records.
        shape: of the records.
        encoding: of the bytes; anything but UTF-8 is recoded.
        seen: counts, updated.
    """
    for piece in _pieces(block, shape):
        data = piece if encoding == "utf-8" else piece.decode(encoding).encode("utf-8")
        out.write(data)
        seen.bytes += len(data)
    seen.records += block.records
    seen.multiline = seen.multiline or bool((block.lines > 1).any())


def _pieces(block: Block, shape: Shape) -> Iterator[bytes]:
    """Runs of good records, and placeholders between them."""
    placeholder = PLACEHOLDER + shape.delimiter * (shape.fields - 1) + b"\n"
    odd = np.flatnonzero(block.codes)
    starts, at = block.starts, 0
    for index in odd.tolist():
        if index > at:
            yield _run(block, int(starts[at]), int(starts[index]), at, index)
        if block.codes[index] != BLANK:
            yield placeholder
        at = index + 1
    if at < len(block.stops):
        yield _run(block, int(starts[at]), int(block.stops[-1]), at, len(block.stops))


def _run(block: Block, start: int, stop: int, first: int, last: int) -> bytes:
    """Bytes of consecutive good records, each ending with LF alone."""
    data = block.data if stop - start == len(block.data) else block.data[start:stop]
    if CR in data:
        data = _without_carriages(data, block.stops[first:last] - start)
    return data if data[-1] == LF else data + b"\n"


def _without_carriages(data: bytes, stops: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bytes:
    """Take out the carriage return before each record's line end, and no other."""
    if QUOTE not in data:
        return data.replace(b"\r\n", b"\n")
    octets = np.frombuffer(data, np.uint8)
    before = stops[stops >= 2] - 2
    ended = before[(octets[before] == CR) & (octets[before + 1] == LF)]
    return np.delete(octets, ended).tobytes()
