{{ config(materialized='table') }}

with versions as (
    {{ standing_versions(ref('stg_maintenance_plan'), ['aircraft_id', 'due_at']) }}
)

select
    aircraft_id,
    planned_at as event_timestamp,
    created_timestamp,
    ended_timestamp,
    due_at
from versions
