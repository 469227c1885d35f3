{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'hangars') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        base,

        -- numerics
        slots,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        changed_at,
        _known_at as known_at
    from source
)

select * from renamed
