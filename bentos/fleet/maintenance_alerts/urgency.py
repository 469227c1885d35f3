"""Why a vessel needs attention, and until when: rules over what is stored and what is foretold.

Limits of the law come from the vessel's profile, hours and days from its features. Hours that are
left last as long as the mean use of the newest 30 days says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from bentos.fleet.maintenance_alerts.schemas import Reason, Urgency
from bentos.fleet.outlook import WAITING, Outlook
from tambo.requesttime.fleet.calendar import days_between, instant

SOON = timedelta(days=7)
GRAVE_DAYS = 14.0
"""Days for which a major or critical entry of the service log is a reason."""

HOURS_LIMIT = "aircraft_profile__hours_between_overhauls"
HOURS = "aircraft_operations__hours_since_maintenance"
USED = "aircraft_operations__utilisation_30d"
DAYS_LEFT = "maintenance_request__days_to_overhaul_limit"
PLANNED = "maintenance_request__days_to_planned_maintenance"
SINCE = "maintenance_request__days_since_last_maintenance"
GRAVE = "maintenance_request__days_since_last_grave_entry"
CRITICAL = "aircraft_service_logs__last_critical_entry_at"


def reasons(one: Outlook, horizon: int, least_chance: float) -> list[Reason]:
    """All reasons that a vessel needs attention within some days, the most pressing first."""
    found = [
        *_waiting(one),
        *_failure(one, horizon, least_chance),
        *_legal_hours(one, horizon),
        *_legal_days(one, horizon),
        *_overdue(one),
        *_grave(one),
    ]
    return sorted(found, key=lambda reason: reason.deadline)


def urgency(deadline: date, today: date) -> Urgency:
    """How soon a deadline is.

    >>> urgency(date(2026, 1, 1), date(2026, 1, 1)), urgency(date(2026, 1, 9), date(2026, 1, 1))
    ('now', 'watch')
    """
    if deadline <= today:
        return "now"
    return "soon" if deadline <= today + SOON else "watch"


def _days(days: float) -> str:
    whole = round(days)
    return "1 day" if whole == 1 else f"{whole} days"


def _until(one: Outlook, days: float) -> date:
    """The day that lies so many days ahead; today where they are over."""
    found = one.day(max(0.0, days))
    assert found is not None  # noqa: S101 - its days are a number
    return found


def _waiting(one: Outlook) -> Iterator[Reason]:
    since = instant(one.value(WAITING))
    if since is not None:
        says = f"cannot be used since {since:%Y-%m-%d %H:%M}, and waits for its maintenance"
        yield Reason(kind="waiting", says=says, deadline=_until(one, 0))


def _failure(one: Outlook, horizon: int, least: float) -> Iterator[Reason]:
    chance = one.failure(horizon)
    if chance < least:
        return
    # The first day on which waiting longer risks too much.
    day = next(day for day in range(1, horizon + 1) if one.failure(day) >= least)
    says = f"chance of a failure of {chance:.0%} within {horizon} days; {least:.0%} on day {day}"
    yield Reason(kind="failure", says=says, deadline=_until(one, day))


def _legal_hours(one: Outlook, horizon: int) -> Iterator[Reason]:
    limit, flown, used = (one.number(name) for name in (HOURS_LIMIT, HOURS, USED))
    if limit is None or flown is None:
        return
    left = limit - flown
    if left <= 0:
        says = f"the {limit:,.0f} hours that the law allows are used up, by {flown:,.1f}"
        yield Reason(kind="legal_hours", says=says, deadline=_until(one, 0))
    elif used is not None and used > 0 and left / (used / 30.0) <= horizon:
        days = left / (used / 30.0)
        says = f"{left:,.0f} of {limit:,.0f} legal hours are left: {_days(days)} at today's use"
        yield Reason(kind="legal_hours", says=says, deadline=_until(one, days))


def _legal_days(one: Outlook, horizon: int) -> Iterator[Reason]:
    left = one.number(DAYS_LEFT)
    if left is None or left > horizon:
        return
    says = f"{_days(left)} left of those that the law allows between two overhauls"
    if left <= 0:
        since = "today" if left > -1 else f"{_days(-left)} ago"
        says = f"the days that the law allows between two overhauls ended {since}"
    yield Reason(kind="legal_days", says=says, deadline=_until(one, left))


def _overdue(one: Outlook) -> Iterator[Reason]:
    ahead = one.number(PLANNED)
    if ahead is not None and ahead < 0:
        since = "for today" if ahead > -1 else f"{_days(-ahead)} ago"
        says = f"maintenance was planned {since} and has not begun"
        yield Reason(kind="plan_overdue", says=says, deadline=_until(one, 0))


def _grave(one: Outlook) -> Iterator[Reason]:
    since = one.number(SINCE)
    # What is critical does not wait; what is major is looked at within a week.
    critical = days_between(instant(one.value(CRITICAL)), one.row.asked_at)
    for grave, ago, within in (("critical", critical, 0.0), ("major", one.number(GRAVE), 7.0)):
        if ago is None or ago > GRAVE_DAYS or (since is not None and since < ago):
            continue
        says = f"a {grave} entry in the service log {_days(ago)} ago"
        yield Reason(kind="grave_entry", says=says, deadline=_until(one, within - ago))
        return
