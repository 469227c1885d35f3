{{ config(unique_key=['travel_code']) }}

{%- set key = 'travel_code, origin, destination' %}
{%- set raw = source('travel', 'flights') %}

with {% if is_incremental() -%}
touched as (
    select "travelCode" as travel_code
    from ({{ touched_keys(raw, '"travelCode"') }})
),

{% endif -%}
flights as (
    select * from {{ ref('stg_flights') }}
    {% if is_incremental() -%}
        where travel_code in (select travel_code from touched)
    {%- endif %}
),

-- What was first known of a trip says when it was asked for, and which leg goes out: later news
-- of the trip can change neither.
versions as (
    select
        *,
        lead(known_at) over (
            partition by {{ key }} order by known_at, batch_id, row_number
        ) as ended_timestamp,
        first_value(if(withdrawn, null, {'at': event_at, 'origin': origin, 'destination': destination}) ignore nulls)
            over (
                partition by travel_code order by known_at, event_at, batch_id, row_number
                rows between unbounded preceding and unbounded following
            ) as trip
    from flights
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
        cast(if(origin = trip.origin and destination = trip.destination, 1, 2) as bigint) as leg_number,
        trip.at as trip_at,
        -- Strictly after the trip was asked for: no trip counts for itself.
        greatest(event_at, trip.at) + interval 1 microsecond as event_timestamp,
        greatest(known_at, trip.at) as created_timestamp,
        ended_timestamp,
        {{ window_end('greatest(event_at, trip.at)', travel_zone()) }} as window_ended_timestamp
    from versions
    where not withdrawn
)

select * from facts
where ended_timestamp is null or ended_timestamp > created_timestamp
{% if is_incremental() -%}
    union all by name
    select travel_code, timestamp '-infinity' as created_timestamp from touched
{%- endif %}
