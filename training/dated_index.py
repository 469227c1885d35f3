"""The candidate index as it was at several instants: what it could have said of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tambo.serving.candidate_index import COLUMNS, CandidateIndex, Floats
from training.design import starts

REFRESHES = 6
"""How often the index is built anew over the time of the training rows."""


@dataclass(frozen=True)
class DatedIndex:
    """An index, and the instant by which all that it holds was known; naive, UTC."""

    known_by: datetime
    index: CandidateIndex


def refreshes(queries: pa.Table) -> list[datetime]:
    """Instants at which the index is built anew: each refresh has as many instants to tell of."""
    times = np.unique(queries.column("event_timestamp").to_numpy())
    picked = times[np.linspace(0, len(times), REFRESHES, endpoint=False).astype(np.int64)]
    instants: list[datetime] = picked.astype("datetime64[us]").tolist()
    return instants


def annotate(
    indexes: Sequence[DatedIndex],
    rows: pa.Table,
    *,
    query: str,
    item: Sequence[str],
    history: Sequence[str],
    times: str,
) -> pa.Table:
    """Add what the index says of each candidate, given what the traveller chose before.

    A query is told by the newest index that is older than itself, so that no index holds the label
    of a row that it describes. The columns are null where there is none so old, and where it does
    not know the item.

    Args:
        indexes: the oldest first.
        rows: candidates with their features; rows of a query follow each other.
        query: column that names a query.
        item: columns that name a candidate.
        history: columns that list what was chosen before, the newest first.
        times: column that counts how often the candidate was chosen before.

    Returns:
        The rows with COLUMNS, each float32.
    """
    first = starts(rows.column(query).to_numpy(zero_copy_only=False))
    ends = np.append(first[1:], rows.num_rows)
    known_by = np.array([one.known_by for one in indexes], dtype="datetime64[us]")
    asked = rows.column("event_timestamp").to_numpy().astype("datetime64[us]")[first]
    older = np.searchsorted(known_by, asked) - 1
    names = [rows.column(name).to_pylist() for name in item]
    counts = rows.column(times).fill_null(0).to_numpy().astype(np.float64)
    histories = rows.select(history).take(pa.array(first)).to_pylist()
    found = {name: np.full(rows.num_rows, np.nan, np.float32) for name in COLUMNS}
    for start, end, which, before in zip(first, ends, older, histories, strict=True):
        if which < 0:
            continue
        index, mine = indexes[which].index, slice(start, end)
        here = index.positions(*(one[mine] for one in names))
        recent = index.numbers(*(before[name] or [] for name in history))
        for name, values in _told(index, here, recent, counts[mine]).items():
            found[name][mine] = values
    for name, values in found.items():
        rows = rows.append_column(name, pa.array(values, from_pandas=True))
    return rows


def _told(
    index: CandidateIndex,
    items: NDArray[np.int64],
    recent: NDArray[np.int64],
    counts: NDArray[np.float64],
) -> Mapping[str, Floats]:
    """What the index says of some candidates, NaN of those that it does not know (-1)."""
    known = items >= 0
    chosen = np.zeros(len(index))
    chosen[items[known]] = counts[known]
    told = index.describe(items[known], recent, chosen[index.counted(recent)])
    found = {}
    for name, values in told.items():
        found[name] = np.full(len(items), np.nan, np.float32)
        found[name][known] = values
    return found
