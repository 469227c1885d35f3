"""Readings that were served while a visitor looks: they are not in the release yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import pandas as pd

from app.fleet.answers import Answer
from app.fleet.board import values

MOST = 500
"""Readings that are kept of a vessel."""

Readings: TypeAlias = dict[datetime, tuple[float | None, float | None]]
"""Score and variance (°C²) by time of reading, UTC without a zone."""

_OF = "aircraft_health__"


def note(seen: dict[str, Readings], due: Mapping[str, Answer]) -> None:
    """Add each vessel's newest reading as it was read, the oldest ones dropped beyond `MOST`."""
    for name, answer in due.items():
        found = values(answer)
        read_at = found.get(f"{_OF}read_at")
        if read_at is None:
            continue
        at = pd.Timestamp(read_at).tz_convert("UTC").tz_localize(None).to_pydatetime()
        of_vessel = seen.setdefault(name, {})
        of_vessel[at] = (
            found.get(f"{_OF}engine_health_score_read"),
            found.get(f"{_OF}temperature_variance_read"),
        )
        for oldest in sorted(of_vessel)[:-MOST]:
            del of_vessel[oldest]


def after(readings: Readings, last: datetime | None) -> pd.DataFrame:
    """One row a reading that is newer than the release's last: read_at, score, variance."""
    rows = [(at, *one) for at, one in sorted(readings.items()) if last is None or at > last]
    made = pd.DataFrame(rows, columns=["read_at", "score", "variance"])
    return made.astype({"read_at": "datetime64[us]", "score": float, "variance": float})
