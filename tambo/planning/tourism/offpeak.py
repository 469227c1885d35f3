"""Finds off-peak location-weeks: where fewer visitors are expected than a location usually has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tambo.planning.tourism.outlook import Outlook


@dataclass(frozen=True)
class Gap:
    """One off-peak location-week.

    Attributes:
        location: its name.
        week: Monday.
        expected: visitors without a campaign.
        usual: visitors of the location's mean week of the year.
        share: the former of the latter.
        gap: visitors that are missing to the mean week.
    """

    location: str
    week: date
    expected: float
    usual: float
    share: float
    gap: float


def off_peak(outlook: Outlook, below: float) -> tuple[Gap, ...]:
    """Location-weeks whose expected visitors are below a share of the location's own mean week.

    A week in which nobody is expected at all, because the location is shut, is none.

    Args:
        outlook: what is expected.
        below: share of the mean week, for example 0.9.

    Returns:
        The gaps, by location and week.
    """
    expected, usual = outlook.by_location(outlook.middle), outlook.by_location(outlook.usual)
    return tuple(
        Gap(name, week, here, float(usual[n]), here / float(usual[n]), float(usual[n]) - here)
        for n, name in enumerate(outlook.locations)
        for week, here in zip(outlook.weeks, expected[n].tolist(), strict=True)
        if 0 < here < below * usual[n]
    )
