"""Keeps downtimes."""

from __future__ import annotations

from bentos.fleet.downtime.schemas import Downtime, KeptDowntime
from bentos.fleet.recording import VesselRecorder, as_kept, utc_text
from tambo.access.tokens import Caller
from tambo.intake.fleet import DOWNTIME
from tambo.intake.received import Row, Told
from tambo.settings import Settings


def open_downtime(settings: Settings) -> VesselRecorder:
    """The recorder of a home."""
    times = ("started_at", "ended_at")
    return VesselRecorder(settings, DOWNTIME, row=_row, answer=_answer, times=times)


def _row(one: Downtime, caller: Caller | None) -> Row:
    return {
        "aircraft_id": one.aircraft_id,
        "started_at": utc_text(one.started_at),
        "ended_at": utc_text(one.ended_at),
        "reason": one.reason,
        "withdrawn": "true" if one.withdrawn else None,
    }


def _answer(one: Downtime, row: Row, told: Told) -> KeptDowntime:
    return KeptDowntime(
        aircraft_id=one.aircraft_id,
        started_at=as_kept(one.started_at),
        ended_at=None if one.ended_at is None else as_kept(one.ended_at),
        status=told.status,
        received_at=told.received_at,
    )
