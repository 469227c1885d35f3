"""Lines of maintenance: what was planned, what was done, what could not be used, what was noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tambo.sources.fleet.world.kinds import KINDS
from tambo.sources.fleet.world.times import at, text
from tambo.sources.fleet.world.truth import Truth
from tambo.sources.sample.draws import ids
from tambo.sources.sample.lines import Line

OPENS, CLOSES = 7 * 60, 17 * 60
AUTHORS = ("Quispe", "Flores", "Rojas", "Huaman", "Torres", "Mamani")
NOTES = {
    "info": "routine check; nothing found",
    "minor": "vibration above usual",
    "major": "pressure low; seal replaced",
    "critical": "metal in the oil; must be looked at",
}
NOTES_A_DAY, NOTES_BY_WEAR = 0.02, 0.12
"""Entries a day of a vessel without wear, and more of them by wear."""
FAULT_ENTRY = "failed in use"


@dataclass(frozen=True)
class _Down:
    """A time in which a vessel could not be used; days."""

    vessel: int
    start: int
    end: int | None
    reason: str


def plan_lines(truth: Truth) -> Iterator[Line]:
    """One line a planned maintenance."""
    calendar = truth.calendar
    for plan in truth.history.plans:
        planned = at(calendar, plan.planned, OPENS)
        due = at(calendar, plan.due, OPENS)
        name = truth.fleet.vessels[plan.vessel].name
        yield Line(plan.planned, text(name, planned, max(due, planned)))


def maintenance_lines(truth: Truth) -> Iterator[Line]:
    """One line when a maintenance begins, and one when it ends."""
    calendar, number = truth.calendar, 0
    for day in truth.history.days:
        told = zip(day.entered, day.unscheduled, day.until, day.cost, strict=True)
        for vessel, failed, until, cost in told:
            number += 1
            name, kind = truth.fleet.vessels[vessel].name, "unscheduled" if failed else "scheduled"
            begins, ends = at(calendar, day.day, OPENS), at(calendar, until - 1, CLOSES)
            job = f"M{number:05}"
            yield Line(day.day, text(job, name, kind, begins, None, None), follows=day.day)
            line = text(job, name, kind, begins, ends, f"{cost:.2f}")
            yield Line(until, line, again=True, follows=day.day)


def downtime_lines(truth: Truth) -> Iterator[Line]:
    """One line when a vessel is down, and one when it is up again."""
    calendar = truth.calendar
    for one in sorted(_downs(truth), key=lambda each: (each.start, each.vessel)):
        name = truth.fleet.vessels[one.vessel].name
        minute = CLOSES if one.reason == "waiting" else OPENS
        begins = at(calendar, one.start, minute)
        yield Line(one.start, text(name, begins, None, one.reason), follows=one.start)
        if one.end is not None:
            ends = at(calendar, one.end, OPENS)
            line = text(name, begins, ends, one.reason)
            yield Line(one.end, line, again=True, follows=one.start)


def _downs(truth: Truth) -> Iterator[_Down]:
    """Maintenance, and waiting for it from the evening of the failure on."""
    failed: dict[int, int] = {}
    for day in truth.history.days:
        told = zip(day.entered, day.unscheduled, day.until, strict=True)
        for vessel, unscheduled, until in told:
            start = failed.pop(vessel, None)
            if start is not None and start < day.day:
                yield _Down(vessel, start, day.day, "waiting")
            yield _Down(vessel, day.day, until, "unscheduled" if unscheduled else "scheduled")
        for _, vessel, fails in day.flown:
            if fails:
                failed[vessel] = day.day
    for vessel, start in failed.items():
        yield _Down(vessel, start, None, "waiting")


def log_lines(truth: Truth) -> Iterator[Line]:
    """Entries of crews and technicians: more of them, and graver ones, by wear."""
    calendar, draws = truth.calendar, truth.draws
    for day in truth.history.days:
        failing = {vessel for _, vessel, fails in day.flown if fails}
        for vessel in truth.fleet.vessels:
            of, wear = ids(vessel.number, day.day), float(day.wear[vessel.number])
            chance = NOTES_A_DAY + NOTES_BY_WEAR * wear
            author = AUTHORS[int(draws.whole("log/author", of, 0, len(AUTHORS) - 1))]
            if vessel.number in failing:
                when = at(calendar, day.day, 20 * 60)
                yield Line(day.day, text(vessel.name, when, author, "critical", FAULT_ENTRY))
            elif float(draws.uniform("log", of)) < chance:
                when = at(calendar, day.day, int(draws.whole("log/minute", of, OPENS, CLOSES)))
                grave = wear + 0.35 * float(draws.normal("log/severity", of))
                severity = ("info", "minor", "major", "critical")[
                    sum(grave > limit for limit in (0.35, 0.8, 1.3))
                ]
                yield Line(day.day, text(vessel.name, when, author, severity, NOTES[severity]))


def limit_lines() -> Iterator[Line]:
    """The legal limits of each kind."""
    for kind in KINDS:
        yield Line(0, text(kind.name, "hours_between_overhauls", kind.hours_limit))
        yield Line(0, text(kind.name, "days_between_overhauls", kind.days_limit))


def register_lines(truth: Truth) -> Iterator[Line]:
    """The vessels."""
    for one in truth.fleet.vessels:
        base = truth.fleet.bases[one.base].name
        yield Line(0, text(one.name, one.of_kind.name, one.model, base, one.since))


def hangar_lines(truth: Truth) -> Iterator[Line]:
    """The bases and their slots."""
    for one in truth.fleet.bases:
        yield Line(0, text(one.name, one.slots))
