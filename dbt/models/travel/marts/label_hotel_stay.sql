{%- set keys = ['travel_code'] %}
{{ config(unique_key=keys) }}

-- What was first known of a trip says when it was asked for; nothing of the trip itself was known
-- by then.
with news as not materialized (
    select
        travel_code,
        known_at,
        event_at
    from {{ ref('stg_hotels') }}
    where not withdrawn
    union all
    select
        travel_code,
        known_at,
        event_at
    from {{ ref('stg_flights') }}
    where not withdrawn
),

asked as (
    select
        news.travel_code,
        min({ 'known_at': news.known_at, 'event_at': news.event_at })['event_at'] as asked_at
    from news
    semi join {{ ref('int_stay_changes') if in_increment() else ref('int_hotel_facts') }} as stay
        on news.travel_code = stay.travel_code
    group by news.travel_code
),

facts as not materialized (
    select
        stay.travel_code,
        asked.asked_at as event_timestamp,
        greatest(stay.created_timestamp, asked.asked_at) as created_timestamp,
        stay.ended_timestamp,
        stay.user_code,
        stay.hotel_name,
        stay.place,
        stay.nights,
        stay.nightly_price,
        stay.stay_date
    from {{ ref('int_hotel_facts') }} as stay
    inner join asked on stay.travel_code = asked.travel_code
    where
        stay.ended_timestamp is null
        or stay.ended_timestamp > greatest(stay.created_timestamp, asked.asked_at)
),

{{ versioned_state('facts', keys, changes=ref('int_stay_changes')) }}

select
    travel_code,
    event_timestamp,
    created_timestamp,
    user_code,
    hotel_name,
    place,
    nights,
    cast(nightly_price as double) as nightly_price,
    stay_date
from states
{{ anchors(keys) }}
