{{ config(materialized='view') }}

with source as (
    select * from {{ source('tourism', 'weather') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        location,

        -- numerics
        temperature,
        precipitation,
        humidity,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        "timestamp" as measured_at,
        _known_at as known_at
    from source
)

select * from renamed
