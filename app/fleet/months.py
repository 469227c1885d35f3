"""What each kind of vessel did in each month, from the released lake: sums that can be added up.

A month is one of UTC. A flight counts in the month of its arrival, a maintenance in that of its
begin, its cost in that of its end. Downtimes of a vessel that overlap count once, and one without
an end lasts. A vessel's time counts from its first day in service, and nobody's from before the
first flight, maintenance or downtime that the release tells of.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from app import released

UNTOLD = "not told"
"""Kind of a vessel of which none is told."""

SUMS = (
    "seconds", "down", "flights", "hours", "revenue", "begun", "failures",
    "done", "priced", "scheduled_cost", "unscheduled_cost",
)  # fmt: skip

_AT = "lake.intermediate"

QUERY = f"""
    WITH asked AS (SELECT ?::TIMESTAMP AS as_of),
    vessels AS (
        SELECT aircraft_id, coalesce(aircraft_type, '{UNTOLD}') AS kind,
            coalesce(in_service_since::TIMESTAMP, TIMESTAMP '0001-01-01') AS since
        FROM {_AT}.int_vessels WHERE ended_timestamp IS NULL
    ),
    flights AS (
        SELECT * FROM {_AT}.int_flights, asked
        WHERE ended_timestamp IS NULL AND event_timestamp <= as_of
    ),
    maintenances AS (
        SELECT * FROM {_AT}.int_maintenances, asked
        WHERE ended_timestamp IS NULL AND event_timestamp <= as_of
    ),
    downtimes AS (
        SELECT aircraft_id, event_timestamp AS began,
            least(coalesce(ended_at, as_of), as_of) AS over_at,
            max(least(coalesce(ended_at, as_of), as_of)) OVER (
                PARTITION BY aircraft_id ORDER BY event_timestamp
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS over_before
        FROM {_AT}.int_downtimes, asked
        WHERE ended_timestamp IS NULL AND event_timestamp <= as_of
    ),
    known AS (
        SELECT min(event_timestamp) AS first FROM (
            SELECT event_timestamp FROM flights
            UNION ALL SELECT event_timestamp FROM maintenances
            UNION ALL SELECT began FROM downtimes
        )
    ),
    months AS (
        SELECT unnest(generate_series(date_trunc('month', first), as_of, INTERVAL 1 MONTH)) AS month
        FROM known, asked
    ),
    service AS (
        SELECT aircraft_id, kind, month, greatest(since, month, first) AS begins,
            least(month + INTERVAL 1 MONTH, as_of) AS ends
        FROM vessels, months, known, asked
        WHERE greatest(since, month, first) < least(month + INTERVAL 1 MONTH, as_of)
    ),
    facts AS (
        SELECT month, kind, sum(epoch(ends) - epoch(begins)) AS seconds FROM service GROUP BY ALL
        UNION ALL BY NAME
        SELECT month, kind,
            sum(epoch(least(over_at, ends)) - epoch(greatest(began, over_before, begins))) AS down
        FROM service JOIN downtimes USING (aircraft_id)
        WHERE greatest(began, over_before, begins) < least(over_at, ends)
        GROUP BY ALL
        UNION ALL BY NAME
        SELECT date_trunc('month', event_timestamp) AS month, coalesce(kind, '{UNTOLD}') AS kind,
            count(*) AS flights, sum(hours) / 1e6 AS hours, sum(revenue) / 1e4 AS revenue
        FROM flights LEFT JOIN vessels USING (aircraft_id) GROUP BY ALL
        UNION ALL BY NAME
        SELECT date_trunc('month', event_timestamp) AS month,
            coalesce(vessels.kind, '{UNTOLD}') AS kind, count(*) AS begun,
            count(*) FILTER (WHERE maintenances.kind = 'unscheduled') AS failures
        FROM maintenances LEFT JOIN vessels USING (aircraft_id) GROUP BY ALL
        UNION ALL BY NAME
        SELECT date_trunc('month', finished_at) AS month,
            coalesce(vessels.kind, '{UNTOLD}') AS kind, count(*) AS done,
            count(job_cost) AS priced,
            sum(job_cost) FILTER (WHERE maintenances.kind = 'scheduled') / 1e4 AS scheduled_cost,
            sum(job_cost) FILTER (WHERE maintenances.kind = 'unscheduled') / 1e4
                AS unscheduled_cost
        FROM maintenances LEFT JOIN vessels USING (aircraft_id)
        WHERE finished_at <= as_of GROUP BY ALL
    )
    SELECT month, kind, {", ".join(f"coalesce(sum({one}), 0)::DOUBLE AS {one}" for one in SUMS)},
        month + INTERVAL 1 MONTH <= as_of AND month::DATE >= first::DATE AS whole
    FROM facts, known, asked GROUP BY ALL ORDER BY month, kind
"""
"""One parameter: the instant until which things are told of."""


def months(as_of: datetime) -> pd.DataFrame:
    """One row a month and kind of vessel, oldest first.

    Returns:
        month (its first instant); kind; seconds (of vessels in service) and down (of those, in
        which they could not be used); flights, hours and revenue; begun (maintenances) and
        failures (those that were not planned); done (maintenances), priced (those whose cost is
        told) and the two sums of their costs; whole (the records hold all of the month).
    """
    found = released.frame(QUERY, as_of.replace(tzinfo=None).isoformat(sep=" "))
    return found.astype({"whole": bool})
