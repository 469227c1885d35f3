{{ config(unique_key=['travel_code']) }}

with {{ touched(source('travel', 'flights'), '"travelCode"', 'travel_code') }}

flights as (
    select * from {{ ref('stg_flights') }}
    {{ only_touched('travel_code') }}
),

-- What was first known of a trip says when it was asked for, and which leg goes out: later news
-- of the trip can change neither.
versions as (
    select
        *,
        lead(known_at) over (
            partition by travel_code, origin, destination
            order by known_at, batch_id, row_number
        ) as ended_timestamp,
        first_value(
            if(
                withdrawn,
                null,
                { 'trip_at': event_at, 'origin': origin, 'destination': destination }
            ) ignore nulls
        ) over (
            partition by travel_code
            order by known_at, event_at, batch_id, row_number
            rows between unbounded preceding and unbounded following
        ) as first_known
    from flights
),

legs as (
    select
        *,
        first_known['trip_at'] as trip_at,
        origin = first_known['origin'] and destination = first_known['destination'] as is_way_out
    from versions
    where not withdrawn
),

facts as (
    select
        travel_code,
        origin,
        destination,
        user_code,
        flight_type,
        agency,
        travel_date,
        booked_at,
        price,
        distance_km,
        duration_hours,
        cast(if(is_way_out, 1, 2) as bigint) as leg_number,
        trip_at,
        -- Strictly after the trip was asked for: no trip counts for itself.
        greatest(event_at, trip_at) + interval 1 microsecond as event_timestamp,
        greatest(known_at, trip_at) as created_timestamp,
        ended_timestamp,
        {{ window_end('greatest(event_at, trip_at)', travel_zone()) }} as window_ended_timestamp
    from legs
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{{ replace_touched('travel_code') }}
