"""Lines broken on purpose and written down: which, and by what kind a domain chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Draws, Flags, Ids, Ints

Fields = list[bytes]
Breaker = Callable[[str, Fields, int], tuple[Fields, str]]
"""Breaks the fields of a table's line, given any whole number; says which column is wrong."""
Kinds = Mapping[str, tuple[Breaker, tuple[str, ...]]]
"""What can be wrong, how it is done, and in which tables."""

DUPLICATE = "duplicate_key"
"""The kind that leaves the line as it is and adds another of its key below it."""
RESENT_SHARE = 0.5


@dataclass(frozen=True)
class Dirt:
    """One broken line.

    Args:
        index: position in the lines handed back.
        kind: what is wrong.
        column: the column concerned, "" if it is the line as a whole.
        clean: position, among the clean lines, of the line it was made of.
        resent: whether the clean line is sent again in a later file.
    """

    index: int
    kind: str
    column: str
    clean: int
    resent: bool


def missing_field(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    """Only the first two or three fields."""
    return fields[: 2 + pick % 2], ""


def extra_field(table: str, fields: Fields, pick: int) -> tuple[Fields, str]:
    """One field more."""
    return [*fields, b"?"], ""


def soil(
    draws: Draws,
    table: str,
    of: Ids,
    clean: list[bytes],
    allowed: Flags,
    *,
    kinds: Kinds,
    share: float,
    resend: float = RESENT_SHARE,
) -> tuple[list[bytes], list[Dirt]]:
    """Break a share of the lines.

    Args:
        draws: the world's random numbers.
        table: whose lines.
        of: id of each line.
        clean: the lines; no field holds a comma or a quote.
        allowed: which lines may be broken.
        kinds: what can be wrong; a table with which nothing can be is left alone.
        share: chance of each of these to be broken.
        resend: chance of a broken line to be sent again, clean.

    Returns:
        The lines, some broken; a doubled key adds a second line below the first, and both are
        written down. And what was broken, in order.
    """
    chosen = [kind for kind, (_, tables) in kinds.items() if table in tables]
    if not chosen:
        return list(clean), []
    hit: Ints = np.flatnonzero(allowed & (draws.uniform(f"dirt/{table}", of) < share))
    kind_of = draws.whole(f"dirt kind/{table}", of[hit], 0, len(chosen) - 1)
    pick = draws.whole(f"dirt pick/{table}", of[hit], 0, 999)
    again = draws.uniform(f"resent/{table}", of[hit]) < resend
    lines, dirt = list(clean), list[Dirt]()
    for n, row in enumerate(hit.tolist()):
        kind, added = chosen[kind_of[n]], len(lines) - len(clean)
        fields, column = kinds[kind][0](table, clean[row].split(b","), int(pick[n]))
        marks = [row + added]
        if kind == DUPLICATE:
            marks.append(row + added + 1)
            lines.insert(marks[-1], b",".join(fields))
        else:
            lines[marks[0]] = b",".join(fields)
        dirt += [Dirt(mark, kind, column, row, bool(again[n])) for mark in marks]
    return lines, dirt
