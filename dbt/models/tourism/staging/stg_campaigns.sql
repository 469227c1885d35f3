{{ config(materialized='view') }}

with source as (
    select * from {{ source('tourism', 'campaigns') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        campaign_id,
        location,
        market,
        segment,

        -- numerics
        spend,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        announced_at,
        start_date,
        end_date,
        _known_at as known_at
    from source
)

select * from renamed
