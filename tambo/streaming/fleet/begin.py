"""Where a consumer begins: what the lake holds of vessels' sensors.

Readings that a build has judged are taken as they were judged (`int_readings`); those that came
into raw since are told again in the order in which they became known. Both are read from one
snapshot of the lake, so nothing is missing between them. It need not be a release's: what was
judged is a matter of the raw readings alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import duckdb
import numpy as np

from tambo.lake import exists, reader
from tambo.lake.tables import table_exists
from tambo.settings import Settings
from tambo.streaming.fleet.rows import KEPT, MEASURES, NOBODY_SAYS, ROW, Reading, Table
from tambo.streaming.fleet.vessel import Vessel
from tambo.streaming.fleet.windows import microseconds

RAW, JUDGED = "raw.telemetry", "intermediate.int_readings"


def begin(
    settings: Settings, names: Sequence[str], from_broker: str, now: datetime
) -> tuple[dict[str, Vessel], int]:
    """What the lake knows of some vessels.

    Args:
        settings: the Tambo home.
        names: of the vessels.
        from_broker: what the names of files begin with that hold the broker's messages.
        now: the instant; readings of later times do not count yet.

    Returns:
        The vessels by name, and until when the lake has taken in what came from the broker,
        microseconds since 1970; 0: nothing.
    """
    if not exists(settings):
        return {name: Vessel() for name in names}, 0
    with reader(settings) as lake:
        if not table_exists(lake, RAW):
            return {name: Vessel() for name in names}, 0
        taken = lake.execute(
            f"SELECT epoch_us(max(_known_at)) FROM lake.{RAW} WHERE starts_with(_source_file, $1)",
            [from_broker],
        ).fetchone()
        return vessels_of(lake, names, now), int(taken[0] or 0) if taken else 0


def vessels_of(
    lake: duckdb.DuckDBPyConnection, names: Sequence[str], now: datetime
) -> dict[str, Vessel]:
    """The same of an attached lake that has readings: the vessels by name."""
    ended = dict(lake.execute(_ended_sql(), [list(names)]).fetchall())
    found = lake.execute(_readings_sql(lake), [list(names)]).fetchnumpy()
    owners, vessels = found["aircraft_id"], {}
    for name in names:
        mine = {key: values[owners == name] for key, values in found.items()}
        vessels[name] = _vessel(mine, ended.get(name), microseconds(now))
    return vessels


def _ended_sql() -> str:
    """Newest reading of each vessel among those that stood once and do not any more."""
    return f"""
        SELECT aircraft_id, epoch_us(max(read_at)) FROM (
            SELECT aircraft_id, read_at, withdrawn, _known_at, lead(_known_at) OVER (
                PARTITION BY aircraft_id, read_at ORDER BY _known_at, _batch_id, _row_number
            ) AS ended
            FROM lake.{RAW} WHERE list_contains($1, aircraft_id)
        )
        WHERE NOT coalesce(withdrawn, false) AND ended > greatest(_known_at, read_at)
        GROUP BY 1
    """


def _readings_sql(lake: duckdb.DuckDBPyConnection) -> str:
    """SQL of the versions of readings that may still matter, sorted by time and version.

    Of each reading the newest version that a build has seen, as it was judged, and all that came
    since.
    """
    values = ", ".join(
        f"CAST(round({m} * 1000000) AS BIGINT) AS {m}, {m}_zscore, {m}_is_far_by_zscore, "
        f"{m}_is_far_by_iqr, {m}_is_outlier"
        for m in MEASURES
    )
    return f"""
        WITH mine AS (
            SELECT aircraft_id, read_at, _known_at AS known_at, _batch_id, _row_number,
                NOT coalesce(withdrawn, false) AS stands, {", ".join(MEASURES)}
            FROM lake.{RAW} WHERE list_contains($1, aircraft_id)
            QUALIFY read_at >= max(read_at) OVER (PARTITION BY aircraft_id)
                - to_microseconds({KEPT})
        ),
        judged AS ({_judged_sql(lake)}),
        seen AS (
            FROM judged
            UNION ALL BY NAME
            SELECT aircraft_id, read_at, ended_timestamp AS known_at
            FROM judged WHERE ended_timestamp IS NOT NULL
                AND (aircraft_id, read_at, ended_timestamp) NOT IN (
                    SELECT (aircraft_id, read_at, known_at) FROM judged
                )
        ),
        numbered AS (
            SELECT *, row_number() OVER (
                PARTITION BY aircraft_id, read_at ORDER BY known_at, _batch_id, _row_number
            ) AS number
            FROM mine
        ),
        versions AS (
            SELECT numbered.*, seen.* EXCLUDE (aircraft_id, read_at, known_at, ended_timestamp),
                max(if(seen.known_at IS NULL, 0, number)) OVER (
                    PARTITION BY numbered.aircraft_id, numbered.read_at
                ) AS last_seen
            FROM numbered
            LEFT JOIN seen ON numbered.aircraft_id = seen.aircraft_id
                AND numbered.read_at = seen.read_at AND numbered.known_at = seen.known_at
        )
        SELECT aircraft_id, epoch_us(read_at) AS read_at, epoch_us(known_at) AS known_at, stands,
            number = last_seen AS was_judged, {values}
        FROM versions WHERE number >= last_seen ORDER BY aircraft_id, read_at, number
    """


def _judged_sql(lake: duckdb.DuckDBPyConnection) -> str:
    """SQL of what the last build said of readings; nothing if there was none."""
    kinds = {
        "zscore": "DOUBLE",
        "is_far_by_zscore": "BOOLEAN",
        "is_far_by_iqr": "BOOLEAN",
        "is_outlier": "BOOLEAN",
    }
    said = {f"{m}_{name}": kind for m in MEASURES for name, kind in kinds.items()}
    if table_exists(lake, JUDGED):
        return (
            "SELECT aircraft_id, event_timestamp AS read_at, created_timestamp AS known_at, "
            f"ended_timestamp, {', '.join(said)} FROM lake.{JUDGED} "
            "WHERE list_contains($1, aircraft_id)"
        )
    nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in said.items())
    return (
        "SELECT NULL::VARCHAR AS aircraft_id, NULL::TIMESTAMP AS read_at, "
        "NULL::TIMESTAMP AS known_at, NULL::TIMESTAMP AS ended_timestamp, "
        f"{nothing} WHERE false"
    )


def _vessel(found: dict[str, Any], ended: int | None, now: int) -> Vessel:
    """One vessel of its columns, sorted by time."""
    was_judged = np.asarray(found["was_judged"], bool)
    rows = _rows(found)
    vessel = Vessel(rows[was_judged], ended, now)
    for together in by_instant(Reading.of(row) for row in rows[~was_judged]):
        vessel.tell(together)
    vessel.reach(now)
    return vessel


def by_instant(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    """Readings that became known together, in the order in which they did."""
    ordered = sorted(readings, key=lambda one: one.known_at)
    return (list(group) for _, group in groupby(ordered, key=lambda one: one.known_at))


def _rows(found: dict[str, Any]) -> Table:
    rows = np.zeros(len(found["read_at"]), ROW)
    for name in ("read_at", "known_at", "stands"):
        rows[name] = found[name]
    for measure in MEASURES:
        of = rows[measure]
        value = np.ma.asarray(found[measure])
        of["value"], of["was_read"] = value.filled(0), ~np.ma.getmaskarray(value)
        of["zscore"] = np.ma.asarray(found[f"{measure}_zscore"]).filled(np.nan)
        for name, kept in (("is_far_by_zscore", "by_zscore"), ("is_far_by_iqr", "by_iqr")):
            flags = np.ma.asarray(found[f"{measure}_{name}"])
            of[kept] = np.where(np.ma.getmaskarray(flags), NOBODY_SAYS, flags.filled(False))
        of["is_outlier"] = np.ma.asarray(found[f"{measure}_is_outlier"]).filled(False)
    return rows
