"""Writes the raw files of one world."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from tambo.progress import Progress
from tambo.sources.fleet.world.columns import (
    AIRCRAFT,
    BOOKINGS,
    DOWNTIME,
    FLIGHTS,
    HANGARS,
    LIMITS,
    LOGS,
    MAINTENANCE,
    PLANS,
    TELEMETRY,
)
from tambo.sources.fleet.world.hangar_lines import (
    downtime_lines,
    hangar_lines,
    limit_lines,
    log_lines,
    maintenance_lines,
    plan_lines,
    register_lines,
)
from tambo.sources.fleet.world.sensors import HOURS, Readings, readings
from tambo.sources.fleet.world.times import at
from tambo.sources.fleet.world.trip_lines import booking_lines, flight_lines
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.fleet.world.truth_files import TruthWriter
from tambo.sources.sample.columns import csv_lines, gapped, texts
from tambo.sources.sample.draws import ids
from tambo.sources.sample.lines import Line, send_lines
from tambo.sources.sample.slots import SlotOutbox, Slots

ONCE, TWICE = ("",), ("", "_later")
"""History files of a table: where lines are told again, a second one has these."""
STEPS: tuple[tuple[str, Callable[[Truth], Iterable[Line]], tuple[str, ...], int], ...] = (
    (AIRCRAFT, register_lines, ONCE, 30),
    (HANGARS, hangar_lines, ONCE, 30),
    (LIMITS, lambda _: limit_lines(), ONCE, 30),
    (BOOKINGS, booking_lines, TWICE, 1),
    (FLIGHTS, flight_lines, ONCE, 1),
    (PLANS, plan_lines, ONCE, 7),
    (MAINTENANCE, maintenance_lines, TWICE, 7),
    (DOWNTIME, downtime_lines, TWICE, 7),
    (LOGS, log_lines, ONCE, 1),
)
"""Tables, their lines, history files, and days that a later file is about."""


class WorldWriter:
    """Writes all tables of a world."""

    def __init__(self, outbox: SlotOutbox, truth: Truth, beside: TruthWriter) -> None:
        self.outbox, self.truth, self.beside = outbox, truth, beside

    def write(self, progress: Progress) -> None:
        """Write all tables."""
        total = len(STEPS) + self.truth.fleet.count
        for number, (table, lines, heads, step) in enumerate(STEPS):
            progress("sample world", number, total)
            slots = Slots(table, self.truth.calendar, heads, step)
            send_lines(self.outbox, slots, list(lines(self.truth)), "told again")
            self.outbox.folder.close(*(slots.name(slot) for slot in range(slots.count)))
        slots = Slots(TELEMETRY, self.truth.calendar, ONCE, 1)
        wear = self.truth.history.wear
        for vessel in self.truth.fleet.vessels:
            progress("sample world", len(STEPS) + vessel.number, total)
            found = readings(
                self.truth.draws,
                self.truth.fleet,
                vessel.number,
                wear[:, vessel.number],
                self.truth.history.maintained(vessel.number),
            )
            self._telemetry(slots, vessel.number, found)
            self.beside.vessel(vessel.number, found)
        self.outbox.folder.close(*(slots.name(slot) for slot in range(slots.count)))
        progress("sample world", total, total)

    def _telemetry(self, slots: Slots, vessel: int, found: Readings) -> None:
        calendar = self.truth.calendar
        sent = np.flatnonzero(found.sent)
        day, hour = sent // len(HOURS), np.array(HOURS)[sent % len(HOURS)]
        times = [
            str(at(calendar, one, 60 * hours))
            for one, hours in zip(day.tolist(), hour.tolist(), strict=True)
        ]
        score, shaken = found.score[sent], found.variance[sent]
        lines = csv_lines(
            [
                texts([self.truth.fleet.vessels[vessel].name] * len(sent)),
                texts(times),
                gapped(score, ~np.isnan(score)),
                gapped(shaken, ~np.isnan(shaken)),
            ]
        )
        slot = np.where(day < calendar.cut, 0, slots.live(day))
        self.outbox.send(slots, slot, ids(vessel, sent), lines, np.ones(len(sent), bool))
