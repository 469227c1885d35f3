"""Finds the landed rows that tell of a time after their arrival, of what can only have happened.

Such a time is wrong: a clock, a zone or a typing error. Believed, it would be the newest of all for
years: the release would be of that instant, and what truly happens would change nothing any more.
It is compared with when the row arrived, as stated or else by the clock, and with nothing else: the
data's time may be far from ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tambo.ingest.hours import Clock
from tambo.ingest.work import Work
from tambo.ingest.zones import utc
from tambo.lake.sql import ident
from tambo.sources.contracts import ZONES_APART, Table


def ahead_of_arrival(
    work: Work, table: Table, clock: Clock, ahead_seconds: float
) -> Iterator[tuple[str, str]]:
    """SQL of the landed rows with a time after their arrival, as (batch_id, record, value).

    A date, or a time that is a day's begin, may have been that of another zone. Lines that withdraw
    their key may name any time.

    Args:
        work: where rows landed; the command's batches are registered.
        table: the contract.
        clock: of its landed rows.
        ahead_seconds: how far after its arrival a time may lie.

    Yields:
        Each column that such a time may stand in, with its SQL; only of the command's batches.
    """
    arrived = "coalesce(v.received_at, i.arrived_at, i.came_at)"
    for name in table.has_happened:
        local = f"s.{ident(name)}::TIMESTAMP"
        whole_days = (
            f"CASE WHEN {local} = date_trunc('day', {local}) THEN {_us(ZONES_APART)} ELSE 0 END"
        )
        allowed = f"to_microseconds({_us(timedelta(seconds=ahead_seconds))} + {whole_days})"
        yield (
            name,
            f"SELECT s._batch AS batch_id, s._record AS record, s.{ident(name)}::VARCHAR AS value "
            f"FROM {work.staged(table)} s JOIN intake i ON i.batch_id = s._batch "
            "LEFT JOIN received v ON v.batch_id = s._batch AND v.record = s._record "
            f"JOIN {ident(clock.days)} z ON z.day = s.{ident(name)}::DATE "
            f"WHERE s._fault IS NULL AND NOT s.{ident(table.tombstone)} "
            f"AND {utc(local, 'z')} > {arrived} + {allowed}",
        )


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
