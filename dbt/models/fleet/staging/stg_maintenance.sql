{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'maintenance') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        maintenance_id,
        aircraft_id,
        kind,

        -- numerics
        cost,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        started_at,
        finished_at,
        _known_at as known_at
    from source
)

select * from renamed
