{{ config(unique_key=['travel_code']) }}

with {{ touched(source('travel', 'hotels'), '"travelCode"', 'travel_code') }}

hotels as (
    select * from {{ ref('stg_hotels') }}
    {{ only_touched('travel_code') }}
),

versions as (
    select
        *,
        lead(known_at) over (
            partition by travel_code
            order by known_at, batch_id, row_number
        ) as ended_timestamp
    from hotels
),

facts as (
    select
        travel_code,
        user_code,
        hotel_name,
        place,
        nights,
        nightly_price,
        stay_date,
        -- Strictly after the booking: no stay counts for itself.
        event_at + interval 1 microsecond as event_timestamp,
        known_at as created_timestamp,
        ended_timestamp,
        {{ window_end('event_at', travel_zone()) }} as window_ended_timestamp
    from versions
    where not withdrawn
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{{ replace_touched('travel_code') }}
