{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'flights_log') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        flight_id,
        aircraft_id,
        origin,
        destination,
        status,

        -- numerics
        flight_hours,
        fuel_litres,
        passengers,
        revenue,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        departed_at,
        arrived_at,
        _known_at as known_at
    from source
)

select * from renamed
