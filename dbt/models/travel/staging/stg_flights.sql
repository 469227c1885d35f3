{{ config(materialized='view') }}

with source as (
    select * from {{ source('travel', 'flights') }}
),

renamed as (
    select
        -- ids
        "travelCode" as travel_code,
        "userCode" as user_code,
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        "from" as origin,
        "to" as destination,
        "flightType" as flight_type,
        agency,

        -- numerics
        price,
        distance as distance_km,
        time as duration_hours,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        date as travel_date,
        booked_at,
        _event_at as event_at,
        _known_at as known_at
    from source
)

select * from renamed
