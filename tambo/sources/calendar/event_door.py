"""The door "events": a calendar of events, from CSV or iCalendar, by file, folder or address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tambo.progress import Progress
from tambo.settings import Settings
from tambo.sources.calendar.changes import Calendar, Entry, Given, Key, digest, table_of
from tambo.sources.calendar.feed import Text, fetch
from tambo.sources.calendar.ical import read_ical
from tambo.sources.calendar.listing import read_csv
from tambo.sources.calendar.occurrence import Reading
from tambo.sources.calendar.places import Places
from tambo.sources.calendar.recurrence import Window
from tambo.sources.contracts import Table, of_home
from tambo.sources.door import Page, State

EMPTY = "the calendar is empty; what it listed before stays until it lists events again"
READ_AGAIN_DAYS = 30
"""An unchanged calendar is read again after so many days: recurring events come nearer."""


class EventDoor:
    """Events as the calendar lists them now; what it takes back is withdrawn."""

    name = "events"
    table = "events"
    description = "Events from a calendar: CSV or iCalendar, by file, folder or address."

    def __init__(
        self, domain: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Open events for the contracts of a domain.

        Args:
            domain: whose contracts.
            now: the present instant; what is over at it is not withdrawn when it vanishes.
        """
        self.domain = domain
        self._now = now

    def missing(self, settings: Settings) -> str | None:
        """The source must be named."""
        if settings.events_source:
            return None
        return "TAMBO_EVENTS_SOURCE: a CSV or iCalendar file, a folder of them, or an address"

    def pages(self, settings: Settings, state: State, progress: Progress) -> Iterator[Page]:
        """What the calendar lists anew, has changed, or takes back.

        One page without rows says that nothing has changed.

        Raises:
            SourceError: the calendar cannot be read; nothing of it is taken.
            SourceBusyError: its address is away.
        """
        contracts = of_home(settings, self.domain)
        now, zone = self._now(), ZoneInfo(contracts.zone)
        today = now.astimezone(zone).date()
        progress("events", 0, 1)
        places = Places(settings.events_locations)
        asked = digest(
            str(places), str(settings.events_days_ahead), str(settings.events_years_back)
        )
        fresh = state.get("settings") == asked and str(state.get("read_again", "")) > str(today)
        fetched = fetch(
            settings.events_source or "",
            state if fresh else {},
            wait_seconds=settings.events_timeout_seconds,
        )
        read_to = now.astimezone(UTC).replace(tzinfo=None)
        calendar = Calendar.remembered(contracts.tables[self.table], state)
        window = Window(
            today - timedelta(days=round(settings.events_years_back * 365.25)),
            today + timedelta(days=settings.events_days_ahead),
        )
        reading = Reading(zone, places, window)
        wanted = _read(fetched.texts or (), calendar.table, reading)
        if fetched.texts is None or (calendar.given and not wanted):
            notes = (EMPTY,) if fetched.texts is not None else ()
            marks = {} if notes else fetched.marks
            yield Page(table_of(calendar.table, ()), {**state, **marks}, read_to, notes)
        else:
            again = str(today + timedelta(days=READ_AGAIN_DAYS))
            marks = {**fetched.marks, "settings": asked, "read_again": again}
            yield from calendar.pages(
                wanted,
                lambda key, given: _is_taken_back(key, given, reading, today),
                {},
                fetched_to=read_to,
                notes=reading.notes(),
                withheld=marks,
            )
        progress("events", 1, 1)


def _read(texts: Sequence[Text], table: Table, reading: Reading) -> dict[Key, Entry]:
    """Entries of all texts; of one key in several, those of the later one."""
    found: dict[Key, Entry] = {}
    for text in texts:
        if text.is_csv:
            found |= read_csv(text.text, text.name, table, reading)
        else:
            found |= read_ical(text.text, text.name, reading)
    return found


def _is_taken_back(key: Key, given: Given, reading: Reading, today: date) -> bool:
    """Whether an entry that is listed no more is withdrawn.

    What is over when it vanishes did take place: many calendars drop it. But it is withdrawn if
    its event is still listed, on other days or as cancelled.
    """
    day = key[0]
    if not day:
        return False
    moved = bool(given.owners & reading.listed) and day >= reading.window.first.isoformat()
    return moved or (given.last or day) >= today.isoformat()
