"""All stored features of one entity row: their values, how old they are, and why one is null."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a feature is null."""

    NO_KEY = "no key given"
    UNKNOWN_KEY = "unknown key"
    EXPIRED = "expired"
    LATER = "newer than the request"
    NULL = "null in the store"
    ABSENT = "not materialised"


class Cell(NamedTuple):
    """One feature of one entity."""

    value: object
    event_timestamp: datetime | None
    age_seconds: float | None
    reason: Reason | None
    """Set where the value is None."""


class Answer(NamedTuple):
    """What the rows of one answer have in common.

    Attributes:
        release: number of the release that the store holds.
        as_of: newest availability in it of the service's domain, aware.
        names: full names of all features in the order of the service, if the parts of a row do
            not follow it.
    """

    release: int
    as_of: datetime
    names: tuple[str, ...] | None


class Columns(NamedTuple):
    """Full names of the features of some views, and for each the position of its view."""

    names: tuple[str, ...]
    views: tuple[int, ...]


Part = tuple[
    Columns,
    Sequence[object],
    Sequence[bytes | None],
    Sequence[datetime | None],
    Sequence[Reason | None],
]
"""What is known of one entity key, made for each row and so a plain tuple: values and the same as
stored (which tells a null from what was never written) by feature; event time and why all is null
by view."""


def _cells(part: Part, asked_at: datetime) -> Iterator[Cell]:
    columns, values, stored, events, reasons = part
    ages = [None if event is None else (asked_at - event).total_seconds() for event in events]
    for value, raw, view in zip(values, stored, columns.views, strict=True):
        reason = reasons[view]
        if value is None and reason is None:
            reason = Reason.ABSENT if raw is None else Reason.NULL
        yield Cell(value, events[view], ages[view], reason)


class OnlineRow:
    """All stored features of one entity row.

    Attributes:
        asked_at: the instant that ages and times to live are counted to, in UTC.
    """

    __slots__ = ("_answer", "_cells", "_parts", "asked_at")

    def __init__(self, asked_at: datetime, answer: Answer, parts: Sequence[Part]) -> None:
        self.asked_at = asked_at
        self._answer = answer
        self._parts = parts
        self._cells: dict[str, Cell] | None = None

    @property
    def release(self) -> int:
        """Number of the release that the store holds."""
        return self._answer.release

    @property
    def as_of(self) -> datetime:
        """Newest availability in that release, of the service's domain."""
        return self._answer.as_of

    @property
    def cells(self) -> dict[str, Cell]:
        """Values with their freshness, and why one is null, by full feature name."""
        # Most callers want the values alone, and a cell takes longer to make than to decode.
        if self._cells is None:
            found: dict[str, Cell] = {}
            for part in self._parts:
                found.update(zip(part[0].names, _cells(part, self.asked_at), strict=True))
            order = self._answer.names
            self._cells = found if order is None else {name: found[name] for name in order}
        return self._cells

    @property
    def values(self) -> dict[str, object]:
        """Values alone, by full feature name."""
        found: dict[str, object] = {}
        for columns, values, *_ in self._parts:
            found.update(zip(columns.names, values, strict=True))
        order = self._answer.names
        return found if order is None else {name: found[name] for name in order}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OnlineRow) and (
            (self.asked_at, self.release, self.as_of, self.cells)
            == (other.asked_at, other.release, other.as_of, other.cells)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"OnlineRow({self.values}, asked_at={self.asked_at}, release={self.release})"
