{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_cost_predictions'), ['aircraft_id', 'predicted_at']) }}
)

select
    aircraft_id,
    predicted_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    {{ ten_thousandths('predicted_maintenance_cost') }} as predicted_cost,
    estimator
from versions
