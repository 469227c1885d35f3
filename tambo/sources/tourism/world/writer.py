"""Location by location: counts visitors, lets sensors fail, and sends the rows.

Each table is written in a pass of its own, so that few files are open at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from tambo.progress import Progress
from tambo.sources.sample.draws import Draws, Flags, Floats, Ids, Ints, ids
from tambo.sources.sample.lines import Line, send_lines
from tambo.sources.sample.slots import SlotOutbox, Slots
from tambo.sources.tourism.world.calendar import Calendar
from tambo.sources.tourism.world.campaigns import spend_of
from tambo.sources.tourism.world.columns import (
    CAMPAIGNS,
    EVENTS,
    EXTERNAL,
    FLOW,
    FORECAST,
    HOLIDAYS,
    WEATHER,
)
from tambo.sources.tourism.world.counts import counts, hour_share
from tambo.sources.tourism.world.demand import Demand
from tambo.sources.tourism.world.fates import fates, late_gate
from tambo.sources.tourism.world.faults import TWICE_SHARE, Faults, faults
from tambo.sources.tourism.world.places import Place
from tambo.sources.tourism.world.plans import (
    campaign_lines,
    event_lines,
    factor_lines,
    holiday_lines,
)
from tambo.sources.tourism.world.series import Printer, Rows
from tambo.sources.tourism.world.truth import Truth
from tambo.sources.tourism.world.truth_files import TruthWriter
from tambo.sources.tourism.world.weather import Weather, forecasts, gaps, weather

ZEROS_SHARE, ZEROS_AFTER_THE_END = 0.1, 14
"""Of the days on which a location is shut, those for which zeros are reported; where it is shut for
good, only in the first days."""
MEASURES = ("temperature", "precipitation", "humidity")
PLANS: tuple[tuple[str, Callable[[Truth], Iterable[Line]], tuple[str, ...], int], ...] = (
    (HOLIDAYS, holiday_lines, ("",), 30),
    (EVENTS, event_lines, ("", "_later"), 14),
    (CAMPAIGNS, campaign_lines, ("",), 14),
    (EXTERNAL, factor_lines, ("",), 7),
)
"""Tables about the future: their lines, history files, and days that a later file is about."""


class WorldWriter:
    """Writes the raw files of one world, in memory bounded by one location."""

    def __init__(self, outbox: SlotOutbox, truth: Truth, beside: TruthWriter) -> None:
        self.outbox = outbox
        self.truth = truth
        self.beside = beside
        self.printer = Printer(truth.calendar)

    def write(self, progress: Progress) -> None:
        """Write all tables."""
        for table, lines, heads, step in PLANS:
            slots = Slots(table, self.calendar, heads, step)
            send_lines(self.outbox, slots, list(lines(self.truth)), "withdrawn")
        passes = ((FLOW, self._flow), (WEATHER, self._weather), (FORECAST, self._forecasts))
        total = len(passes) * len(self.truth.places)
        years = range(self.calendar.first.year, self.calendar.first.year + self.calendar.years)
        for n, (table, work) in enumerate(passes):
            slots = Slots(table, self.calendar, tuple(f"_{year}" for year in years), 1)
            for place in self.truth.places:
                progress("sample world", n * len(self.truth.places) + place.number, total)
                work(slots, place)
            self.outbox.folder.close(*(slots.name(slot) for slot in range(slots.count)))
        progress("sample world", total, total)

    @property
    def calendar(self) -> Calendar:
        """The world's calendar."""
        return self.truth.calendar

    @property
    def draws(self) -> Draws:
        """The world's random numbers."""
        return self.truth.draws

    def _slot(self, slots: Slots, day: Ints) -> Ints:
        """File of each day of a table with one history file a year."""
        starts = [
            self.calendar.number(self.calendar.first.replace(year=self.calendar.first.year + n))
            for n in range(self.calendar.years)
        ]
        year = np.searchsorted(np.array(starts), day, side="right") - 1
        return np.where(day < self.calendar.cut, year, slots.live(day))

    def _flow(self, slots: Slots, place: Place) -> None:
        found, days = self.truth.new_demand(place), self.calendar.world_days
        sky = weather(self.draws, self.calendar, place).factor(place)[:days]
        extra = found.added(spend_of(self.truth.campaigns, self.calendar, place))[:, :days]
        true = found.expected[:, :days] * sky
        self.beside.days(found, sky, true, extra)
        counted = counts(self.draws, self.calendar, place, true + extra)
        reported = self._reported(found, true)
        failed = faults(self.draws, self.calendar, place, reported)
        self.beside.faults(self.printer, place, failed)
        self._send_flow(slots, place, _rows(place, counted, reported, failed))

    def _reported(self, found: Demand, true: Floats) -> Flags:
        """Hours of the world in which a location reports, if nothing fails."""
        place, hours = found.place, self.calendar.hours
        inside = hours.day < self.calendar.world_days
        day = hours.day[inside]
        closed = found.closed[: self.calendar.world_days]
        every = np.arange(len(closed))
        zeros = closed & (self.draws.uniform("zeros", ids(place.number, every)) < ZEROS_SHARE)
        zeros &= every >= place.opened
        for each in place.closures:
            if each.for_good:
                zeros &= every < each.start + ZEROS_AFTER_THE_END
        open_day = (true.sum(axis=0) > 0) | zeros
        share = hour_share(self.calendar, place)[inside]
        return np.asarray(open_day[day] & (share > 0))

    def _send_flow(self, slots: Slots, place: Place, rows: Rows) -> None:
        hours = self.calendar.hours
        day, safe = hours.day[rows.at], ~hours.unsafe[rows.at]
        late = place.number == late_gate(self.draws, len(self.truth.places))
        told = fates(self.draws, self.calendar, rows.of, day, rows.count, late=late, safe=safe)
        slot = self._slot(slots, told.first)
        plain = told.plain & safe & (told.first == day)
        twice = plain & (self.draws.uniform("twice", rows.of) < TWICE_SHARE)
        again = np.repeat(np.arange(len(day)), 1 + twice)
        first = Rows(rows.place, rows.at, rows.market, told.told).take(again)
        lines = self.printer.flow(place, first.at, first.market, first.count)
        self.outbox.send(slots, slot[again], first.of, lines, (plain & ~twice)[again])
        events = self.outbox.events
        events[f"{FLOW} repeated"] += int(twice.sum())
        if late:
            events[f"{FLOW} late"] += int(((told.first > day) & (slot < slots.count)).sum())
        for event, which in (("corrected", ~told.withdrawn), ("withdrawn", told.withdrawn)):
            self._afterwards(slots, place, rows, told.second, np.flatnonzero(~told.plain & which),
                             event)  # fmt: skip

    def _afterwards(
        self, slots: Slots, place: Place, rows: Rows, day: Ints, which: Ints, event: str
    ) -> None:
        """Send corrections or withdrawals with the files of their days."""
        for each in np.unique(day[which]).tolist():
            some = rows.take(which[day[which] == each])
            if event == "withdrawn":
                lines = self.printer.withdrawn(place, some.at, some.market)
            else:
                lines = self.printer.flow(place, some.at, some.market, some.count)
            self.outbox.tell(slots, int(slots.live(np.array(each))), lines, event)

    def _weather(self, slots: Slots, place: Place) -> None:
        true, hours = weather(self.draws, self.calendar, place), self.calendar.hours
        at = np.flatnonzero(hours.day < self.calendar.world_days)
        known = [gaps(self.draws, place, measure, len(hours.day)) for measure in MEASURES]
        lines = self.printer.weather(place, at, true, known)
        # Half a record is one too: an hour without any measure is sent as well, empty.
        self._send_all(slots, hours.day[at], ids(place.number, at), lines, ~hours.unsafe[at])

    def _forecasts(self, slots: Slots, place: Place) -> None:
        true: Weather = weather(self.draws, self.calendar, place)
        made = forecasts(self.draws, self.calendar, place, true)
        lines = self.printer.forecasts(place, made)
        of = ids(place.number, made.issued, made.at)
        self._send_all(slots, made.issued, of, lines, ~self.calendar.hours.unsafe[made.at])

    def _send_all(self, slots: Slots, day: Ints, of: Ids, lines: list[bytes], safe: Flags) -> None:
        self.outbox.send(slots, self._slot(slots, day), of, lines, safe)


def _rows(place: Place, counted: Ints, reported: Flags, failed: Faults) -> Rows:
    """Rows that a location reports, by market and hour."""
    here = np.flatnonzero(reported & ~failed.missing)
    market = np.repeat(np.arange(len(place.markets)), len(here))
    at = np.tile(here, len(place.markets))
    return Rows(place.number, at, market, counted[market, at] * failed.factor[at])
