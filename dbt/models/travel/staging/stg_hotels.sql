{{ config(materialized='view') }}

with source as (
    select * from {{ source('travel', 'hotels') }}
),

renamed as (
    select
        -- ids
        "travelCode" as travel_code,
        "userCode" as user_code,
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        name as hotel_name,
        place,

        -- numerics
        days as nights,
        price as nightly_price,
        total as total_price,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        date as stay_date,
        booked_at,
        _event_at as event_at,
        _known_at as known_at
    from source
)

select * from renamed
