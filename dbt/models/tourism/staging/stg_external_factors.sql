{{ config(materialized='view') }}

with source as (
    select * from {{ source('tourism', 'external_factors') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        name as factor,
        location,

        -- numerics
        value,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        published_at,
        period,
        period_end,
        _known_at as known_at
    from source
)

select * from renamed
