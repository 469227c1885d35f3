"""The flight price model: the fare of one leg at the time of its booking.

Entity row: a booking, both legs at the same instant; the trip's own legs are no part of its
features. Label: the price of the leg. What it must beat: the mean of route and class, and a
log-linear formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tambo.requesttime.travel import FLIGHT_CLASSES
from tambo.serving.spec import Input
from training.baselines import GroupMean, Linear
from training.behaviour import Predict, dearer_on_average, invariant, positive, rises
from training.boosted import Boosted
from training.design import Design
from training.formula import Pattern
from training.gate import Check, GateRule
from training.intervals import IntervalRule
from training.labels import LabelTable
from training.regression import Regression
from training.search import Dimension
from training.spec import Grouping, ModelSpec

ROUTE_CLASS = "origin|destination|flight_type"

FARE = ("fare_mean", "fare_std", "fare_mean_90d", "fare_last_price", "fare_observations")
ROUTE = (
    "route_fare_mean",
    "route_fare_std",
    "route_fare_mean_90d",
    "route_observations",
    "route_observations_90d",
)
PLACE = (
    "arrivals",
    "arrivals_90d",
    "mean_arrival_fare",
    "mean_arrival_fare_90d",
    "mean_departure_fare",
)
TRAVELLER = (
    "traveller_travel__trips_booked",
    "traveller_travel__legs_booked",
    "traveller_travel__mean_fare_paid",
    "traveller_travel__first_class_share",
    "traveller_travel__spend_90d",
    "traveller_travel__legs_90d",
    "traveller_profile__age",
    "flight_request__days_since_last_booking",
)
REQUEST = (
    "flight_request__travel_day_of_year",
    "flight_request__travel_days_from_easter",
    "flight_request__travel_month_sin",
    "flight_request__travel_month_cos",
    "flight_request__travel_weekday_sin",
    "flight_request__travel_weekday_cos",
    "flight_request__travel_is_weekend",
)
LEAD = "flight_request__days_to_travel"
GIVEN = ("flight_request__flight_distance_km", "flight_request__flight_duration_hours")

FARE_LOGS = tuple(f"fare_prices__{name}" for name in FARE)
ROUTE_LOGS = tuple(f"route_fares__{name}" for name in ROUTE)
PLACES = tuple(f"{place}_place__{name}" for place in ("origin", "destination") for name in PLACE)
CATEGORIES = ("origin", "destination", "flight_type", "agency")

INPUTS = (
    *(Input(name=name, kind="number") for name in (*FARE_LOGS, *ROUTE_LOGS, *PLACES, *TRAVELLER)),
    *(Input(name=name, kind="number") for name in (*REQUEST, LEAD, *GIVEN)),
    Input(name="origin", kind="category", vocabulary=()),
    Input(name="destination", kind="category", vocabulary=()),
    Input(name="flight_type", kind="category", vocabulary=FLIGHT_CLASSES),
    Input(name="agency", kind="category", vocabulary=()),
    Input(
        name=ROUTE_CLASS,
        kind="category",
        vocabulary=(),
        columns=("origin", "destination", "flight_type"),
    ),
)

# All that the past could tell of a route that nobody has flown. The means of a place hold fares of
# the very routes that are held out, so they go as well; and nobody says who is asking.
UNSEEN = (*FARE_LOGS, *ROUTE_LOGS, *PLACES, *TRAVELLER)

DISTANCE = GIVEN[0]
PATTERNS = (
    Pattern("fare_prices__fare_mean", (*FARE_LOGS, *ROUTE_LOGS, *GIVEN, LEAD), REQUEST, CATEGORIES),
    Pattern("route_fares__route_fare_mean", (*ROUTE_LOGS, *GIVEN, LEAD), REQUEST, CATEGORIES),
    Pattern(DISTANCE, (*GIVEN, LEAD), REQUEST, CATEGORIES),
    Pattern(None, (LEAD,), REQUEST, CATEGORIES),
)
"""A fare with a past, a new fare on a known route, a new route, and one of unknown length."""


def entity_rows(labels: pa.Table) -> pa.Table:
    """What `flight_price_v1` is asked for: keys, entity time and the request's own fields.

    Distance and duration are facts of the flight that a request may state, so they are taken from
    the leg; the price is not passed on.
    """
    return pa.table(
        {
            "user_code": labels.column("user_code"),
            "origin": labels.column("origin"),
            "destination": labels.column("destination"),
            "flight_type": labels.column("flight_type"),
            "agency": labels.column("agency"),
            "event_timestamp": labels.column("event_timestamp"),
            "travel_date": pc.strftime(labels.column("travel_date"), format="%Y-%m-%d"),
            "distance_km": labels.column("distance_km"),
            "duration_hours": labels.column("duration_hours"),
        }
    )


def behaviour(predict: Predict, rows: Design) -> Sequence[Check]:
    """Test that a fare is above zero, the same for every traveller, dearer in a higher class."""
    unknown = rows.without([one.name for one in rows.inputs])
    cold = rows.without(UNSEEN)
    low, middle, high = ({"flight_type": float(code)} for code in range(len(FLIGHT_CLASSES)))
    cabin = rows.columns["flight_type"]
    route = [
        f"{a}|{b}" for a, b in zip(rows.columns["origin"], rows.columns["destination"], strict=True)
    ]
    return (
        positive(predict, [rows, cold, unknown]),
        invariant("same_for_every_traveller", predict, rows, TRAVELLER, tolerance=0.01),
        rises("premium_above_economic", predict, cold, low, middle, share=0.99),
        rises("first_above_premium", predict, cold, middle, high, share=0.99),
        dearer_on_average(
            "first_above_economic_by_route",
            predict,
            rows,
            route,
            cabin == FLIGHT_CLASSES[0],
            cabin == FLIGHT_CLASSES[-1],
            share=0.95,
        ),
    )


def _pair(origin: str, destination: str) -> str:
    return "|".join(sorted((origin, destination)))


MODEL = ModelSpec(
    name="flight_price",
    domain="travel",
    description="Fare of one flight leg at the time of booking, in BRL",
    label=LabelTable(
        name="marts.label_flight_price",
        key=("travel_code", "origin", "destination"),
        label="price",
        # Without booking times the way back is known when it is flown, days after the entity time.
        window=timedelta(days=7),
    ),
    unit="BRL",
    task=Regression(IntervalRule(group_by="flight_type")),
    feature_service="flight_price_v1",
    entity_rows=entity_rows,
    inputs=INPUTS,
    unit_of_split="travel_code",
    report_by={
        "flight_type": ("flight_type",),
        "agency": ("agency",),
        "route": ("origin", "destination"),
    },
    groupings=(
        Grouping(
            name="unseen_route",
            columns=("origin", "destination"),
            group=lambda origin, destination: f"{origin}|{destination}",
            missing=UNSEEN,
            variants={"without_distance": GIVEN},
        ),
        Grouping(
            name="unseen_city_pair",
            columns=("origin", "destination"),
            group=_pair,
            missing=UNSEEN,
            variants={"without_distance": GIVEN},
        ),
    ),
    baselines=(
        GroupMean("route_class_mean", category=ROUTE_CLASS, fallback="flight_type"),
        Linear(PATTERNS),
    ),
    candidate=Boosted(PATTERNS, reads=(*REQUEST, LEAD, *CATEGORIES)),
    space={
        "max_depth": Dimension(4, 8, first=6, whole=True),
        "learning_rate": Dimension(0.04, 0.15, first=0.08, log=True),
        "min_child_weight": Dimension(1, 30, first=5, log=True),
        "subsample": Dimension(0.6, 1.0, first=0.8),
        "colsample_bytree": Dimension(0.5, 1.0, first=0.8),
        "reg_lambda": Dimension(0.1, 10, first=1, log=True),
    },
    behaviour=behaviour,
    shown=("rmse", "mae", "mape", "r2", "coverage"),
    gate=GateRule(metric="rmse"),
)
