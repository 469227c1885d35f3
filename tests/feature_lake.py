"""A lake with tables made by hand, released, and Feast's store over it."""

import json
from collections.abc import Mapping
from datetime import datetime

import pandas as pd
from feast import FeatureView

from feature_repo.travel import views
from tambo.as_of import AsOf
from tambo.lake import writer
from tambo.lake.sql import literal
from tambo.settings import Settings

AS_OF = datetime(2024, 6, 1)
INSTANTS = AsOf({"travel": AS_OF})

VIEWS = sorted(one.name for one in vars(views).values() if isinstance(one, FeatureView))
"""Views of travel, of which `marts` makes the tables."""


def day(number: float) -> datetime:
    """The number-th day of 2024, from 0, with its fraction as time of day."""
    return datetime(2024, 1, 1) + pd.Timedelta(days=number).to_pytimedelta()


def write(settings: Settings, *statements: str) -> None:
    """Run statements on the lake."""
    with writer(settings, "test") as lake:
        for statement in statements:
            lake.execute(statement)


def release(
    settings: Settings,
    number: int,
    *,
    as_of: datetime = AS_OF,
    domain: str = "travel",
    row_counts: Mapping[str, int] | None = None,
) -> None:
    """Name the present state of the lake a release."""
    with writer(settings, "test") as lake:
        (snapshot,) = lake.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
        lake.execute(
            "INSERT INTO lake.audit.releases BY NAME SELECT "
            f"{number} AS release, TIMESTAMP {literal(str(as_of))} AS created_at, "
            f"{snapshot} AS snapshot_id, {number} AS build_id, {number} AS validation_id, "
            f"'abc' AS git_revision, 'run' AS dbt_invocation, "
            f"{literal(AsOf({domain: as_of}).dump())} AS as_of_by_domain, "
            f"'[]' AS verdicts, {literal(json.dumps(dict(row_counts or {})))} AS row_counts, "
            "'released' AS status"
        )


def marts(settings: Settings) -> None:
    """The marts of travel with a row or two each."""
    times = "TIMESTAMP '2024-01-03' AS event_timestamp, TIMESTAMP '2024-01-04' AS created_timestamp"
    fares = (
        "SELECT 'a' AS origin, 'b' AS destination, 'economic' AS flight_type, 'X' AS agency, "
        "{times}, {legs}::BIGINT AS fare_observations, {mean}::DOUBLE AS fare_mean, "
        "{mean}::DOUBLE / 10 AS fare_std, {mean}::DOUBLE AS fare_mean_90d, "
        "{mean}::DOUBLE AS fare_last_price"
    )
    later = times.replace("-03", "-10").replace("-04", "-12")
    write(
        settings,
        f"CREATE TABLE lake.marts.fare_prices AS {fares.format(times=times, legs=1, mean=100)} "
        f"UNION ALL {fares.format(times=later, legs=2, mean=150)}",
        "CREATE TABLE lake.marts.route_fares AS SELECT 'a' AS origin, 'b' AS destination, "
        f"{times}, 1::BIGINT AS route_observations, 100::DOUBLE AS route_fare_mean, "
        "NULL::DOUBLE AS route_fare_std, 100::DOUBLE AS route_fare_mean_90d, "
        "1::BIGINT AS route_observations_90d, 500::DOUBLE AS route_distance_km, "
        "1.5::DOUBLE AS route_duration_hours",
        f"CREATE TABLE lake.marts.traveller_travel AS SELECT 7::BIGINT AS user_code, {times}, "
        "1::BIGINT AS trips_booked, 2::BIGINT AS legs_booked, 100::DOUBLE AS mean_fare_paid, "
        "0.5::DOUBLE AS first_class_share, 200::DOUBLE AS spend_90d, 2::BIGINT AS legs_90d, "
        "TIMESTAMP '2024-01-03 00:00:00.000001' AS last_booked_at",
        "CREATE TABLE lake.marts.traveller_profile AS SELECT 7::BIGINT AS user_code, "
        "TIMESTAMP '1970-01-01' AS event_timestamp, TIMESTAMP '1970-01-01' AS created_timestamp, "
        "'Roy' AS first_name, '4You' AS company, 33::BIGINT AS age, 'none' AS gender",
        f"CREATE TABLE lake.marts.place_demand AS SELECT unnest(['a', 'b']) AS place, {times}, "
        "unnest([3, 4])::BIGINT AS arrivals, 1::BIGINT AS arrivals_90d, "
        "100::DOUBLE AS mean_arrival_fare, 100::DOUBLE AS mean_arrival_fare_90d, "
        "100::DOUBLE AS mean_departure_fare",
        f"CREATE TABLE lake.marts.hotel_stays AS SELECT 'H' AS hotel_name, 'a' AS place, {times}, "
        "1::BIGINT AS stays, 90::DOUBLE AS mean_nightly_price, 2::DOUBLE AS mean_nights, "
        "1::BIGINT AS stays_90d, 90::DOUBLE AS mean_nightly_price_90d, "
        "90::DOUBLE AS last_nightly_price",
        f"CREATE TABLE lake.marts.place_stays AS SELECT 'a' AS place, {times}, "
        "1::BIGINT AS place_stays, 1::BIGINT AS place_stays_90d, "
        "90::DOUBLE AS place_mean_nightly_price, NULL::DOUBLE AS place_mean_nightly_price_90d",
        f"CREATE TABLE lake.marts.traveller_stays AS SELECT 7::BIGINT AS user_code, {times}, "
        "1::BIGINT AS stays_booked, 2::DOUBLE AS mean_nights_stayed, "
        "90::DOUBLE AS mean_nightly_price_paid, 1::BIGINT AS stays_booked_90d, "
        "TIMESTAMP '2024-01-03' AS last_stay_booked_at",
        f"CREATE TABLE lake.marts.traveller_recent_stays AS SELECT 7::BIGINT AS user_code, {times}, "
        "['H', 'I'] AS recent_hotels, ['a', 'b'] AS recent_places",
        "CREATE TABLE lake.marts.traveller_hotels AS SELECT 7::BIGINT AS user_code, "
        f"'H' AS hotel_name, 'a' AS place, {times}, 1::BIGINT AS stays_here, "
        "TIMESTAMP '2024-01-03' AS last_booked_here_at",
        "CREATE TABLE lake.marts.traveller_places AS SELECT 7::BIGINT AS user_code, "
        f"'a' AS place, {times}, 0::BIGINT AS trips_there, 1::BIGINT AS trips_from, "
        "TIMESTAMP '2024-01-03' AS last_trip_booked_at",
    )
