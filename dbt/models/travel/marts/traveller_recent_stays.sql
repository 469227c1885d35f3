{%- set keys = ['user_code'] %}
{{ config(unique_key=keys) }}

-- Numbers stand for hotels: of two stays booked at once, the first by name has the higher one.
with hotels as materialized (
    select
        hotel_name,
        place,
        row_number() over (order by hotel_name desc, place desc) as hotel
    from (
        select distinct
            stays.hotel_name,
            stays.place
        from {{ ref('int_hotel_facts') }} as stays
    )
),

named as (
    select
        list(hotel_name order by hotel) as hotel_names,
        list(place order by hotel) as places
    from hotels
),

facts as not materialized (
    select
        stays.user_code,
        hotels.hotel,
        stays.event_timestamp,
        stays.created_timestamp,
        stays.ended_timestamp,
        -- No window: a stay is recent until others have followed.
        cast(null as timestamp) as window_ended_timestamp
    from {{ ref('int_hotel_facts') }} as stays
    inner join hotels on stays.hotel_name = hotels.hotel_name and stays.place = hotels.place
),

{{ newest_facts(
    'facts',
    keys,
    value='hotel',
    number=10,
    changes=ref('int_hotel_changes'),
) }}

select
    user_code,
    event_timestamp,
    created_timestamp,
    list_select((select named.hotel_names from named), newest_hotel) as recent_hotels,
    list_select((select named.places from named), newest_hotel) as recent_places
from states
{{ anchors(keys) }}
