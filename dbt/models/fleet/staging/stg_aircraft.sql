{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'aircraft') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        aircraft_id,
        aircraft_type,
        model,
        home_base,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        in_service_since,
        _known_at as known_at
    from source
)

select * from renamed
