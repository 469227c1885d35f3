{%- set keys = ['user_code'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        user_code,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as legs,
        if(leg_number = 1, 1, 0) as trips,
        if(flight_type = 'firstClass', 1, 0) as first_class_legs,
        {{ ten_thousandths('price') }} as fare
    from {{ ref('int_flight_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['legs', 'trips', 'first_class_legs', 'fare'],
    window_totals=['legs', 'fare'],
    latest='event',
    changes=ref('int_flight_changes'),
) }}

select
    user_code,
    event_timestamp,
    created_timestamp,
    cast(trips as bigint) as trips_booked,
    cast(legs as bigint) as legs_booked,
    {{ exact_mean('fare', 'legs') }} as mean_fare_paid,
    {{ exact_mean('first_class_legs', 'legs', 1) }} as first_class_share,
    {{ exact('fare_90d') }} as spend_90d,
    cast(legs_90d as bigint) as legs_90d,
    latest_event - interval 1 microsecond as last_booked_at
from states
{{ anchors(keys) }}
