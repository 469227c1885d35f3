{%- set keys = ['place'] %}
{{ config(unique_key=keys) }}

-- A leg says something of two places: of the one it leads to, and of the one it starts from.
with facts as not materialized (
    select
        destination as place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        window_ended_timestamp,
        1 as legs,
        1 as arrivals,
        {{ ten_thousandths('price') }} as arrival_fare,
        0 as departures,
        cast(0 as bigint) as departure_fare
    from {{ ref('int_flight_facts') }}
    union all
    select
        origin as place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        -- No window counts departures.
        cast(null as timestamp) as window_ended_timestamp,
        1 as legs,
        0 as arrivals,
        cast(0 as bigint) as arrival_fare,
        1 as departures,
        {{ ten_thousandths('price') }} as departure_fare
    from {{ ref('int_flight_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['legs', 'arrivals', 'arrival_fare', 'departures', 'departure_fare'],
    window_totals=['arrivals', 'arrival_fare'],
    changes=ref('int_place_changes'),
) }}

select
    place,
    event_timestamp,
    created_timestamp,
    cast(arrivals as bigint) as arrivals,
    cast(arrivals_90d as bigint) as arrivals_90d,
    {{ exact_mean('arrival_fare', 'arrivals') }} as mean_arrival_fare,
    {{ exact_mean('arrival_fare_90d', 'arrivals_90d') }} as mean_arrival_fare_90d,
    {{ exact_mean('departure_fare', 'departures') }} as mean_departure_fare
from states
{{ anchors(keys) }}
