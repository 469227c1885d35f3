{{ config(materialized='view') }}

with source as (
    select * from {{ source('tourism', 'events') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        event_type,
        location,
        name as event_name,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        event_date,
        event_end,
        announced_at,
        _known_at as known_at
    from source
)

select * from renamed
