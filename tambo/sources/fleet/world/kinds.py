"""What is the same for all vessels of a kind: limits of the law, wear, costs and earnings."""

from __future__ import annotations

from dataclasses import dataclass

JET, YACHT = "Private Jet", "Yacht"


@dataclass(frozen=True)
class Kind:
    """A kind of vessel.

    Attributes:
        name: as the files call it.
        hours_limit, days_limit: legal, between overhauls.
        practice_hours, practice_days: when today's practice maintains, whichever comes first.
        wear_hour, wear_day: mean wear of an hour of use and of a day; 1 is worn out.
        hazard: failures an hour of use of a vessel without wear.
        steepness: the hazard grows as exp(steepness · wear).
        days: usual days of a scheduled maintenance.
        cost: usual cost of one of a vessel without wear, USD.
        hour_revenue: what an hour earns on average, USD.
        trip_hours, trip_spread: median hours of a trip, and spread of their logarithm.
        trip_days: most days of a trip.
        ahead: mean days that a trip is booked ahead.
        trips: trips a day and vessel that are asked for, on average.
        peak, amplitude: day of the year of the most trips, and height of that wave of their log.
        weekend: factor of trips that leave on Friday to Sunday.
        litres: fuel of an hour.
        seats: most passengers.
    """

    name: str
    hours_limit: float
    days_limit: int
    practice_hours: float
    practice_days: int
    wear_hour: float
    wear_day: float
    hazard: float
    steepness: float
    days: int
    cost: float
    hour_revenue: float
    trip_hours: float
    trip_spread: float
    trip_days: int
    ahead: float
    trips: float
    peak: int
    amplitude: float
    weekend: float
    litres: float
    seats: int


KINDS: tuple[Kind, ...] = (
    Kind(
        name=JET, hours_limit=400, days_limit=365, practice_hours=250, practice_days=270,
        wear_hour=1 / 340, wear_day=0.0002, hazard=1 / 6000, steepness=3.8, days=8, cost=90_000,
        hour_revenue=5_200, trip_hours=2.3, trip_spread=0.45, trip_days=1, ahead=18.0, trips=0.7,
        peak=190, amplitude=0.4, weekend=0.8, litres=1_100, seats=9,
    ),
    Kind(
        name=YACHT, hours_limit=500, days_limit=400, practice_hours=310, practice_days=300,
        wear_hour=1 / 430, wear_day=0.0006, hazard=1 / 7500, steepness=3.4, days=12, cost=50_000,
        hour_revenue=2_100, trip_hours=8.0, trip_spread=0.5, trip_days=5, ahead=45.0, trips=0.27,
        peak=20, amplitude=0.7, weekend=1.6, litres=320, seats=12,
    ),
)  # fmt: skip
OF_NAME = {kind.name: number for number, kind in enumerate(KINDS)}
