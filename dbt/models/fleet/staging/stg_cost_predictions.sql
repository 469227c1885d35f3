{{ config(materialized='view') }}

with source as (
    select * from {{ source('fleet', 'cost_predictions') }}
),

renamed as (
    select
        -- ids
        _batch_id as batch_id,
        _row_number as row_number,

        -- strings
        aircraft_id,
        estimator,

        -- numerics
        predicted_maintenance_cost,

        -- booleans
        coalesce(withdrawn, false) as withdrawn,

        -- dates and timestamps
        predicted_at,
        _known_at as known_at
    from source
)

select * from renamed
