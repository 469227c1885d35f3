"""Takes in what is told of vessels: refuses what cannot be right, and keeps the rest, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bentos.inference.requests import path, refuse
from tambo.access.tokens import Caller
from tambo.intake.known import Known
from tambo.intake.received import Intake, Row, Told, keep
from tambo.serving.problem import FieldError, ProblemError, field_error
from tambo.settings import Settings


class OfVessel(Protocol):
    """A request about a vessel."""

    @property
    def aircraft_id(self) -> str:
        """Tail or hull number."""
        ...


class VesselRecorder:
    """Takes in rows of one table; may be used by several threads.

    Args:
        settings: the Tambo home.
        intake: the table.
        row: of a request and who tells it, as the contract reads it.
        answer: to a request, its row and what became of it.
        times: fields that cannot lie ahead.
    """

    def __init__(
        self,
        settings: Settings,
        intake: Intake,
        *,
        row: Callable[[Any, Caller | None], Row],
        answer: Callable[[Any, Row, Told], Any],
        times: Sequence[str],
    ) -> None:
        self._settings, self._intake = settings, intake
        self._row, self._answer, self._times = row, answer, times
        self._known = Known(settings, intake.domain, "aircraft")

    def record(
        self, requests: Sequence[Any], batch: bool, caller: Caller | None
    ) -> tuple[list[Any], bool]:
        """Keep what some requests tell, all or none.

        Raises:
            ProblemError: a vessel is not known, or a time has not come; nothing was kept.
            SpoolError: the disk refuses; nothing was kept.
        """
        rows = [self._row(one, caller) for one in requests]
        refuse([*self._faults(requests, batch), *self._twice(rows)])
        told = keep(self._settings, self._intake, rows)
        answers = [self._answer(*one) for one in zip(requests, rows, told, strict=True)]
        return answers, not all(one.known for one in told)

    def _faults(self, requests: Sequence[OfVessel], batch: bool) -> Iterator[FieldError]:
        known = self._known.keys()
        if known is None:
            raise ProblemError(
                503,
                "no register of vessels has been taken in yet",
                remedy="tambo ingest the register, then tell it again",
            )
        latest = datetime.now(UTC) + timedelta(seconds=self._settings.intake_ahead_seconds)
        for place, one in enumerate(requests):
            if one.aircraft_id not in known:
                says = f"{one.aircraft_id!r} is no vessel of the register"
                yield field_error(path(place, batch, "aircraft_id"), says)
            for name in self._times:
                at = getattr(one, name)
                if at is not None and at > latest:
                    says = f"{at.isoformat()} lies in the future"
                    yield field_error(path(place, batch, name), says)

    def _twice(self, rows: Sequence[Row]) -> Iterator[FieldError]:
        """Rows of one key that differ: nobody can tell which of them is right."""
        first: dict[tuple[str | None, ...], int] = {}
        for place, row in enumerate(rows):
            key = tuple(row.get(name) for name in self._intake.key)
            at = first.setdefault(key, place)
            if rows[at] != row:
                same = ", ".join(self._intake.key)
                says = f"has the same {same} as items.{at}, and tells something else"
                yield field_error(("items", place), says)


def utc_text(at: datetime | None) -> str | None:
    """A time as the contract reads it: UTC, whole seconds."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def as_kept(at: datetime) -> datetime:
    """A time as it is kept."""
    return at.astimezone(UTC).replace(microsecond=0)
