{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'legal_limits') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        aircraft_type,
        measure,

        -- numerics
        "limit" as allowed_most,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        changed_at,
        _known_at as known_at
    from source
)

select * from renamed
