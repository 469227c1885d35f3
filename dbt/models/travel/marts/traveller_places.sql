{%- set keys = ['user_code', 'place'] %}
{{ config(unique_key=keys) }}

-- The way out says where somebody lives and where they wanted to go.
with facts as not materialized (
    select
        user_code,
        destination as place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        cast(null as timestamp) as window_ended_timestamp,
        1 as legs,
        if(leg_number = 1, 1, 0) as trips_there,
        0 as trips_from
    from {{ ref('int_flight_facts') }}
    union all
    select
        user_code,
        origin as place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        cast(null as timestamp) as window_ended_timestamp,
        1 as legs,
        0 as trips_there,
        if(leg_number = 1, 1, 0) as trips_from
    from {{ ref('int_flight_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['legs', 'trips_there', 'trips_from'],
    window_totals=[],
    latest='event',
    changes=ref('int_traveller_place_changes'),
) }}

select
    user_code,
    place,
    event_timestamp,
    created_timestamp,
    cast(trips_there as bigint) as trips_there,
    cast(trips_from as bigint) as trips_from,
    latest_event - interval 1 microsecond as last_trip_booked_at
from states
{{ anchors(keys) }}
