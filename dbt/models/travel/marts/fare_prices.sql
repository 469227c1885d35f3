{%- set keys = ['origin', 'destination', 'flight_type', 'agency'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        origin,
        destination,
        flight_type,
        agency,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as legs,
        {{ ten_thousandths('price') }} as fare,
        {{ squared(ten_thousandths('price')) }} as fare_squared
    from {{ ref('int_flight_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['legs', 'fare', 'fare_squared'],
    window_totals=['legs', 'fare'],
    latest='fare',
    changes=ref('int_flight_changes'),
) }}

select
    origin,
    destination,
    flight_type,
    agency,
    event_timestamp,
    created_timestamp,
    cast(legs as bigint) as fare_observations,
    {{ exact_mean('fare', 'legs') }} as fare_mean,
    {{ exact_std('fare', 'fare_squared', 'legs') }} as fare_std,
    {{ exact_mean('fare_90d', 'legs_90d') }} as fare_mean_90d,
    {{ exact('latest_fare') }} as fare_last_price
from states
{{ anchors(keys) }}
