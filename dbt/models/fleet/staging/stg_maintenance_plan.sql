{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'maintenance_plan') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        aircraft_id,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        planned_at,
        due_at,
        _known_at as known_at
    from source
)

select * from renamed
