"""On which days a recurring event takes place: RRULE, RDATE and EXDATE, written out.

A rule is followed on the clock of the event's own zone, so that a Monday stays a Monday there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icalendar import Component, vRecur

Moment = date | datetime
MOST = 5_000
"""Most occurrences of one event."""
DAILY_OR_RARER = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})


@dataclass(frozen=True)
class Window:
    """The local days between which recurring events are written out, both included."""

    first: date
    last: date


class UnreadableRuleError(ValueError):
    """A rule that cannot be followed; only the event's first day is certain."""


def starts(event: Component, start: Moment, window: Window) -> list[Moment]:
    """Starts of all occurrences of an event in the window, as DTSTART is written.

    Raises:
        UnreadableRuleError: its rule cannot be followed.
    """
    zone = start.tzinfo if isinstance(start, datetime) else None
    wall = _wall(start, zone)
    away = {_wall(one, zone) for one in _listed(event, "EXDATE")}
    days_away = {one for one in _listed(event, "EXDATE") if not isinstance(one, datetime)}
    # A window in the contract's zone lies at most a day beside one in the event's own.
    first = datetime.combine(window.first, time.min) - timedelta(days=1)
    last = datetime.combine(window.last, time.max) + timedelta(days=1)
    walls = {_wall(one, zone) for one in _listed(event, "RDATE")}
    walls |= set(_by_rule(event, wall, zone, first, last))
    found = sorted(one for one in walls if first <= one <= last)
    return [
        one.replace(tzinfo=zone) if isinstance(start, datetime) else one.date()
        for one in found
        if one not in away and one.date() not in days_away
    ]


def _by_rule(
    event: Component, wall: datetime, zone: tzinfo | None, first: datetime, last: datetime
) -> Iterator[datetime]:
    rules = event.get("RRULE")
    yield wall
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        parts = dict(rule) if isinstance(rule, dict) else {}
        if str(_one(parts.get("FREQ"))) not in DAILY_OR_RARER:
            raise UnreadableRuleError("it recurs more often than daily, or its rule is broken")
        until = _one(parts.get("UNTIL"))
        end = min(last, _until(until, zone)) if until is not None else last
        try:
            yield from islice(_followed(rule, wall, first, end), MOST)
        except (ValueError, TypeError, OverflowError) as error:
            raise UnreadableRuleError(str(error)) from error


def _followed(rule: vRecur, wall: datetime, first: datetime, end: datetime) -> Iterator[datetime]:
    from dateutil.rrule import rrulestr

    parts = str(rule.to_ical(), "utf-8").upper().split(";")  # type: ignore[no-untyped-call]
    count = _one(rule.get("COUNT"))
    # Always with an end, or a rule that never holds is followed to the year 9999.
    text = ";".join(part for part in parts if not part.startswith(("UNTIL=", "COUNT=")))
    found = rrulestr(f"{text};UNTIL={end:%Y%m%dT%H%M%S}", dtstart=wall)
    yield from (one for one in islice(found, count) if one >= first)


def _until(until: Moment, zone: tzinfo | None) -> datetime:
    if isinstance(until, datetime):
        return _wall(until, zone)
    return datetime.combine(until, time.max.replace(microsecond=0))


def _wall(moment: Moment, zone: tzinfo | None) -> datetime:
    """What the clock of a zone shows at a moment; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time.min)
    if moment.tzinfo is not None and zone is not None:
        moment = moment.astimezone(zone)
    return moment.replace(tzinfo=None)


def _listed(event: Component, name: str) -> list[Moment]:
    """Moments of EXDATE or RDATE; of a period its start."""
    told = event.get(name)
    found: list[Any] = []
    for part in told if isinstance(told, list) else [told] if told is not None else []:
        found += [one.dt for one in getattr(part, "dts", [])]
    starts_only = (one[0] if isinstance(one, tuple) else one for one in found)
    return [one for one in starts_only if isinstance(one, date)]


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value
