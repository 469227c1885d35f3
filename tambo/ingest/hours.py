"""What ingest makes of local times that a clock change gives twice, or skips.

Twice: of the records of one file whose keys are the same but for the change, the first in the
file's order is at the first of the two instants, and those after it at the second. Every record
whose key can be read counts, loaded or not, so that a bad line does not move the next one to its
place. A line that is tried again or corrected by hand keeps its place in the file that it came
with; lake.audit.repeated_hours remembers it. Where the repeated time is no part of the key, or
stands once in the file, it is the first.

Never: a time that clocks skipped did not happen; its record goes to quarantine (`skipped_time`). A
day of which the first hour was skipped begins with the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tambo.ingest.work import FIXED, Work
from tambo.ingest.zones import clock_changes, register_table, within, zone_days
from tambo.lake.sql import ident, literal
from tambo.sources.contracts import EARLIEST, LATEST, Contracts, Table

SECOND = "second_hours"
"""Temporary table of the records whose key is at the second of two instants: batch_id, record."""

PLACES = "lake.audit.repeated_hours"


@dataclass(frozen=True)
class Clock:
    """A zone's days and clock changes in the range of a table's landed rows.

    Attributes:
        zone: IANA name.
        days: temporary table of `zone_days`.
        changes: temporary table of `clock_changes`.
        twice: whether some local times of the range are given twice.
        skips: whether some are skipped.
    """

    zone: str
    days: str
    changes: str
    twice: bool
    skips: bool


def times(table: Table) -> list[str]:
    """Columns that hold a local time."""
    return [name for name, column in table.columns.items() if column.type == "TIMESTAMP"]


def key_times(table: Table) -> list[str]:
    """Columns of the key that hold a local time."""
    return [name for name in times(table) if name in table.key]


def register_clock(work: Work, contracts: Contracts, table: Table) -> Clock:
    """Make the temporary tables of a zone's days and changes for a table's landed rows."""
    days, changes = f"days_{contracts.domain}", f"changes_{contracts.domain}"
    dates = [name for name in table.event_time if table.columns[name].type == "DATE"]
    # Of bad rows too, but for what no contract can mean: the year 9999 has days by the million.
    sane = f"BETWEEN {literal(EARLIEST)} AND {literal(LATEST)}"
    bounds = [
        f"{bound}({ident(name)}) FILTER (WHERE {ident(name)} {sane})::DATE"
        for name in (*times(table), *dates)
        for bound in ("min", "max")
    ]
    sql = f"SELECT {', '.join(bounds) or 'NULL'} FROM {work.staged(table)}"
    seen = [day for day in work.connection.execute(sql).fetchone() or () if day is not None]
    span = (contracts.zone, min(seen, default=date.max), max(seen, default=date.min))
    changed = clock_changes(*span)
    register_table(work.connection, days, zone_days(*span))
    register_table(work.connection, changes, changed)
    kinds = set(changed.column("twice").to_pylist())
    return Clock(contracts.zone, days, changes, twice=True in kinds, skips=False in kinds)


def skipped(work: Work, table: Table, clock: Clock) -> Iterator[tuple[str, str]]:
    """SQL of the landed rows with a time that clocks skipped, as (batch_id, record, value).

    Yields:
        Each column that holds such times, with its SQL; only those of the command's batches.
    """
    if not clock.skips:
        return
    for name in times(table):
        local = f"s.{ident(name)}"
        yield (
            name,
            f"SELECT s._batch AS batch_id, s._record AS record, {local}::VARCHAR AS value "
            f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
            f"JOIN {ident(clock.changes)} c ON NOT c.twice AND {within(local, 'c')} "
            "WHERE s._fault IS NULL",
        )


def tell_hours(work: Work, table: Table, clock: Clock) -> bool:
    """Make `second_hours`, and remember the places of the records at a repeated time.

    Returns:
        Whether there is any record in it.
    """
    if not clock.twice or not key_times(table):
        return False
    connection = work.connection
    _find_places(work, table, clock)
    row = connection.execute("SELECT count(*) FROM places").fetchone()
    if row is None or not row[0]:
        return False
    held = (
        f"SELECT k.of_batch, k.of_record, k.local_key FROM {PLACES} k "
        "SEMI JOIN places p USING (of_batch) ANTI JOIN places q USING (of_batch, of_record)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {SECOND} AS SELECT p.batch_id, p.record FROM places p JOIN ("
        "SELECT *, row_number() OVER (PARTITION BY of_batch, local_key ORDER BY of_record) AS nth "
        f"FROM (SELECT of_batch, of_record, local_key FROM places UNION {held})) o "
        "USING (of_batch, of_record, local_key) WHERE o.nth > 1"
    )
    connection.execute(
        f"DELETE FROM {PLACES} k USING places p "
        "WHERE k.batch_id = p.batch_id AND k.record = p.record"
    )
    connection.execute(f"INSERT INTO {PLACES} BY NAME SELECT * FROM places")
    row = connection.execute(f"SELECT count(*) FROM {SECOND}").fetchone()
    return row is not None and row[0] > 0


def _find_places(work: Work, table: Table, clock: Clock) -> None:
    """Make `places`: landed records at a repeated time, and where in which file they stand."""
    keys = [f"s.{ident(name)}" for name in table.key]
    readable = " AND ".join(f"{column} IS NOT NULL" for column in keys)
    shown = " || ', ' || ".join(f"{column}::VARCHAR" for column in keys)
    hits = " UNION ".join(
        f"SELECT s._batch AS batch_id, s._record AS record, {shown} AS local_key "
        f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
        f"JOIN {ident(clock.changes)} c ON c.twice AND {within(f's.{ident(name)}', 'c')} "
        f"WHERE {readable}"
        for name in key_times(table)
    )
    # What corrects a line that was itself a correction stands where the first of them stood.
    work.connection.execute(
        "CREATE OR REPLACE TEMP TABLE places AS SELECT h.batch_id, h.record, h.local_key, "
        "coalesce(k.of_batch, f.of_batch, h.batch_id) AS of_batch, "
        "coalesce(k.of_record, f.of_record, h.record) AS of_record "
        f"FROM ({hits}) h LEFT JOIN {FIXED} f USING (batch_id, record) "
        f"LEFT JOIN {PLACES} k ON k.batch_id = f.of_batch AND k.record = f.of_record"
    )


def later(local: str, alias: str, clock: Clock) -> tuple[str, str]:
    """SQL of how much is added to a key's time at the second of two instants, and its join.

    The joined row of `second_hours`, if there is one, is `h`.
    """
    join = f" LEFT JOIN {ident(clock.changes)} {alias} ON {alias}.twice AND {within(local, alias)}"
    shift = f"CASE WHEN h.record IS NOT NULL THEN {alias}.shift END"
    return f"to_microseconds(coalesce({shift}, 0))", join
