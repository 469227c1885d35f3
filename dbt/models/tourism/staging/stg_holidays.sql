{{ config(materialized='view') }}

with source as (
    select * from {{ source('tourism', 'holidays') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        holiday_type,
        location,
        name as holiday_name,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        holiday_date,
        holiday_end,
        announced_at,
        _known_at as known_at
    from source
)

select * from renamed
