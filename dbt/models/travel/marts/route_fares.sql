{%- set keys = ['origin', 'destination'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        origin,
        destination,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as legs,
        {{ ten_thousandths('price') }} as fare,
        {{ squared(ten_thousandths('price')) }} as fare_squared,
        {{ millionths('distance_km') }} as distance,
        {{ millionths('duration_hours') }} as duration
    from {{ ref('int_flight_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['legs', 'fare', 'fare_squared', 'distance', 'duration'],
    window_totals=['legs', 'fare'],
    changes=ref('int_flight_changes'),
) }}

select
    origin,
    destination,
    event_timestamp,
    created_timestamp,
    cast(legs as bigint) as route_observations,
    {{ exact_mean('fare', 'legs') }} as route_fare_mean,
    {{ exact_std('fare', 'fare_squared', 'legs') }} as route_fare_std,
    {{ exact_mean('fare_90d', 'legs_90d') }} as route_fare_mean_90d,
    cast(legs_90d as bigint) as route_observations_90d,
    {{ exact_mean('distance', 'legs', 1000000) }} as route_distance_km,
    {{ exact_mean('duration', 'legs', 1000000) }} as route_duration_hours
from states
{{ anchors(keys) }}
