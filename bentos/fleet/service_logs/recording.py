"""Keeps entries of service logs."""

from __future__ import annotations

from bentos.fleet.recording import VesselRecorder, as_kept, utc_text
from bentos.fleet.service_logs.schemas import LONGEST_NAME, KeptServiceLog, ServiceLog
from tambo.access.tokens import Caller
from tambo.intake.fleet import SERVICE_LOGS
from tambo.intake.received import Row, Told
from tambo.settings import Settings


def open_service_logs(settings: Settings) -> VesselRecorder:
    """The recorder of a home."""
    return VesselRecorder(settings, SERVICE_LOGS, row=_row, answer=_answer, times=("logged_at",))


def _row(one: ServiceLog, caller: Caller | None) -> Row:
    author = one.author or (caller.subject[:LONGEST_NAME] if caller else "unknown")
    return {
        "aircraft_id": one.aircraft_id,
        "logged_at": utc_text(one.logged_at),
        "author": author,
        "severity": one.severity,
        "entry": one.entry,
        "withdrawn": "true" if one.withdrawn else None,
    }


def _answer(one: ServiceLog, row: Row, told: Told) -> KeptServiceLog:
    return KeptServiceLog(
        aircraft_id=one.aircraft_id,
        logged_at=as_kept(one.logged_at),
        author=str(row["author"]),
        status=told.status,
        received_at=told.received_at,
    )
