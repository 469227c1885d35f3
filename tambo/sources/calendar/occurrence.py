"""One occurrence of an iCalendar's event as a row of the contract `events`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tambo.sources.calendar.changes import Entry, Key, digest
from tambo.sources.calendar.kinds import OTHER, kind_of
from tambo.sources.calendar.places import NATIONAL, Places
from tambo.sources.calendar.recurrence import Moment, Window

if TYPE_CHECKING:
    from icalendar import Component

LONGEST = 200
"""Most characters of a name in the contract."""


@dataclass
class Reading:
    """How a calendar is read, and what was odd in it.

    Attributes:
        zone: zone of the contract; floating times are local there.
        places: our locations by the calendar's names.
        window: the days between which recurring events are written out.
        listed: digests of the names of all events that the calendar lists, cancelled ones too.
        odd: what the steward should know, and of which events.
    """

    zone: ZoneInfo
    places: Places
    window: Window
    listed: set[str] = field(default_factory=set)
    odd: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, what: str, who: str) -> None:
        """Keep what is odd for the steward; several times of one event count once."""
        self.odd[what].add(who)

    def notes(self) -> tuple[str, ...]:
        """What was odd, in sentences with the number of events or lines."""
        return tuple(f"{what}: {len(who)}" for what, who in sorted(self.odd.items()))


@dataclass(frozen=True)
class Occurrence:
    """An event on the day on which it begins; `owner` is a digest of the calendar's name of it."""

    first: date | None
    last: date | None
    kind: str
    location: str
    name: str
    announced: datetime | None
    owner: str

    @property
    def key(self) -> Key:
        """The contract's key; the day is empty where there is none."""
        day = self.first.isoformat() if self.first else ""
        return day, self.kind, self.location, self.name


def occurrence_of(
    event: Component, start: Moment | None, owner: str, reading: Reading
) -> Occurrence:
    """An event where it begins at `start`; None: nobody knows when."""
    begin = moment_of(event, "DTSTART", reading)
    first = _local(start, reading.zone) if start is not None else None
    last = None
    if start is not None and begin is not None:
        last = _last_day(event, begin, start, reading)
        if last is not None and first is not None and last < first:
            reading.note("events end before they begin", name_of(event))
    return Occurrence(
        first, last if last != first else None, _kind(event, reading),
        _location(event, reading), _text(event, "SUMMARY") or "unnamed",
        _announced(event, first, reading), owner,
    )  # fmt: skip


def _last_day(event: Component, begin: Moment, start: Moment, reading: Reading) -> date | None:
    """Last local day of an occurrence; the end of an iCalendar is the first instant after it."""
    end, lasts = moment_of(event, "DTEND", reading), event.get("DURATION")
    if end is not None:
        length = instant(end, reading.zone) - instant(begin, reading.zone)
    elif isinstance(getattr(lasts, "dt", None), timedelta):
        length = lasts.dt
    else:
        return None
    if not isinstance(start, datetime):
        return start + timedelta(days=length.days - 1 if length > timedelta(0) else length.days)
    over = instant(start, reading.zone) + length
    if length > timedelta(0):
        over -= timedelta(microseconds=1)
    return over.astimezone(reading.zone).date()


def _kind(event: Component, reading: Reading) -> str:
    told = event.get("CATEGORIES")
    groups = told if isinstance(told, list) else [told] if told is not None else []
    words = [str(word) for group in groups for word in getattr(group, "cats", [])]
    kind = kind_of(words)
    if kind is None:
        named = f"of category {', '.join(words)[:60]}" if words else "without a category"
        reading.note(f'events {named} count as "{OTHER}"', name_of(event))
    return kind or OTHER


def _location(event: Component, reading: Reading) -> str:
    told = _text(event, "LOCATION")
    found = reading.places.find(told) if told else None
    if told and found is None:
        what = f'events at {told[:60]!r}, a place we do not know, count as "{NATIONAL}"'
        reading.note(what, name_of(event))
    return found or NATIONAL


def _announced(event: Component, first: date | None, reading: Reading) -> datetime | None:
    """When the event was announced as it stands, local; None: nobody says so.

    Without CREATED there is only the stamp, which many calendars set when they are read: one
    after the event has begun says nothing.
    """
    created, stamp = moment_of(event, "CREATED", reading), moment_of(event, "DTSTAMP", reading)
    changed = moment_of(event, "LAST-MODIFIED", reading)
    if created is None:
        if stamp is None or (first is not None and _local(stamp, reading.zone) > first):
            return None
        created = stamp
    elif changed is not None and sequence_of(event) > 0:
        created = max(created, changed, key=lambda one: instant(one, reading.zone))
    local = instant(created, reading.zone).astimezone(reading.zone)
    return local.replace(tzinfo=None, microsecond=0)


def name_of(event: Component) -> str:
    """What the calendar itself calls an event."""
    return str(event.get("UID") or event.get("SUMMARY"))


def moment_of(event: Component, name: str, reading: Reading) -> Moment | None:
    """A date or time of an event; None: it has none that can be read."""
    told = event.get(name)
    if isinstance(told, list):
        readable = [one for one in told if isinstance(getattr(one, "dt", None), date)]
        told = readable[0] if readable else None
    found = getattr(told, "dt", None)
    floating = isinstance(found, datetime) and found.tzinfo is None
    if floating and told is not None and (zone := told.params.get("TZID")):
        reading.note(f"events with times in the unknown zone {zone}, as local", name_of(event))
    return found if isinstance(found, date) else None


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """A moment in UTC; a date is its local midnight, and a time without zone is local."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _local(moment: Moment, zone: ZoneInfo) -> date:
    """The local day of a moment."""
    if not isinstance(moment, datetime):
        return moment
    return instant(moment, zone).astimezone(zone).date()


def _text(event: Component, name: str) -> str:
    told = event.get(name)
    one = told[0] if isinstance(told, list) and told else told
    return " ".join(str(one).split())[:LONGEST] if one is not None else ""


def sequence_of(event: Component) -> int:
    """How often the event was changed."""
    told = event.get("SEQUENCE", 0)
    return int(told) if isinstance(told, int) else 0


def is_cancelled(event: Component) -> bool:
    """Whether the event does not take place."""
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def entry_of(found: Sequence[Occurrence]) -> Entry:
    """One row for events of one key: announced by the first that was, over with the last."""
    one = found[0]
    last = max((o.last for o in found if o.last is not None), default=None)
    announced = min((o.announced for o in found if o.announced is not None), default=None)
    row = {
        **dict(zip(("event_date", "event_type", "location", "name"), one.key, strict=True)),
        "event_end": last.isoformat() if last else None,
        "announced_at": announced.strftime("%Y-%m-%d %H:%M:%S") if announced else None,
    }
    over = last or one.first
    return Entry(
        (row,),
        # A stamp that is new at each reading is no news of the event.
        digest(row["event_end"]),
        last=over.isoformat() if over else "",
        owners=frozenset(o.owner for o in found),
    )
