"""Stints: what a vessel does between two stays in a hangar, with the health that sensors showed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.planning.fleet.parameters import Flags, Floats, Ints
from training.fleet.schedule.history import History

SETTLE_DAYS = 1
"""After a maintenance the first day's median may mix readings from before and after it."""


@dataclass(frozen=True)
class Stints:
    """Days with readings of all stints, one after the other.

    Attributes:
        stint: number of the stint [day].
        vessel, kind: [stint].
        begin, end: its first day, and that on which a hangar or the end of the history ended it,
            counted from the history's first [stint].
        before, after: number of the maintenance that it follows, and of that which ended it; -1:
            there is none [stint].
        score: median health of the day [day].
        hours, days: since the stint began [day].
        count: how many stints there are.
    """

    stint: Ints
    vessel: Ints
    kind: Ints
    begin: Ints
    end: Ints
    before: Ints
    after: Ints
    score: Floats
    hours: Floats
    days: Floats

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.vessel)

    def of_kind(self, kind: int) -> Flags:
        """Days of vessels of a kind [day]."""
        return np.asarray(self.kind[self.stint] == kind)


@dataclass(frozen=True)
class _Span:
    vessel: int
    begin: int
    end: int
    before: int = -1
    after: int = -1


def stints(history: History) -> Stints:
    """Cut a history into stints; days in a hangar belong to none."""
    used = np.pad(history.hours().cumsum(axis=1), ((0, 0), (1, 0)))
    spans = [span for vessel in range(len(history.vessels)) for span in _spans(history, vessel)]
    number, score, hours, days = (
        np.concatenate(parts)
        for parts in zip(
            *(_days(history, used, n, span) for n, span in enumerate(spans)), strict=True
        )
    )
    vessel = np.array([span.vessel for span in spans])
    return Stints(
        stint=number.astype(np.int64),
        vessel=vessel,
        kind=history.roster.kind[vessel],
        begin=np.array([span.begin for span in spans]),
        end=np.array([span.end for span in spans]),
        before=np.array([span.before for span in spans]),
        after=np.array([span.after for span in spans]),
        score=score,
        hours=hours,
        days=days,
    )


def _days(
    history: History, used: Floats, number: int, span: _Span
) -> tuple[Floats, Floats, Floats, Floats]:
    """Stint, score, hours and days of the days with readings of a span."""
    days = np.arange(span.begin, span.end)
    seen = days[~np.isnan(history.score[span.vessel, days])]
    # In the middle, a day's readings are from before its use.
    so_far = used[span.vessel, seen] - used[span.vessel, span.begin]
    return (
        np.full(len(seen), float(number)),
        history.score[span.vessel, seen],
        np.maximum(so_far, 0.0),
        (seen - span.begin).astype(float),
    )


def _spans(history: History, vessel: int) -> list[_Span]:
    """The stints of a vessel; one that begins with a maintenance still under way is none."""
    told, spans, begin, before = history.maintenances, [], 0, -1
    for at in np.flatnonzero(told.vessel == vessel).tolist():
        end = int(np.clip(np.floor(told.day[at]) - history.first, 0, history.days))
        if end > begin:
            spans.append(_Span(vessel, begin, end, before, at))
        if np.isnan(told.finished[at]):
            return spans
        back = int(np.ceil(told.finished[at])) - history.first + SETTLE_DAYS
        begin, before = max(begin, min(back, history.days)), at
    if begin < history.days:
        spans.append(_Span(vessel, begin, history.days, before))
    return spans
