{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'telemetry') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        aircraft_id,

        -- numerics
        engine_health_score,
        temperature_variance,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        read_at,
        _known_at as known_at
    from source
)

select * from renamed
