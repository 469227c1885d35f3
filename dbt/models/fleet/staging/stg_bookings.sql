{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'bookings') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        booking_id,
        aircraft_type,
        origin,
        destination,

        -- numerics
        hours,
        revenue,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        booked_at,
        departs_at,
        cancelled_at,
        _known_at as known_at
    from source
)

select * from renamed
