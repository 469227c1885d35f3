"""Lines of what is announced: holidays, events, campaigns, exchange rates and closures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from tambo.sources.sample.days import LAST_DAY
from tambo.sources.sample.lines import Line
from tambo.sources.tourism.world.columns import CLOSURE, EXCHANGE_RATE
from tambo.sources.tourism.world.columns import NATIONAL as EVERYWHERE
from tambo.sources.tourism.world.events import KEPT, MOVED, NATIONAL, Event
from tambo.sources.tourism.world.truth import Truth

FOR_GOOD = date(LAST_DAY.year + 5, 12, 31)
"""Last day of a closure for good: nobody has said that it ends."""
OFFICE_OPENS = 9 * 60


def holiday_lines(truth: Truth) -> Iterator[Line]:
    """One line a holiday, in order of announcement."""
    calendar = truth.calendar
    for each in truth.feasts.all:
        fields = (each.kind, each.start, each.end, EVERYWHERE, each.name, each.announced)
        yield Line(calendar.number(each.announced.date()), _text(*fields))


def event_lines(truth: Truth) -> Iterator[Line]:
    """One line an event; of those that are moved or cancelled, what was decided too."""
    for event in truth.events:
        said, decided = event.announced, event.decided
        if event.fate == KEPT:
            yield Line(said, _event(truth, event, event.start))
            continue
        yield Line(said, _event(truth, event, event.start), follows=said)
        yield Line(decided, _event(truth, event, None), again=True, follows=said)
        if event.fate == MOVED:
            yield Line(decided, _event(truth, event, event.moved_to), follows=said)


def _event(truth: Truth, event: Event, start: int | None) -> bytes:
    """An event as announced for a day; None: the line that takes the first announcement back."""
    calendar = truth.calendar
    where = EVERYWHERE if event.place == NATIONAL else truth.places[event.place].name
    said = event.announced if start == event.start else event.decided
    at = _at(calendar.date_of(said), event.minute())
    first = calendar.date_of(event.start if start is None else start)
    last = first + timedelta(days=event.days - 1)
    if start is None:
        return _text(event.kind, first, "", where, event.name, at, "true")
    return _text(event.kind, first, last, where, event.name, at, "")


def campaign_lines(truth: Truth) -> Iterator[Line]:
    """One line for each campaign, location, market and segment."""
    calendar = truth.calendar
    for n, each in enumerate(truth.campaigns):
        place = truth.places[each.place]
        at = _at(calendar.date_of(each.announced), OFFICE_OPENS + n % 480)
        first, last = calendar.date_of(each.start), calendar.date_of(each.end)
        market = place.markets[each.market]
        yield Line(
            each.announced,
            _text(each.id, at, place.name, market, each.segment, first, last, f"{each.spend:.2f}"),
        )


def factor_lines(truth: Truth) -> Iterator[Line]:
    """The exchange rate of each week, published on the Monday after it; closures as announced."""
    calendar = truth.calendar
    for week, rate in enumerate(truth.factors.rate.tolist()):
        monday = calendar.monday(week)
        published = calendar.number(monday) + 7
        at, sunday = _at(calendar.date_of(published), 8 * 60), monday + timedelta(days=6)
        yield Line(published, _text(EXCHANGE_RATE, at, monday, sunday, EVERYWHERE, rate))
    for place in truth.places:
        for each in place.closures:
            last = FOR_GOOD if each.for_good else calendar.date_of(each.end)
            at = _at(calendar.date_of(each.announced), OFFICE_OPENS)
            first = calendar.date_of(each.start)
            yield Line(each.announced, _text(CLOSURE, at, first, last, place.name, 1))


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)


def _text(*fields: object) -> bytes:
    return ",".join(map(str, fields)).encode()
