{%- set keys = ['travel_code', 'origin', 'destination'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        travel_code,
        origin,
        destination,
        trip_at as event_timestamp,
        created_timestamp,
        ended_timestamp,
        user_code,
        flight_type,
        agency,
        travel_date,
        booked_at,
        distance_km,
        duration_hours,
        leg_number,
        price
    from {{ ref('int_flight_facts') }}
),

{{ versioned_state('facts', keys, changes=ref('int_flight_changes')) }}

select
    travel_code,
    origin,
    destination,
    event_timestamp,
    created_timestamp,
    user_code,
    flight_type,
    agency,
    travel_date,
    booked_at,
    distance_km,
    duration_hours,
    leg_number,
    cast(price as double) as price
from states
{{ anchors(keys) }}
