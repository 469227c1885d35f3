{%- set keys = ['user_code', 'hotel_name', 'place'] %}
{{ config(unique_key=keys) }}

with facts as not materialized (
    select
        user_code,
        hotel_name,
        place,
        event_timestamp,
        created_timestamp,
        ended_timestamp,
        -- No window: what a traveller liked is told by how often and when they last came.
        cast(null as timestamp) as window_ended_timestamp,
        1 as stays
    from {{ ref('int_hotel_facts') }}
),

{{ running_state(
    'facts',
    keys,
    totals=['stays'],
    window_totals=[],
    latest='event',
    changes=ref('int_hotel_changes'),
) }}

select
    user_code,
    hotel_name,
    place,
    event_timestamp,
    created_timestamp,
    cast(stays as bigint) as stays_here,
    latest_event - interval 1 microsecond as last_booked_here_at
from states
{{ anchors(keys) }}
