"""An iCalendar as entries of the contract `events`: one a day on which an event begins."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tambo.errors import SourceError
from tambo.sources.calendar.changes import Entry, Key, digest
from tambo.sources.calendar.occurrence import (
    Occurrence,
    Reading,
    entry_of,
    instant,
    is_cancelled,
    moment_of,
    name_of,
    occurrence_of,
    sequence_of,
)
from tambo.sources.calendar.recurrence import Moment, UnreadableRuleError, starts

if TYPE_CHECKING:
    from icalendar import Calendar, Component

CONTENT_LINE = re.compile(r"[A-Za-z0-9-]+[;:]")


def read_ical(text: str, source: str, reading: Reading) -> dict[Key, Entry]:
    """Read the events of an iCalendar.

    What cannot be read of an event is noted. An event without a day, or that ends before it
    begins, is given on: ingest sets it apart and says why.

    Args:
        text: the calendar.
        source: what it is called in errors.
        reading: how; takes the notes.

    Raises:
        SourceError: it is no iCalendar, or only a part of one.
    """
    merged: dict[Key, list[Occurrence]] = defaultdict(list)
    for calendar in _calendars(text, source, reading):
        for occurrence in _occurrences(calendar, reading):
            merged[occurrence.key].append(occurrence)
    return {key: entry_of(found) for key, found in merged.items()}


def _calendars(text: str, source: str, reading: Reading) -> list[Calendar]:
    from icalendar import Calendar

    unfolded = re.sub(r"\r?\n[ \t]", "", text.lstrip("\ufeff \t\r\n"))
    lines = [line for line in re.split(r"\r\n|\n|\r", unfolded) if line.strip()]
    if not lines or not lines[0].upper().startswith("BEGIN:VCALENDAR"):
        begins = (lines[0] if lines else "")[:60]
        raise SourceError(
            f"{source} is no iCalendar: it begins with {begins!r}.",
            remedy="it must begin with BEGIN:VCALENDAR; open the address in a browser and look",
        )
    if lines[-1].strip().upper() != "END:VCALENDAR":
        raise SourceError(
            f"{source} is cut off: it ends with {lines[-1][:60]!r}, not with END:VCALENDAR.",
            remedy="fetch again; nothing was taken from it",
        )
    whole = [line for line in lines if CONTENT_LINE.match(line)]
    for number, line in enumerate(lines):
        if not CONTENT_LINE.match(line):
            reading.note("broken lines were passed over", str(number))
    try:
        found = Calendar.from_ical("\r\n".join(whole) + "\r\n", multiple=True)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SourceError(
            f"{source} cannot be read as iCalendar: {str(error)[:200]}",
            remedy="correct the calendar; nothing was taken from it",
        ) from error
    return [one for one in found if one.name == "VCALENDAR"]


def _occurrences(calendar: Calendar, reading: Reading) -> Iterator[Occurrence]:
    cancelled = str(calendar.get("METHOD", "")).upper() == "CANCEL"
    series, moved = _by_name(calendar.walk("VEVENT"), reading)
    for owner, event in series.items():
        if cancelled or is_cancelled(event):
            continue
        begin = moment_of(event, "DTSTART", reading)
        if begin is None:
            reading.note("events have no day that can be read", name_of(event))
            yield occurrence_of(event, None, owner, reading)
            continue
        elsewhere = moved.get(owner, {})
        for start in _starts(event, begin, reading):
            if instant(start, reading.zone) not in elsewhere:
                yield occurrence_of(event, start, owner, reading)
    for owner, changed in moved.items():
        for event in changed.values():
            if not (cancelled or is_cancelled(event)):
                yield occurrence_of(event, moment_of(event, "DTSTART", reading), owner, reading)


def _by_name(
    events: Iterable[Component], reading: Reading
) -> tuple[dict[str, Component], dict[str, dict[datetime, Component]]]:
    """Events by UID, and the changed occurrences of each by the instant they were meant for.

    Of two with one name the one with the higher SEQUENCE counts, else the later in the file.
    """
    series: dict[str, Component] = {}
    moved: dict[str, dict[datetime, Component]] = defaultdict(dict)
    for event in events:
        for name, problem in event.errors:
            what = f"events with a {name or 'line'} that cannot be read ({problem[:80]})"
            reading.note(what, name_of(event))
        _drop_broken(event)
        told = event.get("UID") or f"{event.get('SUMMARY')} {moment_of(event, 'DTSTART', reading)}"
        owner = digest(str(told))
        reading.listed.add(owner)
        meant = moment_of(event, "RECURRENCE-ID", reading)
        held: dict[Any, Component] = series if meant is None else moved[owner]
        place = owner if meant is None else instant(meant, reading.zone)
        if place not in held or sequence_of(event) >= sequence_of(held[place]):
            held[place] = event
    return series, moved


def _drop_broken(event: Component) -> None:
    """Leave out the values that the library keeps though it cannot read them."""
    from icalendar.prop import vBroken

    for name, told in list(event.items()):
        parts = told if isinstance(told, list) else [told]
        good = [part for part in parts if not isinstance(part, vBroken)]
        if not good:
            del event[name]
        elif len(good) < len(parts):
            event[name] = good


def _starts(event: Component, begin: Moment, reading: Reading) -> list[Moment]:
    if not (event.get("RRULE") or event.get("RDATE")):
        return [begin]
    try:
        return starts(event, begin, reading.window)
    except UnreadableRuleError as error:
        what = f"recurring events stand on their first day only ({str(error)[:80]})"
        reading.note(what, name_of(event))
        return [begin]
