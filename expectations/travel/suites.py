"""What holds in travel beyond ranges: windows within totals, spreads only where there are two.

By suite name: conditions in SQL over the mart's columns, true or null in every row.
"""

from __future__ import annotations

from collections.abc import Mapping

MORE: Mapping[str, Mapping[str, str]] = {
    "travel.marts.traveller_travel": {
        "legs_90d <= legs_booked": "the window holds no more legs than there are",
        "trips_booked <= legs_booked": "a trip has at least one leg",
        "last_booked_at <= event_timestamp": "the last booking is not after the row's own time",
    },
    "travel.marts.route_fares": {
        "route_observations_90d <= route_observations": (
            "the window holds no more fares than there are"
        ),
        "(route_fare_std IS NOT NULL) = (route_observations >= 2)": (
            "a spread is known from two fares on"
        ),
        "route_duration_hours > 0 AND route_distance_km > 0": "a route has a length",
        "origin <> destination": "a route leads to another place",
    },
    "travel.marts.fare_prices": {
        "(fare_std IS NOT NULL) = (fare_observations >= 2)": "a spread is known from two fares on",
        "(fare_mean IS NOT NULL) = (fare_observations > 0)": "a mean is known from one fare on",
        "origin <> destination": "a fare leads to another place",
    },
    "travel.marts.hotel_stays": {
        "stays_90d <= stays": "the window holds no more stays than there are",
    },
    "travel.marts.place_stays": {
        "place_stays_90d <= place_stays": "the window holds no more stays than there are",
    },
    "travel.marts.traveller_stays": {
        "stays_booked_90d <= stays_booked": "the window holds no more stays than there are",
    },
    "travel.marts.traveller_recent_stays": {
        "len(recent_hotels) BETWEEN 1 AND 10": "the newest ten stays, or as many as there are",
        "len(recent_hotels) IS NOT DISTINCT FROM len(recent_places)": "each stay has its place",
    },
    "travel.marts.place_demand": {
        "arrivals_90d <= arrivals": "the window holds no more arrivals than there are",
    },
    "travel.marts.label_flight_price": {
        "price > 0": "a label is a positive fare",
        "leg_number IN (1, 2)": "a trip has two legs",
    },
    "travel.marts.label_hotel_stay": {
        "nights > 0": "a stay lasts a night or more",
        "nightly_price > 0": "a night costs something",
    },
}
