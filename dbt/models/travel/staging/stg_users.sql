{{ config(materialized='view') }}

with source as (
    select * from {{ source('travel', 'users') }}
),

renamed as (
    select
        -- ids
        code as user_code,
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        company,
        name as traveller_name,
        gender,

        -- numerics
        age,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- timestamps
        _known_at as known_at
    from source
)

select * from renamed
