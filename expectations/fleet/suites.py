"""What holds in the fleet beyond ranges: dates in order, counts within counts, lists of one length.

By suite name: conditions in SQL over the mart's columns, true or null in every row.
"""

from __future__ import annotations

from collections.abc import Mapping


def _cleaned(measure: str) -> dict[str, str]:
    """What is so of a sensor's newest value, cleaned and as it was read."""
    read, outlier = f"{measure}_read", f"{measure}_is_outlier"
    return {
        f"{measure}_is_filled = false OR {outlier} = true OR {read} IS NULL": (
            "only gaps and outliers are filled"
        ),
        f"{outlier} = false OR {read} IS NOT NULL": "an outlier is kept as it was read",
        f"{outlier} = true OR {read} IS NULL OR {measure} IS NOT DISTINCT FROM {read}": (
            "what is no outlier is served as it was read"
        ),
    }


MORE: Mapping[str, Mapping[str, str]] = {
    "fleet.marts.aircraft_operations": {
        "utilisation_30d <= utilisation_90d": "ninety days hold the last thirty",
        "utilisation_90d <= total_flight_hours + 0.000001": "a window holds no more than all",
        "hours_since_maintenance <= total_flight_hours + 0.000001": "nor does a part of all",
        "last_flight_at <= created_timestamp": "a flight is known when it has arrived",
    },
    "fleet.marts.aircraft_health": {
        "read_at <= event_timestamp": "no reading is newer than the newest",
        **_cleaned("engine_health_score"),
        **_cleaned("temperature_variance"),
    },
    "fleet.marts.aircraft_maintenance": {
        "last_maintenance_date <= created_timestamp": "what is over has ended",
        "last_fault_at <= created_timestamp": "a fault is known when it has begun",
        "waiting_since <= created_timestamp": "a vessel waits from its fault on",
        "downtime_share_30d <= 3 * downtime_share_90d + 0.000001": (
            "ninety days hold the last thirty"
        ),
    },
    "fleet.marts.aircraft_predicted_cost": {
        "predicted_at <= created_timestamp": "nothing is predicted ahead of its origin",
    },
    "fleet.marts.aircraft_service_logs": {
        "last_grave_entry_at <= last_entry_at": "the last grave entry is an entry",
        "last_critical_entry_at <= last_grave_entry_at": "the last critical entry is a grave one",
        "critical_entries_30d <= critical_entries_90d": "ninety days hold the last thirty",
    },
    "fleet.marts.fleet_demand": {
        "len(booked_trips) = 30 AND len(booked_hours) = 30 AND len(booked_revenue) = 30": (
            "a list has thirty days"
        ),
        "booked_from = date_trunc('day', created_timestamp)": "lists begin on the day of the row",
    },
    "fleet.marts.label_maintenance": {
        "days_to_maintenance > 0 AND days_to_maintenance <= 180": "a label looks ahead",
        "days_to_maintenance <= days_to_fault": "a fault is a maintenance",
        "NOT failed_within_7d OR failed_within_30d": "a week lies within a month",
        "NOT failed_within_30d OR failed_within_90d": "a month lies within three",
        "observed_until <= created_timestamp": "nobody has seen what is to come",
    },
}
